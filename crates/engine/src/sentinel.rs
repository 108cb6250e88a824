//! Questions that ask which root keys a resolver trusts (RFC 8509). Pure.

use dnssec::anchors::TrustAnchors;
use dnssec::{Ds, Key};
use proto::{Name, Question, RrType};

/// What a name asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sentinel {
    /// Answer only if the key is a trust anchor.
    IsAnchor(u16),
    /// Answer only if it is none.
    IsNoAnchor(u16),
}

/// Whether the name asks for our root keys.
pub(crate) fn is_sentinel(question: &Question) -> bool {
    question.name.labels().next().and_then(sentinel).is_some()
}

/// Whether a secure answer to the question is to be withheld, as a word about the root keys (RFC 8509 §2.2).
pub(crate) fn withholds(question: &Question, anchors: &TrustAnchors) -> bool {
    if !matches!(question.rtype, RrType::A | RrType::AAAA) {
        return false;
    }
    let Some(label) = question.name.labels().next() else { return false };
    let Some(voucher) = anchors.of(&Name::root()) else { return false };
    let by_ds = voucher.ds.iter().filter_map(|rdata| Some(Ds::read(rdata)?.key_tag));
    let by_key = voucher.dnskeys.iter().filter_map(|rdata| Some(Key::read(rdata)?.tag));
    let trusts = |tag: u16| by_ds.chain(by_key).any(|known| known == tag);
    match sentinel(label) {
        Some(Sentinel::IsAnchor(tag)) => !trusts(tag),
        Some(Sentinel::IsNoAnchor(tag)) => trusts(tag),
        None => false,
    }
}

/// Reads a label: the tag has exactly five digits (RFC 8509 §2).
fn sentinel(label: &[u8]) -> Option<Sentinel> {
    let label = std::str::from_utf8(label).ok()?.to_ascii_lowercase();
    let rest = label.strip_prefix("root-key-sentinel-")?;
    let tag = |digits: &str| {
        let sound = digits.len() == 5 && digits.bytes().all(|octet| octet.is_ascii_digit());
        sound.then(|| digits.parse().ok()).flatten()
    };
    match (rest.strip_prefix("is-ta-"), rest.strip_prefix("not-ta-")) {
        (Some(digits), _) => tag(digits).map(Sentinel::IsAnchor),
        (_, Some(digits)) => tag(digits).map(Sentinel::IsNoAnchor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str, rtype: RrType) -> Question {
        Question::new(text.parse().unwrap(), rtype)
    }

    #[test]
    fn sentinels_tell_which_keys_are_trusted_rfc8509_2_2() {
        let anchors = TrustAnchors::root();
        for (name, rtype, withheld) in [
            ("root-key-sentinel-is-ta-20326.example.", RrType::A, false),
            ("root-key-sentinel-is-ta-12345.example.", RrType::A, true),
            ("root-key-sentinel-not-ta-20326.example.", RrType::AAAA, true),
            ("ROOT-key-sentinel-not-ta-12345.example.", RrType::A, false),
            ("root-key-sentinel-not-ta-20326.example.", RrType::TXT, false),
            ("root-key-sentinel-not-ta-203260.example.", RrType::A, false),
            ("root-key-sentinel-not-ta-+2326.example.", RrType::A, false),
            ("www.root-key-sentinel-not-ta-20326.example.", RrType::A, false),
        ] {
            assert_eq!(withholds(&question(name, rtype), &anchors), withheld, "{name} {rtype}");
        }
    }

    #[test]
    fn without_root_anchor_there_is_nothing_to_tell() {
        let asked = question("root-key-sentinel-is-ta-12345.example.", RrType::A);
        assert!(!withholds(&asked, &TrustAnchors::none()));
    }
}
