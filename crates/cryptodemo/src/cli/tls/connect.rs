//! `cryptodemo tls connect`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::output::Style;
use crate::cli::{Output, ca, quantity};
use crate::net::delay::DelayedLine;
use crate::report;
use crate::tls::client::{AnswerEnd, Client, Exchange};
use crate::tls::negotiated::EarlyData;
use crate::tls::{ClientSettings, Group, Provider, Trust, Version};
use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  cryptodemo tls serve --listen 127.0.0.1:8443 --connections 2 \\
    --early-data --ca-out demo.pem &
  until [ -s demo.pem ]; do :; done
  cryptodemo tls connect localhost:8443 --ca demo.pem --early-data --delay 50ms";

/// Arguments of `cryptodemo tls connect`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The server
    #[arg(value_name = "HOST:PORT")]
    server: String,
    /// Certificates of the authorities to believe
    #[arg(long, value_name = "FILE", required_unless_present = "insecure_no_verify")]
    ca: Option<PathBuf>,
    /// The name that the certificate must be for; HOST without it
    #[arg(long, value_name = "HOST")]
    name: Option<String>,
    /// The only version to offer
    #[arg(long, value_name = "VERSION")]
    tls: Option<Version>,
    /// Groups to offer, best first
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    groups: Vec<Group>,
    /// Where the cryptography comes from
    #[arg(long, default_value = "aws-lc")]
    provider: Provider,
    /// Text to send as a line, at most 65535 bytes; nothing is sent and awaited if it is empty
    #[arg(long, value_name = "TEXT", default_value = "hello")]
    send: String,
    /// Ask for this path by HTTP/1.1 instead
    #[arg(long, value_name = "PATH", conflicts_with = "send")]
    http: Option<String>,
    /// Connect twice, the second time from the session of the first
    #[arg(long)]
    resume: bool,
    /// As --resume, with the text in the first flight of the second (0-RTT), which others may replay
    #[arg(long)]
    early_data: bool,
    /// Append the secrets of the sessions there, as Wireshark reads them
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    /// Delay each direction by so long, through a proxy on loopback, as 50ms
    #[arg(long, value_name = "TIME", value_parser = quantity::delay)]
    delay: Option<Duration>,
    /// Believe any certificate, that of a man in the middle too
    #[arg(long, conflicts_with = "ca")]
    insecure_no_verify: bool,
}

/// Bytes that can be sent, the line's end included: as many as rustls keeps until they leave.
const MOST_MESSAGE: usize = 1 << 16;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    if arguments.early_data && arguments.tls == Some(Version::Tls12) {
        return Err(Error::Usage("TLS 1.2 has no 0-RTT data; take --tls 1.3".to_owned()));
    }
    let (host, target) = resolve(&arguments.server)?;
    let client = Client::new(&settings(arguments, output)?, arguments.name.as_deref().unwrap_or(&host))?;
    let line = arguments.delay.map(|delay| DelayedLine::to(target, delay)).transpose()?;
    let address = line.as_ref().map_or(target, DelayedLine::address);
    let round_trip = line.as_ref().map(DelayedLine::round_trip);
    let (message, end) = match &arguments.http {
        Some(path) => (format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), AnswerEnd::Close),
        None if arguments.send.is_empty() => (String::new(), AnswerEnd::Line),
        None => (format!("{}\n", arguments.send), AnswerEnd::Line),
    };
    if message.len() > MOST_MESSAGE {
        let most = MOST_MESSAGE - 1;
        return Err(Error::Usage(format!("{} bytes are too many to send; at most {most}", message.len() - 1)));
    }
    let rounds = if arguments.resume || arguments.early_data { 2 } else { 1 };
    let mut exchanges = Vec::new();
    for round in 1..=rounds {
        let exchange = client.exchange(address, message.as_bytes(), end)?;
        if !output.is_json() {
            if rounds > 1 {
                let heading = if round == 1 { "First connection" } else { "Second connection" };
                output.line(output.style(Style::Heading, heading))?;
            }
            print(&exchange, round_trip, output)?;
        }
        exchanges.push(exchange);
    }
    if output.is_json() {
        let with_answers = exchanges.iter().map(|exchange| {
            serde_json::json!({ "connection": exchange, "answer": String::from_utf8_lossy(&exchange.answer) })
        });
        return output.json(&with_answers.collect::<Vec<_>>());
    }
    Ok(())
}

fn settings(arguments: &Arguments, output: &Output) -> Result<ClientSettings> {
    let trust = match &arguments.ca {
        Some(path) => Trust::Authorities(ca::certificates(path)?),
        None => {
            output.warn("NO CERTIFICATE IS CHECKED: whoever stands in the middle reads and changes everything");
            Trust::Anybody
        }
    };
    if arguments.early_data {
        output.warn("0-RTT data can be replayed; send only what may happen twice");
    }
    let key_log = super::key_log(arguments.keylog.as_deref(), output)?;
    Ok(ClientSettings {
        provider: arguments.provider,
        version: arguments.tls,
        groups: arguments.groups.clone(),
        trust,
        resumption: arguments.resume || arguments.early_data,
        early_data: arguments.early_data,
        key_log,
    })
}

fn print(exchange: &Exchange, round_trip: Option<Duration>, output: &Output) -> Result<()> {
    for (label, text) in exchange.negotiated.lines() {
        output.line(format!("  {label:<13} {text}"))?;
    }
    let timing = &exchange.timing;
    let measured = |time: Duration| match round_trip {
        Some(round_trip) if !round_trip.is_zero() => format!("{:.1}", time.as_secs_f64() / round_trip.as_secs_f64()),
        _ => String::new(),
    };
    let by_time = if round_trip.is_some() { "by time" } else { "" };
    output.line(format!("\n  {:<28} {:>9}   round trips: counted {by_time:>8}", "since TCP was there", "time"))?;
    let before = timing.round_trips_before_data;
    let mut rows = vec![
        ("data can leave", timing.data_can_leave, before),
        ("handshake is over", timing.handshake, timing.round_trips_of_handshake),
    ];
    // The question and its answer are one more than what came before the question.
    rows.extend(timing.first_byte.map(|time| ("first byte of the answer", time, before + 1)));
    for (label, time, counted) in rows {
        let by_time = measured(time);
        output.line(format!("  {label:<28} {:>9} {counted:>22} {by_time:>8}", report::duration(time)))?;
    }
    let tcp = report::duration(timing.tcp_connect);
    output.line(match round_trip {
        Some(_) => format!("  TCP itself took {tcp} (not delayed by the proxy; on a real line one round trip more)"),
        None => format!("  TCP itself took {tcp}"),
    })?;
    if exchange.negotiated.early_data == EarlyData::Rejected {
        output.note("the server did not take the early data");
    }
    if !exchange.answer.is_empty() {
        output.line("")?;
        for line in String::from_utf8_lossy(&exchange.answer).lines() {
            output.line(format!("  < {}", report::plain(line)))?;
        }
    }
    output.line("")
}

/// Host without brackets, and the first of its addresses.
fn resolve(server: &str) -> Result<(String, SocketAddr)> {
    let wrong = || Error::Usage(format!("{server:?} is not HOST:PORT"));
    let (host, port) = server.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // A server on loopback listens on one family only; IPv4 is what `tls serve` takes by default.
    let mut all: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(Error::io(server))?.collect();
    all.sort_by_key(SocketAddr::is_ipv6);
    let first = all.first().ok_or_else(|| Error::Usage(format!("{host} has no address")))?;
    Ok((host.to_owned(), *first))
}
