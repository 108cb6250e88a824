//! `rootwalk walk`: one question from a cold cache, shown as it is resolved.

use std::sync::Arc;
use std::time::Duration;

use ::cache::Cache;
use anyhow::Context;
use engine::{Answer, ClientQuestion, Entry, Event, Purpose, Resolver, TRACE_VERSION, Trace};
use lab::{SimNetwork, World};
use proto::{Name, Question, Rcode, Rrset, Security};
use serde::Serialize;
use server::local::{Local, LocalData};
use server::special::SpecialNames;
use tracing::level_filters::LevelFilter;
use tracing::warn;
use transport::{Clock, Entropy, Env, Network, OsNetwork};

use crate::args;
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::render::{Ending, Renderer};
use crate::{descriptors, lab as built_in, logging, terminal};

/// Resolves and shows; the exit code tells what came of it.
pub(crate) fn run(args: &args::Walk) -> anyhow::Result<Exit> {
    let config = config::load(args.config.as_deref(), Some(&[]))?;
    // The tree tells what happens; the log would only cut through it.
    logging::start(config.log.min(LevelFilter::WARN));
    config.doubts(args.world.lab).iter().for_each(|doubt| warn!("{doubt}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(Box::pin(async {
        if args.world.lab {
            let world = World::embedded();
            let config = built_in::config(config, &world);
            let net = SimNetwork::new(world, built_in::faults(args.world), Entropy::system()?);
            walk(args, net, &config).await
        } else {
            walk(args, OsNetwork::new(&config.raw.resolver.source_addresses, descriptors::for_upstream()), &config)
                .await
        }
    }))
}

async fn walk<N: Network>(args: &args::Walk, net: N, config: &Config) -> anyhow::Result<Exit> {
    let question = Question::new(args.name.name.clone(), args.rtype.unwrap_or(args.name.rtype));
    let clock = Clock::system();
    let env = Env { net, clock: clock.clone(), entropy: Entropy::system().context("no random numbers")? };
    let resolver = Resolver::new(env, Arc::new(Cache::new(config.cache)), config.engine.clone());

    let began = clock.now();
    let (trace, mut entries) = Trace::streaming(began);
    let mut page = Page::new(args);
    let here = answered_here(config, &question);
    let mut answer = Box::pin(async {
        match here {
            Here::Whole(answer, why) => answer_here(answer, &question, why, &trace, &clock),
            Here::Behind(aliases, target) => {
                let led_to = Question::new(target, question.rtype);
                let answer = resolver.resolve(ClientQuestion::new(led_to), trace.clone()).await;
                let answer_section = aliases.into_iter().chain(answer.answer).collect();
                Answer { answer: answer_section, security: Security::Unchecked, ..answer }
            }
            Here::Nothing => resolver.resolve(ClientQuestion::new(question.clone()), trace.clone()).await,
        }
    });
    let answer = loop {
        tokio::select! {
            biased;
            Some(entry) = entries.recv() => page.entry(&entry)?,
            answer = &mut answer => break answer,
        }
    };
    while let Ok(entry) = entries.try_recv() {
        page.entry(&entry)?;
    }
    let elapsed = clock.now().saturating_duration_since(began);
    let budget = config.engine.limits.upstream_queries;
    page.finish(&Ending { answer: &answer, elapsed, budget }, &question, &trace.entries())?;
    Ok(Exit::of_walk(answer.rcode))
}

/// What the server would say before it asks anybody.
enum Here {
    /// This, and why.
    Whole(Answer, &'static str),
    /// These aliases, and behind them what this name has.
    Behind(Vec<Rrset>, Name),
    /// Nothing.
    Nothing,
}

fn answered_here(config: &Config, question: &Question) -> Here {
    const LOCAL: &str = "local data of the configuration: answered here, no server is asked";
    const SILENT: &str = "a local zone of type deny: clients get no reply";
    const SPECIAL: &str = "a name of special use (RFC 6761): answered here, no server is asked";
    match LocalData::new(&config.server.local).answer(question) {
        Some(Local::Answer(answer)) => return Here::Whole(answer, LOCAL),
        Some(Local::Alias(aliases, target)) => return Here::Behind(aliases, target),
        Some(Local::Silence) => return Here::Whole(Answer::empty(Rcode::REFUSED), SILENT),
        None => {}
    }
    let special = SpecialNames::new(&config.server.special_names).answer(question);
    special.map_or(Here::Nothing, |answer| Here::Whole(answer, SPECIAL))
}

/// Tells that nobody is asked (RFC 6761 §3).
fn answer_here(answer: Answer, question: &Question, why: &str, trace: &Trace, clock: &Clock) -> Answer {
    trace.record(clock, || Event::Started { question: question.clone(), purpose: Purpose::Client });
    let text = why.to_owned();
    trace.record(clock, || Event::Note { text });
    trace.record(clock, || Event::Finished { rcode: answer.rcode, upstream_queries: 0, bytes: 0 });
    answer
}

/// Where the walk is shown.
enum Page {
    /// As a tree, line by line.
    Tree(Box<Renderer>),
    /// As one document at the end.
    Json,
}

/// The trace as one JSON document.
#[derive(Serialize)]
struct Document<'a> {
    /// Version of this form.
    version: u32,
    question: Asked,
    /// Time until the answer, in microseconds.
    elapsed_us: u64,
    /// Questions to servers that one client question may cost.
    budget: u32,
    entries: &'a [Entry],
    answer: &'a Answer,
}

#[derive(Serialize)]
struct Asked {
    name: String,
    r#type: String,
}

/// Prints; a reader that has seen enough (`| head`) does not change what the walk finds, nor its exit code.
fn show(text: &str) -> anyhow::Result<()> {
    match terminal::print(text) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

impl Page {
    fn new(args: &args::Walk) -> Self {
        if args.json {
            return Self::Json;
        }
        Self::Tree(Box::new(Renderer::new(terminal::style(args.color), args.name.written.clone())))
    }

    fn entry(&mut self, entry: &Entry) -> anyhow::Result<()> {
        match self {
            Self::Tree(renderer) => show(&renderer.entry(entry)),
            Self::Json => Ok(()),
        }
    }

    fn finish(&mut self, ending: &Ending<'_>, question: &Question, entries: &[Entry]) -> anyhow::Result<()> {
        match self {
            Self::Tree(renderer) => show(&renderer.finish(ending)),
            Self::Json => show(&document(ending, question, entries)?),
        }
    }
}

fn document(ending: &Ending<'_>, question: &Question, entries: &[Entry]) -> serde_json::Result<String> {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let document = Document {
        version: TRACE_VERSION,
        question: Asked { name: question.name.to_string(), r#type: question.rtype.to_string() },
        elapsed_us: micros(ending.elapsed),
        budget: ending.budget,
        entries,
        answer: ending.answer,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
