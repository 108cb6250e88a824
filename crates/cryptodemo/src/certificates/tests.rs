use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn request(names: &[&str]) -> Request {
    Request {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        not_before: crate::time::wall(),
        lifetime: 30 * DAY,
    }
}

fn authority(name: &str) -> Authority {
    Authority::new(name, KeyAlgorithm::P256, 365 * DAY)
}

/// Checks a certificate for `www.example.com` at a time so many days from now.
fn check(certificate: &[u8], trusted: &Authority, name: &str, days: i32) -> std::result::Result<(), Refusal> {
    let now = crate::time::wall();
    let at = if days < 0 { now - DAY * days.unsigned_abs() } else { now + DAY * days.unsigned_abs() };
    verify(certificate, &[], &[trusted.certificate_der()], name, at)
}

/// RFC 5280 section 6.1.3: signature, dates, issuer; RFC 9525 section 6: the name. Each failure has its own reason.
#[test]
fn each_failure_has_its_own_reason() {
    let ours = authority("ours");
    let key = PrivateKey::generate(KeyAlgorithm::P256);
    let issued = ours.issue(&request(&["www.example.com", "127.0.0.1"]), &key).unwrap();
    let self_signed = self_signed(&request(&["www.example.com"]), &key).unwrap();
    let mut flipped = issued.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let same_name_other_kind = Authority::new("ours", KeyAlgorithm::Ed25519, DAY);
    let name = "www.example.com";
    for (case, certificate, trusted, name, days, expect) in [
        ("all well", &issued, &ours, name, 0, Ok(())),
        ("address", &issued, &ours, "127.0.0.1", 0, Ok(())),
        ("other authority", &issued, &authority("theirs"), name, 0, Err(Refusal::UnknownIssuer)),
        ("same name, other key", &issued, &authority("ours"), name, 0, Err(Refusal::BadSignature)),
        ("same name, other kind", &issued, &same_name_other_kind, name, 0, Err(Refusal::BadSignature)),
        ("flipped bit", &flipped, &ours, name, 0, Err(Refusal::BadSignature)),
        ("self-signed", &self_signed, &ours, name, 0, Err(Refusal::UnknownIssuer)),
        ("expired", &issued, &ours, name, 31, Err(Refusal::Expired)),
        ("not yet valid", &issued, &ours, name, -1, Err(Refusal::NotYetValid)),
        ("other host", &issued, &ours, "example.com", 0, Err(Refusal::WrongName)),
        ("other address", &issued, &ours, "127.0.0.2", 0, Err(Refusal::WrongName)),
        ("no name at all", &issued, &ours, "", 0, Err(Refusal::WrongName)),
        ("an authority's", &ours.certificate_der().to_vec(), &ours, name, 0, Err(Refusal::Unsuitable)),
        ("no certificate", &b"hello".to_vec(), &ours, name, 0, Err(Refusal::Unsuitable)),
    ] {
        assert_eq!(check(certificate, trusted, name, days), expect, "{case}");
    }
}

/// RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12: what a certificate may be used for, by every kind of key that signs.
#[test]
fn certificates_say_what_they_are_for() {
    for (algorithm, key, usage) in [
        (KeyAlgorithm::Rsa2048, "RSA 2048 bits", vec!["digitalSignature", "keyEncipherment"]),
        (KeyAlgorithm::P256, "EC P-256", vec!["digitalSignature"]),
        (KeyAlgorithm::Ed25519, "Ed25519", vec!["digitalSignature"]),
    ] {
        let authority = Authority::new("The authority", algorithm, DAY);
        let said = Description::of("authority", authority.certificate_der()).unwrap();
        assert_eq!((said.is_authority, said.path_length), (true, Some(0)), "{key}");
        assert_eq!(said.key_usage, ["keyCertSign", "cRLSign"], "{key}");
        assert_eq!(said.key, key);

        let leaf = authority.issue(&request(&["a.example", "*.b.example", "::1"]), authority.key()).unwrap();
        let said = Description::of("leaf", &leaf).unwrap();
        assert_eq!((said.subject.as_str(), said.issuer.as_str()), ("CN=a.example", "CN=The authority"));
        assert_eq!(
            said.names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["DNS a.example", "DNS *.b.example", "IP ::1"]
        );
        assert_eq!((said.is_authority, said.key_usage), (false, usage), "{key}");
        assert_eq!(said.extended_key_usage, ["serverAuth"]);
        assert_eq!(check(&leaf, &authority, "x.b.example", 0), Ok(()), "{key}");
    }
}

#[test]
fn serial_numbers_differ_and_are_positive() {
    let authority = authority("ours");
    let serials: std::collections::BTreeSet<String> = (0..20)
        .map(|_| authority.issue(&request(&["a.example"]), authority.key()).unwrap())
        .map(|leaf| Description::of("leaf", &leaf).unwrap().serial)
        .collect();
    assert_eq!(serials.len(), 20);
    assert!(serials.iter().all(|serial| serial.len() == 32 && serial < &"8".to_owned()), "{serials:?}");
}

#[test]
fn wrong_requests_are_refused() {
    let authority = authority("ours");
    for names in [&[][..], &[""], &["a b"], &["ä.example"], &["*"], &["a.*.example"], &["-"]] {
        let error = authority.issue(&request(names), authority.key()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{names:?}: {error}");
    }
    let deaf = PrivateKey::generate(KeyAlgorithm::X25519);
    assert_eq!(authority.issue(&request(&["a.example"]), &deaf).unwrap_err().exit_code(), 5);
}

#[test]
fn a_long_name_stands_in_the_alternative_names_only() {
    let authority = authority("ours");
    let name = format!("{0}.{0}.example", "a".repeat(40));
    let leaf = authority.issue(&request(&[&name]), authority.key()).unwrap();
    assert_eq!(check(&leaf, &authority, &name, 0), Ok(()));
    assert_eq!(Description::of("leaf", &leaf).unwrap().subject, "");
}

#[test]
fn an_authority_needs_its_own_key_and_the_right_to_sign() {
    let (one, other) = (authority("one"), authority("other"));
    let again = |der: &[u8], key: &PrivateKey| {
        let key = PrivateKey::parse("key", key.pkcs8_der().expose()).unwrap();
        Authority::load("file", der.to_vec(), key).map_err(|error| error.exit_code()).err()
    };
    assert_eq!(again(one.certificate_der(), one.key()), None);
    assert_eq!(again(one.certificate_der(), other.key()), Some(5));
    let leaf = one.issue(&request(&["a.example"]), other.key()).unwrap();
    assert_eq!(again(&leaf, other.key()), Some(5));
}

/// Every truncation and every flipped byte of a certificate is refused or described, without a panic.
#[test]
fn damaged_files_are_refused() {
    let authority = authority("ours");
    let der = authority.certificate_der();
    assert_eq!(from_pem_or_der("file", to_pem(der).as_bytes()).unwrap(), [der]);
    assert_eq!(from_pem_or_der("file", der).unwrap(), [der]);
    for end in 0..der.len() {
        assert_eq!(from_pem_or_der("file", &der[..end]).unwrap_err().exit_code(), 4, "{end}");
    }
    for at in 0..der.len() {
        let mut damaged = der.to_vec();
        damaged[at] ^= 0xff;
        if let Err(error) = from_pem_or_der("file", &damaged) {
            assert_eq!(error.exit_code(), 4, "{at}");
        }
        assert_ne!(check(&damaged, &authority, "ours", 0), Ok(()));
    }
    let pem = to_pem(der);
    assert_eq!(from_pem_or_der("file", &pem.as_bytes()[..pem.len() / 2]).unwrap_err().exit_code(), 4);
}
