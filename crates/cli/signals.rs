//! Signals of the operating system.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT (Ctrl-C): the wish that the process ends.
#[derive(Debug)]
pub(crate) struct Stop {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
}

/// SIGHUP: the wish that the configuration is read again; never comes where there are no signals.
#[derive(Debug)]
pub(crate) struct Reload {
    #[cfg(unix)]
    hangup: Signal,
}

#[cfg(unix)]
impl Stop {
    /// From now on the signals no longer kill.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for either; gives its name.
    pub(crate) async fn wait(&mut self) -> &'static str {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(unix)]
impl Reload {
    /// From now on the signal no longer kills.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())? })
    }

    /// Waits for the next one.
    pub(crate) async fn wait(&mut self) {
        self.hangup.recv().await;
    }
}

#[cfg(not(unix))]
impl Stop {
    /// Nothing to prepare.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for Ctrl-C.
    pub(crate) async fn wait(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await; // without a console there is nobody to stop us
        "Ctrl-C"
    }
}

#[cfg(not(unix))]
impl Reload {
    /// Nothing to prepare.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for ever.
    pub(crate) async fn wait(&mut self) {
        std::future::pending().await
    }
}
