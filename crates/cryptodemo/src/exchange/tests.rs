//! The whole demonstration with a short message: everything it claims.

use std::sync::OnceLock;

use super::*;
use crate::aead::{NONCE_LEN, TAG_LEN};
use crate::certificates::Refusal;
use crate::exchange::message::HEADER_LEN;
use crate::exchange::wire::Party;

/// One run for all tests: an RSA key takes its time.
fn report() -> &'static Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    REPORT.get_or_init(|| run(&settings(2000), &mut |_| Ok(())).expect("nothing disturbs the exchange"))
}

fn settings(len: usize) -> Settings {
    Settings { key_algorithm: KeyAlgorithm::Rsa2048, message: vec![b'm'; len], show_secrets: false }
}

#[test]
fn everything_comes_out_as_it_must() {
    report().verdict().unwrap();
}

#[test]
fn bytes_and_times_add_up() {
    let exchange = &report().exchange;
    let sent: u64 = exchange.steps.iter().filter_map(|step| step.sent_bytes).sum();
    assert_eq!(sent, exchange.wire_bytes);
    assert_eq!(exchange.wire.iter().map(|frame| frame.bytes).sum::<u64>(), exchange.wire_bytes);
    let counted: u64 = exchange.steps.iter().filter(|step| step.counted).map(|step| step.time_ns).sum();
    assert_eq!(counted, exchange.total_ns);
    let uncounted: Vec<_> = exchange.steps.iter().filter(|step| !step.counted).map(|step| step.name).collect();
    assert_eq!(uncounted, ["key pair", "certificate signed"]);
    let numbers: Vec<_> = exchange.steps.iter().filter(|step| step.counted).map(|step| step.number).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
}

#[test]
fn an_encrypted_key_is_as_long_as_the_modulus_and_a_record_adds_nonce_and_tag() {
    let wire = &report().exchange.wire;
    let of = |kind| wire.iter().find(|frame| frame.kind == Some(kind)).unwrap();
    // RFC 8017 section 7.1.1: the ciphertext has the modulus' length.
    assert_eq!(of(message::Kind::EncryptedKey).bytes, (HEADER_LEN + 256) as u64);
    assert_eq!(of(message::Kind::Record).bytes, (HEADER_LEN + NONCE_LEN + 2000 + TAG_LEN) as u64);
    assert_eq!(of(message::Kind::Record).from, Party::A);
}

#[test]
fn every_failure_is_noticed_by_the_right_side_for_the_right_reason() {
    let decryption = Error::decryption().to_string();
    let refusal = |why: Refusal| why.error().to_string();
    let expected = [
        ("nothing is wrong", None),
        ("one bit of the ciphertext is flipped", Some((Party::B, Stage::OpeningMessage, decryption.as_str()))),
        ("one bit of the tag is flipped", Some((Party::B, Stage::OpeningMessage, &decryption))),
        ("one bit of the encrypted key is flipped", Some((Party::B, Stage::OpeningKey, &decryption))),
        (
            "one bit of the certificate is flipped",
            Some((Party::A, Stage::Certificate, &refusal(Refusal::BadSignature))),
        ),
        ("B has another private key (wrong key)", Some((Party::B, Stage::OpeningKey, &decryption))),
        (
            "another CA signed, say a man in the middle's",
            Some((Party::A, Stage::Certificate, &refusal(Refusal::UnknownIssuer))),
        ),
        ("another CA with the same name signed", Some((Party::A, Stage::Certificate, &refusal(Refusal::BadSignature)))),
        ("the certificate is expired", Some((Party::A, Stage::Certificate, &refusal(Refusal::Expired)))),
        ("the certificate is for another host", Some((Party::A, Stage::Certificate, &refusal(Refusal::WrongName)))),
        ("a record is sent twice", Some((Party::B, Stage::OpeningMessage, "not the next record"))),
        ("a record is sent back to its sender", Some((Party::A, Stage::OpeningMessage, "not the next record"))),
        ("a record under another session's key", Some((Party::B, Stage::OpeningMessage, &decryption))),
    ];
    let trials = &report().trials;
    assert_eq!(trials.len(), expected.len());
    for (trial, (what, reason)) in trials.iter().zip(expected) {
        assert_eq!(trial.what, what);
        let found = trial.refused.as_ref();
        match (reason, found) {
            (None, None) => {}
            (Some((by, at, reason)), Some(found)) => {
                assert_eq!((found.by, found.at), (by, at), "{what}: {}", found.reason);
                assert!(found.reason.starts_with(reason), "{what}: {}", found.reason);
            }
            _ => panic!("{what}: {found:?}"),
        }
    }
}

#[test]
fn the_man_in_the_middle_fails_by_the_signature_alone() {
    let forms: Vec<_> = report().middle.iter().map(|middle| middle.form).collect();
    assert_eq!(forms, [Form::X25519, Form::X25519MlKem768]);
    for middle in &report().middle {
        assert_eq!(middle.checked.len(), 2);
        for trial in &middle.checked {
            let refused = trial.refused.as_ref().expect("A checks the signature");
            assert_eq!((refused.by, refused.at), (Party::A, Stage::Signature), "{}", trial.what);
        }
        assert_eq!(middle.unchecked.refused, None);
        assert!(middle.unchecked.read && middle.unchecked.unnoticed);
        assert_eq!(middle.unchecked.preview, "m".repeat(PREVIEW_LEN) + "...");
    }
}

#[test]
fn the_thief_reads_rsa_transport_and_nothing_else() {
    let theft = &report().theft;
    assert_eq!(theft.loot.len(), 3);
    for loot in &theft.loot {
        if loot.form == Form::RsaTransport {
            assert!(loot.is_the_message);
            // The message, the answer and three more.
            assert_eq!((loot.messages_read, loot.records), (5, 5));
            assert_eq!(loot.recorded_bytes, report().exchange.wire_bytes);
        } else {
            assert_eq!((loot.messages_read, loot.records, loot.decrypted), (0, 2, 0), "{:?}", loot.form);
            assert!(loot.secrets_tried > 1000 && loot.decryptions_tried == 4, "{loot:?}");
        }
    }
    assert!(theft.impersonates, "a stolen key signs");
    let forward: Vec<_> = report().forms.iter().map(|form| (form.form, form.forward_secret)).collect();
    assert_eq!(forward, [(Form::RsaTransport, false), (Form::X25519, true), (Form::X25519MlKem768, true)]);
}

#[test]
fn what_must_not_happen_fails_the_demonstration() {
    type Change = fn(&mut Report);
    let changes: [(&str, Change); 6] = [
        ("a flipped bit is accepted", |report| report.trials[1].refused = None),
        ("the undisturbed exchange is refused", |report| report.trials[0].refused = report.trials[1].refused.clone()),
        ("the man in the middle is accepted", |report| report.middle[1].checked[0].refused = None),
        ("he fails without the signature", |report| report.middle[0].unchecked.read = false),
        ("the thief reads an ephemeral session", |report| report.theft.loot[2].messages_read = 1),
        ("the thief cannot read RSA transport", |report| report.theft.loot[0].is_the_message = false),
    ];
    for (what, change) in changes {
        let mut changed = report().clone();
        change(&mut changed);
        assert_eq!(changed.verdict().unwrap_err().exit_code(), 3, "{what}");
    }
}

#[test]
fn chunks_have_190_bytes_and_extrapolation_is_told() {
    let costs = &report().costs;
    // RFC 8017 section 7.1.1: 256 - 2 * 32 - 2.
    assert_eq!((costs.all_rsa.chunk_bytes, costs.all_rsa.chunks), (190, 11));
    assert_eq!(costs.all_rsa.bytes, 11 * 256);
    assert_eq!(costs.hybrid.bytes, (256 + NONCE_LEN + 2000 + TAG_LEN) as u64);
    assert!(costs.all_rsa.sample_chunks <= 11);
    assert_eq!(costs.all_rsa.extrapolated, costs.all_rsa.sample_chunks < 11);

    let actors = actors::Actors::new(KeyAlgorithm::Rsa2048).unwrap();
    let long = costs::measure(&actors, &vec![b'm'; 190 * 400]).unwrap().all_rsa;
    assert!(long.extrapolated && (10..=256).contains(&long.sample_chunks) && long.chunks == 400, "{long:?}");
    assert_eq!(long.decrypt_ns, long.chunk_decrypt_ns * 400);
    // The message of no bytes is a message too.
    let none = costs::measure(&actors, b"").unwrap().all_rsa;
    assert_eq!((none.chunks, none.sample_chunks, none.bytes), (1, 1, 256));
}

#[test]
fn only_rsa_keys_and_messages_within_the_limit_are_taken() {
    let mut other = settings(1);
    other.key_algorithm = KeyAlgorithm::Ed25519;
    assert_eq!(run(&other, &mut |_| Ok(())).unwrap_err().exit_code(), 2);
}

#[test]
fn messages_out_of_turn_are_malformed() {
    let actors = actors::Actors::new(KeyAlgorithm::Rsa2048).unwrap();
    let identity = &actors.identity;
    let (_, hello) = client::Client::start(Form::X25519);
    let (server, certificate) = server::Server::greet(identity, &hello).unwrap();
    let code = |error: Error| error.exit_code();
    assert_eq!(server::Server::greet(identity, &certificate).err().map(code), Some(4));
    assert_eq!(server.receive_key(identity, &certificate).err().map(code), Some(4));
    let (client, rsa_hello) = client::Client::start(Form::RsaTransport);
    assert_eq!(client.check(&actors.trust, &hello).err().map(code), Some(4));
    let (server, _) = server::Server::greet(identity, &rsa_hello).unwrap();
    assert_eq!(server.offer(identity).err().map(code), Some(4), "no share to answer");
    for end in 0..hello.len() {
        assert!(server::Server::greet(identity, &hello[..end]).is_err(), "cut to {end} bytes");
    }
}
