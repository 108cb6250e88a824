//! Exit codes: scripts rely on them, every help text lists them.

use std::io::{self, Write};
use std::process::ExitCode;

use proto::Rcode;

use crate::config::LoadError;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// Something went wrong at run time.
    Failure,
    /// The command line or the configuration cannot be used.
    Usage,
    /// A walk found that there is no such name.
    NoSuchName,
    /// A walk found no answer.
    NoAnswer,
}

impl Exit {
    /// What a walk came to.
    pub(crate) fn of_walk(rcode: Rcode) -> Self {
        match rcode {
            Rcode::NOERROR => Self::Fine,
            Rcode::NXDOMAIN => Self::NoSuchName,
            _ => Self::NoAnswer,
        }
    }

    /// What an error means; a reader of our output that has left is none.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        let reader_left = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        if error.is::<LoadError>() {
            Self::Usage
        } else if error.downcast_ref().is_some_and(reader_left) {
            Self::Fine
        } else {
            Self::Failure
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::NoSuchName => 3,
            Exit::NoAnswer => 4,
        })
    }
}

/// Tells an error on standard error; gives the code that goes with it.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    let exit = Exit::of_error(error);
    if exit != Exit::Fine {
        // Nobody to tell it to is no reason for another error.
        let _ = writeln!(io::stderr(), "error: {}", format!("{error:#}").trim_end());
    }
    exit
}
