//! How the zones of the embedded world are signed. A zone that is not listed here is not signed.

use crate::SigningAlgorithm::{EcdsaP256, Ed25519, RsaSha256};
use crate::{Signing, Zone};

/// ECDSA P-256 and NSEC.
const USUAL: &str = "arpa. in-addr.arpa. ip6.arpa. 53.127.in-addr.arpa. co.kr. naver.com. rootwalk.net. step-one.org. \
    case.rootwalk.net. cookie.rootwalk.net. disagree.rootwalk.net. liar.rootwalk.net. \
    oddlylame.rootwalk.net. onedead.rootwalk.net. partlylame.rootwalk.net. severalns.rootwalk.net. \
    slow.rootwalk.net. spoofed.rootwalk.net. tc.rootwalk.net.";

/// Not listed and so unsigned below a signed parent: hosting.com below an opt-out span, hosting.net below NSEC3,
/// step-two.kr below salted NSEC3, gen.rootwalk.net below NSEC, and others.
fn how(apex: &str) -> Option<Signing> {
    Some(match apex {
        "." => Signing::with(EcdsaP256).split(),
        "com." => Signing::with(EcdsaP256).opt_out().split(),
        "net." => Signing::with(EcdsaP256).nsec3(&[], 0),
        "org." => Signing::with(RsaSha256).opt_out(),
        "kr." => Signing::with(RsaSha256).nsec3(&[0x53, 0x01], 5).split(),
        "io." => Signing::with(Ed25519),
        "rootwalk.io." | "xn--hq1bm8jm9l.kr." => Signing::with(Ed25519),
        "hosted.rootwalk.io." | "shop.co.kr." => Signing::with(EcdsaP256).nsec3(&[], 0),
        "rootwalk.org." => Signing::with(RsaSha256).nsec3(&[0x10, 0x53], 10),
        "v6.rootwalk.net." => Signing::with(Ed25519).nsec3(&[], 0),
        // No DS record leads to it: an island of security.
        "hosting.co.kr." => Signing::with(EcdsaP256).island(),
        _ if USUAL.split(' ').any(|usual| usual == apex) => Signing::with(EcdsaP256),
        _ => return None,
    })
}

/// Marks the zones that are to be signed.
pub(super) fn mark(zone: Zone) -> Zone {
    match how(&zone.apex.to_string()) {
        Some(how) => zone.signed(how),
        None => zone,
    }
}
