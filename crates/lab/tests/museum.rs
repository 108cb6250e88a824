//! The page for owners of broken zones is made of the museum.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::collections::BTreeSet;
use std::fmt::Write;

use lab::{Standing, World, museum};

const PAGE: &str = include_str!("../../../docs/failures.md");

/// The table of the page.
fn table() -> String {
    let mut out = String::from("| ask | one sees | what is wrong | how its owner mends it |\n|---|---|---|---|\n");
    for piece in museum() {
        let ad = match piece.standing {
            Standing::Secure => ", AD",
            Standing::Insecure => ", no AD",
            Standing::Bogus => "",
        };
        let ede = piece.ede.map_or(String::new(), |code| format!(", EDE {}", code.0));
        let phrase = if piece.phrase.is_empty() { String::new() } else { format!(" “… {} …”", piece.phrase) };
        let ask = format!("`{}`", piece.ask.name);
        writeln!(out, "| {ask} | {}{ad}{ede}{phrase} | {} | {} |", piece.rcode, piece.wrong, piece.mend).unwrap();
    }
    out
}

#[test]
fn the_page_of_failures_lists_the_museum() {
    let table = table();
    assert!(PAGE.contains(&table), "docs/failures.md should have this table:\n\n{table}");
}

#[test]
fn every_zone_of_the_museum_is_in_the_world_and_asked() {
    let world = World::embedded();
    let asked: BTreeSet<_> = museum().into_iter().map(|piece| piece.ask.name).collect();
    let parent = "museum.rootwalk.net.".parse().unwrap();
    for zone in world.zones().filter(|zone| zone.apex.is_below(&parent)) {
        assert!(asked.iter().any(|name| name.is_at_or_below(&zone.apex)), "{}", zone.apex);
    }
    assert!(asked.len() > 30);
}
