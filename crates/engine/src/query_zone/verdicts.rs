//! What the end of a try means: for the question, for what is known of the server, for the trace. Waits for nothing.

use std::io::ErrorKind;
use std::time::Instant;

use proto::{Rcode, Rrset};
use transport::{ExchangeError, Network, Reply};

use super::attempts::count;
use super::one_try::UDP_PATIENCE;
use super::{Attempts, Tried};
use crate::classify::{Defect, End, Meaning, ReferralLimits, Verdict, classify, classify_recursive};
use crate::config::ServerKind;
use crate::error::Unreachable;
use crate::infra::{EdnsSupport, Lesson};
use crate::scrub::{GlueRule, Scrubbed, scrub};
use crate::trace::{Event, Outcome};

/// Better answers looked for when a server did not claim authority.
const SECOND_OPINIONS: u32 = 2;

impl<N: Network> Attempts<N> {
    /// Takes the end of a try; `Some` if the question is answered.
    pub(super) fn finish(&mut self, number: u32, tried: Tried) -> Option<Meaning> {
        let now = self.now();
        let address = tried.candidate.address;
        let position = self.running.iter().position(|running| running.number == number);
        let counted_silent = position.is_some_and(|at| self.running.remove(at).counted_silent);
        if tried.case_broken {
            self.resolver.infra.learn(address, Lesson::CaseBroken, now);
        }
        let reply = match &tried.result {
            Ok(reply) => reply,
            Err(error) => {
                self.fail(&tried, error, counted_silent, now);
                return None;
            }
        };
        self.learn(&tried, reply, now);
        let limits = ReferralLimits {
            servers: self.resolver.config.limits.ns_per_delegation,
            addresses: self.resolver.config.limits.addresses_per_ns,
        };
        let rule = if self.resolver.config.harden_glue { GlueRule::InsideZone } else { GlueRule::Any };
        let scrubbed = scrub(&reply.message, &self.ask.zone, rule);
        let (question, zone) = (&self.ask.question, &self.ask.zone);
        let verdict = match self.ask.kind {
            ServerKind::Authoritative => classify(&reply.message, &scrubbed, question, zone, limits),
            ServerKind::Recursive => classify_recursive(&reply.message, &scrubbed, question, zone),
        };
        self.record(&tried, reply, &scrubbed, &verdict);
        self.judge(&tried, reply.message.rcode(), verdict, now)
    }

    fn judge(&mut self, tried: &Tried, rcode: Rcode, verdict: Verdict, now: Instant) -> Option<Meaning> {
        let address = tried.candidate.address;
        let candidate = &tried.candidate;
        self.silent.retain(|(silent, _)| silent != candidate);
        match verdict {
            Verdict::Usable(meaning) => {
                self.by = Some(address);
                self.resolver.infra.learn(address, Lesson::NotLame(self.ask.zone.clone()), now);
                return Some(meaning);
            }
            Verdict::Doubtful(meaning) => {
                self.why = Unreachable::Unusable;
                if self.doubtful.is_none() {
                    self.by = Some(address);
                }
                self.doubtful.get_or_insert(meaning);
                self.opinions += 1;
                let nobody_else = self.left.is_empty() && self.running.is_empty();
                if self.opinions > SECOND_OPINIONS || nobody_else {
                    return self.doubtful.take();
                }
            }
            Verdict::Unusable(defect) => {
                self.why = Unreachable::Unusable;
                let dislikes_edns = matches!(rcode, Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS);
                if dislikes_edns && tried.with_edns {
                    // RFC 6891 §7: once more without EDNS, at once.
                    self.without_edns.push(address);
                    self.left.push(candidate.clone());
                } else if defect.is_lameness(self.ask.whole) {
                    self.resolver.infra.learn(address, Lesson::Lame(self.ask.zone.clone()), now);
                }
            }
        }
        None
    }

    fn fail(&mut self, tried: &Tried, error: &ExchangeError, counted_silent: bool, now: Instant) {
        let address = tried.candidate.address;
        let outcome = match error {
            ExchangeError::Timeout => {
                self.why = self.why.max(Unreachable::Silent);
                if counted_silent {
                    return;
                }
                self.silences += 1;
                self.resolver.infra.learn(address, Lesson::Silence, now);
                count(&mut self.silent, &tried.candidate);
                Outcome::Timeout { after_ms: UDP_PATIENCE.as_millis() as u64 }
            }
            ExchangeError::NoRoute(kind) => {
                if *kind == ErrorKind::NetworkUnreachable && address.is_ipv6() {
                    self.resolver.infra.learn(address, Lesson::NoRoute, now);
                }
                Outcome::Unreachable { why: error.to_string() }
            }
            ExchangeError::Refused(_) => {
                self.why = self.why.max(Unreachable::Silent);
                if !counted_silent {
                    self.resolver.infra.learn(address, Lesson::Silence, now);
                }
                Outcome::Unreachable { why: error.to_string() }
            }
            ExchangeError::Stopped => return,
            ExchangeError::Closed | ExchangeError::TruncatedOverTcp => {
                self.why = self.why.max(Unreachable::Unusable);
                Outcome::Unreachable { why: error.to_string() }
            }
        };
        let rtt_us = 0;
        self.work.trace.record(&self.resolver.env.clock, || Event::Replied {
            exchange: tried.exchange,
            rtt_us,
            bytes: 0,
            outcome,
            records: vec![],
        });
    }

    fn learn(&self, tried: &Tried, reply: &Reply, now: Instant) {
        let infra = &self.resolver.infra;
        let address = tried.candidate.address;
        let life = if reply.over_tcp { Lesson::Alive } else { Lesson::Rtt(reply.rtt) };
        infra.learn(address, life, now);
        let good = matches!(reply.message.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN);
        if tried.with_edns && reply.message.edns.is_some() && good {
            infra.learn(address, Lesson::EdnsWorks, now);
        } else if !tried.with_edns && good && infra.stats(address).edns(now) == EdnsSupport::Unknown {
            infra.learn(address, Lesson::EdnsBroken, now);
        }
        if let Some(cookie) = &reply.server_cookie {
            infra.learn(address, Lesson::Cookie(cookie.clone()), now);
        }
    }

    fn record(&self, tried: &Tried, reply: &Reply, scrubbed: &Scrubbed, verdict: &Verdict) {
        let trace = &self.work.trace;
        if !trace.is_on() {
            return;
        }
        for dropped in &scrubbed.dropped {
            let (record, why) = (dropped.record.clone(), dropped.why.describe().to_owned());
            trace.record(&self.resolver.env.clock, || Event::Scrubbed { exchange: tried.exchange, record, why });
        }
        let edns_rejected =
            tried.with_edns && matches!(reply.message.rcode(), Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS);
        let (outcome, records) = describe(verdict, edns_rejected, self.ask.whole);
        let rtt_us = reply.rtt.as_micros() as u64;
        let bytes = reply.octets;
        trace.record(&self.resolver.env.clock, || Event::Replied {
            exchange: tried.exchange,
            rtt_us,
            bytes,
            outcome,
            records,
        });
    }
}

/// What the trace says of a reply.
fn describe(verdict: &Verdict, edns_rejected: bool, whole: bool) -> (Outcome, Vec<Rrset>) {
    let meaning = match verdict {
        Verdict::Usable(meaning) | Verdict::Doubtful(meaning) => meaning,
        Verdict::Unusable(Defect::Rcode(_)) if edns_rejected => return (Outcome::NoEdns, vec![]),
        Verdict::Unusable(defect) => return (Outcome::Lame { why: defect.describe() }, vec![]),
    };
    let answered = match meaning {
        Meaning::Referral(referral) => {
            return (
                Outcome::Referral { zone: referral.delegation.zone.clone() },
                referral.ns_set().into_iter().collect(),
            );
        }
        Meaning::Answer(answered) => answered,
    };
    let mut records = answered.aliases.clone();
    let outcome = match &answered.end {
        End::Data(set) => {
            records.push(set.clone());
            Outcome::Answer
        }
        End::Target(target) => Outcome::Alias { target: target.clone() },
        End::NoData { soa, .. } => {
            records.extend(soa.clone());
            if whole { Outcome::NoData } else { Outcome::NoCut }
        }
        End::NxDomain { soa, .. } => {
            records.extend(soa.clone());
            Outcome::NxDomain
        }
        End::TooLong(_) => Outcome::Lame { why: "the alias makes the name too long".into() },
    };
    (outcome, records)
}
