//! Both sides over loopback TCP, and bytes that are no messages.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::*;
use crate::keys::KeyAlgorithm;
use crate::tls::live::Identity;
use crate::tls::tap;
use crate::{Error, Result};

fn serve() -> (TcpStream, Identity, JoinHandle<Result<Report>>) {
    let identity = Identity::new(&["b.example"], KeyAlgorithm::Rsa2048).expect("good names");
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("loopback");
    tap::prepare(&stream).expect("a socket");
    let (mut accepted, _) = listener.accept().expect("the client has connected");
    tap::prepare(&accepted).expect("a socket");
    let (der, key) = (identity.certificate_der.clone(), identity.key.pkcs8_der().expose().to_vec());
    let worker = thread::spawn(move || {
        let key = crate::keys::PrivateKey::parse("key", &key)?;
        server(&mut accepted, &der, &key)
    });
    (stream, identity, worker)
}

#[test]
fn both_sides_have_the_same_key_and_each_others_words() {
    let (mut stream, identity, worker) = serve();
    let a = client(&mut stream, &[&identity.authority_der], "b.example", b"hello B").unwrap();
    let b = worker.join().unwrap().unwrap();
    assert_eq!(a.key, b.key);
    assert_eq!(b.received, b"hello B");
    assert_eq!(a.received, b"B got 7 bytes");
    let numbers = |report: &Report| report.steps.iter().map(|(_, step)| step.number).collect::<Vec<_>>();
    assert_eq!((numbers(&a), numbers(&b)), (vec![2, 3, 5], vec![1, 4, 5]));
}

#[test]
fn a_certificate_for_another_name_or_by_another_authority_ends_it() {
    for (name, own_authority) in [("c.example", true), ("b.example", false)] {
        let (mut stream, identity, worker) = serve();
        let other = Identity::new(&["b.example"], KeyAlgorithm::P256).unwrap();
        let authority = if own_authority { &identity.authority_der } else { &other.authority_der };
        let error = client(&mut stream, &[authority], name, b"hello").unwrap_err();
        assert!(matches!(error, Error::Rejected(_)), "{name}: {error}");
        assert!(matches!(worker.join().unwrap(), Err(Error::Rejected(_))), "B gets an alert");
    }
}

/// Changes the encrypted key and the data.
type Change = fn(&mut Vec<u8>, &mut Vec<u8>);

/// Speaks as A by hand, with a changed key or changed data, and returns all that B sends after its certificate.
fn answer_to(change: Change) -> (Vec<u8>, Error) {
    let (mut stream, identity, worker) = serve();
    assert!(matches!(Message::read(&mut stream), Ok(Message::Certificate(_))));
    let public = identity.key.public();
    let encryptor =
        crate::encryption::encryptor(crate::encryption::EncryptionScheme::RsaOaep, crate::Backend::AwsLc, public)
            .expect("an RSA key");
    let mut key = encryptor.encrypt(&[7; 32]).expect("32 bytes fit");
    let mut data = vec![0; 40];
    change(&mut key, &mut data);
    stream.write_all(&Message::Key(key).encode().expect("short")).expect("B reads");
    stream.write_all(&Message::Data(data).encode().expect("short")).expect("B reads");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("B closes");
    (all, worker.join().expect("no panic").expect_err("B refuses"))
}

// RFC 5246 section 7.4.7.1: whatever is wrong with the key, B says what it says about a wrong tag, and no sooner.
#[test]
fn a_key_that_does_not_open_looks_like_a_tag_that_does_not_fit() {
    let alert = Message::Alert(ALERT_FAILED).encode().unwrap();
    let expect = (alert, Error::decryption().to_string());
    let changes: [(&str, Change); 5] = [
        ("wrong tag", |_, _| ()),
        ("flipped bit in the key", |key, _| key[100] ^= 1),
        ("key of zeros", |key, _| key.fill(0)),
        ("key above the modulus", |key, _| key.fill(0xff)),
        ("key too short", |key, _| key.truncate(17)),
    ];
    for (case, change) in changes {
        let (sent, error) = answer_to(change);
        assert_eq!((sent, error.to_string()), expect, "{case}");
    }
}

#[test]
fn truncated_oversized_and_foreign_messages_are_malformed() {
    let whole = Message::Data(vec![1; 20]).encode().unwrap();
    assert_eq!(Message::read(&mut &whole[..]).unwrap(), Message::Data(vec![1; 20]));
    for cut in 0..whole.len() {
        assert!(matches!(Message::read(&mut &whole[..cut]), Err(Error::Malformed { .. })), "cut at {cut}");
    }
    for (bytes, case) in [
        (&[1, 0, 1, 0, 1][..], "one byte too long"),
        (&[3, 0xff, 0xff, 0xff, 0xff], "4 GiB"),
        (&[9, 0, 0, 0, 1, 0], "unknown type"),
        (&[3, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "no room for a tag"),
        (&[4, 0, 0, 0, 2, 1, 1], "an alert of two bytes"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
    ] {
        assert!(matches!(Message::read(&mut &bytes[..]), Err(Error::Malformed { .. })), "{case}");
    }
    assert!(matches!(Message::Data(vec![0; MAX_BODY + 1]).encode(), Err(Error::Usage(_))));
}

#[test]
fn a_client_that_leaves_or_talks_nonsense_does_no_harm() {
    for bytes in [&b""[..], b"\x02\x00", b"GET / HTTP/1.1\r\n\r\n", &[4, 0, 0, 0, 1, 1], &[1, 0, 0, 0, 1, 1]] {
        let (mut stream, _, worker) = serve();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let error = worker.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Malformed { .. } | Error::Rejected(_)), "{error}");
    }
}
