//! What a client or a server of TLS is to use, and the configurations of rustls made of it.

use std::fmt;
use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, KeyLog, RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};
use serde::Serialize;

pub use super::observe::SchemeSeen;
use super::observe::{AnyCertificate, ObservedKey, ObservedVerifier};
use crate::keys::PrivateKey;
use crate::{Error, Result};

/// Bytes of early data that a server takes (RFC 8446 section 4.6.1).
pub const EARLY_DATA_BYTES: u32 = 16_384;
/// Sessions that a server remembers for resumption.
const SESSIONS: usize = 256;

/// Versions of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
pub enum Version {
    /// TLS 1.2 (RFC 5246).
    #[serde(rename = "1.2")]
    #[value(name = "1.2")]
    Tls12,
    /// TLS 1.3 (RFC 8446).
    #[serde(rename = "1.3")]
    #[value(name = "1.3")]
    Tls13,
}

/// Where the cryptography under rustls comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// AWS-LC, with the post-quantum group X25519MLKEM768.
    AwsLc,
    /// ring; it has no post-quantum group.
    Ring,
}

/// Groups for the key exchange (RFC 8446 section 4.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// X25519 and ML-KEM-768 together; TLS 1.3 and AWS-LC only.
    #[value(name = "x25519mlkem768")]
    X25519MlKem768,
    /// X25519 (RFC 7748).
    #[value(name = "x25519")]
    X25519,
    /// P-256 (FIPS 186-5), which TLS calls secp256r1.
    #[value(name = "p256")]
    P256,
}

/// Whom a client believes.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Certificates (DER) of authorities.
    Authorities(Vec<Vec<u8>>),
    /// Any certificate at all: whoever stands in the middle is believed as well. For trying only.
    Anybody,
}

/// What a client is to use.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Where the cryptography comes from.
    pub provider: Provider,
    /// The only version to offer; both without it.
    pub version: Option<Version>,
    /// The groups to offer, best first; all of the provider's without any.
    pub groups: Vec<Group>,
    /// Whom to believe.
    pub trust: Trust,
    /// Whether to remember sessions and resume them.
    pub resumption: bool,
    /// Whether to send data with the first message where a session allows it (0-RTT). Such data can be replayed.
    pub early_data: bool,
    /// Where secrets are written to; nowhere without it.
    pub key_log: Option<Arc<dyn KeyLog>>,
}

/// What a server is to use.
#[derive(Debug)]
pub struct ServerSettings<'a> {
    /// Where the cryptography comes from.
    pub provider: Provider,
    /// The only version to accept; both without it.
    pub version: Option<Version>,
    /// The groups to accept, best first; all of the provider's without any.
    pub groups: Vec<Group>,
    /// The server's certificate (DER), then those of intermediate authorities.
    pub chain: Vec<Vec<u8>>,
    /// The certificate's private key.
    pub key: &'a PrivateKey,
    /// Whether sessions can be resumed.
    pub resumption: bool,
    /// Whether to take early data (0-RTT), and to answer it before the handshake is over.
    pub early_data: bool,
    /// Where secrets are written to; nowhere without it.
    pub key_log: Option<Arc<dyn KeyLog>>,
}

impl Version {
    /// The version as rustls names it.
    #[must_use]
    pub fn rustls(self) -> &'static SupportedProtocolVersion {
        match self {
            Self::Tls12 => &rustls::version::TLS12,
            Self::Tls13 => &rustls::version::TLS13,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AwsLc => "aws-lc",
            Self::Ring => "ring",
        })
    }
}

impl Provider {
    /// The provider of rustls with these groups; with X25519MLKEM768 (if it has it), X25519 and P-256 without any.
    ///
    /// # Errors
    /// `Error::Usage` if it lacks one of the groups.
    pub fn rustls(self, groups: &[Group]) -> Result<CryptoProvider> {
        let provider = match self {
            Self::AwsLc => aws_lc_rs::default_provider(),
            Self::Ring => ring::default_provider(),
        };
        let groups = match (groups, self) {
            ([], Self::AwsLc) => &[Group::X25519MlKem768, Group::X25519, Group::P256],
            ([], Self::Ring) => &[Group::X25519, Group::P256][..],
            (groups, _) => groups,
        };
        let kx_groups = groups.iter().map(|group| self.group(*group)).collect::<Result<_>>()?;
        Ok(CryptoProvider { kx_groups, ..provider })
    }

    fn group(self, group: Group) -> Result<&'static dyn SupportedKxGroup> {
        Ok(match (self, group) {
            (Self::AwsLc, Group::X25519MlKem768) => aws_lc_rs::kx_group::X25519MLKEM768,
            (Self::AwsLc, Group::X25519) => aws_lc_rs::kx_group::X25519,
            (Self::AwsLc, Group::P256) => aws_lc_rs::kx_group::SECP256R1,
            (Self::Ring, Group::X25519) => ring::kx_group::X25519,
            (Self::Ring, Group::P256) => ring::kx_group::SECP256R1,
            (Self::Ring, Group::X25519MlKem768) => {
                return Err(Error::Usage("ring has no X25519MLKEM768; take --provider aws-lc".to_owned()));
            }
        })
    }
}

impl ClientSettings {
    /// A client that believes these authorities (DER), with everything else as usual.
    #[must_use]
    pub fn trusting(authorities: Vec<Vec<u8>>) -> Self {
        Self {
            provider: Provider::AwsLc,
            version: None,
            groups: Vec::new(),
            trust: Trust::Authorities(authorities),
            resumption: true,
            early_data: false,
            key_log: None,
        }
    }

    /// The configuration of rustls, and where it leaves the signature scheme of the last handshake.
    ///
    /// # Errors
    /// `Error::Usage` for settings that exclude each other, `Error::Malformed` for an authority that cannot be read.
    pub fn rustls(&self) -> Result<(Arc<ClientConfig>, SchemeSeen)> {
        check_groups(self.version, &self.groups)?;
        let provider = Arc::new(self.provider.rustls(&self.groups)?);
        let seen = SchemeSeen::default();
        let verifier: Arc<dyn rustls::client::danger::ServerCertVerifier> = match &self.trust {
            Trust::Anybody => Arc::new(AnyCertificate(provider.signature_verification_algorithms)),
            Trust::Authorities(authorities) => {
                let mut roots = RootCertStore::empty();
                for authority in authorities {
                    roots
                        .add(CertificateDer::from(authority.as_slice()))
                        .map_err(|error| Error::malformed("certificate of the authority", error.to_string()))?;
                }
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                    .build()
                    .map_err(|error| Error::Usage(format!("nobody to trust: {error}")))?
            }
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(self.version))
            .map_err(unsuitable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ObservedVerifier::new(verifier, seen.clone())))
            .with_no_client_auth();
        if !self.resumption {
            config.resumption = Resumption::disabled();
        }
        config.enable_early_data = self.early_data;
        if let Some(key_log) = &self.key_log {
            config.key_log = Arc::clone(key_log);
        }
        Ok((Arc::new(config), seen))
    }
}

impl<'a> ServerSettings<'a> {
    /// A server with this certificate chain (DER) and key, with everything else as usual.
    #[must_use]
    pub const fn new(chain: Vec<Vec<u8>>, key: &'a PrivateKey) -> Self {
        Self {
            provider: Provider::AwsLc,
            version: None,
            groups: Vec::new(),
            chain,
            key,
            resumption: true,
            early_data: false,
            key_log: None,
        }
    }

    /// The configuration of rustls.
    ///
    /// # Errors
    /// `Error::Usage` for settings that exclude each other, `Error::Key` if the key is not the certificate's.
    pub fn rustls(&self) -> Result<Arc<ServerConfig>> {
        Ok(Arc::new(self.acceptor()?.config))
    }

    /// What makes the server's side of each connection.
    ///
    /// # Errors
    /// As [`Self::rustls`].
    pub fn acceptor(&self) -> Result<Acceptor> {
        check_groups(self.version, &self.groups)?;
        let provider = Arc::new(self.provider.rustls(&self.groups)?);
        let chain = self.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let pkcs8 = PrivatePkcs8KeyDer::from(self.key.pkcs8_der().expose());
        let key = CertifiedKey::from_der(chain, PrivateKeyDer::Pkcs8(pkcs8.clone_key()), &provider)
            .map_err(|error| Error::Key(format!("certificate and key do not serve together: {error}")))?;
        let key = Arc::new(key);
        let tickets = match self.provider {
            Provider::AwsLc => aws_lc_rs::Ticketer::new(),
            Provider::Ring => ring::Ticketer::new(),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(self.version))
            .map_err(unsuitable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ObservedKey::new(&key, SchemeSeen::default())));
        if !self.resumption {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else if self.early_data {
            // RFC 8446 section 8.1: a session that the server remembers and forgets at its first use cannot be replayed
            // to this server; a ticket that the client keeps could be.
            config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
            config.max_early_data_size = EARLY_DATA_BYTES;
            config.send_half_rtt_data = true;
        } else {
            config.ticketer = tickets.map_err(unsuitable)?;
        }
        if let Some(key_log) = &self.key_log {
            config.key_log = Arc::clone(key_log);
        }
        Ok(Acceptor { config, key })
    }
}

/// Makes the server's side of each connection.
#[derive(Debug)]
pub struct Acceptor {
    config: ServerConfig,
    key: Arc<CertifiedKey>,
}

impl Acceptor {
    /// The server's side of one connection, and where it leaves the signature scheme.
    ///
    /// # Errors
    /// `Error::Usage` if rustls does not take the settings.
    pub fn connection(&self) -> Result<(ServerConnection, SchemeSeen)> {
        let seen = SchemeSeen::default();
        // Each connection has a resolver of its own, so that connections at the same time do not mix up their schemes.
        // What resumption needs is shared by the copies.
        let mut config = self.config.clone();
        config.cert_resolver = Arc::new(ObservedKey::new(&self.key, seen.clone()));
        Ok((ServerConnection::new(Arc::new(config)).map_err(unsuitable)?, seen))
    }
}

fn versions(only: Option<Version>) -> Vec<&'static SupportedProtocolVersion> {
    only.map_or_else(|| vec![&rustls::version::TLS13, &rustls::version::TLS12], |version| vec![version.rustls()])
}

/// TLS 1.2 has no groups of KEMs: of such a list nothing would be left.
fn check_groups(version: Option<Version>, groups: &[Group]) -> Result<()> {
    if version == Some(Version::Tls12) && groups.contains(&Group::X25519MlKem768) {
        return Err(Error::Usage("x25519mlkem768 is for TLS 1.3 only; take --tls 1.3".to_owned()));
    }
    Ok(())
}

fn unsuitable(error: rustls::Error) -> Error {
    Error::Usage(format!("these settings do not go together: {error}"))
}
