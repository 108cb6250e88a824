//! Every piece of the lab's museum, asked through the resolver: what a client sees of a zone that is signed wrongly.

use crate::bench::*;
use engine::{Checking, ClientQuestion, Trace};
use lab::{MuseumPiece, Standing, museum};
use proto::{EdeCode, Security};

/// What is not as the museum's label says.
async fn differences(bench: &Bench, piece: &MuseumPiece) -> Vec<String> {
    let answer = bench.ask(&piece.ask.to_string()).await;
    let secure = answer.security == Security::Secure;
    let mut wrong = Vec::new();
    if answer.rcode != piece.rcode {
        wrong.push(format!("{} instead of {}", answer.rcode, piece.rcode));
    }
    if secure != (piece.standing == Standing::Secure) {
        wrong.push(format!("{:?} instead of {:?}", answer.security, piece.standing));
    }
    // What failed a moment ago says so beside the reason (RFC 9520).
    let errors = answer.extended_errors.iter().map(|error| error.code);
    let codes: Vec<_> = errors.filter(|code| *code != EdeCode::CACHED_ERROR).collect();
    if codes != piece.ede.into_iter().collect::<Vec<_>>() {
        wrong.push(format!("{codes:?} instead of {:?}", piece.ede));
    }
    let texts: Vec<_> = answer.extended_errors.iter().map(|error| error.text.as_str()).collect();
    if !piece.phrase.is_empty() && !texts.iter().any(|text| text.contains(piece.phrase)) {
        wrong.push(format!("{texts:?} without {:?}", piece.phrase));
    }
    let text = texts.first().copied().unwrap_or_default();
    let zone = piece.zone.to_string();
    if piece.standing == Standing::Bogus && !text.split([' ', ':', ',']).any(|word| word == zone) {
        wrong.push(format!("{text:?} does not name the zone {zone}"));
    }
    if piece.standing == Standing::Bogus && is_about_a_key(piece) && !names_a_key(text) {
        wrong.push(format!("{text:?} does not name the key"));
    }
    wrong
}

/// Where there is no signature, or no proof, there is no key to name.
fn is_about_a_key(piece: &MuseumPiece) -> bool {
    !matches!(piece.ede, Some(EdeCode::RRSIGS_MISSING | EdeCode::NSEC_MISSING)) && piece.phrase != "wildcard"
}

/// Whether a number follows "key" or "tag".
fn names_a_key(text: &str) -> bool {
    let words: Vec<_> = text.split([' ', '(', ')', ',', ':', ';']).collect();
    words.windows(2).any(|pair| matches!(pair[0], "key" | "tag") && pair[1].parse::<u16>().is_ok())
}

#[tokio::test(start_paused = true)]
async fn each_piece_of_the_museum_is_seen_as_its_label_says_rfc4035_5_rfc8914() {
    let mut wrong = Vec::new();
    for piece in museum() {
        let bench = Bench::embedded(1);
        wrong.extend(differences(&bench, &piece).await.into_iter().map(|what| format!("{}: {what}", piece.ask)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_museum_is_the_same_in_any_order_and_in_one_cache() {
    let bench = Bench::embedded(2);
    let mut wrong = Vec::new();
    for piece in museum().iter().rev().chain(&museum()) {
        wrong.extend(differences(&bench, piece).await.into_iter().map(|what| format!("{}: {what}", piece.ask)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(start_paused = true)]
async fn who_checks_by_himself_gets_the_data_rfc4035_3_2_2() {
    let bench = Bench::embedded(3);
    for piece in museum() {
        let asked = ClientQuestion { checking: Checking::Disabled, ..ClientQuestion::new(piece.ask.clone()) };
        let answer = bench.resolver.resolve(asked, Trace::off()).await;
        assert_eq!(answer.rcode, piece.rcode_unchecked, "{}", piece.ask);
        assert!(answer.security != Security::Secure, "{}", piece.ask);
        // And who does not check by himself is not given that data.
        assert!(differences(&bench, &piece).await.is_empty(), "{}: {:?}", piece.ask, differences(&bench, &piece).await);
    }
}
