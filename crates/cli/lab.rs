//! The built-in internet: `rootwalk lab`, and what `serve --lab` and `walk --lab` need of it.

mod behaviour;
mod table;

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use ::lab::serve::{LAB_PORT, LabServers, Place, plan, serve};
use ::lab::{Faults, Latency, World};
use anyhow::{Context, anyhow};
use engine::dnssec::anchors::TrustAnchors;
use engine::{EngineConfig, RootServer, Validation};
use proto::{Name, Question, RrType, rdata};
use server::special::SpecialNames;
use server::{ServerConfig, SpecialNamesConfig};

use crate::args::{self, Switch};
use crate::config::Config;
use crate::exit::Exit;
use crate::terminal;
use table::Table;

/// Lists the built-in internet, prints its zones, or runs its servers.
pub(crate) fn run(args: &args::Lab) -> anyhow::Result<Exit> {
    let world = World::embedded();
    if args.listen {
        return run_servers(world);
    }
    let text = if args.zones { zones(&world) } else { listing(&world, &plan(&world, LAB_PORT)) };
    terminal::print(&text)?;
    Ok(Exit::Fine)
}

/// The settings for `world` instead of the real internet: its own root servers, on loopback addresses, and its names
/// where they would otherwise be special.
pub(crate) fn config(config: Config, world: &World) -> Config {
    let root_hints = world.root_servers().into_iter().map(|(name, addresses)| RootServer { name, addresses }).collect();
    let engine = EngineConfig {
        root_hints,
        query_localhost: true,
        upstream_port: 53,
        own_addresses: Vec::new(),
        validation: validation(config.engine.validation, world),
        ..config.engine
    };
    let special_names = SpecialNamesConfig { exempt: served_special_zones(world), ..config.server.special_names };
    let server = ServerConfig { special_names, ..config.server };
    // What its zones do to their keys is nothing to remember.
    Config { engine, server, state_file: None, ..config }
}

/// The same validation with the lab's own anchor in place of the public root's. Anchors of other zones stay: so its
/// signed island can be given one.
fn validation(configured: Validation, world: &World) -> Validation {
    let mut anchors = TrustAnchors::none();
    if configured.is_on() {
        for (zone, voucher) in configured.anchors.zones().filter(|(zone, _)| !zone.is_root()) {
            anchors.set(zone.clone(), voucher.clone());
        }
        for anchor in world.anchors() {
            anchors.add(&anchor).expect("the lab's anchors are DS records");
        }
    }
    Validation { anchors, ..configured }
}

/// The zones of `world` below special names, and the special zones that they are in: what we said of the names in between
/// would have no signatures, and break the chain of trust for who validates behind us. Not all zones: the lab has a zone
/// `arpa.` too, and home.arpa and the other private reverse zones stay special all the same.
fn served_special_zones(world: &World) -> Vec<Name> {
    let special = SpecialNames::new(&SpecialNamesConfig::default());
    let served = |apex: &Name| {
        let denial = special.answer(&Question::new(apex.clone(), RrType::SOA))?;
        let around = denial.authority.iter().map(|soa| soa.name.clone());
        Some(around.chain([apex.clone()]).collect::<Vec<Name>>())
    };
    world.zones().filter_map(|zone| served(&zone.apex)).flatten().collect()
}

/// A network with or without the time that far servers take, and with the loss that was asked for.
pub(crate) fn faults(world: args::WorldChoice) -> Faults {
    let loss = f64::from(world.lab_loss) / 100.0;
    match world.lab_latency {
        Switch::On => Faults { latency: Latency::default(), loss, ..Faults::none() },
        Switch::Off => Faults { loss, ..Faults::none() },
    }
}

/// Starts the servers on their loopback sockets.
pub(crate) async fn listen(world: Arc<World>, faults: Faults) -> Result<LabServers, ::lab::LabError> {
    serve(world, faults, LAB_PORT).await
}

fn run_servers(world: Arc<World>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let mut stop = crate::signals::Stop::new().context("cannot wait for signals")?;
        let servers = listen(world.clone(), Faults { latency: Latency::default(), ..Faults::none() }).await;
        let servers = servers.map_err(|error| anyhow!("{error} (does another rootwalk run the lab?)"))?;
        terminal::print(&listing(&world, servers.map()))?;
        terminal::print(&format!("{} servers are listening; Ctrl-C ends them\n", world.servers().len()))?;
        stop.wait().await;
        Ok(Exit::Fine)
    })
}

/// Servers, then what there is to see.
fn listing(world: &World, places: &[Place]) -> String {
    let mut servers = Table::new(["SERVER", "ADDRESS", "ASK AT", "ZONES, AND WHAT IS ODD ABOUT IT"]);
    for server in world.servers() {
        for (index, address) in server.addresses.iter().enumerate() {
            let socket = socket_of(places, &server.name, *address);
            let about = if index == 0 { about(server) } else { String::new() };
            let name = if index == 0 { server.name.to_string() } else { String::new() };
            servers.row([name, address.to_string(), socket, about]);
        }
    }
    let mut exhibits = Table::new(["TO SEE", "ASK", "EXPECT", ""]);
    for exhibit in world.catalogue() {
        let ask = exhibit.ask.to_string();
        exhibits.row([exhibit.title.to_owned(), ask, exhibit.expect.to_owned(), String::new()]);
    }
    let mut out = servers.to_string();
    let first = places.iter().find(|place| place.socket.port() == LAB_PORT);
    if let Some(place) = first {
        let (ip, port) = (place.socket.ip(), place.socket.port());
        let _ = writeln!(
            out,
            "\nWhile `rootwalk lab --listen` or `rootwalk serve --lab` runs, each can be asked directly:"
        );
        let _ = writeln!(out, "  dig +norecurse @{ip} -p {port} com. NS\n"); // writing to a text cannot fail
    }
    out + &exhibits.to_string() + "\n" + &museum_table()
}

/// Zones that are signed wrongly, and healthy ones to compare.
fn museum_table() -> String {
    let mut pieces = Table::new(["MUSEUM OF SIGNED ZONES", "ASK", "EXPECT", ""]);
    for piece in ::lab::museum() {
        let ad = if piece.standing == ::lab::Standing::Secure { ", AD" } else { "" };
        let ede = piece.ede.map_or(String::new(), |code| format!(", EDE {}", code.0));
        let expect = format!("{}{ad}{ede}", piece.rcode);
        pieces.row([piece.wrong.to_owned(), piece.ask.to_string(), expect, String::new()]);
    }
    pieces.to_string()
}

fn socket_of(places: &[Place], server: &Name, address: IpAddr) -> String {
    let place = places.iter().find(|place| place.server == *server && place.address == address);
    place.map(|place| place.socket.to_string()).unwrap_or_default()
}

fn about(server: &::lab::Server) -> String {
    let zones: Vec<String> = server.zones.iter().map(Name::to_string).collect();
    let odd = behaviour::describe(&server.behaviour);
    let zones = if zones.is_empty() { "no zone".to_owned() } else { zones.join(" ") };
    if odd.is_empty() { zones } else { format!("{zones}  ({})", odd.join(", ")) }
}

/// Every zone as a zone file.
fn zones(world: &World) -> String {
    let mut out = String::new();
    for zone in world.zones() {
        let _ = writeln!(out, "; zone {}\n$ORIGIN {}", zone.apex, zone.apex);
        for record in zone.records() {
            let data = rdata::present(record.rtype, &record.rdata);
            let _ = writeln!(
                out,
                "{:<32} {:>6} IN {:<5} {data}",
                record.name.to_string(),
                record.ttl,
                record.rtype.to_string()
            );
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_shows_every_server_address_and_where_to_ask() {
        let world = World::embedded();
        let places = plan(&world, LAB_PORT);
        let text = listing(&world, &places);
        for server in world.servers() {
            assert!(text.contains(&server.name.to_string()), "{}", server.name);
            for address in &server.addresses {
                assert!(!socket_of(&places, &server.name, *address).is_empty(), "{address}");
            }
        }
        for exhibit in world.catalogue() {
            assert!(text.contains(exhibit.title), "{}", exhibit.title);
        }
        for piece in ::lab::museum() {
            assert!(text.contains(&piece.ask.to_string()), "{}", piece.ask);
        }
    }

    #[test]
    fn zones_are_printed_as_zone_files_that_read_back() {
        let world = World::embedded();
        let text = zones(&world);
        for zone in world.zones() {
            let marker = format!("; zone {}\n", zone.apex);
            let start = text.find(&marker).expect("every zone is printed");
            let body = &text[start + marker.len()..];
            let body = &body[..body.find("\n\n").unwrap_or(body.len())];
            let read = proto::zonefile::parse(body, &zone.apex).unwrap();
            assert_eq!(read.len(), zone.records().count(), "{}", zone.apex);
        }
    }

    #[test]
    fn walks_on_the_lab_begin_at_its_own_root_servers() {
        let world = World::embedded();
        let config = config(crate::config::load(None, None).unwrap(), &world);
        assert_eq!(config.engine.root_hints.len(), world.root_servers().len());
        assert!(config.engine.query_localhost);
        let anchors = config.engine.validation.anchors;
        assert!(anchors.of(&Name::root()).is_some_and(|root| !root.ds.is_empty()));
        assert_ne!(anchors, TrustAnchors::root(), "the public root does not vouch for the lab");
    }

    #[test]
    fn special_names_stay_special_unless_the_lab_serves_them_rfc6761_3() {
        let config = config(crate::config::load(None, None).unwrap(), &World::embedded());
        let special = SpecialNames::new(&config.server.special_names);
        let is_special = |name: &str| special.answer(&Question::new(name.parse().unwrap(), RrType::A)).is_some();
        for name in ["localhost.", "x.onion.", "home.arpa.", "1.168.192.in-addr.arpa."] {
            assert!(is_special(name), "{name}");
        }
        for name in ["www.naver.com.", "1.0.53.127.in-addr.arpa.", "123.123.123.12.in-addr.arpa."] {
            assert!(!is_special(name), "{name}");
        }
    }
}
