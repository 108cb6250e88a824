//! `cryptodemo tls explain`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::{ClientConfig, HandshakeKind};
use rustls_pki_types::ServerName;
use serde::Serialize;

use crate::Result;
use crate::cli::Output;
use crate::cli::output::Style;
use crate::error::Error;
use crate::keys::KeyAlgorithm;
use crate::tls::explain::text::{self, Detail};
use crate::tls::explain::{self, Explanation};
use crate::tls::live::{self, Group, Identity};
use crate::tls::messages::Version;
use crate::tls::secrets::SessionSecrets;
use crate::tls::tap::Chunk;

/// Arguments of `cryptodemo tls explain`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A server that runs already; without it, a client and a server of its own on loopback
    #[arg(value_name = "HOST:PORT", requires = "ca")]
    server: Option<String>,
    /// Certificate of the authority that the server's certificate must come from
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
    /// Version of TLS [default: 1.3, or what a running server chooses]
    #[arg(long, value_name = "VERSION")]
    tls: Option<VersionChoice>,
    /// Explain the second session, which resumes the first
    #[arg(long)]
    resume: bool,
    /// Resume, and send the message as 0-RTT data
    #[arg(long)]
    early_data: bool,
    /// Group for the key exchange [default: the provider's choice]
    #[arg(long)]
    group: Option<Group>,
    /// What the client sends
    #[arg(long, value_name = "TEXT", default_value = "hello B, this is A")]
    message: String,
    /// One line per record
    #[arg(long)]
    short: bool,
}

const EXAMPLES: &str = "\
Examples:
  cryptodemo tls explain
  cryptodemo tls explain --tls 1.2 --short
  cryptodemo tls explain --resume
  cryptodemo tls explain --early-data
  cryptodemo tls explain --group x25519mlkem768 --json";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum VersionChoice {
    #[value(name = "1.2")]
    Tls12,
    #[value(name = "1.3")]
    Tls13,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Report {
    handshake: &'static str,
    early_data_accepted: bool,
    answer: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let version = match (arguments.tls, &arguments.server) {
        (Some(VersionChoice::Tls12), _) => Some(Version::Tls12),
        (Some(VersionChoice::Tls13), _) | (None, None) => Some(Version::Tls13),
        (None, Some(_)) => None,
    };
    if arguments.early_data && version == Some(Version::Tls12) {
        return Err(Error::Usage("TLS 1.2 has no 0-RTT data; take --tls 1.3".to_owned()));
    }
    if arguments.early_data {
        output.warn("0-RTT data can be replayed; send only what may happen twice");
    }
    let secrets = Arc::new(SessionSecrets::default());
    let (recording, outcome) = session(&arguments, version, &secrets)?;
    let explanation = explain::explain(&recording, Some(&secrets))?;
    let handshake = match outcome.kind {
        Some(HandshakeKind::Resumed) => "resumed",
        Some(HandshakeKind::FullWithHelloRetryRequest) => "full, after a HelloRetryRequest",
        _ => "full",
    };
    if output.is_json() {
        let answer = String::from_utf8_lossy(&outcome.answer).into_owned();
        return output.json(&Report {
            handshake,
            early_data_accepted: outcome.early_data_accepted,
            answer,
            explanation,
        });
    }
    print(&explanation, handshake, arguments.short, output)?;
    if arguments.resume && outcome.kind != Some(HandshakeKind::Resumed) {
        output.warn("the server did not resume the session");
    }
    if arguments.early_data && !outcome.early_data_accepted {
        output.warn("the server did not take 0-RTT data; the message was sent again after the handshake");
    }
    Ok(())
}

fn print(explanation: &Explanation, handshake: &str, short: bool, output: &Output) -> Result<()> {
    let name = explanation.version.map_or("TLS", Version::name);
    let suite = explanation.cipher_suite.map_or("no suite", |suite| suite.name);
    let group = explanation.group.map_or("no fresh key exchange", |group| group.name);
    output.line(output.style(Style::Heading, &format!("{name}, {handshake} handshake")))?;
    output.line(format!("{suite}, {group}"))?;
    output.line("A is the client, B the server; times since the connection began.")?;
    output.line("")?;
    let detail = if short { Detail::Short } else { Detail::Full };
    for line in text::lines(explanation, detail, output.width()) {
        output.line(line)?;
    }
    output.line("")?;
    for line in text::summary(explanation) {
        output.line(line)?;
    }
    if let Some(trips) = explanation.round_trips_before_request {
        output.line(format!("Round trips of TLS before A's message could leave: {trips} (and one for TCP)."))?;
    }
    output.line(format!("Bytes: {} from A, {} from B.", explanation.bytes_to_server, explanation.bytes_to_client))
}

/// One session, or two of which the second is explained.
fn session(
    arguments: &Arguments,
    version: Option<Version>,
    secrets: &Arc<SessionSecrets>,
) -> Result<(Vec<Chunk>, live::Outcome)> {
    let count = if arguments.resume || arguments.early_data { 2 } else { 1 };
    let message = format!("{}\n", arguments.message.trim_end_matches('\n'));
    let prepare = |authorities: Vec<Vec<u8>>| -> Result<Arc<ClientConfig>> {
        let mut client = live::client(&authorities, version, arguments.group)?;
        client.key_log = Arc::<SessionSecrets>::clone(secrets);
        client.enable_early_data = arguments.early_data;
        Ok(Arc::new(client))
    };
    let once: Box<dyn Fn() -> Result<(Vec<Chunk>, live::Outcome)>> = match (&arguments.server, &arguments.ca) {
        (Some(server), Some(ca)) => {
            let (address, name) = resolve(server)?;
            let client = prepare(crate::cli::ca::certificates(ca)?)?;
            Box::new(move || {
                let (recording, outcome) = live::recorded(address, &client, &name, message.as_bytes());
                outcome.map(|outcome| (recording, outcome))
            })
        }
        _ => {
            let identity = Identity::new(&["localhost"], KeyAlgorithm::P256)?;
            let server = Arc::new(identity.server(version.unwrap_or(Version::Tls13))?);
            let client = prepare(vec![identity.authority_der])?;
            let name = ServerName::try_from("localhost").expect("a good name");
            Box::new(move || live::recorded_with_own_server(&server, &client, &name, message.as_bytes()))
        }
    };
    let mut last = once()?;
    for _ in 1..count {
        last = once()?;
    }
    Ok(last)
}

fn resolve(server: &str) -> Result<(SocketAddr, ServerName<'static>)> {
    let usage = || Error::Usage(format!("{server}: not HOST:PORT"));
    let (host, _) = server.rsplit_once(':').ok_or_else(usage)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(|_| usage())?;
    let address = server.to_socket_addrs().map_err(Error::io(server))?.next().ok_or_else(usage)?;
    Ok((address, name))
}
