//! From the text of a file to a [`Script`]. Pure; files that it names are read by the caller.

use std::net::IpAddr;
use std::str::FromStr;

use engine::{RootServer, ServerKind};
use lab::Uplink;
use proto::{Edns, Name, OptionCode, Question, WallTime};

use super::behaviour;
use super::changes;
use super::expect::Expected;
use super::lines::{Line, Words, lines, moment};
use super::script::{Asked, Kind, Network, Over, Script, Sent, Step, When};
use super::settings;
use super::world::{self, Written};
use crate::setup::Setup;

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ReadError {
    /// Where, counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// The wall clock where a file names none: some day on which nothing happens.
const PRESENT: &str = "2026-08-01T00:00:00Z";
/// What a client offers with EDNS, in octets.
const CLIENT_OCTETS: u16 = 1232;

/// What has been read of a file.
struct Reading<'f> {
    title: Option<String>,
    clock: WallTime,
    resolver_clock: Option<WallTime>,
    setup: Setup,
    anchors_given: bool,
    zones: Vec<Written>,
    steps: Vec<Step>,
    files: &'f dyn Fn(&str) -> Result<String, String>,
}

/// Reads a file; `files` gives the text of a zone file that it names.
///
/// # Errors
/// When a line has no meaning, with its number and what to do.
pub fn read(text: &str, files: &dyn Fn(&str) -> Result<String, String>) -> Result<Script, ReadError> {
    let error = |(line, problem)| ReadError { line, problem };
    let clock = moment(PRESENT).map_err(|problem| error((0, problem)))?;
    let mut reading = Reading {
        title: None,
        clock,
        resolver_clock: None,
        setup: settings::defaults(clock),
        anchors_given: false,
        zones: vec![],
        steps: vec![],
        files,
    };
    let lines = lines(text).map_err(error)?;
    let last = lines.last().map_or(1, |line| line.number);
    for line in lines {
        reading.line(&line).map_err(error)?;
    }
    reading.finish().map_err(|problem| error((last, problem)))
}

impl Reading<'_> {
    fn line(&mut self, line: &Line) -> Result<(), (usize, String)> {
        let keyword = line.text.split_whitespace().next().unwrap_or_default();
        let rest = line.text[keyword.len()..].trim();
        if keyword == "zone" {
            return self.zone(line);
        }
        let mut words = line.words().map_err(|problem| (line.number, problem))?;
        words.next();
        self.other(keyword, rest, words, line).map_err(|problem| (line.number, problem))
    }

    fn other(&mut self, keyword: &str, rest: &str, mut words: Words, line: &Line) -> Result<(), String> {
        let is_world = matches!(
            keyword,
            "title" | "clock" | "resolver-clock" | "config" | "stub" | "forward" | "local-zone" | "zone"
        );
        if is_world && !self.steps.is_empty() {
            return Err(format!("{keyword} has to stand before the first server, lie, ask ... of the conversation"));
        }
        match keyword {
            "title" => self.title = Some(rest.to_owned()),
            "clock" => self.clock = moment(rest)?,
            "resolver-clock" => self.resolver_clock = Some(moment(rest)?),
            "config" => {
                settings::apply(rest, &mut self.setup)?;
                self.anchors_given |=
                    ["dnssec.trust-anchors ", "dnssec.validation "].iter().any(|key| rest.starts_with(key));
            }
            "stub" => settings::configured(ServerKind::Authoritative, &mut words, &mut self.setup)?,
            "forward" => settings::configured(ServerKind::Recursive, &mut words, &mut self.setup)?,
            "local-zone" => settings::local_zone(&mut words, &mut self.setup)?,
            _ => {
                let kind = step(keyword, &mut words)?;
                self.steps.push(Step { line: line.number, text: line.text.clone(), kind });
            }
        }
        Ok(())
    }

    /// `zone APEX at ADDRESS... [file NAME] [hidden] [signed WORD...]`, records below.
    fn zone(&mut self, line: &Line) -> Result<(), (usize, String)> {
        let here = |problem| (line.number, problem);
        if !self.steps.is_empty() {
            return Err(here("zones have to stand before the conversation".into()));
        }
        let mut words = line.own_words().map_err(here)?;
        words.next();
        let apex = words.name("the apex").map_err(here)?;
        if !words.take("at") {
            return Err(here("write zone APEX at ADDRESS".into()));
        }
        let mut addresses = vec![words.address().map_err(here)?];
        while words.peek().is_some_and(|word| IpAddr::from_str(word).is_ok()) {
            addresses.push(words.address().map_err(here)?);
        }
        let file = words.take("file").then(|| words.expect("the name of the file")).transpose().map_err(here)?;
        let file = file.map(|name| (self.files)(&name)).transpose().map_err(here)?;
        let hidden = words.take("hidden");
        let signing = words.take("signed").then(|| behaviour::signing(&mut words)).transpose().map_err(here)?;
        words.end().map_err(here)?;
        let records = world::records(line, &apex, file.as_deref())?;
        self.zones.push(Written { apex, addresses, signing, hidden, records });
        Ok(())
    }

    fn finish(self) -> Result<Script, String> {
        let title = self.title.ok_or("the title is missing: begin with title and the rule that is guarded")?;
        if !self.zones.iter().any(|zone| zone.apex.is_root()) {
            return Err("there is no root zone: write zone . at ADDRESS".into());
        }
        let asks = self.steps.iter().any(|step| matches!(step.kind, Kind::Ask(..)));
        if !asks {
            return Err("nobody asks anything: write ask NAME TYPE expect RCODE".into());
        }
        let world = world::build(self.zones)?;
        let mut setup = self.setup;
        setup.start = self.resolver_clock.unwrap_or(self.clock);
        let hints = world.root_servers().into_iter();
        setup.engine.root_hints = hints.map(|(name, addresses)| RootServer { name, addresses }).collect();
        if !self.anchors_given {
            for anchor in world.anchors() {
                setup.engine.validation.anchors.add(&anchor).map_err(|error| error.to_string())?;
            }
        }
        Ok(Script { title, world, setup, clock: self.clock, steps: self.steps })
    }
}

fn step(keyword: &str, words: &mut Words) -> Result<Kind, String> {
    Ok(match keyword {
        "server" => {
            let address = words.address()?;
            match behaviour::habits(words)? {
                Some(habits) => Kind::Server(address, Box::new(habits)),
                None => Kind::Heal(address),
            }
        }
        "lie" => Kind::Lie(words.address()?, changes::lie(words)?),
        "network" => network(words)?,
        "ask" => Kind::Ask(Box::new(asked(words)?), When::Then),
        "and" if words.take("ask") => Kind::Ask(Box::new(asked(words)?), When::AtOnce),
        "pass" => {
            let time = words.duration()?;
            words.end()?;
            Kind::Pass(time)
        }
        "jump" => {
            let time = words.duration()?;
            words.end()?;
            Kind::Jump(time)
        }
        "mark" => words.end().map(|()| Kind::Mark)?,
        "sent" => Kind::Sent(sent(words)?),
        other => return Err(format!("{other} has no meaning; docs/scenarios.md lists what lines begin with")),
    })
}

fn network(words: &mut Words) -> Result<Kind, String> {
    let what = words.expect("what becomes of the network")?;
    words.end()?;
    Ok(Kind::Network(match what.as_str() {
        "up" => Network::Uplink(Uplink::Up),
        "silent" => Network::Uplink(Uplink::Silent),
        "unreachable" => Network::Uplink(Uplink::NoRoute),
        "ipv6-dead" => Network::Ipv6Dead,
        "ipv6-works" => Network::Ipv6Works,
        other => return Err(format!("{other} is not up, silent, unreachable, ipv6-dead or ipv6-works")),
    }))
}

fn asked(words: &mut Words) -> Result<Asked, String> {
    let question = Question::new(words.name("the name asked for")?, words.rtype()?);
    let mut edns = Some(Edns::new(CLIENT_OCTETS));
    let (mut over, mut recursion_desired, mut checking_disabled) = (Over::Udp, true, false);
    while !words.take("expect") {
        let flag = words.expect("expect, and what must come,")?;
        match flag.as_str() {
            "+tcp" => over = Over::Tcp,
            "+cd" => checking_disabled = true,
            "+nord" => recursion_desired = false,
            "+noedns" => edns = None,
            "+do" => edns.get_or_insert_with(|| Edns::new(CLIENT_OCTETS)).dnssec_ok = true,
            "+options" => {
                let (code, count) = (words.number("an option code")?, words.number("a number of options")?);
                let option = |number: u16| (OptionCode(code), number.to_be_bytes().to_vec());
                edns.get_or_insert_with(|| Edns::new(CLIENT_OCTETS)).options.extend((0..count).map(option));
            }
            other => return Err(format!("{other} is neither a flag such as +do, +cd, +tcp, +nord nor expect")),
        }
    }
    let expected = Expected::read(words)?;
    Ok(Asked { question, recursion_desired, checking_disabled, edns, over, expected })
}

/// `sent none|some|at most N|at least N [to ADDRESS] [over udp|tcp] [about NAME [TYPE]]`.
fn sent(words: &mut Words) -> Result<Sent, String> {
    let how_many = words.expect("how many")?;
    let (least, most) = match how_many.as_str() {
        "none" => (0, 0),
        "some" => (1, usize::MAX),
        "at" if words.take("most") => (0, words.number("a number")?),
        "at" if words.take("least") => (words.number("a number")?, usize::MAX),
        "exactly" => words.number("a number").map(|number| (number, number))?,
        _ => return Err("write sent none, some, exactly N, at most N or at least N".into()),
    };
    let mut sent = Sent { least, most, to: None, over: None, name: None, rtype: None };
    if words.take("to") {
        sent.to = Some(words.address()?);
    }
    if words.take("over") {
        sent.over = match words.expect("udp or tcp")?.as_str() {
            "udp" => Some(Over::Udp),
            "tcp" => Some(Over::Tcp),
            other => return Err(format!("{other} is neither udp nor tcp")),
        };
    }
    if words.take("about") {
        let name: Name = words.name("the name asked about")?;
        sent.name = Some(name);
        sent.rtype = words.peek().is_some().then(|| words.rtype()).transpose()?;
    }
    words.end()?;
    Ok(sent)
}

#[cfg(test)]
mod tests;
