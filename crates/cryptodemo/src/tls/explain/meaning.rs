//! What each message is for, in a sentence.

use super::Keys;
use crate::tls::messages::{Extension, Message, Version};
use crate::tls::names::Named;
use crate::tls::tap::Direction;

/// The sentence for a message.
pub(super) fn of(message: &Message, version: Option<Version>, direction: Direction, keys: Option<Keys>) -> String {
    match message {
        Message::ClientHello(hello) => {
            let shares = list(hello.key_shares().iter().map(|share| format!("{} ({} B)", share.group, share.length)));
            let sends = if shares.is_empty() { String::new() } else { format!(", sends its public keys {shares}") };
            format!("The client offers {} suites{sends}{}.", hello.cipher_suites.len(), offers(&hello.extensions))
        }
        Message::ServerHello(hello) => {
            let share = hello
                .key_shares()
                .first()
                .map(|it| format!(" and sends its public key {} ({} B)", it.group, it.length));
            let psk = hello.extensions.iter().any(|each| matches!(each, Extension::PreSharedKeySelected { .. }));
            let psk = if psk { "; it resumes the session of the ticket" } else { "" };
            format!("The server chooses {}{}{psk}.", hello.cipher_suite, share.unwrap_or_default())
        }
        Message::HelloRetryRequest(_) => {
            "The server has no use for the key sent and asks for another group.".to_owned()
        }
        Message::Certificate { chain } => match chain.first() {
            Some(first) => format!(
                "{} certificate(s); the first is for {}. It says whose public key this is.",
                chain.len(),
                first.subject.as_deref().unwrap_or("a name that cannot be read")
            ),
            None => "No certificate.".to_owned(),
        },
        Message::CertificateVerify { scheme, .. } => {
            format!("A signature ({scheme}) over all of the handshake: the sender has the certificate's private key.")
        }
        Message::ServerKeyExchange { group, scheme, .. } => {
            format!("The server's one-time public key on {group}, signed ({scheme}) by the certificate's key.")
        }
        Message::NewSessionTicket { lifetime_seconds, max_early_data, .. } => {
            let early = max_early_data.map_or(String::new(), |max| format!(", with up to {max} B of 0-RTT data"));
            format!("A ticket to resume this session within {lifetime_seconds} s{early}.")
        }
        Message::Alert { description, .. } => match description.name {
            "close_notify" => "Nothing more will come; an end without it could be an attacker's cut.".to_owned(),
            name => format!("{name}: the connection ends here."),
        },
        Message::ChangeCipherSpec if version == Some(Version::Tls12) => "From here on this side encrypts.".to_owned(),
        Message::ApplicationData { .. } if keys == Some(Keys::Early) => {
            "0-RTT data, under keys from the ticket: no forward secrecy, and an attacker can send it again.".to_owned()
        }
        Message::ApplicationData { .. } => match direction {
            Direction::ToServer => "The client's message.".to_owned(),
            Direction::ToClient => "The server's message.".to_owned(),
        },
        other => fixed(other).to_owned(),
    }
}

const fn fixed(message: &Message) -> &'static str {
    match message {
        Message::EncryptedExtensions { .. } => "What else the server agrees to; hidden, unlike in TLS 1.2.",
        Message::CertificateRequest { .. } => "The server wants a certificate from the client.",
        Message::CertificateStatus { .. } => "The authority's word that the certificate is not revoked.",
        Message::ServerHelloDone => "The server has said its part.",
        Message::ClientKeyExchange { .. } => {
            "The client's one-time public key; both sides now compute the same secret."
        }
        Message::Finished { .. } => "A check over all of the handshake: nobody changed anything on the way.",
        Message::EndOfEarlyData => "No more 0-RTT data; the keys of this handshake follow.",
        Message::KeyUpdate { .. } => "The sender moves to its next keys.",
        Message::ChangeCipherSpec => "Means nothing in TLS 1.3; sent so that old middleboxes let it pass.",
        Message::Fragment { .. } => "The message goes on in the next record.",
        Message::Sealed { .. } => "Encrypted; without keys only its length can be seen.",
        _ => "A message that is not explained here.",
    }
}

fn offers(extensions: &[Extension]) -> String {
    let mut text = String::new();
    for extension in extensions {
        let part = match extension {
            Extension::ServerName { name: Some(name) } => format!(", asks for {name} (readable by all)"),
            Extension::SupportedVersions { versions } => format!(", speaks {}", names(versions)),
            Extension::PreSharedKeys { identity_lengths, .. } => {
                format!(", shows {} ticket(s) of an earlier session", identity_lengths.len())
            }
            Extension::EarlyData { .. } => ", 0-RTT data follows at once".to_owned(),
            _ => continue,
        };
        text.push_str(&part);
    }
    text
}

fn names(all: &[Named]) -> String {
    list(all.iter().map(ToString::to_string))
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
