//! The form of the state file: TOML, one table per zone, one per key, and a count at the end that shows that it is whole.

use engine::dnssec::keys::Voucher;
use engine::dnssec::rollover::{KeyState, TrackedKey, TrustPoint};
use proto::rdata::{self, dnssec};
use proto::{Name, RrType, WallTime};
use serde::{Deserialize, Serialize};

/// Raised when a reader of the old form would misunderstand the new one.
const VERSION: u32 = 1;

const HEAD: &str = "# The keys of the zones with trust anchors, as rootwalk follows them (RFC 5011). Written by rootwalk.\n\
    # Delete this file while rootwalk does not run, and it begins anew with the configured anchors.\n\
    # Times are in UTC, in the form YYYYMMDDHHmmSS.\n\n";

/// Why a text is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormError {
    /// No TOML, or not with the keys that a state has.
    #[error("it is not the state of trust anchors: {0}")]
    Foreign(String),
    /// Written by another version.
    #[error("it has version {0}, and this rootwalk reads version {VERSION}")]
    Version(i64),
    /// Its end is missing.
    #[error("it is not whole")]
    NotWhole,
    /// A value that means nothing.
    #[error("{0}")]
    Value(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct State {
    version: u32,
    #[serde(default)]
    zone: Vec<Zone>,
    end: End,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct End {
    zones: usize,
    keys: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Zone {
    name: String,
    configured: Vec<String>,
    waiting: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<String>,
    next_look: String,
    retry_seconds: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key: Vec<Key>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Key {
    /// For readers; the data has it too.
    tag: u16,
    state: Word,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_down_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<String>,
    dnskey: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Pending,
    Valid,
    Missing,
    Revoked,
    Removed,
}

/// The text of a state.
pub(super) fn write(points: &[TrustPoint]) -> String {
    let end = End { zones: points.len(), keys: points.iter().map(|point| point.keys.len()).sum() };
    let state = State { version: VERSION, zone: points.iter().map(zone).collect(), end };
    format!("{HEAD}{}", toml::to_string(&state).expect("texts and numbers are plain TOML values"))
}

/// Reads a state. Whether its keys are any good is for [`TrustPoint::resume`] to say.
///
/// # Errors
/// Why it is none.
pub(super) fn read(text: &str) -> Result<Vec<TrustPoint>, FormError> {
    let foreign = |error: toml::de::Error| FormError::Foreign(error.message().to_owned());
    let table: toml::Table = toml::from_str(text).map_err(foreign)?;
    match table.get("version").and_then(toml::Value::as_integer) {
        Some(version) if version == i64::from(VERSION) => {}
        Some(version) => return Err(FormError::Version(version)),
        None => return Err(FormError::Foreign("it has no version".to_owned())),
    }
    if !table.contains_key("end") {
        return Err(FormError::NotWhole);
    }
    let state: State = table.try_into().map_err(foreign)?;
    let points = state.zone.into_iter().map(point).collect::<Result<Vec<_>, _>>().map_err(FormError::Value)?;
    let found = End { zones: points.len(), keys: points.iter().map(|point| point.keys.len()).sum() };
    if found == state.end { Ok(points) } else { Err(FormError::NotWhole) }
}

fn zone(point: &TrustPoint) -> Zone {
    let TrustPoint { zone, configured, waiting, keys, seen, next_look, retry } = point;
    let ds = configured.ds.iter().map(|rdata| written(RrType::DS, rdata));
    let configured = ds.chain(configured.dnskeys.iter().map(|rdata| written(RrType::DNSKEY, rdata)));
    Zone {
        name: zone.to_string(),
        configured: configured.collect(),
        waiting: waiting.iter().map(|rdata| written(RrType::DS, rdata)).collect(),
        seen: seen.map(moment),
        next_look: moment(*next_look),
        retry_seconds: *retry,
        key: keys.iter().map(key).collect(),
    }
}

fn key(tracked: &TrackedKey) -> Key {
    let state = match &tracked.state {
        KeyState::AddPend { .. } => Word::Pending,
        KeyState::Valid => Word::Valid,
        KeyState::Missing => Word::Missing,
        KeyState::Revoked { .. } => Word::Revoked,
        KeyState::Removed => Word::Removed,
    };
    let (hold_down_seconds, signed_by) = match &tracked.state {
        KeyState::AddPend { hold_down, signed_by } => (Some(*hold_down), Some(signed_by.clone())),
        _ => (None, None),
    };
    let gone = match tracked.state {
        KeyState::Revoked { gone } => gone.map(moment),
        _ => None,
    };
    let dnskey = rdata::present(RrType::DNSKEY, &tracked.rdata);
    Key { tag: tracked.tag(), state, since: moment(tracked.since), hold_down_seconds, signed_by, gone, dnskey }
}

fn point(zone: Zone) -> Result<TrustPoint, String> {
    let name: Name = zone.name.parse().map_err(|_| format!("{} is no name", zone.name))?;
    let mut configured = Voucher { ds: vec![], dnskeys: vec![] };
    for line in &zone.configured {
        let (rtype, data) = anchor(line)?;
        if rtype == RrType::DS { configured.ds.push(data) } else { configured.dnskeys.push(data) }
    }
    let waiting = zone.waiting.iter().map(|line| match anchor(line)? {
        (RrType::DS, data) => Ok(data),
        _ => Err(format!("{line} is no DS record")),
    });
    Ok(TrustPoint {
        waiting: waiting.collect::<Result<_, String>>()?,
        keys: zone.key.into_iter().map(tracked).collect::<Result<_, String>>()?,
        seen: zone.seen.as_deref().map(time).transpose()?,
        next_look: time(&zone.next_look)?,
        retry: zone.retry_seconds,
        zone: name,
        configured,
    })
}

fn tracked(key: Key) -> Result<TrackedKey, String> {
    let state = match key.state {
        Word::Pending => KeyState::AddPend {
            hold_down: key.hold_down_seconds.ok_or("a key that is pending has no hold-down-seconds")?,
            signed_by: key.signed_by.ok_or("a key that is pending has no signed-by")?,
        },
        Word::Valid => KeyState::Valid,
        Word::Missing => KeyState::Missing,
        Word::Revoked => KeyState::Revoked { gone: key.gone.as_deref().map(time).transpose()? },
        Word::Removed => KeyState::Removed,
    };
    let tracked = TrackedKey { rdata: data(RrType::DNSKEY, &key.dnskey)?, state, since: time(&key.since)? };
    let sound = tracked.tag() == key.tag;
    sound.then_some(tracked).ok_or_else(|| format!("the key with the tag {} has another tag", key.tag))
}

fn written(rtype: RrType, rdata: &[u8]) -> String {
    format!("{rtype} {}", rdata::present(rtype, rdata))
}

fn anchor(line: &str) -> Result<(RrType, Box<[u8]>), String> {
    match line.split_once(' ') {
        Some(("DS", text)) => Ok((RrType::DS, data(RrType::DS, text)?)),
        Some(("DNSKEY", text)) => Ok((RrType::DNSKEY, data(RrType::DNSKEY, text)?)),
        _ => Err(format!("{line} is neither DS nor DNSKEY")),
    }
}

fn data(rtype: RrType, text: &str) -> Result<Box<[u8]>, String> {
    rdata::parse(rtype, text, &Name::root()).map(Vec::into_boxed_slice).map_err(|error| format!("{rtype}: {error}"))
}

fn moment(at: WallTime) -> String {
    dnssec::Time(u32::try_from(at.as_secs()).unwrap_or(u32::MAX)).to_string()
}

fn time(text: &str) -> Result<WallTime, String> {
    dnssec::time(text).map(|seconds| WallTime::from_secs(seconds.into()))
}
