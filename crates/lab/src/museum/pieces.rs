//! What there is in the museum.

use proto::{EdeCode, Rcode};

use super::Standing;
use super::Standing::{Bogus, Insecure, Secure};
use crate::SigningAlgorithm::{EcdsaP256, Ed25519, RsaSha256};
use crate::{Flaw, Signing};

/// One thing to ask; zones that are asked twice are there once.
pub(super) struct Piece {
    /// Below the museum.
    pub(super) zone: &'static str,
    /// Name to ask, below the museum.
    pub(super) ask: &'static str,
    pub(super) how: fn() -> Option<Signing>,
    pub(super) standing: Standing,
    /// Without validation.
    pub(super) rcode: Rcode,
    pub(super) ede: Option<(EdeCode, &'static str)>,
    pub(super) wrong: &'static str,
    pub(super) mend: &'static str,
}

fn usual() -> Signing {
    Signing::with(EcdsaP256)
}

const NOTHING: &str = "nothing to mend";
const SIGN_AGAIN: &str = "sign the zone again";
const DATA: Rcode = Rcode::NOERROR;
const NONE: Rcode = Rcode::NXDOMAIN;

/// Something that stands the check.
const fn fine(
    zone: &'static str,
    ask: &'static str,
    how: fn() -> Option<Signing>,
    standing: Standing,
    rcode: Rcode,
    wrong: &'static str,
) -> Piece {
    Piece { zone, ask, how, standing, rcode, ede: None, wrong, mend: NOTHING }
}

/// Something that does not stand the check, or only so.
const fn piece(
    (zone, ask): (&'static str, &'static str),
    how: fn() -> Option<Signing>,
    (standing, rcode): (Standing, Rcode),
    ede: (EdeCode, &'static str),
    wrong: &'static str,
    mend: &'static str,
) -> Piece {
    Piece { zone, ask, how, standing, rcode, ede: Some(ede), wrong, mend }
}

pub(super) const PIECES: &[Piece] = &[
    fine("healthy", "www.healthy", || Some(usual()), Secure, DATA, "nothing: ECDSA P-256, NSEC"),
    fine("healthy", "nobody.healthy", || Some(usual()), Secure, NONE, "nothing: a denial by NSEC"),
    fine("healthy", "any.wild.healthy", || Some(usual()), Secure, DATA, "nothing: a wildcard with its proof"),
    fine("healthy-rsa", "www.healthy-rsa", || Some(Signing::with(RsaSha256)), Secure, DATA, "nothing: RSA/SHA-256"),
    fine("healthy-ed25519", "www.healthy-ed25519", || Some(Signing::with(Ed25519)), Secure, DATA, "nothing: Ed25519"),
    fine("healthy-nsec3", "nobody.healthy-nsec3", || Some(nsec3(0)), Secure, NONE, "nothing: a denial by NSEC3"),
    fine("unsigned", "www.unsigned", || None, Insecure, DATA, "nothing: not signed, and the parent proves it"),
    fine("island", "www.island", || Some(usual().island()), Insecure, DATA, "signed, but its parent has no DS record"),
    fine("opt-out", "child.opt-out", || Some(usual().opt_out()), Insecure, DATA, "an unsigned zone in an opt-out span"),
    fine("opt-out", "nobody.opt-out", || Some(usual().opt_out()), Insecure, NONE, "opt-out: no name is surely absent"),
    piece(
        ("expired", "www.expired"),
        || Some(usual().flawed(Flaw::Expired)),
        (Bogus, DATA),
        (EdeCode::SIGNATURE_EXPIRED, "expired"),
        "the signatures have expired",
        "sign the zone again, and see why the signer stopped (RFC 6781 §4.4.2)",
    ),
    piece(
        ("key-expired", "www.key-expired"),
        || Some(usual().flawed(Flaw::KeySignatureExpired)),
        (Bogus, DATA),
        (EdeCode::SIGNATURE_EXPIRED, "keys of key-expired.museum.rootwalk.net."),
        "the signature over the keys has expired",
        "sign the DNSKEY set again; its key is often kept offline, and forgotten there",
    ),
    piece(
        ("future", "www.future"),
        || Some(usual().flawed(Flaw::NotYetValid)),
        (Bogus, DATA),
        (EdeCode::SIGNATURE_NOT_YET_VALID, "begins in"),
        "the signatures begin in the future",
        "set the signer's clock right and sign the zone again",
    ),
    piece(
        ("bad-signature", "www.bad-signature"),
        || Some(usual().flawed(Flaw::BadSignatures)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "does not fit the data"),
        "the signatures do not fit the data",
        "sign the zone again; data was changed behind the signer's back",
    ),
    piece(
        ("no-signature", "www.no-signature"),
        || Some(usual().flawed(Flaw::NoSignatures)),
        (Bogus, DATA),
        (EdeCode::RRSIGS_MISSING, "has no signature"),
        "there are no signatures",
        "serve the signed zone file, or take the DS record away from the parent",
    ),
    piece(
        ("no-dnskey", "www.no-dnskey"),
        || Some(usual().flawed(Flaw::NoKeys)),
        (Bogus, DATA),
        (EdeCode::DNSKEY_MISSING, "no DNSKEY can be had"),
        "the parent has a DS record, the zone no key",
        "publish the DNSKEY set, or take the DS record away from the parent",
    ),
    piece(
        ("ds-tag", "www.ds-tag"),
        || Some(usual().flawed(Flaw::WrongDsTag)),
        (Bogus, DATA),
        (EdeCode::DNSKEY_MISSING, "no DNSKEY of ds-tag.museum.rootwalk.net. matches"),
        "the DS record names a key tag that no key has",
        "give the parent the DS record of the key that is in use; change keys in the order of RFC 6781 §4.1",
    ),
    piece(
        ("ds-digest", "www.ds-digest"),
        || Some(usual().flawed(Flaw::WrongDsDigest)),
        (Bogus, DATA),
        (EdeCode::DNSKEY_MISSING, "no DNSKEY of ds-digest.museum.rootwalk.net. matches"),
        "the DS record has a digest that no key has",
        "give the parent the DS record of the key that is in use",
    ),
    piece(
        ("unknown-digest", "www.unknown-digest"),
        || Some(usual().flawed(Flaw::UnknownDigest)),
        (Insecure, DATA),
        (EdeCode::UNSUPPORTED_DS_DIGEST, "digest type 200"),
        "the DS record has a digest type that is not assigned: the zone counts as unsigned",
        "give the parent a DS record with SHA-256 (RFC 8624 §3.3)",
    ),
    piece(
        ("unknown-algorithm", "www.unknown-algorithm"),
        || Some(usual().flawed(Flaw::UnknownAlgorithm)),
        (Insecure, DATA),
        (EdeCode::UNSUPPORTED_DNSKEY_ALGORITHM, "algorithm 200"),
        "the algorithm is not assigned: the zone counts as unsigned",
        "sign with an algorithm of RFC 8624 §3.1",
    ),
    piece(
        ("no-denial", "nobody.no-denial"),
        || Some(usual().flawed(Flaw::NoDenial)),
        (Bogus, NONE),
        (EdeCode::NSEC_MISSING, "nobody.no-denial.museum.rootwalk.net."),
        "the denial comes without proof",
        "let the server send NSEC records with negative answers; old ones and middleboxes do not",
    ),
    piece(
        ("nsec3-parameters", "nobody.nsec3-parameters"),
        || Some(nsec3(0).flawed(Flaw::WrongNsec3Parameters)),
        (Bogus, NONE),
        (EdeCode::NSEC_MISSING, "nobody.nsec3-parameters.museum.rootwalk.net."),
        "the NSEC3 records name other parameters than those that made them",
        "make the NSEC3 chain anew, and the NSEC3PARAM record with it",
    ),
    piece(
        ("nsec3-100", "nobody.nsec3-100"),
        || Some(nsec3(100)),
        (Insecure, NONE),
        (EdeCode::UNSUPPORTED_NSEC3_ITERATIONS, "100 iterations"),
        "NSEC3 with 100 iterations: its denials count as unsigned",
        "make the NSEC3 chain with 0 iterations and without salt (RFC 9276 §3.1)",
    ),
    piece(
        ("nsec3-600", "nobody.nsec3-600"),
        || Some(nsec3(600)),
        (Insecure, NONE),
        (EdeCode::UNSUPPORTED_NSEC3_ITERATIONS, "600 iterations"),
        "NSEC3 with 600 iterations: nobody counts so far, and nobody is hindered either",
        "make the NSEC3 chain with 0 iterations and without salt (RFC 9276 §3.1)",
    ),
    piece(
        ("nsec-outside", "nobody.nsec-outside"),
        || Some(usual().flawed(Flaw::NextNameOutside)),
        (Bogus, NONE),
        (EdeCode::NSEC_MISSING, "nobody.nsec-outside.museum.rootwalk.net."),
        "the NSEC record leads to a name outside the zone",
        "make the NSEC chain anew; the signer has mixed up zones",
    ),
    piece(
        ("wildcard-bare", "any.wild.wildcard-bare"),
        || Some(usual().flawed(Flaw::NoWildcardProof)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "wildcard"),
        "data of a wildcard without proof that the name does not exist",
        "let the server send the NSEC record with answers from wildcards (RFC 4035 §3.1.3.3)",
    ),
    piece(
        ("wildcard-replayed", "www.wildcard-replayed"),
        || Some(usual().flawed(Flaw::ReplaysWildcard)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "wildcard"),
        "data of a wildcard for a name that exists",
        "nothing is wrong with such a zone: somebody in between replays its records",
    ),
    piece(
        ("revoked", "www.revoked"),
        || Some(usual().flawed(Flaw::RevokedKey)),
        (Bogus, DATA),
        (EdeCode::DNSKEY_MISSING, "is revoked"),
        "the key is revoked",
        "give the parent the DS record of a key that is not",
    ),
    piece(
        ("no-zone-key", "www.no-zone-key"),
        || Some(usual().flawed(Flaw::NoZoneKeyBit)),
        (Bogus, DATA),
        (EdeCode::NO_ZONE_KEY_BIT, "zone key"),
        "the key lacks the flag of zone keys",
        "publish it with flags 256 or 257, and give the parent its new DS record",
    ),
    piece(
        ("wrong-signer", "www.wrong-signer"),
        || Some(usual().flawed(Flaw::WrongSigner)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "of museum.rootwalk.net., but belongs to wrong-signer.museum.rootwalk.net."),
        "the signatures name the parent as signer",
        SIGN_AGAIN,
    ),
    piece(
        ("wrong-labels", "www.wrong-labels"),
        || Some(usual().flawed(Flaw::WrongLabels)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "label count"),
        "the signatures count one label too many",
        SIGN_AGAIN,
    ),
    piece(
        ("key-tags", "www.key-tags"),
        || Some(usual().flawed(Flaw::KeyTagCollisions)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "more than two keys with tag"),
        "three keys have one tag",
        "make other keys: two with one tag happen by chance, three do not",
    ),
    piece(
        ("keytrap", "www.keytrap"),
        || Some(usual().flawed(Flaw::KeyTrap)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, ""),
        "dozens of keys with one tag, and dozens of signatures (KeyTrap, CVE-2023-50387)",
        "it is an attack; keep one or two keys, and one signature for each",
    ),
    piece(
        ("many-signatures", "www.many-signatures"),
        || Some(usual().flawed(Flaw::ManySignatures)),
        (Bogus, DATA),
        (EdeCode::DNSSEC_BOGUS, "does not fit the data"),
        "forty wrong signatures before the right one",
        "take the old signatures out of the zone",
    ),
    piece(
        ("hides-ds", "www.child.hides-ds"),
        || Some(usual().flawed(Flaw::HidesDs)),
        (Bogus, DATA),
        (EdeCode::NSEC_MISSING, "child.hides-ds.museum.rootwalk.net. DS"),
        "the parent shows neither DS nor proof that there is none",
        "let the parent's servers serve the signed zone; somebody in between may take DS records away",
    ),
];

fn nsec3(iterations: u16) -> Signing {
    usual().nsec3(&[], iterations)
}
