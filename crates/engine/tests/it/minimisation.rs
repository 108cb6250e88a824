//! QNAME minimisation (RFC 9156).

use crate::bench::*;
use engine::Minimisation;
use lab::{Behaviour, Faults, NonTerminalHabit};
use proto::Rcode;

const DEEP: (&str, &[&str], &str) =
    ("example.test.", &["192.0.2.3", "192.0.2.4"], "www.a.b.example.test. 300 A 198.51.100.7\n");

fn with_mode(mode: Minimisation, nonterminals: NonTerminalHabit) -> Bench {
    let world = world_with(&[ROOT, TEST, DEEP], |_| Behaviour { nonterminals, ..Behaviour::normal() });
    Bench::new(world, Faults::default(), 1, |config| config.qname_minimisation = mode)
}

#[tokio::test(start_paused = true)]
async fn servers_learn_one_label_more_than_they_must_rfc9156_2() {
    let bench = with_mode(Minimisation::Relaxed, NonTerminalHabit::NoData);
    assert_eq!(bench.ask("www.a.b.example.test. TXT").await.rcode, Rcode::NOERROR);
    let names: Vec<String> = bench
        .sent()
        .iter()
        .map(|sent| sent.split_once(' ').unwrap().1.to_owned())
        .filter(|sent| sent != ". NS")
        .collect();
    assert_eq!(
        names,
        ["test. A", "example.test. A", "b.example.test. A", "a.b.example.test. A", "www.a.b.example.test. TXT",]
    );
}

#[tokio::test(start_paused = true)]
async fn off_means_the_full_name_everywhere() {
    let bench = with_mode(Minimisation::Off, NonTerminalHabit::NoData);
    bench.ask("www.a.b.example.test.").await;
    assert!(bench.sent().iter().all(|sent| sent.ends_with(" . NS") || sent.ends_with(" www.a.b.example.test. A")));
}

#[tokio::test(start_paused = true)]
async fn nxdomain_at_an_empty_non_terminal_is_asked_on_when_relaxed_rfc9156_2_3() {
    let relaxed = with_mode(Minimisation::Relaxed, NonTerminalHabit::NxDomain);
    assert_eq!(relaxed.ask("www.a.b.example.test.").await.rcode, Rcode::NOERROR);
    let strict = with_mode(Minimisation::Strict, NonTerminalHabit::NxDomain);
    assert_eq!(strict.ask("www.a.b.example.test.").await.rcode, Rcode::NXDOMAIN);
}

#[tokio::test(start_paused = true)]
async fn a_long_name_costs_at_most_ten_questions_more_rfc9156_2_3() {
    let bench = with_mode(Minimisation::Relaxed, NonTerminalHabit::NoData);
    let answer = bench.ask(&format!("{}www.a.b.example.test.", "x.".repeat(80))).await;
    assert_eq!(answer.rcode, Rcode::NXDOMAIN);
    assert!(bench.net.packets_sent() <= 12, "{}", bench.net.packets_sent());
}

#[tokio::test(start_paused = true)]
async fn an_alias_in_the_middle_of_the_name_does_not_end_the_walk() {
    let records = "b.example.test. CNAME elsewhere.test.\nwww.b.example.test. A 198.51.100.7\n";
    let bench = Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], records)]));
    assert_eq!(brief(&bench.ask("www.b.example.test.").await), "NOERROR | www.b.example.test. A 198.51.100.7");
}
