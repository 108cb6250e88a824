//! `rootwalk serve`: a resolver for DNS clients.

use std::sync::Arc;

use ::cache::Cache;
use anyhow::Context;
use engine::Resolver;
use lab::{Mapped, SimNetwork, World};
use server::{Bound, Drained, Server};
use tracing::{error, info, warn};
use transport::{Clock, Entropy, Env, Network, OsNetwork};

use crate::anchors::Keeper;
use crate::args;
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::signals::{Reload, Stop};
use crate::{descriptors, lab as built_in, logging, terminal};

/// Serves until a signal ends it.
pub(crate) fn run(args: &args::Serve) -> anyhow::Result<Exit> {
    let mut config = config::load(args.config.as_deref(), args.own_addresses())?;
    config.override_with(args);
    logging::start(config.log);
    config.doubts(args.world.lab).iter().for_each(|doubt| warn!("{doubt}"));
    let mut builder = match config.server.threads {
        // One thread needs no care for others.
        1 => tokio::runtime::Builder::new_current_thread(),
        threads => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            if threads > 0 {
                builder.worker_threads(threads);
            }
            builder
        }
    };
    let runtime = builder.enable_all().build().context("cannot start the worker threads")?;
    runtime.block_on(Box::pin(async {
        let signals = Signals { stop: Stop::new()?, reload: Reload::new()? };
        if args.world.lab {
            on_lab(config, args, signals).await
        } else {
            let net = OsNetwork::new(&config.raw.resolver.source_addresses, descriptors::for_upstream());
            let bound = Server::bind(config.server.clone())?;
            serve(net, bound, &config, args, signals).await
        }
    }))
}

/// Signals that came since the start: none is lost, however early.
struct Signals {
    stop: Stop,
    reload: Reload,
}

/// Serves over the built-in internet: over its loopback sockets, or in memory if another rootwalk has these.
async fn on_lab(config: Config, args: &args::Serve, signals: Signals) -> anyhow::Result<Exit> {
    let world = World::embedded();
    let config = built_in::config(config, &world);
    let bound = Server::bind(config.server.clone())?;
    let faults = built_in::faults(args.world);
    match built_in::listen(world.clone(), faults).await {
        Ok(servers) => {
            let net = Mapped::new(OsNetwork::new(&[], descriptors::for_upstream()), servers.addresses());
            serve(net, bound, &config, args, signals).await
        }
        Err(error) => {
            warn!("{error}; the lab's servers run inside this process instead, where dig cannot ask them");
            serve(SimNetwork::new(world, faults, Entropy::system()?), bound, &config, args, signals).await
        }
    }
}

async fn serve<N: Network>(
    net: N,
    bound: Bound,
    config: &Config,
    args: &args::Serve,
    mut signals: Signals,
) -> anyhow::Result<Exit> {
    let entropy = Entropy::system().context("the system gives no random numbers")?;
    let env = Env { net, clock: Clock::system(), entropy };
    let resolver = Resolver::new(env, Arc::new(Cache::new(config.cache)), config.engine.clone());
    let mut keeper = Keeper::restore(config.state_file.clone(), &resolver);
    for left_out in bound.skipped() {
        warn!("{left_out}; going on without it");
    }
    // Nobody has to read it: a closed standard output is no reason not to serve.
    let _ = terminal::print(&format!("{bound}\n"));
    if let (true, Some(address)) = (args.world.lab, bound.addresses().first()) {
        terminal::note(&format!("try: dig @{} -p {} www.naver.com", address.ip(), address.port()));
    }
    let shutdown = async {
        loop {
            tokio::select! {
                biased;
                signal = signals.stop.wait() => {
                    info!("{signal}: answering what is open, then ending");
                    return;
                }
                () = signals.reload.wait() => check_again(config, args).await,
            }
        }
    };
    let served = tokio::select! {
        biased;
        served = bound.run(resolver.clone(), shutdown) => served,
        never = Box::pin(keeper.follow(&resolver)) => match never {},
    };
    keeper.save(&resolver).await;
    match served.context("cannot serve")? {
        Drained::All => {}
        Drained::TimeUp => warn!("some questions were still open"),
    }
    Ok(Exit::Fine)
}

/// Settings cannot change while we run: says whether the file could be used after a restart.
async fn check_again(config: &Config, args: &args::Serve) {
    let (file, listen) = (args.config.clone(), args.own_addresses().map(<[_]>::to_vec));
    // With one thread this is the one that serves: it does not wait for a disk.
    let loaded = tokio::task::spawn_blocking(move || config::load(file.as_deref(), listen.as_deref())).await;
    match loaded {
        Ok(Ok(mut now)) => {
            now.override_with(args);
            if now.raw == config.raw {
                info!("SIGHUP: the configuration has not changed");
            } else {
                warn!("SIGHUP: the configuration has changed and is fine; it takes effect with a restart");
            }
        }
        Ok(Err(problem)) => error!("SIGHUP: the configuration cannot be used and would stop a restart: {problem}"),
        Err(broken) => error!("SIGHUP: the configuration could not be read: {broken}"),
    }
}
