//! The parsers and the explanation against live sessions of rustls, against cuts of them, and against noise.

use std::sync::Arc;

use rustls::HandshakeKind;
use rustls_pki_types::ServerName;

use super::*;
use crate::keys::KeyAlgorithm;
use crate::tls::live::{self, Group, Identity};
use crate::tls::messages;

const MESSAGE: &[u8] = b"hello B, this is A\n";

struct Session {
    recording: Vec<Chunk>,
    secrets: Arc<SessionSecrets>,
    outcome: live::Outcome,
}

/// Sessions one after the other with one client, so that the later ones resume.
fn sessions(version: Version, group: Option<Group>, early: bool, count: usize) -> Vec<Session> {
    let identity = Identity::new(&["localhost"], KeyAlgorithm::P256).expect("names are good");
    let server = Arc::new(identity.server(version).expect("the key fits"));
    let secrets = Arc::new(SessionSecrets::default());
    let mut client =
        live::client(std::slice::from_ref(&identity.authority_der), Some(version), group).expect("the CA is good");
    client.key_log = Arc::<SessionSecrets>::clone(&secrets);
    client.enable_early_data = early;
    let client = Arc::new(client);
    let name = ServerName::try_from("localhost").expect("a good name");
    (0..count)
        .map(|_| {
            let (recording, outcome) =
                live::recorded_with_own_server(&server, &client, &name, MESSAGE).expect("the session works");
            Session { recording, secrets: Arc::clone(&secrets), outcome }
        })
        .collect()
}

fn names(explanation: &Explanation, direction: Direction) -> Vec<&'static str> {
    let of = |record: &&ExplainedRecord| record.direction == direction;
    explanation.records.iter().filter(of).flat_map(|record| record.messages.iter().map(|it| it.name)).collect()
}

// RFC 8446 section 2, figure 1, with the ChangeCipherSpec of appendix D.4.
#[test]
fn tls13_has_its_messages_in_order_and_all_open() {
    let session = sessions(Version::Tls13, Some(Group::X25519), false, 1).remove(0);
    let explanation = explain(&session.recording, Some(&session.secrets)).unwrap();
    assert_eq!(
        names(&explanation, Direction::ToServer),
        ["ClientHello", "ChangeCipherSpec", "Finished", "application data", "Alert"]
    );
    let server = names(&explanation, Direction::ToClient);
    assert_eq!(server[..2], ["ServerHello", "ChangeCipherSpec"]);
    assert_eq!(server[2..6], ["EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"]);
    assert_eq!(server[6..], ["NewSessionTicket", "NewSessionTicket", "application data", "Alert"]);
    assert_eq!(session.outcome.kind, Some(HandshakeKind::Full));
    assert!(!explanation.resumed);
    assert_eq!(explanation.group.unwrap().name, "x25519");
    assert_eq!(explanation.round_trips_before_request, Some(1));
    assert!(explanation.records.iter().all(|record| record.readable != Readable::NotHere));
    assert_eq!(explanation.incomplete_bytes, 0);
}

// RFC 8446 section 5.2: without secrets an eavesdropper sees application_data only.
#[test]
fn without_secrets_everything_after_the_hellos_is_sealed() {
    let session = sessions(Version::Tls13, None, false, 1).remove(0);
    let explanation = explain(&session.recording, None).unwrap();
    let open: Vec<_> = explanation.records.iter().filter(|record| record.readable == Readable::Everyone).collect();
    assert_eq!(open.len(), 4, "two hellos, two ChangeCipherSpec");
    assert!(
        explanation.records.iter().filter(|it| it.readable != Readable::Everyone).all(|record| {
            record.inner_type.is_none() && matches!(record.messages[0].message, Message::Sealed { .. })
        })
    );
}

// RFC 5246 section 7.3, figure 1; RFC 8446 section 2.3 for the last row.
#[test]
fn each_kind_of_handshake_is_what_rustls_says() {
    for (version, early, count, kind, round_trips) in [
        (Version::Tls12, false, 1, HandshakeKind::Full, 2),
        (Version::Tls12, false, 2, HandshakeKind::Resumed, 1),
        (Version::Tls13, false, 1, HandshakeKind::Full, 1),
        (Version::Tls13, false, 2, HandshakeKind::Resumed, 1),
        (Version::Tls13, true, 2, HandshakeKind::Resumed, 0),
    ] {
        let session = sessions(version, None, early, count).pop().unwrap();
        let explanation = explain(&session.recording, Some(&session.secrets)).unwrap();
        let case = format!("{version:?} early {early} session {count}");
        assert_eq!(session.outcome.kind, Some(kind), "{case}");
        assert_eq!(explanation.version, Some(version), "{case}");
        assert_eq!(explanation.resumed, kind == HandshakeKind::Resumed, "{case}");
        assert_eq!(explanation.round_trips_before_request, Some(round_trips), "{case}");
        assert_eq!(session.outcome.early_data_accepted, early, "{case}");
        assert_eq!(explanation.early_data, early, "{case}");
        assert!(explanation.records.iter().all(|record| record.readable != Readable::NotHere), "{case}");
        let sent = explanation.records.iter().flat_map(|record| &record.messages).find_map(|it| match &it.message {
            Message::ApplicationData { preview, .. } => Some(preview.clone()),
            _ => None,
        });
        assert_eq!(sent.as_deref(), Some("hello B, this is A."), "{case}");
    }
}

// RFC 8446 section 4.2.10: 0-RTT data is under keys of its own, and its end is said under them too.
#[test]
fn early_data_is_under_early_keys() {
    let session = sessions(Version::Tls13, None, true, 2).pop().unwrap();
    let explanation = explain(&session.recording, Some(&session.secrets)).unwrap();
    let early: Vec<_> = explanation.records.iter().filter(|record| record.keys == Some(Keys::Early)).collect();
    assert_eq!(early.first().unwrap().messages[0].name, "application data");
    assert_eq!(early.last().unwrap().messages[0].name, "EndOfEarlyData");
}

#[test]
fn the_hybrid_group_shows_its_long_keys() {
    let session = sessions(Version::Tls13, Some(Group::X25519MlKem768), false, 1).remove(0);
    let explanation = explain(&session.recording, Some(&session.secrets)).unwrap();
    assert_eq!(explanation.group.unwrap().name, "X25519MLKEM768");
    let Message::ClientHello(hello) = &explanation.records[0].messages[0].message else { panic!("a ClientHello") };
    // draft-ietf-tls-ecdhe-mlkem section 4.1: 1184 bytes of ML-KEM-768 and 32 of X25519.
    assert_eq!(hello.key_shares()[0].length, 1216);
    assert_eq!(hello.server_name(), Some("localhost"));
}

fn flatten(recording: &[Chunk]) -> Vec<Chunk> {
    recording
        .iter()
        .flat_map(|chunk| chunk.bytes.iter().map(|&byte| Chunk { bytes: vec![byte], ..chunk.clone() }))
        .collect()
}

#[test]
fn a_recording_may_be_cut_anywhere_and_split_anyhow() {
    for version in [Version::Tls12, Version::Tls13] {
        let session = sessions(version, Some(Group::X25519), false, 1).remove(0);
        let whole = explain(&session.recording, Some(&session.secrets)).unwrap();
        let bytes = flatten(&session.recording);
        let split = explain(&bytes, Some(&session.secrets)).unwrap();
        let fields = |it: &Explanation| it.records.iter().map(|r| (r.length, r.messages.clone())).collect::<Vec<_>>();
        assert_eq!(fields(&split), fields(&whole), "byte by byte");
        for cut in (0..bytes.len()).step_by(7) {
            let part = explain(&bytes[..cut], Some(&session.secrets)).unwrap();
            assert!(part.records.len() <= whole.records.len());
            let complete: usize = part.records.iter().map(|record| record.length).sum();
            assert_eq!(complete + part.incomplete_bytes, cut, "every byte is accounted for");
        }
    }
}

/// xorshift64*, so that a failure can be repeated.
fn noise(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

#[test]
fn changed_sessions_and_noise_are_refused_or_read_but_never_panic() {
    let session = sessions(Version::Tls13, Some(Group::X25519), false, 1).remove(0);
    let mut state = 1;
    let (mut refused, mut read) = (0, 0);
    for _ in 0..400 {
        let mut recording = session.recording.clone();
        let chunk = usize::try_from(noise(&mut state)).unwrap() % recording.len();
        let at = usize::try_from(noise(&mut state)).unwrap() % recording[chunk].bytes.len();
        recording[chunk].bytes[at] ^= 1 << (noise(&mut state) % 8);
        match explain(&recording, Some(&session.secrets)) {
            Ok(_) => read += 1,
            Err(crate::Error::Malformed { .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused > 0 && read > 0, "{refused} refused, {read} read");
    for _ in 0..20_000 {
        let len = usize::try_from(noise(&mut state) % 80).unwrap();
        let body: Vec<u8> = (0..len).map(|_| u8::try_from(noise(&mut state) >> 56).unwrap() % 7).collect();
        let code = u8::try_from(noise(&mut state) % 30).unwrap();
        for version in [None, Some(Version::Tls12), Some(Version::Tls13)] {
            let result = messages::handshake(code, &body, version);
            assert!(matches!(result, Ok(_) | Err(crate::Error::Malformed { .. })));
        }
    }
}

#[test]
fn a_flipped_bit_in_an_encrypted_record_leaves_it_sealed() {
    let session = sessions(Version::Tls13, Some(Group::X25519), false, 1).remove(0);
    let mut bytes = flatten(&session.recording);
    let last = bytes.iter().rposition(|chunk| chunk.direction == Direction::ToClient).unwrap();
    bytes[last].bytes[0] ^= 1;
    let explanation = explain(&bytes, Some(&session.secrets)).unwrap();
    assert_eq!(explanation.records.iter().filter(|record| record.readable == Readable::NotHere).count(), 1);
}
