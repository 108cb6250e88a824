//! What two sides agreed on, in words, and why they did not.

use std::io;

use rustls::{AlertDescription, CertificateError, CommonState, HandshakeKind, NamedGroup, ProtocolVersion};
use serde::Serialize;

use super::observe::SchemeSeen;
use crate::Error;
use crate::certificates::Refusal;

/// What two sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Negotiated {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: String,
    /// The cipher suite, by its name in IANA's registry.
    pub cipher_suite: String,
    /// The group of the key exchange, by its name in IANA's registry. None where a resumed session of TLS 1.2 did without.
    pub group: Option<String>,
    /// How the server signed the handshake. None where a resumed session did without.
    pub signature_scheme: Option<String>,
    /// How the handshake went.
    pub kind: Kind,
    /// What became of early data (0-RTT).
    pub early_data: EarlyData,
}

/// How a handshake went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// From nothing.
    Full,
    /// From nothing, with one more round trip: the server asked for another group (RFC 8446 section 4.1.4).
    FullWithRetry,
    /// From an earlier session.
    Resumed,
}

/// What became of early data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EarlyData {
    /// None was sent.
    NotSent,
    /// The server took it.
    Accepted,
    /// The server left it; it was sent once more after the handshake.
    Rejected,
}

impl Kind {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FullWithRetry => "full, after a HelloRetryRequest",
            Self::Resumed => "resumed",
        }
    }
}

impl EarlyData {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not sent",
            Self::Accepted => "accepted (it could have been replayed)",
            Self::Rejected => "rejected, sent again after the handshake",
        }
    }
}

impl Negotiated {
    /// What the connection says, after its handshake.
    #[must_use]
    pub fn of(state: &CommonState, seen: &SchemeSeen, early_data: EarlyData) -> Self {
        let suite = state.negotiated_cipher_suite();
        Self {
            version: match state.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
                other => format!("{other:?}"),
            },
            cipher_suite: suite.map_or_else(String::new, |suite| {
                // IANA has no "TLS13" in its names.
                format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)
            }),
            group: state.negotiated_key_exchange_group().map(|group| match group.name() {
                NamedGroup::X25519 => "x25519".to_owned(),
                other => format!("{other:?}"),
            }),
            signature_scheme: seen.take().map(|scheme| format!("{scheme:?}").to_lowercase()),
            kind: match state.handshake_kind() {
                Some(HandshakeKind::Resumed) => Kind::Resumed,
                Some(HandshakeKind::FullWithHelloRetryRequest) => Kind::FullWithRetry,
                _ => Kind::Full,
            },
            early_data,
        }
    }

    /// Label and text of each line to print.
    #[must_use]
    pub fn lines(&self) -> [(&'static str, String); 6] {
        let none = || "none (resumed)".to_owned();
        [
            ("version", self.version.clone()),
            ("cipher suite", self.cipher_suite.clone()),
            ("group", self.group.clone().unwrap_or_else(none)),
            ("signature", self.signature_scheme.clone().unwrap_or_else(none)),
            ("handshake", self.kind.name().to_owned()),
            ("early data", self.early_data.name().to_owned()),
        ]
    }
}

/// Why rustls gave up, sorted by what to do next.
#[must_use]
pub fn failure(peer: &str, error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(reason) => refusal(reason).error(),
        rustls::Error::AlertReceived(alert) => {
            Error::Rejected(format!("{peer} refused the handshake: alert {}", alert_name(*alert)))
        }
        rustls::Error::PeerIncompatible(reason) => {
            Error::Rejected(format!("nothing in common with {peer}: {}", words(&format!("{reason:?}"))))
        }
        rustls::Error::DecryptError => Error::Rejected(format!("{peer} sent a record that does not verify")),
        rustls::Error::InvalidMessage(reason) => {
            Error::malformed(peer, format!("this is not TLS, or damaged: {}", words(&format!("{reason:?}"))))
        }
        other => Error::malformed(peer, format!("it does not keep to the protocol: {other}")),
    }
}

/// As [`failure`], where the error came wrapped by a reader or a writer.
#[must_use]
pub fn failure_of_io(peer: &str, error: io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(inner) => failure(peer, inner),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            Error::malformed(peer, "it closed the connection without a word")
        }
        None if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Error::io(peer)(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
        }
        None => Error::io(peer)(error),
    }
}

fn refusal(reason: &CertificateError) -> Refusal {
    match reason {
        CertificateError::UnknownIssuer => Refusal::UnknownIssuer,
        CertificateError::BadSignature | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            Refusal::BadSignature
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Refusal::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Refusal::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Refusal::WrongName,
        _ => Refusal::Unsuitable,
    }
}

/// A name of rustls in words: "TLS 1.2 not offered or enabled".
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for character in name.chars() {
        if character.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
        before = character;
    }
    words.replace("tls12", "TLS 1.2").replace("tls13", "TLS 1.3")
}

fn alert_name(alert: AlertDescription) -> String {
    // As RFC 8446 section 6 writes them: handshake_failure, unknown_ca.
    let mut name = String::new();
    for (at, character) in format!("{alert:?}").chars().enumerate() {
        if character.is_uppercase() && at > 0 && !name.ends_with(char::is_uppercase) {
            name.push('_');
        }
        name.push(character);
    }
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rustls_become_words() {
        for (name, expect) in [
            ("Tls12NotOfferedOrEnabled", "TLS 1.2 not offered or enabled"),
            ("NoKxGroupsInCommon", "no kx groups in common"),
            ("InvalidContentType", "invalid content type"),
        ] {
            assert_eq!(words(name), expect);
        }
    }
}
