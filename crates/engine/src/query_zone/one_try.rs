//! One question to one server, told to the trace as it goes.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use transport::{Again, Ask, Begin, Case, Cookie, Mismatch, Network, Patience, Progress, Style, exchange};

use super::{Planned, Tried, ZoneQuestion};
use crate::Resolver;
use crate::config::ServerKind;
use crate::infra::{Lesson, ServerStats};
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

    pub(super) fn style(
        &self,
        candidate: &Candidate,
        stats: &ServerStats,
        kind: ServerKind,
        edns: bool,
        now: Instant,
    ) -> Style {
        let (client, server) = self.infra.cookie(candidate.address, || self.cookie_draws.bits());
        let mixed = self.config.case_randomisation && !stats.breaks_case(now);
        Style {
            edns: edns.then_some(self.config.edns_buffer_size),
            dnssec_ok: true, // RFC 4035 §3.2.1; also for those who validate behind us
            case: if mixed { Case::Mixed } else { Case::AsGiven },
            recursion_desired: kind == ServerKind::Recursive,
            // RFC 6840 §5.9: who validates wants to see what does not stand the check too.
            checking_disabled: kind == ServerKind::Recursive && self.validates(),
            cookie: Some(Cookie { client, server }),
        }
    }
}

/// Asks.
#[expect(clippy::manual_async_fn, reason = "arguments of an async fn are kept twice, what a block captures only once")]
pub(super) fn one_try<N: Network>(
    resolver: Arc<Resolver<N>>,
    ask: Arc<ZoneQuestion>,
    work: Work,
    planned: Planned,
) -> impl Future<Output = Tried> + Send + 'static {
    async move {
        let server = SocketAddr::new(planned.candidate.address, planned.candidate.port);
        let teller = Teller { resolver: &resolver, ask: &ask, work: &work, planned: &planned };
        teller.asked(Transport::Udp);
        let patience = Patience { udp: UDP_PATIENCE, tcp: TCP_PATIENCE };
        let mut asking =
            Ask { server, question: &ask.question, style: planned.style.clone(), patience, begin: Begin::Udp };
        let result = exchange(&resolver.env, &resolver.connections, &mut asking, &|step| teller.tell(step)).await;
        let case_broken = planned.heard.case_mismatch.load(Ordering::Relaxed) && result.is_ok();
        let Planned { candidate, exchange, style, .. } = planned;
        Tried { candidate, exchange, result, with_edns: style.edns.is_some(), case_broken }
    }
}

/// Hears an exchange: spends the budget, before each further question and for all that comes, and writes the trace.
struct Teller<'a, N: Network> {
    resolver: &'a Resolver<N>,
    ask: &'a ZoneQuestion,
    work: &'a Work,
    planned: &'a Planned,
}

impl<N: Network> Teller<'_, N> {
    fn tell(&self, step: Progress) -> ControlFlow<()> {
        match step {
            Progress::Received(octets) => self.work.budget.note_octets(octets),
            Progress::Ignored(Mismatch::Cookie) => self.planned.heard.cookie_missing.store(true, Ordering::Relaxed),
            Progress::Ignored(_) => {}
            Progress::AskingAgain(why) => return self.ask_again(why),
        }
        ControlFlow::Continue(())
    }

    fn ask_again(&self, why: Again) -> ControlFlow<()> {
        let now = self.resolver.env.clock.now();
        if self.work.budget.spend_query(&self.ask.question.name, now).is_err() {
            return ControlFlow::Break(());
        }
        self.planned.heard.more_queries.fetch_add(1, Ordering::Relaxed);
        let (outcome, transport) = match why {
            Again::Truncated => (Outcome::Truncated, Transport::Tcp),
            Again::BadCookie => (Outcome::BadCookie, Transport::Udp),
            Again::NearMisses | Again::CaseMismatch => (Outcome::Suspicious, Transport::Tcp),
            Again::WithoutTcp => (Outcome::Unreachable { why: "no reply over TCP".into() }, Transport::Udp),
            Again::Reconnect => (Outcome::Unreachable { why: "the idle connection had ended".into() }, Transport::Tcp),
        };
        if why == Again::CaseMismatch {
            self.planned.heard.case_mismatch.store(true, Ordering::Relaxed);
        }
        if matches!(why, Again::Truncated | Again::BadCookie) {
            // The server's own reply; a suspicious one may be anybody's and teaches nothing.
            self.resolver.infra.learn(self.planned.candidate.address, Lesson::Alive, now);
        }
        self.planned.heard.over_tcp.store(transport == Transport::Tcp, Ordering::Relaxed);
        let replied = Event::Replied { exchange: self.planned.exchange, rtt_us: 0, bytes: 0, outcome, records: vec![] };
        self.work.trace.record(&self.resolver.env.clock, || replied);
        self.asked(transport);
        ControlFlow::Continue(())
    }

    fn asked(&self, transport: Transport) {
        self.work.trace.record(&self.resolver.env.clock, || Event::Asked {
            exchange: self.planned.exchange,
            zone: self.ask.zone.clone(),
            server: self.planned.candidate.server.clone(),
            address: SocketAddr::new(self.planned.candidate.address, self.planned.candidate.port),
            transport,
            question: self.ask.question.clone(),
        });
    }
}
