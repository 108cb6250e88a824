//! Referrals, glue, and servers that do not serve.

use std::time::Duration;

use crate::bench::*;
use lab::{Behaviour, Conduct};
use proto::Rcode;

fn example_server(conduct: &Conduct) -> Bench {
    let conduct = conduct.clone();
    Bench::on(world_with(&[ROOT, TEST, EXAMPLE], move |address| match address {
        "192.0.2.3" => Behaviour::of(conduct.clone()),
        _ => Behaviour::normal(),
    }))
}

#[tokio::test(start_paused = true)]
async fn a_bad_server_among_good_ones_does_no_harm_rfc1034_5_3_3() {
    for conduct in [
        Conduct::Dead,
        Conduct::Refuses,
        Conduct::ServFail,
        Conduct::NotImp,
        Conduct::FormErr,
        Conduct::Empty,
        Conduct::Upward,
        Conduct::Sideways("other.test.".parse().unwrap()),
        Conduct::SelfReferral,
        Conduct::NonAuthoritative,
        Conduct::WrongZone("test.".parse().unwrap()),
        Conduct::WrongZone("sub.example.test.".parse().unwrap()),
    ] {
        for round in 0..4 {
            let bench = example_server(&conduct);
            let text = format!("www.example.test.{}", if round % 2 == 0 { " A" } else { " MX" });
            let answer = bench.ask(&text).await;
            assert_eq!(answer.rcode, Rcode::NOERROR, "{conduct:?}: {answer:?}");
            assert_eq!(answer.answer.len(), usize::from(round % 2 == 0), "{conduct:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_servers_are_bad_the_answer_is_servfail_with_ede_22_rfc8914_4_23() {
    for conduct in [Conduct::Dead, Conduct::Refuses, Conduct::ServFail, Conduct::Upward, Conduct::Empty] {
        let bench = Bench::on(world_with(&[ROOT, TEST, EXAMPLE], |address| match address {
            "192.0.2.3" | "192.0.2.4" => Behaviour::of(conduct.clone()),
            _ => Behaviour::normal(),
        }));
        let began = bench.clock.now();
        let answer = bench.ask("www.example.test.").await;
        assert_eq!((answer.rcode, ede(&answer)), (SERVFAIL, vec![22]), "{conduct:?}");
        assert!(answer.extended_errors[0].text.contains("example.test."), "{conduct:?}: {answer:?}");
        assert!(bench.elapsed_since(began).as_millis() <= 4500, "{conduct:?}");
        let packets = bench.sent_to("192.0.2.3") + bench.sent_to("192.0.2.4");
        assert!(packets <= 14, "{conduct:?}: {packets} packets");
    }
}

#[tokio::test(start_paused = true)]
async fn lameness_is_remembered_for_the_zone_only() {
    // 192.0.2.3 refuses example.test. and serves good.test.
    let test = (
        "test.",
        &["192.0.2.2"][..],
        concat!(
            "example.test. 3600 NS ns1.example.test.\nexample.test. 3600 NS ns2.example.test.\n",
            "ns1.example.test. 3600 A 192.0.2.3\nns2.example.test. 3600 A 192.0.2.4\n",
            "good.test. 3600 NS ns1.good.test.\nns1.good.test. 3600 A 192.0.2.3\n",
        ),
    );
    let world = world(&[
        ROOT,
        test,
        ("example.test.", &["192.0.2.4"], "www.example.test. A 198.51.100.7\n*.example.test. A 198.51.100.8\n"),
        ("good.test.", &["192.0.2.3"], "www.good.test. A 198.51.100.9\n"),
    ]);
    let bench = Bench::on(world);
    for number in 0..20 {
        assert_eq!(bench.ask(&format!("n{number}.example.test.")).await.rcode, Rcode::NOERROR);
    }
    assert!(bench.sent_to("192.0.2.3") <= 2, "asked {} times although lame", bench.sent_to("192.0.2.3"));
    assert_eq!(brief(&bench.ask("www.good.test.").await), "NOERROR | www.good.test. A 198.51.100.9");
}

#[tokio::test(start_paused = true)]
async fn glueless_and_partly_glueless_delegations_rfc1034_5_3_3() {
    let world = world(&[
        ROOT,
        (
            "test.",
            &["192.0.2.2"],
            concat!(
                "a.test. NS ns1.b.test.\n", // glueless
                "b.test. NS ns1.b.test.\nns1.b.test. A 192.0.2.9\n",
                "c.test. NS ns.dead.\nc.test. NS ns1.c.test.\nns1.c.test. A 192.0.2.10\n", // partly
            ),
        ),
        ("b.test.", &["192.0.2.9"], ""),
        ("a.test.", &["192.0.2.9"], "www.a.test. A 198.51.100.1\n"),
        ("c.test.", &["192.0.2.10"], "www.c.test. A 198.51.100.2\n"),
    ]);
    let bench = Bench::on(world);
    assert_eq!(brief(&bench.ask("www.a.test.").await), "NOERROR | www.a.test. A 198.51.100.1");
    assert_eq!(brief(&bench.ask("www.c.test.").await), "NOERROR | www.c.test. A 198.51.100.2");
}

#[tokio::test(start_paused = true)]
async fn zones_that_need_each_other_fail_at_once() {
    let world = world(&[ROOT, ("test.", &["192.0.2.2"], "a.test. NS ns.b.test.\nb.test. NS ns.a.test.\n")]);
    let bench = Bench::on(world);
    let began = bench.clock.now();
    let (a, b) = tokio::join!(bench.ask("www.a.test."), bench.ask("www.b.test."));
    assert_eq!((a.rcode, b.rcode), (SERVFAIL, SERVFAIL));
    assert!(
        bench.elapsed_since(began).as_millis() < 1500,
        "no deadlock, no deadline: {:?}",
        bench.elapsed_since(began)
    );
    assert!(bench.net.packets_sent() <= 20, "{}", bench.net.packets_sent());
}

#[tokio::test(start_paused = true)]
async fn two_resolutions_that_need_each_others_zones_both_end() {
    // ns of a.test. lives in b.test. and the other way round, each with one more server that has glue.
    let world = world(&[
        ROOT,
        (
            "test.",
            &["192.0.2.2"],
            concat!(
                "a.test. NS ns9.b.test.\na.test. NS ns1.a.test.\nns1.a.test. A 192.0.2.11\n",
                "b.test. NS ns9.a.test.\nb.test. NS ns1.b.test.\nns1.b.test. A 192.0.2.12\n",
            ),
        ),
        ("a.test.", &["192.0.2.11"], "www.a.test. A 198.51.100.1\nns9.a.test. A 192.0.2.12\n"),
        ("b.test.", &["192.0.2.12"], "www.b.test. A 198.51.100.2\nns9.b.test. A 192.0.2.11\n"),
    ]);
    for seed in 0..20 {
        let bench = Bench::new(world.clone(), lab::Faults::default(), seed, |_| {});
        bench.net.kill("192.0.2.11".parse().unwrap());
        let (a, b) = tokio::join!(bench.ask("www.a.test."), bench.ask("www.b.test."));
        assert_eq!((a.rcode, b.rcode), (SERVFAIL, Rcode::NOERROR), "seed {seed}");
        bench.pass(10).await;
        assert_eq!(bench.resolver.in_flight(), 0, "seed {seed}: the table is empty at the end");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_look_up_that_stands_still() {
    // One of two servers is found soon and is silent; the other one is still being looked for meanwhile, when a client asks for
    // that very address.
    let zones = [
        ROOT,
        (
            "test.",
            &["192.0.2.2"],
            concat!(
                "p.test. NS ns.a.test.\np.test. NS ns.b.test.\n",
                "a.test. NS ns1.a.test.\nns1.a.test. A 192.0.2.11\nb.test. NS ns1.b.test.\nns1.b.test. A 192.0.2.12\n",
            ),
        ),
        ("a.test.", &["192.0.2.11"], "ns.a.test. A 192.0.2.13\n"),
        ("b.test.", &["192.0.2.12"], "ns.b.test. A 192.0.2.13\n"),
        ("p.test.", &["192.0.2.13"], "www.p.test. A 198.51.100.1\n"),
    ];
    let world = world_with(&zones, |address| match address {
        "192.0.2.12" => Behaviour { delay: Duration::from_millis(300), ..Behaviour::normal() },
        "192.0.2.13" => Behaviour::of(Conduct::Dead),
        _ => Behaviour::normal(),
    });
    let bench = Bench::new(world, lab::Faults::default(), 1, |_| {});
    let began = bench.clock.now();
    let second = async {
        while bench.sent_to("192.0.2.13") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(bench.sent_to("192.0.2.12") > 0, "the other server is being looked for");
        let answer = bench.ask("ns.b.test.").await;
        (brief(&answer), bench.elapsed_since(began))
    };
    let (first, (second, after)) = tokio::join!(bench.ask("www.p.test."), second);
    assert_eq!(first.rcode, SERVFAIL);
    assert_eq!(second, "NOERROR | ns.b.test. A 192.0.2.13");
    assert!(after < Duration::from_millis(700), "{after:?} of virtual time");
}

#[tokio::test(start_paused = true)]
async fn parent_and_child_may_name_different_servers_rfc1034_4_2_2() {
    // The parent names the live server; the child says that it is another, dead one.
    let world = world(&[
        ROOT,
        ("test.", &["192.0.2.2"], "example.test. NS ns1.example.test.\nns1.example.test. A 192.0.2.3\n"),
        (
            "example.test.",
            &["192.0.2.3"],
            "www.example.test. 5 A 198.51.100.7\nexample.test. NS other.example.test.\nother.example.test. A 192.0.2.77\n",
        ),
    ]);
    let bench = Bench::on(world);
    assert_eq!(bench.ask("example.test. NS").await.answer[0].rdatas.len(), 2, "the child's word answers clients");
    bench.pass(6).await;
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    assert_eq!(bench.sent_to("192.0.2.77"), 0, "the parent's word leads the walk");
}

#[tokio::test(start_paused = true)]
async fn server_name_in_a_tld_that_does_not_exist_is_servfail_for_the_zone() {
    let world = world(&[ROOT, ("test.", &["192.0.2.2"], "a.test. NS ns.nowhere.\n")]);
    let answer = Bench::on(world).ask("www.a.test.").await;
    assert_eq!(answer.rcode, SERVFAIL, "never NXDOMAIN for the client's name");
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_moved_is_found_again_through_its_parent() {
    // Both servers of example.test. are named by the parent; the cache learns of a delegation that then dies.
    let old = ("test.", &["192.0.2.2"][..], "example.test. NS ns1.example.test.\nns1.example.test. A 192.0.2.3\n");
    let bench = Bench::on(world(&[ROOT, old, ("example.test.", &["192.0.2.3"], "*.example.test. 1 A 198.51.100.7\n")]));
    assert_eq!(bench.ask("one.example.test.").await.rcode, Rcode::NOERROR);
    bench.net.kill("192.0.2.3".parse().unwrap());
    let before = bench.sent().iter().filter(|sent| sent.starts_with("192.0.2.2 ")).count();
    assert_eq!(bench.ask("two.example.test.").await.rcode, SERVFAIL);
    bench.pass(10).await;
    let after = bench.sent().iter().filter(|sent| sent.starts_with("192.0.2.2 ")).count();
    assert_eq!(after - before, 1, "the parent is asked once whether the servers are still these");
}

/// example.test. with a server that also names one of another zone beside its answers.
fn volunteering(minimal_responses: bool) -> Bench {
    let more = "example.test. 3600 NS ns1.other.test.\n";
    let record = proto::zonefile::parse(more, &proto::Name::root()).unwrap().remove(0);
    let lie = lab::Lie { section: lab::Section::Authority, record };
    let tld = format!("{}other.test. 3600 NS ns1.other.test.\nns1.other.test. 3600 A 192.0.2.4\n", TEST1.2);
    let records = "www.example.test. 300 A 198.51.100.7\nmail.example.test. 300 A 198.51.100.7\n";
    let zones =
        [ROOT, ("test.", &["192.0.2.2"][..], &tld), ("example.test.", &["192.0.2.3", "192.0.2.4"][..], records)];
    let zones = [zones[0], zones[1], zones[2], ("other.test.", &["192.0.2.4"][..], "")];
    let world = world_with(&zones, move |address| match address {
        "192.0.2.3" => lab::Behaviour { lies: vec![lie.clone()], ..lab::Behaviour::normal() },
        _ => lab::Behaviour::normal(),
    });
    Bench::new(world, lab::Faults::default(), 1, |config| config.minimal_responses = minimal_responses)
}

#[tokio::test(start_paused = true)]
async fn servers_that_a_zone_names_beside_its_answers_are_the_last_resort_where_full_answers_are_wanted() {
    for (minimal_responses, rcode) in [(false, proto::Rcode::NOERROR), (true, SERVFAIL)] {
        let bench = volunteering(minimal_responses);
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
        assert_eq!(bench.sent_to("192.0.2.4"), 0, "what the parent says comes first (RFC 2181 §5.4.1)");
        bench.net.set_behaviour("192.0.2.3".parse().unwrap(), lab::Behaviour::of(lab::Conduct::ServFail));
        assert_eq!(bench.ask("mail.example.test.").await.rcode, rcode, "minimal responses {minimal_responses}");
    }
}

/// Two zones that name a server of `host.test.`, whose address `test.` gives as glue.
fn hosted(glue: &str) -> Bench {
    let test = format!(
        "a.test. 3600 NS ns1.host.test.\nb.test. 3600 NS ns1.host.test.\nhost.test. 3600 NS ns1.host.test.\n\
         host.test. 3600 NS ns2.host.test.\nns1.host.test. 3600 A {glue}\nns2.host.test. 3600 A 192.0.2.6\n"
    );
    Bench::on(world(&[
        ROOT,
        ("test.", &["192.0.2.2"], &test),
        ("a.test.", &["192.0.2.5"], "www.a.test. 300 A 198.51.100.1\n"),
        ("b.test.", &["192.0.2.7"], "www.b.test. 300 A 198.51.100.2\n"),
        ("host.test.", &["192.0.2.6"], "ns1.host.test. 300 A 192.0.2.5\nns2.host.test. 300 A 192.0.2.6\n"),
    ]))
}

#[tokio::test(start_paused = true)]
async fn glue_of_the_zone_above_leads_to_a_server_of_another_zone_rfc1034_4_2_1() {
    let bench = hosted("192.0.2.5");
    assert_eq!(bench.ask("www.a.test.").await.rcode, Rcode::NOERROR);
    bench.pass(5).await; // what was begun beside it ends
    let before = bench.sent_to("192.0.2.6");
    // Its delegation is known from now on: nobody is asked for the address.
    assert_eq!(bench.ask("nobody.a.test.").await.rcode, Rcode::NXDOMAIN);
    assert_eq!(bench.sent_to("192.0.2.6"), before);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_the_referral_brings_is_not_asked_for_in_its_own_zone_rfc1034_4_2_1() {
    let bench = Bench::on(world(&[
        (
            ".",
            &["192.0.2.1"],
            "test. 3600 NS ns1.test.\nns1.test. 3600 A 192.0.2.2\nother. 3600 NS ns1.other.\n\
             ns1.other. 3600 A 192.0.2.3\n",
        ),
        ("test.", &["192.0.2.2"], "a.test. 3600 NS ns1.host.other.\n"),
        ("other.", &["192.0.2.3"], "host.other. 3600 NS ns1.host.other.\nns1.host.other. 3600 A 192.0.2.5\n"),
        ("host.other.", &["192.0.2.5"], "ns1.host.other. 300 A 192.0.2.5\n"),
        ("a.test.", &["192.0.2.5"], "www.a.test. 300 A 198.51.100.1\n"),
    ]));
    assert_eq!(brief(&bench.ask("www.a.test.").await), "NOERROR | www.a.test. A 198.51.100.1");
    bench.pass(5).await; // what was begun beside it ends
    let for_server: Vec<_> = bench.sent().into_iter().filter(|sent| sent.contains(" host.other.")).collect();
    assert!(for_server.iter().any(|sent| sent.starts_with("192.0.2.3 ")), "the referral comes from above");
    let own_zone: Vec<_> = bench.sent().into_iter().filter(|sent| sent.contains("ns1.host.other.")).collect();
    assert!(own_zone.is_empty(), "{own_zone:?}");
}

#[tokio::test(start_paused = true)]
async fn glue_that_leads_nowhere_gives_way_to_the_word_of_the_servers_own_zone_rfc2181_5_4_1() {
    let bench = hosted("192.0.2.99");
    let answer = bench.ask("www.a.test.").await;
    assert_eq!(brief(&answer), "NOERROR | www.a.test. A 198.51.100.1", "{answer:?}");
}
