use super::*;

const WORLD: &str = "title t\nzone . at 192.0.2.1\n";
const ASK: &str = "ask www.example. A expect NXDOMAIN\n";

fn read_it(text: &str) -> Result<Script, ReadError> {
    read(text, &|name| if name == "x.zone" { Ok("www 60 IN A 192.0.2.7\n".into()) } else { Err("not there".into()) })
}

fn problem(text: &str) -> String {
    read_it(text).unwrap_err().to_string()
}

#[test]
fn what_a_zone_does_not_say_is_filled_in() {
    let text =
        "zone example. at 192.0.2.2 2001:db8::2 signed\n  a 60 A 192.0.2.9\nzone b.example. at 192.0.2.3 file x.zone\n";
    let script = read_it(&format!("{WORLD}{text}{ASK}")).unwrap();
    let zone = |name: &str| {
        let zone = script.world.zone(&name.parse().unwrap()).unwrap();
        zone.records().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(zone(".").contains(&"example. 3600 IN NS ns2.example.".to_owned()));
    assert!(zone(".").contains(&"ns2.example. 3600 IN AAAA 2001:db8::2".to_owned()));
    assert!(zone("example.").contains(&"b.example. 3600 IN NS ns1.b.example.".to_owned()));
    assert!(zone("example.").iter().any(|record| record.contains(" DNSKEY ")));
    assert!(zone("b.example.").contains(&"www.b.example. 60 IN A 192.0.2.7".to_owned()));
    assert_eq!(script.setup.engine.root_hints[0].addresses, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    assert!(!script.setup.engine.validation.is_on(), "the root is not signed: there is no anchor");
}

#[test]
fn mistakes_are_told_with_line_and_remedy() {
    for (text, expected) in [
        (format!("zone . at 192.0.2.1\n{ASK}"), "line 2: the title is missing"),
        (format!("title t\n{ASK}"), "line 2: there is no root zone"),
        (WORLD.to_owned(), "line 2: nobody asks anything"),
        (format!("{WORLD}asks x\n"), "line 3: asks has no meaning; docs/scenarios.md"),
        (format!("{WORLD}ask www.example A expect NOERROR\n"), "line 3: www.example: write names with their last dot"),
        (format!("{WORLD}ask www.example. A\n"), "line 3: expect, and what must come, is missing"),
        (format!("{WORLD}ask www.example. A expect FINE\n"), "line 3: FINE is no response code"),
        (format!("{WORLD}ask www.example. A expect NOERROR A x\n"), "line 3: "),
        (format!("{WORLD}server 192.0.2.1 sleepy\n"), "line 3: sleepy is no habit of a server"),
        (format!("{WORLD}lie 192.0.2.1 on x. A\n"), "line 3: the lie is missing"),
        (format!("{WORLD}lie 192.0.2.1 on x. A rcode\n"), "line 3: a response code is missing at the end"),
        (format!("{WORLD}config resolver.colour = true\n"), "line 3: resolver.colour cannot be set"),
        (format!("{WORLD}config resolver.ipv6 = maybe\n"), "line 3: maybe: write a value as in the configuration"),
        (format!("{WORLD}{ASK}config resolver.ipv6 = false\n"), "line 4: config has to stand before the first"),
        (format!("{WORLD}pass 2\n"), "line 3: 2 is no time"),
        (format!("{WORLD}zone e. at 192.0.2.2\n  a A 192.0.2.9\n  b A x\n"), "line 5: b.e. A: "),
        (format!("{WORLD}zone e. at 192.0.2.2 file y.zone\n"), "line 3: not there"),
        (format!("{WORLD}zone e. at 192.0.2.2 signed badly\n"), "line 3: badly is no way to sign"),
        (format!("{WORLD}sent few\n"), "line 3: write sent none, some"),
        (format!("{WORLD}network gone\n"), "line 3: gone is not up"),
    ] {
        let problem = problem(&text);
        assert!(problem.starts_with(expected), "{problem}");
    }
}
