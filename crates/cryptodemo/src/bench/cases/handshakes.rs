//! Full TLS handshakes in memory by rustls: both sides in one process, no network. A handshake is everything from two
//! fresh connections to both sides being done, the check of a certificate of one link (ECDSA P-256) included.

use std::io::{Read, Write};
use std::ops::DerefMut;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs, ring};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, HandshakeKind, NamedGroup, ProtocolVersion, RootCertStore,
    ServerConfig, ServerConnection, SupportedProtocolVersion, version,
};

use super::label;
use crate::bench::timing::{Case, Operation, Repeat};
use crate::error::Error;
use crate::{Backend, Result};

/// Rounds of messages after which a handshake that is not done never will be.
const MOST_FLIGHTS: usize = 10;

/// Whether a handshake starts from nothing or from the ticket of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Full,
    Resumed,
}

/// Handshakes of TLS 1.2 and 1.3, full and resumed, by each group that the backend has. None for [`Backend::Rust`]: rustls
/// comes with no provider of it.
///
/// # Errors
/// [`Error::Rejected`] if a certificate cannot be made.
pub fn cases(backend: Backend) -> Result<Vec<Case>> {
    let groups: &[&'static dyn SupportedKxGroup] = match backend {
        Backend::AwsLc => {
            &[aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1, aws_lc_rs::kx_group::X25519MLKEM768]
        }
        Backend::Ring => &[ring::kx_group::X25519, ring::kx_group::SECP256R1],
        Backend::Rust => &[],
    };
    let identity = Identity::new()?;
    let mut cases = Vec::new();
    for group in groups {
        for version in [&version::TLS12, &version::TLS13] {
            // RFC 8446 is where hybrid groups live: TLS 1.2 has none.
            if version.version == ProtocolVersion::TLSv1_2 && group.name() == NamedGroup::X25519MLKEM768 {
                continue;
            }
            for kind in [Kind::Full, Kind::Resumed] {
                cases.push(case(backend, *group, version, kind, &identity)?);
            }
        }
    }
    Ok(cases)
}

fn case(
    backend: Backend,
    group: &'static dyn SupportedKxGroup,
    version: &'static SupportedProtocolVersion,
    kind: Kind,
    identity: &Identity,
) -> Result<Case> {
    let provider = CryptoProvider {
        kx_groups: vec![group],
        ..match backend {
            Backend::Ring => ring::default_provider(),
            Backend::AwsLc | Backend::Rust => aws_lc_rs::default_provider(),
        }
    };
    let pair = Pair::new(Arc::new(provider), version, kind, identity)?;
    let (version_name, group_name) = (
        if version.version == ProtocolVersion::TLSv1_3 { "tls1.3" } else { "tls1.2" },
        match group.name() {
            NamedGroup::secp256r1 => "p256",
            NamedGroup::X25519MLKEM768 => "x25519mlkem768",
            _ => "x25519",
        },
    );
    let name = match kind {
        Kind::Full => format!("{version_name} {group_name}"),
        Kind::Resumed => format!("{version_name} {group_name} resumed"),
    };
    let checked = pair.clone();
    let check = move || checked.check(version.version, group.name(), kind);
    Ok(Case::new(label(&name, backend, Operation::Handshake, None), check, Repeat(move || pair.handshake())))
}

/// The certificate of a server, its key, and who signed it.
struct Identity {
    root: rcgen::Certificate,
    certificate: rcgen::Certificate,
    key: rcgen::KeyPair,
}

impl Identity {
    fn new() -> Result<Self> {
        let make = || {
            let mut parameters = rcgen::CertificateParams::new(Vec::new())?;
            parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
            let root_key = rcgen::KeyPair::generate()?;
            let root = parameters.self_signed(&root_key)?;
            let issuer = rcgen::Issuer::new(parameters, root_key);
            let key = rcgen::KeyPair::generate()?;
            let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
            Ok::<_, rcgen::Error>(Self { root, certificate, key })
        };
        make().map_err(|error| Error::Rejected(format!("no certificate for handshakes: {error}")))
    }
}

/// A client and a server that agree on how to speak.
#[derive(Clone)]
struct Pair {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Pair {
    fn new(
        provider: Arc<CryptoProvider>,
        version: &'static SupportedProtocolVersion,
        kind: Kind,
        identity: &Identity,
    ) -> Result<Self> {
        let refused = |error: rustls::Error| Error::Rejected(format!("TLS cannot be set up: {error}"));
        let mut roots = RootCertStore::empty();
        roots.add(identity.root.der().clone()).map_err(refused)?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&[version]).map_err(refused)?;
        let mut client = builder.with_root_certificates(roots).with_no_client_auth();
        if kind == Kind::Full {
            client.resumption = Resumption::disabled();
        }
        let key = PrivateKeyDer::try_from(identity.key.serialize_der())
            .map_err(|why| Error::Rejected(format!("TLS cannot be set up: {why}")))?;
        let server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![identity.certificate.der().clone()], key)
            })
            .map_err(refused)?;
        Ok(Self { client: Arc::new(client), server: Arc::new(server) })
    }

    /// One handshake, until both sides are done and all tickets are delivered.
    fn handshake(&self) -> Result<(ClientConnection, ServerConnection)> {
        let refused = |error: rustls::Error| Error::Rejected(format!("the handshake failed: {error}"));
        let name = ServerName::try_from("localhost").expect("it is a name");
        let mut client = ClientConnection::new(Arc::clone(&self.client), name).map_err(refused)?;
        let mut server = ServerConnection::new(Arc::clone(&self.server)).map_err(refused)?;
        for _ in 0..MOST_FLIGHTS {
            let moved = exchange(&mut client, &mut server)?;
            if !client.is_handshaking() && !server.is_handshaking() && !moved {
                return Ok((client, server));
            }
        }
        Err(Error::Rejected("the handshake does not end".to_owned()))
    }

    /// Whether handshakes are of the version, group and kind that the case is called by, and carry data both ways.
    fn check(&self, version: ProtocolVersion, group: NamedGroup, kind: Kind) -> Result<()> {
        // The ticket that all later handshakes of the resumed kind begin with.
        self.handshake()?;
        let (mut client, mut server) = self.handshake()?;
        let expect = match kind {
            Kind::Full => HandshakeKind::Full,
            Kind::Resumed => HandshakeKind::Resumed,
        };
        // A resumed handshake of TLS 1.2 has no key exchange.
        let exchanged = kind == Kind::Full || version == ProtocolVersion::TLSv1_3;
        let groups = client.negotiated_key_exchange_group().map(SupportedKxGroup::name);
        if client.handshake_kind() != Some(expect)
            || client.protocol_version() != Some(version)
            || (exchanged && groups != Some(group))
        {
            return Err(Error::Rejected("the handshake is of another kind".to_owned()));
        }
        echo(&mut client, &mut server)
    }
}

/// Sends a message there and back.
fn echo(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<()> {
    let broken = |_| Error::Rejected("the connection carries no data".to_owned());
    let mut message = *b"there and back";
    client.writer().write_all(&message).map_err(broken)?;
    exchange(client, server)?;
    server.reader().read_exact(&mut message).map_err(broken)?;
    server.writer().write_all(&message).map_err(broken)?;
    exchange(client, server)?;
    let mut back = [0; 14];
    client.reader().read_exact(&mut back).map_err(broken)?;
    if back == *b"there and back" { Ok(()) } else { Err(Error::Rejected("the data changed on its way".to_owned())) }
}

/// Carries what each side has to say to the other. Tells whether there was anything.
fn exchange(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<bool> {
    let there = carry(client, server)?;
    let back = carry(server, client)?;
    Ok(there || back)
}

fn carry<A, B>(
    from: &mut impl DerefMut<Target = ConnectionCommon<A>>,
    to: &mut impl DerefMut<Target = ConnectionCommon<B>>,
) -> Result<bool> {
    let mut wire = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut wire).map_err(Error::io("memory"))?;
    }
    let mut unread = wire.as_slice();
    while !unread.is_empty() {
        to.read_tls(&mut unread).map_err(Error::io("memory"))?;
        to.process_new_packets().map_err(|error| Error::Rejected(format!("the handshake failed: {error}")))?;
    }
    Ok(!wire.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::timing::{LEAST_ROUNDS, run};

    #[test]
    fn every_handshake_is_of_its_kind_and_carries_data() {
        for (backend, count) in [(Backend::AwsLc, 10), (Backend::Ring, 8), (Backend::Rust, 0)] {
            let timed = run(cases(backend).expect("a certificate"), Duration::ZERO, |_, _| ()).expect("checks pass");
            assert_eq!(timed.len(), count, "{backend}");
            assert!(timed.iter().all(|case| case.nanoseconds.samples == LEAST_ROUNDS));
        }
    }

    #[test]
    fn a_full_handshake_is_not_taken_for_a_resumed_one() {
        let identity = Identity::new().expect("a certificate");
        let provider = Arc::new(ring::default_provider());
        let pair = Pair::new(provider, &version::TLS13, Kind::Full, &identity).expect("it can be set up");
        let wrong = pair.check(ProtocolVersion::TLSv1_3, NamedGroup::X25519, Kind::Resumed);
        assert_eq!(wrong.map_err(|error| error.exit_code()), Err(3));
    }
}
