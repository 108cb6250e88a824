//! One question to one server, told to the trace as it goes.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use transport::{Ask, Begin, Case, Cookie, Network, Patience, Progress, Style, exchange};

use super::{Planned, Tried, ZoneQuestion};
use crate::Resolver;
use crate::infra::Lesson;
use crate::select::Candidate;
use crate::trace::{Event, Outcome, Transport};
use crate::work::Work;

/// How long a late reply is still taken while other servers are asked.
pub(super) const UDP_PATIENCE: Duration = Duration::from_secs(2);
/// Everything over TCP, connection included (threat: servers that drip).
const TCP_PATIENCE: Duration = Duration::from_secs(4);

impl<N: Network> Resolver<N> {
    pub(super) fn is_known_alive(&self, candidate: &Candidate) -> bool {
        let stats = self.infra.stats(candidate.address);
        stats.smoothed_rtt().is_some() && stats.is_alive()
    }

    pub(super) fn style(&self, address: IpAddr, edns: bool, now: Instant) -> Style {
        let stats = self.infra.stats(address);
        let (client, server) = self.infra.cookie(address, || self.cookie_draws.bits());
        let mixed = self.config.case_randomisation && !stats.breaks_case(now);
        Style {
            edns: edns.then_some(self.config.edns_buffer_size),
            dnssec_ok: false,
            case: if mixed { Case::Mixed } else { Case::AsGiven },
            recursion_desired: false,
            cookie: Some(Cookie { client, server }),
        }
    }
}

pub(super) async fn one_try<N: Network>(
    resolver: Arc<Resolver<N>>,
    ask: ZoneQuestion,
    work: Work,
    planned: Planned,
) -> Tried {
    let Planned { candidate, exchange: exchange_number, style, over_tcp } = planned;
    let server = SocketAddr::new(candidate.address, resolver.config.upstream_port);
    let asked = |transport| Event::Asked {
        exchange: exchange_number,
        zone: ask.zone.clone(),
        server: candidate.server.clone(),
        address: server,
        transport,
        question: ask.question.clone(),
    };
    let clock = resolver.env.clock.clone();
    work.trace.record(clock.now(), || asked(Transport::Udp));
    let with_edns = style.edns.is_some();
    let ignored = Mutex::new(Vec::new());
    let went_over = Mutex::new(None);
    let progress = |step: Progress| {
        let outcome = match step {
            Progress::Ignored(mismatch) => {
                ignored.lock().unwrap_or_else(PoisonError::into_inner).push(mismatch);
                return;
            }
            Progress::BadCookie => Outcome::BadCookie,
            Progress::Truncated => Outcome::Truncated,
            Progress::NearMisses | Progress::CaseMismatch => Outcome::Suspicious,
        };
        *went_over.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
        let replied = Event::Replied { exchange: exchange_number, rtt_us: 0, bytes: 0, outcome, records: vec![] };
        work.trace.record(clock.now(), || replied);
        let transport = if step == Progress::BadCookie { Transport::Udp } else { Transport::Tcp };
        resolver.infra.learn(candidate.address, Lesson::Alive, clock.now());
        over_tcp.store(transport == Transport::Tcp, Ordering::Relaxed);
        work.trace.record(clock.now(), || asked(transport));
    };
    let patience = Patience { udp: UDP_PATIENCE, tcp: TCP_PATIENCE };
    let ask = Ask { server, question: ask.question.clone(), style, patience, begin: Begin::Udp };
    let result = exchange(&resolver.env, &resolver.connections, ask, &progress).await;
    let ignored = ignored.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let went_over = *went_over.lock().unwrap_or_else(PoisonError::into_inner);
    let case_broken = went_over == Some(Progress::CaseMismatch) && result.is_ok();
    Tried { candidate, exchange: exchange_number, result, with_edns, ignored, case_broken }
}
