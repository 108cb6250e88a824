use std::net::SocketAddr;
use std::time::Duration;

use engine::{Answer, CachedWhat, CutSource, Entry, Event, Outcome, Purpose, Transport};
use proto::{Ede, EdeCode, Name, Question, Rcode, RrType, Rrset, rdata};

use super::*;

const UNICODE: Style = Style { palette: Palette::Plain, charset: Charset::Unicode };

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn question(text: &str) -> Question {
    let (name, rtype) = text.split_once(' ').unwrap();
    Question::new(name.parse().unwrap(), rtype.parse().unwrap())
}

fn set(owner: &str, ttl: u32, rtype: RrType, data: &[&str]) -> Rrset {
    let fields: Vec<Vec<u8>> = data.iter().map(|text| rdata::parse(rtype, text, &Name::root()).unwrap()).collect();
    Rrset::new(name(owner), rtype, ttl, fields.iter().map(Vec::as_slice))
}

/// A trace under construction: each method adds one entry.
#[derive(Default)]
struct Story {
    entries: Vec<Entry>,
}

impl Story {
    fn add(mut self, span: u32, parent: u32, event: Event) -> Self {
        let at = Duration::from_millis(self.entries.len() as u64);
        self.entries.push(Entry { at, span, parent, event });
        self
    }

    fn start(self, span: u32, parent: u32, asked: &str, purpose: Purpose) -> Self {
        self.add(span, parent, Event::Started { question: question(asked), purpose })
    }

    fn cut(self, span: u32, zone: &str, from: CutSource, servers: &[&str]) -> Self {
        let servers = servers.iter().map(|server| name(server)).collect();
        self.add(span, 0, Event::AtCut { zone: name(zone), from, servers })
    }

    fn ask(self, span: u32, exchange: u32, zone: &str, server: &str, address: &str, asked: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let (zone, server, question) = (name(zone), name(server), question(asked));
        let transport = if address.port() == 54 { Transport::Tcp } else { Transport::Udp };
        let address = SocketAddr::new(address.ip(), 53);
        self.add(span, 0, Event::Asked { exchange, zone, server, address, transport, question })
    }

    fn reply(self, span: u32, exchange: u32, ms: u64, outcome: Outcome, records: Vec<Rrset>) -> Self {
        let bytes = if matches!(outcome, Outcome::Timeout { .. }) { 0 } else { 100 };
        self.add(span, 0, Event::Replied { exchange, rtt_us: ms * 1000, bytes, outcome, records })
    }

    fn finish(self, span: u32, rcode: Rcode) -> Self {
        self.add(span, 0, Event::Finished { rcode, upstream_queries: 3, bytes: 300 })
    }

    fn draw(&self, answer: &Answer, style: Style) -> String {
        let mut renderer = Renderer::new(style, None);
        let lines: String = self.entries.iter().map(|entry| renderer.entry(entry)).collect();
        lines + &renderer.finish(&Ending { answer, elapsed: Duration::from_micros(91_500), budget: 100 })
    }
}

fn referral(zone: &str) -> Outcome {
    Outcome::Referral { zone: name(zone) }
}

fn plain_walk() -> (Story, Answer) {
    let story = Story::default()
        .start(0, 0, "www.naver.com. A", Purpose::Client)
        .cut(0, ".", CutSource::Hints, &["a.root-servers.net.", "b.root-servers.net."])
        .ask(0, 1, ".", "a.root-servers.net.", "127.53.0.1:53", "com. NS")
        .reply(
            0,
            1,
            20,
            referral("com."),
            vec![
                set("com.", 172_800, RrType::NS, &["a.gtld-servers.net.", "b.gtld-servers.net."]),
                set("a.gtld-servers.net.", 172_800, RrType::A, &["127.53.1.1"]),
            ],
        )
        .cut(0, "com.", CutSource::Referral, &["a.gtld-servers.net.", "b.gtld-servers.net."])
        .ask(0, 2, "com.", "a.gtld-servers.net.", "127.53.1.1:53", "naver.com. NS")
        .reply(0, 2, 30, referral("naver.com."), vec![])
        .cut(0, "naver.com.", CutSource::Referral, &["ns1.naver.com."])
        .ask(0, 3, "naver.com.", "ns1.naver.com.", "127.53.2.1:53", "www.naver.com. A")
        .reply(0, 3, 40, Outcome::Answer, vec![set("www.naver.com.", 300, RrType::A, &["12.123.123.123"])])
        .finish(0, Rcode::NOERROR);
    let answer = vec![set("www.naver.com.", 300, RrType::A, &["12.123.123.123"])];
    (story, Answer { answer, ..Answer::empty(Rcode::NOERROR) })
}

#[test]
fn name_becomes_an_address_step_by_step() {
    let (story, answer) = plain_walk();
    let drawn = story.draw(&answer, UNICODE);
    let expected = "\
www.naver.com. A
├─ .  2 servers, from the root hints
│    a.root-servers.net. 127.53.0.1 udp      com. NS                 20.0 ms  referral to com.
│        com.                     172800  NS    a.gtld-servers.net.  b.gtld-servers.net.
│        a.gtld-servers.net.      172800  A     127.53.1.1
├─ com.  2 servers, by referral
│    a.gtld-servers.net. 127.53.1.1 udp      naver.com. NS           30.0 ms  referral to naver.com.
├─ naver.com.  1 server, by referral
│    ns1.naver.com. 127.53.2.1 udp           www.naver.com. A        40.0 ms  answer
│        www.naver.com.              300  A     12.123.123.123
├─ answer
│        www.naver.com.              300  A     12.123.123.123
└─ NOERROR · 91.5 ms · 6 packets (3 out, 3 in) · 300 octets received · budget 3 of 100 questions
";
    assert_eq!(drawn, expected, "\n{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn ascii_says_the_same_without_tree_characters() {
    let (story, answer) = plain_walk();
    let drawn = story.draw(&answer, Style { charset: Charset::Ascii, ..UNICODE });
    assert!(drawn.is_ascii(), "{drawn}");
    assert!(drawn.contains("|- com.  2 servers, by referral\n|    a.gtld-servers.net."), "{drawn}");
    assert!(
        drawn.ends_with(
            "'- NOERROR, 91.5 ms, 6 packets (3 out, 3 in), 300 octets received, budget 3 of 100 questions\n"
        )
    );
}

#[test]
fn colours_change_no_letter() {
    let (story, answer) = plain_walk();
    let coloured = story.draw(&answer, Style { palette: Palette::Ansi, ..UNICODE });
    let mut plain = String::new();
    for (index, piece) in coloured.split('\x1b').enumerate() {
        plain.push_str(if index == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, story.draw(&answer, UNICODE));
}

#[test]
fn failures_detours_and_thrown_away_records_are_told() {
    let story = Story::default()
        .start(0, 0, "x.example. MX", Purpose::Client)
        .add(
            0,
            0,
            Event::FromCache { question: question("x.example. CNAME"), what: CachedWhat::Alias, records: vec![] },
        )
        .cut(0, "example.", CutSource::Cache, &["ns.example."])
        .ask(0, 1, "example.", "ns.example.", "192.0.2.1:53", "x.example. MX")
        .reply(0, 1, 400, Outcome::Timeout { after_ms: 400 }, vec![])
        .ask(0, 2, "example.", "ns.example.", "[2001:db8::1]:53", "x.example. MX")
        .add(
            0,
            0,
            Event::Scrubbed { exchange: 2, record: "bank. 60 IN A 192.0.2.66".into(), why: "outside example.".into() },
        )
        .reply(0, 2, 5, Outcome::Lame { why: "REFUSED\x1b[31m".into() }, vec![])
        .ask(0, 3, "example.", "ns.example.", "192.0.2.2:54", "x.example. MX")
        .reply(0, 3, 7, Outcome::Alias { target: name("y.example.") }, vec![])
        .add(0, 0, Event::Followed { from: name("x.example."), to: name("y.example.") })
        .add(0, 0, Event::Note { text: "the name is asked whole from here".into() })
        .ask(0, 4, "example.", "ns.example.", "192.0.2.3:53", "y.example. MX");
    let why = Ede::new(EdeCode::NO_REACHABLE_AUTHORITY, "no server of example. gave a usable reply");
    let drawn = story.draw(&Answer::failure(Rcode::SERVFAIL, why), UNICODE);
    let expected = "\
x.example. MX
├─ x.example. CNAME from the cache: an alias
├─ example.  1 server, from the cache
│    ns.example. 192.0.2.1 udp               x.example. MX          400.0 ms  no reply
│    ns.example. 2001:db8::1 udp             x.example. MX            5.0 ms  lame: REFUSED\u{FFFD}[31m
│        ✗ bank. 60 IN A 192.0.2.66  outside example.
│    ns.example. 192.0.2.2 tcp               x.example. MX            7.0 ms  alias of y.example.
├─ alias x.example. → y.example.
│    the name is asked whole from here
│    ns.example. 192.0.2.3 udp               y.example. MX                    no longer waited for
├─ no answer
│    EDE 22 (No Reachable Authority): no server of example. gave a usable reply
└─ SERVFAIL · 91.5 ms · 6 packets (4 out, 2 in) · 200 octets received · budget 4 of 100 questions
";
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn walks_for_server_addresses_are_indented_and_named_again_when_they_alternate() {
    let purpose = || Purpose::ServerAddress { zone: name("example.") };
    let story = Story::default()
        .start(0, 0, "example. A", Purpose::Client)
        .cut(0, "example.", CutSource::Referral, &["ns.a.", "ns.b."])
        .start(1, 0, "ns.a. A", purpose())
        .start(2, 0, "ns.b. A", purpose())
        .ask(1, 1, ".", "r.", "192.0.2.1:53", "a. NS")
        .ask(2, 2, ".", "r.", "192.0.2.1:53", "b. NS")
        .reply(1, 1, 20, referral("a."), vec![])
        .reply(2, 2, 20, referral("b."), vec![])
        .finish(1, Rcode::NOERROR)
        .finish(2, Rcode::NXDOMAIN)
        .ask(0, 3, "example.", "ns.a.", "192.0.2.2:53", "example. A")
        .reply(0, 3, 40, Outcome::NoData, vec![]);
    let drawn = story.draw(&Answer::empty(Rcode::NOERROR), UNICODE);
    let expected = "\
example. A
├─ example.  2 servers, by referral
├─ ns.a. A  to find a name server of example.
├─ ns.b. A  to find a name server of example.
├─ ns.a. A  goes on
│  │    r. 192.0.2.1 udp                     a. NS                   20.0 ms  referral to a.
├─ ns.b. A  goes on
│  │    r. 192.0.2.1 udp                     b. NS                   20.0 ms  referral to b.
├─ ns.a. A  goes on
│  └─ NOERROR
├─ ns.b. A  goes on
│  └─ NXDOMAIN
│    ns.a. 192.0.2.2 udp                     example. A              40.0 ms  no data
├─ no data of this type
└─ NOERROR · 91.5 ms · 6 packets (3 out, 3 in) · 300 octets received · budget 3 of 100 questions
";
    assert_eq!(drawn, expected, "\n{drawn}");
}

#[test]
fn reply_that_comes_after_the_walk_went_on_names_its_zone() {
    let story = Story::default()
        .start(0, 0, "a.b. A", Purpose::Client)
        .cut(0, ".", CutSource::Hints, &["r."])
        .ask(0, 1, ".", "r.", "192.0.2.1:53", "b. NS")
        .cut(0, "b.", CutSource::Referral, &["ns.b."])
        .reply(0, 1, 900, referral("b."), vec![]);
    let drawn = story.draw(&Answer::empty(Rcode::NXDOMAIN), UNICODE);
    assert!(drawn.contains("referral to b. (asked for .)"), "{drawn}");
    assert!(drawn.contains("├─ no such name\n└─ NXDOMAIN"), "{drawn}");
}

#[test]
fn chain_of_aliases_without_data_is_no_data() {
    let alias = set("a.", 60, RrType::CNAME, &["b."]);
    let story = Story::default().start(0, 0, "a. A", Purpose::Client);
    let drawn = story.draw(&Answer { answer: vec![alias], ..Answer::empty(Rcode::NOERROR) }, UNICODE);
    assert!(drawn.contains("├─ no data of this type\n"), "{drawn}");
}

#[test]
fn long_names_leave_no_ragged_times_and_a_brief_outcome() {
    let server = "ns1.onedead.rootwalk.net.";
    let story = Story::default()
        .start(0, 0, "www.onedead.rootwalk.net. A", Purpose::Client)
        .ask(0, 1, "rootwalk.net.", server, "127.53.5.1:53", "onedead.rootwalk.net. A")
        .reply(0, 1, 30, referral("onedead.rootwalk.net."), vec![])
        .ask(0, 2, "rootwalk.net.", server, "127.53.5.1:53", "a. A")
        .reply(0, 2, 30, Outcome::Lame { why: "refers to its own zone or above it".into() }, vec![]);
    let drawn = story.draw(&Answer::empty(Rcode::SERVFAIL), UNICODE);
    let expected = "\
│    ns1.onedead.rootwalk.net. 127.53.5.1 udp onedead.rootwalk.net. A 30.0 ms  referral
│    ns1.onedead.rootwalk.net. 127.53.5.1 udp a. A                   30.0 ms  lame: refers to its own zone or above it
";
    assert!(drawn.contains(expected), "{drawn}");
}

#[test]
fn cut_is_named_once_while_minimisation_reveals_labels_rfc9156_3() {
    let story = Story::default()
        .start(0, 0, "a.b.c. A", Purpose::Client)
        .cut(0, "c.", CutSource::Referral, &["ns.c."])
        .ask(0, 1, "c.", "ns.c.", "192.0.2.1:53", "b.c. A")
        .reply(0, 1, 10, Outcome::NoCut, vec![])
        .cut(0, "c.", CutSource::Referral, &["ns.c."])
        .ask(0, 2, "c.", "ns.c.", "192.0.2.1:53", "a.b.c. A")
        .reply(0, 2, 10, Outcome::Alias { target: name("d.c.") }, vec![])
        .add(0, 0, Event::Followed { from: name("a.b.c."), to: name("d.c.") })
        .cut(0, "c.", CutSource::Cache, &["ns.c."]);
    let drawn = story.draw(&Answer::empty(Rcode::NOERROR), UNICODE);
    assert_eq!(drawn.matches("├─ c.  1 server").count(), 2, "once, and once after the alias:\n{drawn}");
}
