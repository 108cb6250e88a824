//! Checks of what is written in zone format, in the file itself or in others: anchors, local data, root hints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::dnssec::anchors::TrustAnchors;
use engine::{RootServer, hints};
use proto::{Class, Name, Record, RrType, zonefile};
use server::{LocalConfig, LocalZone, LocalZoneKind, hosts};

use super::super::raw;
use super::Checker;

impl Checker<'_> {
    /// Reads the hints file; makes its path absolute.
    pub(super) fn root_hints(&mut self, path: &mut String, directory: &Path) -> Vec<RootServer> {
        let key = "resolver.root-hints";
        let hint = Some("empty: the compiled-in list of IANA");
        self.file(key, path, directory, hint, hints::parse).unwrap_or_else(hints::iana)
    }

    /// The anchors of the file and of the files it names; those compiled in if there are none.
    pub(super) fn trust_anchors(&mut self, dnssec: &mut raw::Dnssec, directory: &Path) -> TrustAnchors {
        if dnssec.trust_anchors.is_empty() && dnssec.trust_anchor_files.is_empty() {
            return TrustAnchors::root();
        }
        let mut anchors = TrustAnchors::none();
        for (index, line) in dnssec.trust_anchors.iter().enumerate() {
            if let Err(error) = anchors.add_text(line) {
                let key = format!("dnssec.trust-anchors[{index}]");
                let hint = "a DS or DNSKEY record, such as \". IN DS 20326 8 2 E06D44B8…\"";
                self.wrong(&key, without_first_line_number(&error.to_string()), Some(hint));
            }
        }
        for (index, path) in dnssec.trust_anchor_files.iter_mut().enumerate() {
            let key = format!("dnssec.trust-anchor-files[{index}]");
            let hint = Some("DS or DNSKEY records, or a clause `trust-anchors { … }` or `managed-keys { … }`");
            self.file(&key, path, directory, hint, |text| anchors.add_text(text));
        }
        if self.problems.is_empty() && anchors.is_empty() {
            self.wrong("dnssec.trust-anchor-files", "there is no trust anchor in them", None);
        }
        anchors
    }

    /// The file that keeps the state of the trust anchors, which need not exist; makes its path absolute.
    pub(super) fn state_file(&mut self, dnssec: &mut raw::Dnssec, directory: &Path) -> Option<PathBuf> {
        let path = &mut dnssec.state_file;
        if path.is_empty() {
            return None;
        }
        let file = directory.join(&*path);
        let file = std::path::absolute(&file).unwrap_or(file);
        match file.to_str() {
            Some(absolute) if !file.is_dir() => absolute.clone_into(path),
            Some(_) => self.wrong("dnssec.state-file", format!("{} is a directory", file.display()), None),
            None => self.wrong("dnssec.state-file", format!("{} is not UTF-8", file.display()), None),
        }
        (dnssec.validation && dnssec.rfc5011).then_some(file)
    }

    /// Records, hosts and zones of one's own.
    pub(super) fn local(&mut self, local: &mut raw::Local, directory: &Path) -> LocalConfig {
        let mut records = Vec::new();
        for (index, line) in local.records.iter().enumerate() {
            match self.records(line, &Name::root()) {
                Ok(read) => records.extend(read),
                Err(what) => {
                    let hint = "such as \"printer.home.arpa. 300 IN A 192.168.1.9\"";
                    self.wrong(&format!("local.records[{index}]"), what, Some(hint));
                }
            }
        }
        let key = "local.hosts-file";
        let hint = Some("an address and its names on each line, as in /etc/hosts");
        records.extend(self.file(key, &mut local.hosts_file, directory, hint, hosts::parse).unwrap_or_default());
        if let Err(what) = aliases_stand_alone(&records) {
            self.wrong("local.records", what, None);
        }
        let mut zones: Vec<LocalZone> = Vec::new();
        for (index, zone) in local.zone.iter_mut().enumerate() {
            let name = zone.name.0.clone();
            if zones.iter().any(|other| other.name == name) {
                self.wrong(&format!("local.zone[{index}].name"), format!("{name} is here twice"), None);
            }
            let key = format!("local.zone[{index}].file");
            let hint = Some("a zone file; `type` alone needs none");
            let read = self.file(&key, &mut zone.file, directory, hint, |text| zone_data(text, &name));
            zones.push(LocalZone { name, kind: kind(zone.kind), records: read.unwrap_or_default() });
        }
        LocalConfig { records, zones }
    }

    fn records(&self, line: &str, origin: &Name) -> Result<Vec<Record>, String> {
        let read = zonefile::parse(line, origin).map_err(|error| error.problem)?;
        if read.is_empty() {
            return Err("there is no record in it".to_owned());
        }
        read.iter().try_for_each(servable)?;
        Ok(read)
    }

    /// Reads a file that a key names, if it names one; makes its path absolute.
    fn file<T, E: ToString>(
        &mut self,
        key: &str,
        path: &mut String,
        directory: &Path,
        hint: Option<&str>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if path.is_empty() {
            return None;
        }
        let file = directory.join(&*path);
        let file = std::path::absolute(&file).unwrap_or(file);
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        let content = text.and_then(|text| read(&text).map_err(|error| error.to_string()));
        match (content, file.to_str()) {
            (Ok(content), Some(absolute)) => {
                absolute.clone_into(path);
                return Some(content);
            }
            (Ok(_), None) => self.wrong(key, format!("{} is not UTF-8", file.display()), None),
            (Err(why), _) => self.wrong(key, format!("cannot use {}: {why}", file.display()), hint),
        }
        None
    }
}

/// The records of a zone that is served from memory.
fn zone_data(text: &str, apex: &Name) -> Result<Vec<Record>, String> {
    let records = zonefile::parse(text, apex).map_err(|error| error.to_string())?;
    if let Some(stranger) = records.iter().find(|record| !record.name.is_at_or_below(apex)) {
        return Err(format!("{} is not in {apex}", stranger.name));
    }
    let below = |record: &&Record| record.name != *apex && record.rtype == RrType::NS;
    if let Some(cut) = records.iter().find(below) {
        return Err(format!("{} is delegated; such a zone needs a [[stub]]", cut.name));
    }
    records.iter().try_for_each(servable)?;
    aliases_stand_alone(&records)?;
    Ok(records)
}

/// RFC 2181 §10.1: what has a CNAME has nothing else.
fn aliases_stand_alone(records: &[Record]) -> Result<(), String> {
    let aliases = records.iter().filter(|record| record.rtype == RrType::CNAME);
    let aliases: BTreeMap<&Name, &Record> = aliases.map(|record| (&record.name, record)).collect();
    match records.iter().find(|record| aliases.get(&record.name).is_some_and(|alias| alias != record)) {
        Some(other) => Err(format!("{} has other data beside its CNAME (RFC 2181 §10.1)", other.name)),
        None => Ok(()),
    }
}

/// Whether a record can be told from memory.
fn servable(record: &Record) -> Result<(), String> {
    match record.rtype {
        _ if record.class != Class::IN => Err(format!("{}: only class IN is served", record.name)),
        RrType::DNAME => Err(format!("{}: DNAME is not served from local data", record.name)),
        other if other.is_meta() => Err(format!("{}: {other} is no data", record.name)),
        _ => Ok(()),
    }
}

fn kind(kind: raw::LocalZoneKind) -> LocalZoneKind {
    match kind {
        raw::LocalZoneKind::Static => LocalZoneKind::Static,
        raw::LocalZoneKind::Transparent => LocalZoneKind::Transparent,
        raw::LocalZoneKind::Redirect => LocalZoneKind::Redirect,
        raw::LocalZoneKind::Refuse => LocalZoneKind::Refuse,
        raw::LocalZoneKind::Deny => LocalZoneKind::Deny,
        raw::LocalZoneKind::NxDomain => LocalZoneKind::NxDomain,
    }
}

/// The text of one key has one line; its place in the configuration file is told anyway.
fn without_first_line_number(error: &str) -> &str {
    error.strip_prefix("line 1: ").unwrap_or(error)
}
