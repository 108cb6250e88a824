//! The open scenarios and our own, run in process.
#![expect(clippy::print_stdout, reason = "the table of what passed is what one runs this for")]

mod scenarios;
mod scn;
mod support;
