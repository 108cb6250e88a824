//! Which zones of a random world are signed, and how; and one lie about them.

use super::Draw;
use super::tree::Tree;
use crate::tamper::{Tampering, TamperingKind};
use crate::{Server, Signing, SigningAlgorithm, Zone};

/// The root always; most others; some without DS at their parent, and some of these with an anchor.
pub(super) fn sign(zones: Vec<Zone>, draw: &Draw) -> Vec<Zone> {
    let sign = |zone: Zone| match zone.apex.is_root() || draw.percent(88) {
        true => {
            let how = how(draw);
            let below_root = !zone.apex.is_root();
            let how = if below_root && draw.percent(6) { how.island() } else { how };
            zone.signed(if below_root && draw.percent(6) { how.anchored() } else { how })
        }
        false => zone,
    };
    zones.into_iter().map(sign).collect()
}

fn how(draw: &Draw) -> Signing {
    let algorithm = match draw.between(0, 99) {
        0..45 => SigningAlgorithm::EcdsaP256,
        45..90 => SigningAlgorithm::Ed25519,
        _ => SigningAlgorithm::RsaSha256,
    };
    let how = Signing::with(algorithm);
    let how = if draw.percent(30) { how.split() } else { how };
    match draw.between(0, 99) {
        0..45 => how,
        45..70 => how.nsec3(&[0xAB, draw.between(0, 255) as u8], draw.between(0, 3) as u16),
        70..75 => how.nsec3(&[], draw.between(51, 100) as u16), // more than anybody has to count
        _ => how.opt_out(),
    }
}

/// One lie about one signed zone, told by all its servers or by one.
pub(super) fn lie(tree: &Tree, zones: &[Zone], servers: &mut [Server], draw: &Draw) {
    let signed: Vec<&Zone> = zones.iter().filter(|zone| zone.signing().is_some()).collect();
    let zone = draw.pick(&signed).expect("the root is signed").apex.clone();
    let kind = *draw.pick(&TamperingKind::ALL).expect("there are kinds");
    let all = draw.percent(70);
    let number = tree.plots.iter().position(|plot| plot.apex == zone).expect("a zone of this tree");
    let hosts: Vec<usize> = tree.plots[number].ns.iter().chain(&tree.plots[number].more_ns).copied().collect();
    for host in hosts.into_iter().take(if all { usize::MAX } else { 1 }) {
        servers[host].behaviour.tampering = Some(Tampering { zone: zone.clone(), kind });
    }
}
