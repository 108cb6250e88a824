//! An explanation as lines of text.

use super::{ExplainedRecord, Explanation, Keys, Readable};
use crate::tls::messages::{Extension, Message};
use crate::tls::names::Named;
use crate::tls::tap::Direction;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One line per record.
    Short,
    /// Meaning and fields too.
    Full,
}

/// The records as lines, at most `width` columns wide where words allow it.
#[must_use]
pub fn lines(explanation: &Explanation, detail: Detail, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, record) in explanation.records.iter().enumerate() {
        lines.extend(headline(index + 1, record, width));
        if detail == Detail::Full {
            for message in &record.messages {
                lines.extend(wrapped(&message.meaning, 6, width));
                for field in fields(&message.message) {
                    lines.extend(wrapped(&field, 8, width));
                }
            }
            if record.padding > 0 {
                lines.push(format!("      {} B of padding hide the length.", record.padding));
            }
        }
    }
    if explanation.incomplete_bytes > 0 {
        lines.push(format!("{} B at the end are no complete record.", explanation.incomplete_bytes));
    }
    lines
}

/// What an eavesdropper can read, and what is read here only because one end is ours.
#[must_use]
pub fn summary(explanation: &Explanation) -> Vec<String> {
    let of = |readable| {
        let all = explanation.records.iter().filter(move |record| record.readable == readable);
        all.fold((0, 0), |(count, bytes), record| (count + 1, bytes + record.length))
    };
    let ((open, open_bytes), (ours, our_bytes)) = (of(Readable::Everyone), of(Readable::KeyHolders));
    let (sealed, sealed_bytes) = of(Readable::NotHere);
    let mut lines = vec![
        format!("An eavesdropper can read    {open:>3} records, {open_bytes:>6} B."),
        format!("Only we can, with the keys  {ours:>3} records, {our_bytes:>6} B; others see type and length."),
    ];
    if sealed > 0 {
        lines.push(format!("Not opened here             {sealed:>3} records, {sealed_bytes:>6} B."));
    }
    lines
}

fn headline(number: usize, record: &ExplainedRecord, width: usize) -> Vec<String> {
    let way = match record.direction {
        Direction::ToServer => "A -> B",
        Direction::ToClient => "A <- B",
    };
    let names: Vec<_> = record.messages.iter().map(|message| message.name).collect();
    let shield = match (record.readable, record.keys) {
        (Readable::Everyone, _) => "readable by all",
        (Readable::NotHere, _) => "encrypted, not opened",
        (_, Some(Keys::Early)) => "early keys",
        (_, Some(Keys::Handshake)) => "handshake keys",
        (_, _) => "application keys",
    };
    #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
    let at = record.at_us as f64 / 1000.0;
    let head = format!("{number:>3} {at:>8.2} ms  {way} {:>6} B  ", record.length);
    let mut lines = wrapped(&format!("{} [{shield}]", names.join(" + ")), head.chars().count(), width);
    lines[0].replace_range(..head.len(), &head);
    lines
}

fn fields(message: &Message) -> Vec<String> {
    match message {
        Message::ClientHello(hello) => {
            let mut lines = vec![
                format!(
                    "version field: {} (for middleboxes); session id: {} B",
                    hello.legacy_version, hello.session_id_length
                ),
                format!("suites: {}", joined(&hello.cipher_suites)),
            ];
            lines.extend(hello.extensions.iter().map(extension));
            lines
        }
        Message::ServerHello(hello) | Message::HelloRetryRequest(hello) => {
            hello.extensions.iter().map(extension).collect()
        }
        Message::EncryptedExtensions { extensions } => extensions.iter().map(extension).collect(),
        Message::Certificate { chain } => {
            chain.iter().map(|it| format!("{} B: {}", it.length, it.subject.as_deref().unwrap_or("?"))).collect()
        }
        Message::CertificateVerify { signature_length, .. } => vec![format!("signature: {signature_length} B")],
        Message::ServerKeyExchange { public_length, signature_length, .. } => {
            vec![format!("public key: {public_length} B, signature: {signature_length} B")]
        }
        Message::ClientKeyExchange { public_length } => vec![format!("public key: {public_length} B")],
        Message::Finished { verify_length } => vec![format!("authentication code: {verify_length} B")],
        Message::NewSessionTicket { ticket_length, .. } => vec![format!("ticket: {ticket_length} B")],
        Message::ApplicationData { length, preview } => vec![format!("{length} B: {preview}")],
        _ => Vec::new(),
    }
}

fn extension(extension: &Extension) -> String {
    match extension {
        Extension::ServerName { name } => format!("server_name: {}", name.as_deref().unwrap_or("agreed")),
        Extension::SupportedGroups { groups } => format!("supported_groups: {}", joined(groups)),
        Extension::SignatureAlgorithms { schemes } => format!("signature_algorithms: {}", joined(schemes)),
        Extension::Alpn { protocols } => format!("alpn: {}", protocols.join(", ")),
        Extension::SupportedVersions { versions } => format!("supported_versions: {}", joined(versions)),
        Extension::KeyShares { shares } => {
            let all: Vec<_> = shares.iter().map(|share| format!("{} {} B", share.group, share.length)).collect();
            format!("key_share: {}", all.join(", "))
        }
        Extension::RetryGroup { group } => format!("key_share: wants {group}"),
        Extension::PreSharedKeys { identity_lengths, binder_lengths } => {
            format!("pre_shared_key: identities of {identity_lengths:?} B, binders of {binder_lengths:?} B")
        }
        Extension::PreSharedKeySelected { index } => format!("pre_shared_key: number {index}"),
        Extension::PskModes { with_key_exchange, key_only } => {
            format!("psk_key_exchange_modes: with key exchange {with_key_exchange}, without {key_only}")
        }
        Extension::EarlyData { max: Some(max) } => format!("early_data: up to {max} B"),
        Extension::EarlyData { max: None } => "early_data".to_owned(),
        Extension::SessionTicket { length } => format!("session_ticket: {length} B"),
        Extension::Other { name, length } => format!("{name}: {length} B"),
    }
}

fn joined(all: &[Named]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn wrapped(text: &str, indent: usize, width: usize) -> Vec<String> {
    let mut lines = vec![" ".repeat(indent)];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        if line.trim().is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(format!("{}{word}", " ".repeat(indent + 2)));
        }
    }
    lines
}
