//! `cryptodemo ssl`.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::ServerName;
use serde::Serialize;

use super::Output;
use super::output::Style;
use super::table::{self, Align};
use crate::error::Error;
use crate::keys::KeyAlgorithm;
use crate::ssl::{self, Report, Step};
use crate::tls::explain::text::{self, Detail};
use crate::tls::explain::{self, Explanation};
use crate::tls::live::{self, Identity};
use crate::tls::messages::Version;
use crate::tls::secrets::SessionSecrets;
use crate::tls::tap::{self, Chunk, Direction, Tap};
use crate::{Result, Secret, certificates, files, report};

/// The name B's certificate is for.
const NAME: &str = "localhost";

/// Arguments of `cryptodemo ssl`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What A sends to B
    #[arg(long, value_name = "TEXT", default_value = "hello B, this is A")]
    message: String,
    /// Size of B's RSA key
    #[arg(long, value_name = "NAME", default_value = "rsa-2048")]
    alg: Rsa,
    /// Show all bytes of long fields
    #[arg(long)]
    full: bool,
    /// Print the symmetric key
    #[arg(long)]
    show_secrets: bool,
    /// Play one side only, for two processes
    #[arg(long, requires = "ca")]
    role: Option<Role>,
    /// Where the server listens, on loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4430", requires = "role")]
    listen: SocketAddr,
    /// Where the client connects to
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4430", requires = "role")]
    connect: SocketAddr,
    /// The authority's certificate: the server writes it, the client reads it
    #[arg(long, value_name = "FILE", requires = "role")]
    ca: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cryptodemo ssl
  cryptodemo ssl --alg rsa-3072 --message 'as long as you like' --full
  cryptodemo ssl --json

For two processes, which could as well be in two terminals:
  cryptodemo ssl --role server --listen 127.0.0.1:4430 --ca ca.pem &
  until [ -s ca.pem ]; do :; done
  cryptodemo ssl --role client --connect 127.0.0.1:4430 --ca ca.pem

The protocol is for teaching only: no forward secrecy, sessions can be replayed.";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Role {
    Server,
    Client,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Rsa {
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
}

impl Rsa {
    const fn algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Rsa2048 => KeyAlgorithm::Rsa2048,
            Self::Rsa3072 => KeyAlgorithm::Rsa3072,
            Self::Rsa4096 => KeyAlgorithm::Rsa4096,
        }
    }
}

/// One row of the comparison.
#[derive(Debug, Serialize)]
struct Row {
    protocol: &'static str,
    round_trips_before_message: usize,
    bytes_from_a: usize,
    bytes_from_b: usize,
    forward_secrecy: bool,
}

#[derive(Serialize)]
struct Document {
    warning: &'static str,
    steps: Vec<Step>,
    symmetric_key: Option<String>,
    tls12: Explanation,
    tls13: Explanation,
    comparison: Vec<Row>,
}

const WARNING: &str = "historical protocol, for teaching: RSA key transport, no forward secrecy, replay; never use it";

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match (arguments.role, &arguments.ca) {
        (Some(Role::Server), Some(ca)) => serve(&arguments, ca, output),
        (Some(Role::Client), Some(ca)) => connect(&arguments, ca, output),
        _ => both(&arguments, output),
    }
}

fn both(arguments: &Arguments, output: &Output) -> Result<()> {
    let identity = Identity::new(&[NAME], arguments.alg.algorithm())?;
    let (steps, key, recording) = exchange(&identity, &arguments.message)?;
    let tls12 = by_tls(&identity, Version::Tls12, &arguments.message)?;
    let tls13 = by_tls(&identity, Version::Tls13, &arguments.message)?;
    let comparison = vec![of_recording(&recording), row("TLS 1.2", &tls12), row("TLS 1.3", &tls13)];
    let symmetric_key = key.filter(|_| arguments.show_secrets).map(|key| report::hex(key.expose()));
    if output.is_json() {
        return output.json(&Document { warning: WARNING, steps, symmetric_key, tls12, tls13, comparison });
    }
    output.line(output.style(Style::Warn, "Historical protocol, for teaching only. Never use it."))?;
    output.line("RSA key transport: no forward secrecy; a recorded session can be replayed to B.")?;
    output.line(format!("A is the client, B the server with an {} key.", arguments.alg.algorithm_name()))?;
    print_steps(&steps, arguments.full, output)?;
    print_key(symmetric_key.as_deref(), output)?;
    for explanation in [&tls12, &tls13] {
        let suite = explanation.cipher_suite.map_or("no suite", |suite| suite.name);
        let name = explanation.version.map_or("TLS", Version::name);
        output.line("")?;
        output.line(output.style(Style::Heading, &format!("The same message by {name}, {suite}")))?;
        for line in text::lines(explanation, Detail::Short, output.width()) {
            output.line(line)?;
        }
    }
    print_comparison(&comparison, output)
}

impl Rsa {
    const fn algorithm_name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
        }
    }
}

/// Both sides as two tasks, with the tap between; their steps in the order of time.
fn exchange(identity: &Identity, message: &str) -> Result<(Vec<Step>, Option<Secret>, Vec<Chunk>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("TCP"))?;
    let (mut stream, tap) = Tap::connect(listener.local_addr().map_err(Error::io("TCP"))?)?;
    let (mut accepted, _) = listener.accept().map_err(Error::io("TCP"))?;
    tap::prepare(&accepted).map_err(Error::io("TCP"))?;
    let (a, b) = std::thread::scope(|scope| {
        let b = scope.spawn(move || ssl::server(&mut accepted, &identity.certificate_der, &identity.key));
        let a = ssl::client(&mut stream, &[&identity.authority_der], NAME, message.as_bytes());
        let _ = stream.shutdown(Shutdown::Both);
        drop(stream);
        (a, b.join().expect("B does not panic"))
    });
    let recording = tap.finish();
    let (a, b) = (a?, b?);
    let key = a.key;
    let mut steps: Vec<_> = a.steps.into_iter().chain(b.steps).collect();
    steps.sort_by_key(|(at, _)| *at);
    // A and B run at the same time: A's message may leave while B still opens the key. The notes' order is clearer.
    steps.sort_by_key(|(_, step)| step.number);
    Ok((steps.into_iter().map(|(_, step)| step).collect(), key, recording))
}

fn by_tls(identity: &Identity, version: Version, message: &str) -> Result<Explanation> {
    let secrets = Arc::new(SessionSecrets::default());
    let server = Arc::new(identity.server(version)?);
    let mut client = live::client(std::slice::from_ref(&identity.authority_der), Some(version), None)?;
    client.key_log = Arc::<SessionSecrets>::clone(&secrets);
    let name = ServerName::try_from(NAME).expect("a good name");
    let message = format!("{}\n", message.trim_end_matches('\n'));
    let (recording, _) = live::recorded_with_own_server(&server, &Arc::new(client), &name, message.as_bytes())?;
    explain::explain(&recording, Some(&secrets))
}

fn row(protocol: &'static str, explanation: &Explanation) -> Row {
    Row {
        protocol,
        round_trips_before_message: explanation.round_trips_before_request.unwrap_or_default(),
        bytes_from_a: explanation.bytes_to_server,
        bytes_from_b: explanation.bytes_to_client,
        // Each session has keys of its own that are gone afterwards, if there was a fresh exchange.
        forward_secrecy: explanation.group.is_some(),
    }
}

/// A sends key and message together, after B's turns before them.
fn of_recording(recording: &[Chunk]) -> Row {
    let sum = |direction| recording.iter().filter(|it| it.direction == direction).map(|it| it.bytes.len()).sum();
    let first = recording.iter().position(|chunk| chunk.direction == Direction::ToServer);
    Row {
        protocol: "the notes' protocol",
        round_trips_before_message: usize::from(first.is_some_and(|at| at > 0)),
        bytes_from_a: sum(Direction::ToServer),
        bytes_from_b: sum(Direction::ToClient),
        // The session key travels under a key that lives on: B's.
        forward_secrecy: false,
    }
}

fn print_steps(steps: &[Step], full: bool, output: &Output) -> Result<()> {
    for step in steps {
        let took = if step.nanoseconds == 0 {
            String::new()
        } else {
            let nanos = u64::try_from(step.nanoseconds).unwrap_or(u64::MAX);
            format!(" ({})", report::duration(std::time::Duration::from_nanos(nanos)))
        };
        output.line("")?;
        output.line(output.style(Style::Heading, &format!("{}. {} {}{took}", step.number, step.who, step.what)))?;
        let Some(fields) = &step.sent else { continue };
        output.line(format!("   {} B on the wire: offset, field, bytes, meaning", step.sent_length))?;
        for field in fields {
            let len = field.hex.len() / 2;
            let (bytes, rest) = if full || len <= 16 { (field.hex.as_str(), "") } else { (&field.hex[..32], "...") };
            let long = format!("{len} B: {bytes}{rest}");
            output.line(format!("   {:>5}  {:<13} {}", field.offset, field.name, field.meaning))?;
            output.line(format!("          {long}"))?;
        }
    }
    Ok(())
}

fn print_key(key: Option<&str>, output: &Output) -> Result<()> {
    output.line("")?;
    match key {
        Some(key) => output.line(format!("Symmetric key: {key}")),
        None => output.line("The symmetric key is not shown (--show-secrets shows it)."),
    }
}

fn print_comparison(rows: &[Row], output: &Output) -> Result<()> {
    let mut lines =
        vec![["protocol", "round trips", "bytes from A", "from B", "forward secrecy"].map(String::from).to_vec()];
    lines.extend(rows.iter().map(|row| {
        vec![
            row.protocol.to_owned(),
            row.round_trips_before_message.to_string(),
            row.bytes_from_a.to_string(),
            row.bytes_from_b.to_string(),
            if row.forward_secrecy { "yes" } else { "no" }.to_owned(),
        ]
    }));
    output.line("")?;
    for line in table::lines(&[Align::Left, Align::Right, Align::Right, Align::Right, Align::Left], &lines) {
        output.line(line)?;
    }
    output.line("Round trips: after TCP's own, before A's message can leave.")
}

fn serve(arguments: &Arguments, ca: &Path, output: &Output) -> Result<()> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Error::Unsafe("the protocol is for teaching; it listens on loopback addresses only".to_owned()));
    }
    let identity = Identity::new(&[NAME], arguments.alg.algorithm())?;
    let listener = TcpListener::bind(arguments.listen).map_err(Error::io(arguments.listen.to_string()))?;
    let pem = certificates::to_pem(&identity.authority_der);
    files::create_once(ca, pem.as_bytes())?;
    output.warn(WARNING);
    output.note(format!("B listens on {} for one client; authority in {}", arguments.listen, ca.display()));
    let (mut stream, _) = listener.accept().map_err(Error::io("TCP"))?;
    tap::prepare(&stream).map_err(Error::io("TCP"))?;
    one_side(ssl::server(&mut stream, &identity.certificate_der, &identity.key)?, arguments, output)
}

fn connect(arguments: &Arguments, ca: &Path, output: &Output) -> Result<()> {
    let authorities = super::ca::certificates(ca)?;
    let authorities: Vec<&[u8]> = authorities.iter().map(Vec::as_slice).collect();
    output.warn(WARNING);
    let place = arguments.connect.to_string();
    let mut stream = TcpStream::connect_timeout(&arguments.connect, tap::PATIENCE).map_err(Error::io(place))?;
    tap::prepare(&stream).map_err(Error::io("TCP"))?;
    one_side(ssl::client(&mut stream, &authorities, NAME, arguments.message.as_bytes())?, arguments, output)
}

fn one_side(report: Report, arguments: &Arguments, output: &Output) -> Result<()> {
    let received = String::from_utf8_lossy(&report.received).escape_debug().to_string();
    let key = report.key.filter(|_| arguments.show_secrets).map(|key| report::hex(key.expose()));
    let steps: Vec<_> = report.steps.into_iter().map(|(_, step)| step).collect();
    if output.is_json() {
        return output.json(&serde_json::json!({
            "warning": WARNING, "steps": steps, "received": received, "symmetric_key": key,
        }));
    }
    print_steps(&steps, arguments.full, output)?;
    print_key(key.as_deref(), output)?;
    output.line(format!("Received: {received}"))
}
