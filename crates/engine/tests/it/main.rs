//! The engine on simulated internets under a paused clock, one module per group of rules.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and tells its seed and tally")]

mod aliases;
mod anchors;
mod attacks;
mod bailiwick;
mod bench;
mod configured;
mod delegations;
mod dns64;
mod effort;
mod exchanges;
mod foresight;
mod freshness;
mod lab;
mod lasting;
mod limits;
mod minimisation;
mod museum;
mod priming;
mod selection;
mod signed_worlds;
mod simulation;
mod ttl;
