//! What is odd about a server, in words.

use lab::{Behaviour, CaseHabit, Conduct, CookieHabit, EdnsHabit, NonTerminalHabit, TcpHabit, UdpHabit};

/// Every habit that a good server does not have.
pub(super) fn describe(behaviour: &Behaviour) -> Vec<String> {
    let mut odd: Vec<String> = [
        conduct(&behaviour.conduct),
        edns(behaviour.edns),
        cookies(behaviour.cookies),
        udp(behaviour.udp),
        tcp(behaviour.tcp),
        case(behaviour.case),
        nonterminals(behaviour.nonterminals),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !behaviour.delay.is_zero() {
        odd.push(format!("thinks for {} ms", behaviour.delay.as_millis()));
    }
    if !behaviour.lies.is_empty() {
        odd.push("adds lies".to_owned());
    }
    if !behaviour.forgeries.is_empty() {
        odd.push("forged replies come before its own".to_owned());
    }
    odd
}

fn conduct(conduct: &Conduct) -> Option<String> {
    let text = match conduct {
        Conduct::Serves => return None,
        Conduct::Dead => "dead",
        Conduct::Refuses => "REFUSED to everything",
        Conduct::ServFail => "SERVFAIL to everything",
        Conduct::NotImp => "NOTIMP to everything",
        Conduct::FormErr => "FORMERR to everything",
        Conduct::Empty => "empty replies",
        Conduct::Upward => "refers to the root",
        Conduct::Sideways(zone) => return Some(format!("refers to {zone}")),
        Conduct::SelfReferral => "refers to itself",
        Conduct::NonAuthoritative => "answers without authority",
        Conduct::WrongZone(zone) => return Some(format!("answers as if it were {zone}")),
    };
    Some(text.to_owned())
}

fn edns(habit: EdnsHabit) -> Option<String> {
    let text = match habit {
        EdnsHabit::Speaks => return None,
        EdnsHabit::Ignores => "does not know EDNS",
        EdnsHabit::FormErr => "FORMERR to EDNS",
        EdnsHabit::NotImp => "NOTIMP to EDNS",
        EdnsHabit::Silent => "no reply to EDNS",
        EdnsHabit::BadVers => "BADVERS to EDNS",
    };
    Some(text.to_owned())
}

fn cookies(habit: CookieHabit) -> Option<String> {
    let text = match habit {
        CookieHabit::Ignores => return None,
        CookieHabit::Gives => "gives cookies",
        CookieHabit::Demands => "demands cookies",
    };
    Some(text.to_owned())
}

fn udp(habit: UdpHabit) -> Option<String> {
    match habit {
        UdpHabit::Whole => None,
        UdpHabit::Truncates => Some("always truncates over UDP".to_owned()),
    }
}

fn tcp(habit: TcpHabit) -> Option<String> {
    let text = match habit {
        TcpHabit::Serves => return None,
        TcpHabit::Refuses => "no TCP",
        TcpHabit::Silent => "silent over TCP",
        TcpHabit::Closes => "closes TCP connections",
        TcpHabit::Truncates => "truncates over TCP",
        TcpHabit::Drips => "drips its replies over TCP",
    };
    Some(text.to_owned())
}

fn case(habit: CaseHabit) -> Option<String> {
    match habit {
        CaseHabit::Keeps => None,
        CaseHabit::Lowers => Some("loses letter case".to_owned()),
    }
}

fn nonterminals(habit: NonTerminalHabit) -> Option<String> {
    match habit {
        NonTerminalHabit::NoData => None,
        NonTerminalHabit::NxDomain => Some("NXDOMAIN for empty non-terminals".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_servers_have_nothing_odd_and_habits_add_up() {
        assert_eq!(describe(&Behaviour::normal()), Vec::<String>::new());
        let odd = Behaviour { edns: EdnsHabit::FormErr, tcp: TcpHabit::Refuses, ..Behaviour::dead() };
        assert_eq!(describe(&odd), ["dead", "FORMERR to EDNS", "no TCP"]);
    }
}
