//! What a message tells without a key.

use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::message::{self, Identifier, Kind, Recipient};
use super::oid;
use crate::files::Input;
use crate::{Result, report};

/// What a message tells without a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// `authEnvelopedData` or `envelopedData`.
    pub kind: &'static str,
    /// Whether a tag protects the content against changes.
    pub authenticated: bool,
    /// Name of the content's type, or its numbers.
    pub content_type: String,
    /// Name of the content's algorithm, or its numbers.
    pub algorithm: String,
    /// Bytes of encrypted content.
    pub content_len: u64,
    /// Bytes of the tag.
    pub tag_len: usize,
    /// Bytes of authenticated attributes.
    pub attributes_len: usize,
    /// Who can open it.
    pub recipients: Vec<InspectedRecipient>,
}

/// One who can open the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InspectedRecipient {
    /// How the message names the recipient's key.
    pub identifier: String,
    /// How the content's key is encrypted.
    pub scheme: String,
    /// Bytes of the encrypted key.
    pub encrypted_key_len: usize,
}

/// Reads the structure of a message; returns it and the message's length in bytes, its armour included.
///
/// # Errors
/// [`crate::Error::Malformed`] if it is no encrypted CMS message, [`crate::Error::Io`] if it cannot be read.
pub fn inspect(input: Input) -> Result<(Inspection, u64)> {
    let (message, len) = message::read_counting(input, &mut |_| Ok(()))?;
    let inspection = Inspection {
        kind: match message.kind {
            Kind::AuthEnveloped => "authEnvelopedData",
            Kind::Enveloped => "envelopedData",
        },
        authenticated: message.kind == Kind::AuthEnveloped,
        content_type: oid::name(&message.content_type),
        algorithm: oid::name(&message.algorithm.oid),
        content_len: message.content_len,
        tag_len: message.tag.len(),
        attributes_len: message.attributes.len(),
        recipients: message.recipients.iter().map(recipient).collect(),
    };
    Ok((inspection, len))
}

fn recipient(recipient: &Recipient) -> InspectedRecipient {
    match recipient {
        Recipient::KeyTransport { identifier, scheme, encrypted_key } => InspectedRecipient {
            identifier: name(identifier),
            scheme: scheme.name(),
            encrypted_key_len: encrypted_key.len(),
        },
        Recipient::Other(how) => {
            InspectedRecipient { identifier: "unknown".to_owned(), scheme: (*how).to_owned(), encrypted_key_len: 0 }
        }
    }
}

fn name(identifier: &Identifier) -> String {
    match identifier {
        Identifier::IssuerAndSerial { issuer, serial } => {
            let issuer =
                X509Name::from_der(issuer).map_or_else(|_| "(unreadable)".to_owned(), |(_, name)| name.to_string());
            // A certificate's names are anybody's to choose.
            let issuer = report::plain(&issuer);
            format!("issuer {issuer}, serial number {}", report::hex(serial))
        }
        Identifier::SubjectKey(id) => format!("subject key identifier {}", report::hex(id)),
    }
}
