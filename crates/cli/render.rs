//! The walk as a tree, line by line as it happens.
//!
//! A pure function of the entries and a [`Style`]: it waits for nothing and knows no terminal. Spans that run at the
//! same time share the page: each is indented below the one that needed it, an exchange is one line, printed when it
//! ends, and a span that goes on after another one spoke is named again.

mod records;
mod style;
mod words;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use engine::{Answer, CutSource, Entry, Event, KeySeen, Outcome, Purpose, SignatureSeen, Transport, TrustSeen};
use proto::{Name, Question, Rcode, Rrset};

pub(crate) use style::{Charset, Palette, Style, clean};

use style::Role;
use words::{Told, cached, milliseconds, role_of, source, tell, time};

/// Where the question stands, from the left edge, if server and address leave room.
const QUESTION_COLUMN: usize = 44;
/// Where the time ends, from the left edge, if the question leaves room.
const TIME_COLUMN: usize = 76;

/// Draws one trace.
#[derive(Debug)]
pub(crate) struct Renderer {
    style: Style,
    /// What the user wrote, where the name asked for looks different.
    written: Option<String>,
    spans: BTreeMap<u32, Span>,
    exchanges: BTreeMap<u32, Exchange>,
    /// The span that spoke last and those above it, outermost first.
    path: Vec<u32>,
    sent: u32,
    received: u32,
    octets: u64,
    /// What the engine says it spent; what was sent if it has not said so.
    spent: Option<u32>,
}

/// What the last line tells besides what the trace told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending<'a> {
    /// What came of it.
    pub(crate) answer: &'a Answer,
    /// How long it took.
    pub(crate) elapsed: Duration,
    /// How many questions to servers one client question may cost.
    pub(crate) budget: u32,
}

#[derive(Debug)]
struct Span {
    parent: u32,
    question: Question,
    purpose: Purpose,
    cut: Option<Name>,
}

#[derive(Debug)]
struct Exchange {
    span: u32,
    zone: Name,
    server: Name,
    address: SocketAddr,
    transport: Transport,
    question: Question,
    state: Waiting,
}

/// Where an exchange stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Waiting {
    /// For a reply; what was thrown away of it so far is shown below it.
    Yes { scrubbed: Vec<String> },
    /// No more.
    No,
}

impl Renderer {
    /// Nothing drawn yet; `written` is what the user wrote, where the name asked for looks different.
    pub(crate) fn new(style: Style, written: Option<String>) -> Self {
        let (spans, exchanges) = (BTreeMap::new(), BTreeMap::new());
        Self { style, written, spans, exchanges, path: Vec::new(), sent: 0, received: 0, octets: 0, spent: None }
    }

    /// The lines that an entry adds, each with its end; none for what is shown later.
    pub(crate) fn entry(&mut self, entry: &Entry) -> String {
        let (span, style) = (entry.span, self.style);
        match &entry.event {
            Event::Started { question, purpose } => self.start(entry, question, purpose),
            Event::FromCache { question, what, records } => {
                let text = format!("{question} from the cache: {}", cached(*what));
                self.step(span, &style.paint(Role::Memory, &text)) + &self.records(span, records)
            }
            Event::AtCut { zone, from, servers } => self.cut(span, zone, *from, servers),
            Event::Asked { exchange, zone, server, address, transport, question } => {
                self.sent += 1;
                let (zone, server, question) = (zone.clone(), server.clone(), question.clone());
                let state = Waiting::Yes { scrubbed: Vec::new() };
                let asked = Exchange { span, zone, server, address: *address, transport: *transport, question, state };
                self.exchanges.insert(*exchange, asked);
                String::new()
            }
            Event::Replied { exchange, rtt_us, bytes, outcome, records } => {
                self.received += u32::from(!matches!(outcome, Outcome::Timeout { .. } | Outcome::Unreachable { .. }));
                self.octets += *bytes as u64;
                self.replied(*exchange, &time(*rtt_us, outcome), outcome, records)
            }
            Event::Scrubbed { exchange, record, why } => self.scrubbed(*exchange, record, why),
            Event::Followed { from, to } => {
                self.set_cut(span, None);
                let text = format!("{} {from} {} {to}", style.paint(Role::Odd, "alias"), style.arrow());
                self.step(span, &text)
            }
            Event::ZoneKeys { zone, vouchers, keys, signature, trust, why } => {
                self.zone_keys(span, zone, vouchers, keys, signature.as_ref(), *trust, why.as_deref())
            }
            Event::Checked { name, rtype, denial, signature, trust, why } => {
                let what = if *denial { "denial of " } else { "" };
                let text = format!("{what}{name} {rtype}: {}", standing(*trust, signature.as_ref(), why.as_deref()));
                self.detail(span, &style.paint(role_of_trust(*trust), &clean(&text)))
            }
            Event::Note { text } => self.detail(span, &style.paint(Role::Faint, &clean(text))),
            Event::Finished { upstream_queries, .. } if span == 0 => {
                self.spent = Some(*upstream_queries);
                String::new() // the ending tells it, with the answer
            }
            Event::Finished { rcode, .. } => self.finish_span(span, *rcode),
        }
    }

    /// The answer and the last line.
    pub(crate) fn finish(&mut self, ending: &Ending<'_>) -> String {
        let (style, answer) = (self.style, ending.answer);
        let mut out = self.unanswered(0);
        out += &self.step(0, &self.verdict(answer));
        out += &self.records(0, &answer.answer);
        out += &self.records(0, &answer.authority);
        for why in &answer.extended_errors {
            out += &self.detail(0, &style.paint(Role::Bad, &clean(&why.to_string())));
        }
        let facts = [
            style.paint(role_of(answer.rcode), &answer.rcode.to_string()),
            milliseconds(ending.elapsed),
            format!("{} packets ({} out, {} in)", self.sent + self.received, self.sent, self.received),
            format!("{} octets received", self.octets),
            format!("budget {} of {} questions", self.spent.unwrap_or(self.sent), ending.budget),
        ];
        out + &format!("{}{}\n", style.paint(Role::Faint, style.end()), facts.join(style.dot()))
    }

    fn start(&mut self, entry: &Entry, question: &Question, purpose: &Purpose) -> String {
        let parent = entry.parent;
        let span = Span { parent, question: question.clone(), purpose: purpose.clone(), cut: None };
        let title = self.title(&span);
        self.spans.insert(entry.span, span);
        let line = if entry.span == 0 { format!("{title}\n") } else { self.step(parent, &title) };
        self.path = self.ancestors(entry.span);
        line
    }

    fn title(&self, span: &Span) -> String {
        let question = self.style.paint(Role::Strong, &span.question.to_string());
        let why = match &span.purpose {
            Purpose::Client => match &self.written {
                Some(written) => clean(written),
                None => return question,
            },
            Purpose::ServerAddress { zone } => format!("to find a name server of {zone}"),
            Purpose::Priming => "to learn today's root servers".to_owned(),
            Purpose::Trust { zone } => format!("to find out whether {zone} is signed"),
        };
        format!("{question}  {}", self.style.paint(Role::Faint, &why))
    }

    fn cut(&mut self, span: u32, zone: &Name, from: CutSource, servers: &[Name]) -> String {
        if self.set_cut(span, Some(zone)).as_ref() == Some(zone) {
            return String::new(); // one label more was revealed, and there was no cut
        }
        let count = if servers.len() == 1 { "1 server".to_owned() } else { format!("{} servers", servers.len()) };
        let role = if from == CutSource::Cache { Role::Memory } else { Role::Faint };
        let source = self.style.paint(role, &format!("{count}, {}", source(from)));
        self.step(span, &format!("{}  {source}", self.style.paint(Role::Strong, &zone.to_string())))
    }

    /// A link of the chain of trust: what vouches for the keys, the keys, the signature over them.
    #[expect(clippy::too_many_arguments, reason = "the fields of one event")]
    fn zone_keys(
        &mut self,
        span: u32,
        zone: &Name,
        vouchers: &[String],
        keys: &[KeySeen],
        signature: Option<&SignatureSeen>,
        trust: TrustSeen,
        why: Option<&str>,
    ) -> String {
        let style = self.style;
        let text = format!("chain of trust: {zone} {}", standing(trust, signature, why));
        let mut out = self.detail(span, &style.paint(role_of_trust(trust), &clean(&text)));
        for voucher in vouchers {
            out += &self.detail(span, &style.paint(Role::Faint, &clean(&format!("  {voucher}"))));
        }
        for key in keys {
            let kind = if key.entry_point { "key-signing key" } else { "key" };
            let text = format!("  DNSKEY {} {} ({kind})", key.tag, key.algorithm);
            out += &self.detail(span, &style.paint(Role::Faint, &clean(&text)));
        }
        out
    }

    /// Where the span stands from now on; gives where it stood.
    fn set_cut(&mut self, span: u32, zone: Option<&Name>) -> Option<Name> {
        let known = self.spans.get_mut(&span)?;
        std::mem::replace(&mut known.cut, zone.cloned())
    }

    fn replied(&mut self, number: u32, time: &str, outcome: &Outcome, records: &[Rrset]) -> String {
        let Some(exchange) = self.exchanges.get_mut(&number) else { return String::new() };
        let before = std::mem::replace(&mut exchange.state, Waiting::No);
        let Waiting::Yes { scrubbed } = before else { return String::new() };
        let span = exchange.span;
        let mut out = self.exchange_line(number, time, tell(outcome));
        out += &self.records(span, records);
        for line in scrubbed {
            out += &self.below(span, &line);
        }
        out
    }

    fn exchange_line(&mut self, number: u32, time: &str, told: Told) -> String {
        let Some(exchange) = self.exchanges.get(&number) else { return String::new() };
        let address = match exchange.address {
            address if address.port() == 53 => address.ip().to_string(),
            address => address.to_string(),
        };
        let transport = match exchange.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        let before = 3 * self.depth(exchange.span) + 5;
        let server = format!("{} {address} {transport}", exchange.server);
        let left = format!("{server:<0$} {1}", QUESTION_COLUMN.saturating_sub(before), exchange.question);
        let room = TIME_COLUMN.saturating_sub(before + left.chars().count() + 1);
        let left = format!("{left} {time:>room$}  ");
        let fits = before + left.chars().count() + told.text.chars().count() <= records::LINE_WIDTH;
        let outcome = told.brief.filter(|_| !fits).unwrap_or(&told.text);
        // A reply of a server that was asked at an earlier cut says so: a hedged question may end late.
        let cut = self.spans.get(&exchange.span).and_then(|span| span.cut.as_ref());
        let elsewhere = cut.is_some_and(|cut| *cut != exchange.zone);
        let late = if elsewhere { format!(" (asked for {})", exchange.zone) } else { String::new() };
        let text = format!("{left}{}{}", self.style.paint(told.role, outcome), self.style.paint(Role::Faint, &late));
        self.detail(exchange.span, &text)
    }

    fn scrubbed(&mut self, number: u32, record: &str, why: &str) -> String {
        let style = self.style;
        let text = format!("{} {}  {}", style.cross(), clean(record), style.paint(Role::Faint, &clean(why)));
        let text = style.paint(Role::Bad, style.cross()) + &text[style.cross().len()..];
        match self.exchanges.get_mut(&number) {
            Some(Exchange { state: Waiting::Yes { scrubbed }, .. }) => {
                scrubbed.push(text);
                String::new()
            }
            Some(exchange) => {
                let span = exchange.span;
                self.below(span, &text)
            }
            None => String::new(),
        }
    }

    fn finish_span(&mut self, span: u32, rcode: Rcode) -> String {
        let mut out = self.unanswered(span);
        out += &self.resume(span);
        let status = self.style.paint(role_of(rcode), &rcode.to_string());
        out +=
            &format!("{}{}{status}\n", self.trunks(self.depth(span)), self.style.paint(Role::Faint, self.style.end()));
        self.path.pop();
        out
    }

    /// Exchanges that nobody waits for any more.
    fn unanswered(&mut self, span: u32) -> String {
        let open = |exchange: &Exchange| exchange.span == span && exchange.state != Waiting::No;
        let numbers: Vec<u32> =
            self.exchanges.iter().filter(|(_, exchange)| open(exchange)).map(|(number, _)| *number).collect();
        let mut out = String::new();
        for number in numbers {
            out += &self.exchange_line(number, "", Told::new(Role::Faint, "no longer waited for"));
            if let Some(exchange) = self.exchanges.get_mut(&number) {
                exchange.state = Waiting::No;
            }
        }
        out
    }

    fn verdict(&self, answer: &Answer) -> String {
        let text = match (answer.rcode, answer.answer.last()) {
            (Rcode::NOERROR, Some(_)) if self.asked_for(answer) => "answer",
            (Rcode::NOERROR, _) => "no data of this type",
            (Rcode::NXDOMAIN, _) => "no such name",
            _ => "no answer",
        };
        self.style.paint(role_of(answer.rcode), text)
    }

    /// Whether the chain of aliases ends in the type that was asked for.
    fn asked_for(&self, answer: &Answer) -> bool {
        let asked = self.spans.get(&0).map(|span| span.question.rtype);
        answer.answer.last().is_some_and(|last| asked.is_none_or(|rtype| rtype == last.rtype))
    }

    /// One step of a span.
    fn step(&mut self, span: u32, text: &str) -> String {
        let resumed = self.resume(span);
        let branch = self.style.paint(Role::Faint, self.style.branch());
        format!("{resumed}{}{branch}{text}\n", self.trunks(self.depth(span)))
    }

    /// Something that belongs to the last step of a span.
    fn detail(&mut self, span: u32, text: &str) -> String {
        let resumed = self.resume(span);
        format!("{resumed}{}  {}\n", self.trunks(self.depth(span) + 1), text.trim_end())
    }

    /// Something that belongs to the last detail of a span.
    fn below(&mut self, span: u32, text: &str) -> String {
        self.detail(span, &format!("    {text}"))
    }

    fn records(&mut self, span: u32, sets: &[Rrset]) -> String {
        let trunks = self.depth(span) + 1;
        let (prefix, indent) = (format!("{}      ", self.trunks(trunks)), 3 * trunks + 6);
        sets.iter().map(|set| records::lines(set, &prefix, indent, self.style)).collect()
    }

    /// Names a span again if another one, not above it, spoke last.
    fn resume(&mut self, span: u32) -> String {
        if let Some(position) = self.path.iter().position(|on_path| *on_path == span) {
            self.path.truncate(position + 1);
            return String::new();
        }
        let Some(known) = self.spans.get(&span) else { return String::new() };
        let text = format!("{}  {}", known.question, self.style.paint(Role::Faint, "goes on"));
        let parent_depth = self.depth(span).saturating_sub(1);
        self.path = self.ancestors(span);
        let branch = self.style.paint(Role::Faint, self.style.branch());
        format!("{}{branch}{text}\n", self.trunks(parent_depth))
    }

    fn trunks(&self, count: usize) -> String {
        self.style.paint(Role::Faint, &self.style.trunk().repeat(count))
    }

    fn depth(&self, span: u32) -> usize {
        self.ancestors(span).len().saturating_sub(1)
    }

    /// The span and those above it, outermost first.
    fn ancestors(&self, span: u32) -> Vec<u32> {
        let above = |span: &u32| self.spans.get(span).map(|known| known.parent).filter(|parent| parent < span);
        let mut path: Vec<u32> = std::iter::successors(Some(span), above).collect();
        path.reverse();
        path
    }
}

/// How a zone or a set stands, in words.
fn standing(trust: TrustSeen, signature: Option<&SignatureSeen>, why: Option<&str>) -> String {
    let word = match trust {
        TrustSeen::Secure => "secure",
        TrustSeen::Insecure => "insecure",
        TrustSeen::Bogus => "bogus",
    };
    let signed = signature.map(|seen| {
        format!(", signed by key {} ({}), {} left", seen.tag, seen.algorithm, span_of_time(seen.remaining))
    });
    let why = why.map(|why| format!(": {why}"));
    format!("{word}{}{}", signed.unwrap_or_default(), why.unwrap_or_default())
}

/// A number of seconds in the largest unit that leaves two digits or more.
fn span_of_time(seconds: u32) -> String {
    match seconds {
        172_800.. => format!("{} days", seconds / 86_400),
        7_200.. => format!("{} h", seconds / 3_600),
        120.. => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

fn role_of_trust(trust: TrustSeen) -> Role {
    match trust {
        TrustSeen::Secure => Role::Good,
        TrustSeen::Insecure => Role::Faint,
        TrustSeen::Bogus => Role::Bad,
    }
}

#[cfg(test)]
mod tests;
