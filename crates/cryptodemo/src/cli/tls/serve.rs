//! `cryptodemo tls serve`.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::accept_errors::Trouble;
use crate::certificates::{Authority, Request, to_pem};
use crate::cli::{Output, ca, key_file};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::tls::server::{Served, serve};
use crate::tls::settings::Acceptor;
use crate::tls::{Provider, ServerSettings, Version};
use crate::{Error, Result};

const DAY: Duration = Duration::from_secs(86_400);

const EXAMPLES: &str = "\
Examples:
  cryptodemo tls serve --listen 127.0.0.1:8443 --once --ca-out demo.pem &
  until [ -s demo.pem ]; do :; done
  cryptodemo tls connect localhost:8443 --ca demo.pem";

/// Arguments of `cryptodemo tls serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The server's certificate chain; without it, one is made for localhost, 127.0.0.1 and ::1
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The certificate's private key
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Write the certificate of the demo authority there, for clients; shown without it
    #[arg(long, value_name = "FILE", conflicts_with = "cert")]
    ca_out: Option<PathBuf>,
    /// The only version to accept
    #[arg(long, value_name = "VERSION")]
    tls: Option<Version>,
    /// Where the cryptography comes from
    #[arg(long, default_value = "aws-lc")]
    provider: Provider,
    /// Take early data (0-RTT), which others may replay
    #[arg(long)]
    early_data: bool,
    /// Never resume sessions
    #[arg(long, conflicts_with = "early_data")]
    no_resumption: bool,
    /// Append the secrets of the sessions there, as Wireshark reads them
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    /// End after one connection
    #[arg(long, conflicts_with = "connections")]
    once: bool,
    /// End after so many connections
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    connections: Option<u64>,
    /// Connections at the same time; others wait
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    at_once: u16,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let connections = if arguments.once { Some(1) } else { arguments.connections };
    if output.is_json() && connections.is_none() {
        return Err(Error::Usage("--json needs --once or --connections: the document ends with the server".to_owned()));
    }
    let (chain, key, authority) = identity(arguments, output)?;
    let settings = ServerSettings {
        provider: arguments.provider,
        version: arguments.tls,
        resumption: !arguments.no_resumption,
        early_data: arguments.early_data,
        key_log: super::key_log(arguments.keylog.as_deref(), output)?,
        ..ServerSettings::new(chain, &key)
    };
    let acceptor = Arc::new(settings.acceptor()?);
    let place = arguments.listen.to_string();
    let listener = TcpListener::bind(arguments.listen).map_err(Error::io(&place))?;
    let address = listener.local_addr().map_err(Error::io(&place))?;
    if let Some(authority) = authority {
        let pem = to_pem(&authority);
        match &arguments.ca_out {
            Some(path) => crate::files::create_once(path, pem.as_bytes())?,
            None if output.is_json() => output.note(pem.trim_end()),
            None => output.line(pem.trim_end())?,
        }
    }
    if arguments.early_data {
        output.warn("0-RTT data can be replayed; take it only for requests that change nothing");
    }
    let listening = format!("listening on {address}");
    if output.is_json() {
        output.note(listening)
    } else {
        output.line(listening)?
    }
    let served = accept(&listener, &acceptor, connections, arguments.at_once, output)?;
    if output.is_json() {
        output.json(&serde_json::json!({ "address": address, "connections": served }))?;
    }
    Ok(())
}

/// Accepts connections, each in a thread of its own, no more at a time than there are places.
fn accept(
    listener: &TcpListener,
    acceptor: &Arc<Acceptor>,
    connections: Option<u64>,
    at_once: u16,
    output: &Output,
) -> Result<Vec<Served>> {
    std::thread::scope(|scope| {
        let (give_back, places) = mpsc::sync_channel::<Option<Served>>(usize::from(at_once));
        let mut served = Vec::new();
        let mut free = at_once;
        let mut trouble = Trouble::default();
        let mut left = connections;
        while left != Some(0) {
            while free == 0 || left.is_none() {
                let Ok(one) = (if free == 0 { places.recv().map_err(drop) } else { places.try_recv().map_err(drop) })
                else {
                    break;
                };
                free += 1;
                // A server without an end keeps no history.
                served.extend(one.filter(|_| left.is_some()));
            }
            let (stream, peer) = match listener.accept() {
                Ok(accepted) => accepted,
                Err(error) => {
                    let is_new = trouble.is_new();
                    let Some(pause) = trouble.pause_after(&error) else {
                        return Err(Error::io("listening socket")(error));
                    };
                    if !pause.is_zero() {
                        if is_new {
                            output.warn(format!("no connection can be accepted for now: {error}"));
                        }
                        // A connection that ends gives back what is missing: the pause is over then.
                        if let Ok(one) = places.recv_timeout(pause) {
                            free += 1;
                            served.extend(one.filter(|_| left.is_some()));
                        }
                    }
                    continue;
                }
            };
            trouble.is_over();
            free -= 1;
            left = left.map(|left| left - 1);
            let give_back = give_back.clone();
            scope.spawn(move || {
                let outcome = serve(acceptor, stream);
                match &outcome {
                    Ok(one) if !output.is_json() => {
                        let _ = output.line(line(&peer, one));
                    }
                    Ok(_) => {}
                    Err(error) => output.warn(about(&peer, error)),
                }
                let _ = give_back.send(outcome.ok());
            });
        }
        drop(give_back);
        served.extend(places.iter().flatten());
        Ok(served)
    })
}

/// Most errors begin with the peer already.
fn about(peer: &SocketAddr, error: &Error) -> String {
    let (peer, text) = (peer.to_string(), error.to_string());
    if text.contains(&peer) { text } else { format!("{peer}: {text}") }
}

fn line(peer: &SocketAddr, served: &Served) -> String {
    let said = &served.negotiated;
    format!(
        "{peer}: {}, {}, {}, {}, early data {}; {} B in, {} B out",
        said.version,
        said.cipher_suite,
        said.group.as_deref().unwrap_or("no group"),
        said.kind.name(),
        said.early_data.name(),
        served.received,
        served.sent,
    )
}

/// Certificate chain, its key, and the demo authority (DER).
type Identity = (Vec<Vec<u8>>, PrivateKey, Option<Vec<u8>>);

/// Certificate chain, key, and the authority to tell clients of, if it was made here.
fn identity(arguments: &Arguments, output: &Output) -> Result<Identity> {
    if let (Some(certificate), Some(key)) = (&arguments.cert, &arguments.key) {
        return Ok((ca::certificates(certificate)?, key_file::private(key, output)?, None));
    }
    let authority = Authority::new("cryptodemo demo CA", KeyAlgorithm::P256, 7 * DAY);
    let key = PrivateKey::generate(KeyAlgorithm::P256);
    let request = Request {
        names: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
        not_before: crate::time::wall(),
        lifetime: 7 * DAY,
    };
    let certificate = authority.issue(&request, &key)?;
    Ok((vec![certificate], key, Some(authority.certificate_der().to_vec())))
}
