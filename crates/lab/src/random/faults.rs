//! What goes wrong in a random world.

use std::net::IpAddr;
use std::time::Duration;

use proto::{Name, Record, RrType, rdata};

use super::tree::Tree;
use super::{Draw, GoodServers, RandomFaults};
use crate::{
    Behaviour, CaseHabit, Conduct, CookieHabit, EdnsHabit, FORGED_ADDRESS, Forgery, Lie, NonTerminalHabit, Section,
    Server, TcpHabit, UdpHabit,
};

/// Gives servers their faults.
pub(super) fn strike(tree: &Tree, servers: &mut [Server], faults: RandomFaults, draw: &Draw) {
    for number in 0..servers.len() {
        if draw.chance(faults.odd) {
            servers[number].behaviour = oddity(tree, &servers[number], draw);
        }
        if draw.chance(faults.broken) && (faults.good == GoodServers::Perhaps || dispensable(tree, servers, number)) {
            if draw.percent(20) {
                forget_a_zone(&mut servers[number], draw);
            } else {
                servers[number].behaviour = breakage(tree, &servers[number].zones.clone(), draw);
            }
        }
    }
    if draw.chance(faults.odd) {
        deny_nonterminals(servers, draw);
    }
}

/// True if every zone of this server has another good one that everybody can find.
fn dispensable(tree: &Tree, servers: &[Server], number: usize) -> bool {
    let fit = |other: usize, apex: &Name| {
        let server = &servers[other];
        let whole = server.behaviour.is_good() && server.addresses.iter().any(IpAddr::is_ipv4);
        other != number && whole && server.zones.contains(apex)
    };
    let concerned = tree.plots.iter().filter(|plot| plot.ns.contains(&number) || plot.more_ns.contains(&number));
    concerned.into_iter().all(|plot| plot.ns.iter().any(|other| fit(*other, &plot.apex)))
}

/// The parent goes on naming it for a zone that it does not have any more.
fn forget_a_zone(server: &mut Server, draw: &Draw) {
    if server.level != crate::Level::Root && !server.zones.is_empty() {
        let zone = draw.between(0, server.zones.len() as u32 - 1);
        server.zones.remove(zone as usize);
    }
}

/// Denies everything in the name of a zone that is not below any it should serve: a denial from a zone between would
/// be that of a server of both, which nobody can tell from a true one.
fn denial_for_another_zone(tree: &Tree, served: &[Name], draw: &Draw) -> Behaviour {
    let below = |apex: &Name| served.iter().any(|zone| apex.is_at_or_below(zone));
    let foreign: Vec<&Name> = tree.plots.iter().map(|plot| &plot.apex).filter(|apex| !below(apex)).collect();
    let conduct = draw.pick(&foreign).map_or(Conduct::Upward, |apex| Conduct::WrongZone((*apex).clone()));
    Behaviour::of(conduct)
}

/// Behaviour that gives no usable answer.
fn breakage(tree: &Tree, served: &[Name], draw: &Draw) -> Behaviour {
    let elsewhere = || draw.pick(&tree.plots).expect("there are zones").apex.clone();
    let mute = Behaviour { udp: UdpHabit::Truncates, tcp: TcpHabit::Refuses, ..Behaviour::normal() };
    match draw.between(0, 14) {
        0..4 => Behaviour::dead(),
        4 => Behaviour::of(Conduct::Refuses),
        5 => Behaviour::of(Conduct::ServFail),
        6 => Behaviour::of(Conduct::Upward),
        7 => Behaviour::of(Conduct::Sideways(elsewhere())),
        8 => Behaviour::of(Conduct::SelfReferral),
        9 => Behaviour::of(Conduct::Empty),
        10 => denial_for_another_zone(tree, served, draw),
        11 => Behaviour::of(Conduct::NotImp),
        12 => Behaviour { edns: EdnsHabit::BadVers, ..Behaviour::normal() },
        13 => Behaviour { tcp: *draw.pick(&[TcpHabit::Silent, TcpHabit::Closes]).expect("two"), ..mute },
        _ => mute,
    }
}

/// Behaviour that a resolver can cope with, of one or two kinds.
fn oddity(tree: &Tree, server: &Server, draw: &Draw) -> Behaviour {
    let mut behaviour = Behaviour::normal();
    for _ in 0..draw.between(1, 2) {
        match draw.between(0, 8) {
            0 => behaviour.edns = EdnsHabit::FormErr,
            1 => behaviour.edns = EdnsHabit::Ignores,
            2 => behaviour.edns = EdnsHabit::Silent,
            3 => behaviour.udp = UdpHabit::Truncates,
            4 => behaviour.case = CaseHabit::Lowers,
            5 => behaviour.delay = Duration::from_millis(u64::from(draw.between(50, 400))),
            6 => behaviour.cookies = *draw.pick(&[CookieHabit::Gives, CookieHabit::Demands]).expect("two"),
            7 => behaviour.lies = lies(tree, server, draw),
            _ => behaviour.forgeries = forgeries(draw),
        }
    }
    if behaviour.case == CaseHabit::Lowers {
        // Who has learnt that a server lowers the case cannot tell this forgery from its replies.
        behaviour.forgeries.retain(|forgery| *forgery != Forgery::Case);
    }
    behaviour
}

/// Lies about zones that are not the server's: all outside of the bailiwick, whichever of its zones is asked.
fn lies(tree: &Tree, server: &Server, draw: &Draw) -> Vec<Lie> {
    let foreign = |apex: &&Name| !server.zones.iter().any(|zone| apex.is_at_or_below(zone));
    let apexes: Vec<&Name> = tree.plots.iter().map(|plot| &plot.apex).filter(foreign).collect();
    let Some(victim) = draw.pick(&apexes) else { return Vec::new() };
    let host = victim.prepend(b"h0").expect("short names");
    let (rtype, data) = rdata::from_address(FORGED_ADDRESS.into());
    let address = |owner: &Name| Record::new(owner.clone(), rtype, 86_400, data.clone());
    let stranger: Name = "ns.stranger.".parse().expect("a name");
    vec![
        Lie { section: Section::Answer, record: address(&host) },
        Lie {
            section: Section::Authority,
            record: Record::new((*victim).clone(), RrType::NS, 86_400, stranger.wire()),
        },
        Lie { section: Section::Additional, record: address(&stranger) },
        Lie { section: Section::Additional, record: address(&host) },
    ]
}

fn forgeries(draw: &Draw) -> Vec<Forgery> {
    use Forgery::{Address, Case, Garbage, Id, Port, Query, Question};
    [Address, Port, Id(2), Question, Case, Query, Garbage].into_iter().filter(|_| draw.percent(50)).collect()
}

/// One zone whose servers serve nothing else denies its empty non-terminals, all servers alike.
fn deny_nonterminals(servers: &mut [Server], draw: &Draw) {
    let exclusive: Vec<Name> = servers
        .iter()
        .filter_map(|server| server.zones.first())
        .filter(|apex| {
            servers.iter().filter(|server| server.zones.contains(apex)).all(|server| server.zones.len() == 1)
        })
        .cloned()
        .collect();
    if let Some(apex) = draw.pick(&exclusive) {
        for server in servers.iter_mut().filter(|server| server.zones.contains(apex)) {
            server.behaviour.nonterminals = NonTerminalHabit::NxDomain;
        }
    }
}
