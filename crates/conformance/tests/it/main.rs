//! The open scenarios, run in process.

mod scenarios;
mod support;
