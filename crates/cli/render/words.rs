//! Outcomes, sources and times in words.

use std::time::Duration;

use engine::{CachedWhat, CutSource, Outcome};
use proto::Rcode;

use super::style::{Role, clean};

/// What the cache held.
pub(super) fn cached(what: CachedWhat) -> &'static str {
    match what {
        CachedWhat::Answer => "data",
        CachedWhat::Alias => "an alias",
        CachedWhat::NoData => "no data of this type",
        CachedWhat::NxDomain => "no such name",
        CachedWhat::Failure => "failed a moment ago",
        CachedWhat::Stale => "data whose time is over",
        CachedWhat::Synthesised => "a gap between names that the zone has shown",
    }
}

/// Where a delegation came from.
pub(super) fn source(from: CutSource) -> &'static str {
    match from {
        CutSource::Cache => "from the cache",
        CutSource::Priming => "from the root servers",
        CutSource::Hints => "from the root hints",
        CutSource::Referral => "by referral",
        CutSource::Configuration => "from the configuration",
    }
}

/// An outcome in words.
pub(super) struct Told {
    /// Decides the colour.
    pub(super) role: Role,
    /// All of it.
    pub(super) text: String,
    /// What to say where the line is full: the records below tell the rest.
    pub(super) brief: Option<&'static str>,
}

impl Told {
    pub(super) fn new(role: Role, text: &str) -> Self {
        Self { role, text: text.to_owned(), brief: None }
    }
}

/// What a reply meant.
pub(super) fn tell(outcome: &Outcome) -> Told {
    match outcome {
        Outcome::Referral { zone } => {
            Told { brief: Some("referral"), ..Told::new(Role::Good, &format!("referral to {zone}")) }
        }
        Outcome::Alias { target } => {
            Told { brief: Some("alias"), ..Told::new(Role::Good, &format!("alias of {target}")) }
        }
        Outcome::Answer => Told::new(Role::Good, "answer"),
        Outcome::NoData => Told::new(Role::Odd, "no data"),
        Outcome::NxDomain => Told::new(Role::Odd, "NXDOMAIN"),
        Outcome::NoCut => Told::new(Role::Faint, "no zone cut here"),
        Outcome::Lame { why } => Told::new(Role::Bad, &format!("lame: {}", clean(why))),
        Outcome::Truncated => Told::new(Role::Odd, "too big, TCP next"),
        Outcome::Timeout { .. } => Told::new(Role::Bad, "no reply"),
        Outcome::Unreachable { why } => Told::new(Role::Bad, &format!("unreachable: {}", clean(why))),
        Outcome::NoEdns => Told::new(Role::Odd, "no EDNS, next without"),
        Outcome::BadCookie => Told::new(Role::Odd, "wants its cookie back"),
        Outcome::Suspicious => Told::new(Role::Odd, "mismatched, TCP next"),
    }
}

/// How long it took; nothing where nobody measured.
pub(super) fn time(rtt_us: u64, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Timeout { after_ms } => format!("{after_ms}.0 ms"),
        _ if rtt_us == 0 => String::new(),
        _ => milliseconds(Duration::from_micros(rtt_us)),
    }
}

/// How good a response code is.
pub(super) fn role_of(rcode: Rcode) -> Role {
    match rcode {
        Rcode::NOERROR => Role::Good,
        Rcode::NXDOMAIN => Role::Odd,
        _ => Role::Bad,
    }
}

/// With one digit behind the point.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
