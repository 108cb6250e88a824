//! Zones of a file as a world: what a zone file need not say is filled in here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use lab::{Behaviour, Level, Server, Signing, World, Zone};
use proto::{Name, Record, RrType, rdata, zonefile};

use super::lines::Line;

/// TTL of what is filled in, in seconds.
const TTL: u32 = 3600;

/// A zone as it is written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) apex: Name,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) signing: Option<Signing>,
    /// Whether the zone above does not know of it.
    pub(super) hidden: bool,
    pub(super) records: Vec<Record>,
}

/// The records below a `zone` line, and those of the file that it names.
pub(super) fn records(line: &Line, apex: &Name, file: Option<&str>) -> Result<Vec<Record>, (usize, String)> {
    let (mut text, mut numbers) = (String::new(), Vec::new());
    for (number, written) in &line.block {
        for one in generated(written).map_err(|problem| (*number, problem))? {
            text += &one;
            text.push('\n');
            numbers.push(*number);
        }
    }
    let place = |at: usize| numbers.get(at.saturating_sub(1)).copied().unwrap_or(line.number);
    let mut found = zonefile::parse(&text, apex).map_err(|error| (place(error.line), error.problem))?;
    if let Some(text) = file {
        let of_file = zonefile::parse(text, apex).map_err(|error| (line.number, format!("its file: {error}")))?;
        found.extend(of_file);
    }
    Ok(found)
}

/// `$GENERATE 1-300 TEXT` stands for as many lines, each with its number for `$`.
fn generated(line: &str) -> Result<Vec<String>, String> {
    let Some(rest) = line.strip_prefix("$GENERATE ") else { return Ok(vec![line.to_owned()]) };
    let parts = rest.split_once(' ').and_then(|(range, text)| Some((range.split_once('-')?, text)));
    let numbers = parts.and_then(|((first, last), text)| {
        Some((first.parse::<u32>().ok()?, last.parse::<u32>().ok().filter(|last| *last < 100_000)?, text))
    });
    let (first, last, text) = numbers.ok_or("write $GENERATE FIRST-LAST LINE, with $ for the number")?;
    Ok((first..=last).map(|number| text.replace('$', &number.to_string())).collect())
}

/// The world of the zones, with delegations, glue, SOA and NS records where none are written.
pub(super) fn build(mut zones: Vec<Written>) -> Result<Arc<World>, String> {
    zones.iter_mut().for_each(complete);
    delegate(&mut zones);
    let mut servers: BTreeMap<IpAddr, Server> = BTreeMap::new();
    let mut parsed = Vec::new();
    for zone in zones {
        for (address, name) in zone.addresses.iter().zip(server_names(zone.apex.clone())) {
            let level = match zone.apex.label_count() {
                0 => Level::Root,
                1 => Level::Tld,
                _ => Level::Leaf,
            };
            let server = servers.entry(*address).or_insert_with(|| Server {
                name,
                addresses: vec![*address],
                zones: vec![],
                level,
                behaviour: Behaviour::normal(),
            });
            server.zones.push(zone.apex.clone());
        }
        let read = Zone::from_records(zone.apex, zone.records).map_err(|error| error.to_string())?;
        parsed.push(match zone.signing {
            Some(how) => read.signed(how),
            None => read,
        });
    }
    let servers = servers.into_values().collect();
    World::new(parsed, servers, vec![]).map(Arc::new).map_err(|error| error.to_string())
}

/// `ns1`, `ns2`, ... below the apex, one for each address.
fn server_names(apex: Name) -> impl Iterator<Item = Name> {
    (1..).map_while(move |number: u32| apex.prepend(format!("ns{number}").as_bytes()).ok())
}

/// Adds the SOA record and the NS set with its addresses, where the text has none.
fn complete(zone: &mut Written) {
    let has = |rtype: RrType| zone.records.iter().any(|record| record.rtype == rtype && record.name == zone.apex);
    let (has_soa, has_ns) = (has(RrType::SOA), has(RrType::NS));
    if !has_soa {
        let (mut data, numbers) = (Vec::new(), [1_u32, 3600, 900, 604_800, 300]);
        for label in ["ns1", "host"] {
            data.extend_from_slice(zone.apex.prepend(label.as_bytes()).unwrap_or_else(|_| Name::root()).wire());
        }
        data.extend(numbers.map(u32::to_be_bytes).concat());
        zone.records.push(Record::new(zone.apex.clone(), RrType::SOA, TTL, data));
    }
    if !has_ns {
        for (address, name) in zone.addresses.clone().into_iter().zip(server_names(zone.apex.clone())) {
            let (rtype, data) = rdata::from_address(address);
            zone.records.push(Record::new(zone.apex.clone(), RrType::NS, TTL, name.wire()));
            zone.records.push(Record::new(name, rtype, TTL, data));
        }
    }
}

/// Adds to each zone the delegations to the zones right below it that its text does not have.
fn delegate(zones: &mut [Written]) {
    let apexes: Vec<Name> = zones.iter().map(|zone| zone.apex.clone()).collect();
    for child in 0..zones.len() {
        let above = zones[child].apex.ancestors().skip(1).find_map(|name| apexes.iter().position(|apex| *apex == name));
        let Some(parent) = above.filter(|_| !zones[child].hidden) else { continue };
        let cut = zones[child].apex.clone();
        if zones[parent].records.iter().any(|record| record.rtype == RrType::NS && record.name == cut) {
            continue;
        }
        let of_child = &zones[child].records;
        let ns: Vec<Record> =
            of_child.iter().filter(|record| record.rtype == RrType::NS && record.name == cut).cloned().collect();
        let targets: Vec<Name> = ns.iter().filter_map(|record| rdata::target(&record.rdata)).collect();
        let is_address = |record: &&Record| matches!(record.rtype, RrType::A | RrType::AAAA);
        let glue = of_child.iter().filter(is_address).filter(|record| targets.contains(&record.name));
        let added: Vec<Record> = glue.cloned().chain(ns).collect();
        zones[parent].records.extend(added);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_generated_by_number() {
        assert_eq!(generated("$GENERATE 9-10 a$ A 192.0.2.$").unwrap(), ["a9 A 192.0.2.9", "a10 A 192.0.2.10"]);
        assert_eq!(generated("a A 192.0.2.1").unwrap().len(), 1);
        assert!(generated("$GENERATE x A").is_err() && generated("$GENERATE 1-200000 x A").is_err());
    }
}
