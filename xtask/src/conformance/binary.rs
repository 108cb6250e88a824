//! The binary under test: started, watched, ended.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Inside;
use super::clock::FakedClock;

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(20);
/// How long an end may take: questions that are open are answered first.
const END: Duration = Duration::from_secs(15);

/// `rootwalk serve` under a faked clock; killed when dropped, and when we die.
#[derive(Debug)]
pub(super) struct Binary {
    child: Child,
    _leftovers: Leftovers,
}

/// libfaketime's shared memory, which outlives a process that is killed.
#[derive(Debug)]
struct Leftovers(Option<u32>);

impl Drop for Leftovers {
    fn drop(&mut self) {
        for name in
            self.0.iter().flat_map(|process| [format!("faketime_shm_{process}"), format!("sem.faketime_sem_{process}")])
        {
            let _ = std::fs::remove_file(Path::new("/dev/shm").join(name)); // usually it has gone
        }
    }
}

impl Binary {
    /// Starts it and waits until it says that it listens.
    pub(super) async fn start(
        arguments: &Inside,
        config: &Path,
        clock: &FakedClock,
        listen: SocketAddr,
    ) -> anyhow::Result<Self> {
        let log = File::create(arguments.scratch.join("rootwalk.log"))?;
        let mut command = Command::new("setpriv");
        // Each of these becomes the next one, so the process that we know is rootwalk in the end.
        command.args(["--pdeathsig", "KILL", "env"]).args(clock.environment(&arguments.libfaketime));
        command.arg(&arguments.binary).arg("serve").arg("--config").arg(config);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the binary")?;
        let leftovers = Leftovers(child.id());
        let mut said = BufReader::new(child.stdout.take().context("piped")?).lines();
        let expected = format!("listening on {listen} (udp, tcp)");
        let listens = async {
            while let Some(line) = said.next_line().await? {
                if line == expected {
                    return anyhow::Ok(());
                }
            }
            bail!("it ended before it listened")
        };
        let started = timeout(START, listens).await.unwrap_or_else(|_| bail!("it never said: {expected}"));
        started.with_context(|| log_of(&arguments.scratch))?;
        // Nobody reads on; what it says later has room in the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Ok(Self { child, _leftovers: leftovers })
    }

    /// Whether it is still there.
    pub(super) fn is_alive(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("the resolver has ended ({status})")),
            Err(error) => Err(format!("nobody knows whether the resolver has ended: {error}")),
        }
    }

    /// SIGTERM has to end it, and well.
    pub(super) async fn end(mut self) -> Result<(), String> {
        let Some(process) = self.child.id() else { return Err("the resolver has ended".to_owned()) };
        let sent = Command::new("kill").args(["-TERM", &process.to_string()]).status().await;
        if !sent.is_ok_and(|status| status.success()) {
            return Err("SIGTERM cannot be sent".to_owned());
        }
        match timeout(END, self.child.wait()).await {
            Ok(Ok(status)) if ExitStatus::success(&status) => Ok(()),
            Ok(Ok(status)) => Err(format!("after SIGTERM the resolver ended with {status}")),
            Ok(Err(error)) => Err(format!("the end of the resolver cannot be waited for: {error}")),
            Err(_) => Err("SIGTERM did not end the resolver".to_owned()),
        }
    }
}

/// What the binary logged, for an error message.
fn log_of(scratch: &Path) -> String {
    let log = std::fs::read_to_string(scratch.join("rootwalk.log")).unwrap_or_default();
    format!("the binary does not start: {}", log.trim())
}
