//! Messages that the standards allow but openssl does not make, put together by hand.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;
use crate::keys::PrivateKey;

const KEY: &[u8] = include_bytes!("../../tests/vectors/cms/test_rsa2048.key.der");

/// What can be said in different ways.
#[derive(Clone, Copy)]
struct Form {
    attributes: bool,
    tag_len: usize,
    /// ICVlen as written; the default of RFC 5084 section 3.2 if absent.
    announced: Option<u8>,
    nonce_len: usize,
    indefinite: bool,
}

const PLAIN: Form = Form { attributes: false, tag_len: 16, announced: Some(16), nonce_len: 12, indefinite: false };

fn element(form: Form, tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    if form.indefinite { [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat() } else { der::element(tag, parts) }
}

/// A message for the test key, with everything optional in it.
fn build(form: Form) -> Vec<u8> {
    let key = PrivateKey::parse("test key", KEY).expect("a good key");
    let content_key = Secret::random(16);
    let nonce = Nonce::random();
    let public_nonce = nonce.bytes();
    let attribute = der::element(0x30, &[&der::element(0x06, &[&[0x2a, 3, 4]]), &der::element(0x31, &[&[5, 0]])]);
    let aad = if form.attributes { der::element(0x31, &[&attribute]) } else { Vec::new() };
    let mut content = *b"twenty bytes of text";
    let mut sealer = GcmSealer::new(&content_key, nonce, &aad).expect("16 bytes");
    sealer.update(&mut content).expect("short");
    let tag = sealer.finish();

    let other = der::element(0xa1, &[b"\x02\x01\x03"]);
    let version = der::element(0x02, &[&[2]]);
    let id = der::element(0x80, &[&subject_key_identifier(key.public()).expect("a good key")]);
    let wrapped = der::element(0x04, &[&key_transport::wrap(key.public(), &content_key).expect("a good key")]);
    let mine = der::element(0x30, &[&version, &id, &key_transport::oaep_sha256_identifier(), &wrapped]);
    let announced = form.announced.map_or_else(Vec::new, |len| der::element(0x02, &[&[len]]));
    let parameters = der::element(0x30, &[&der::element(0x04, &[&public_nonce[..form.nonce_len]]), &announced]);
    let algorithm = der::element(0x30, &[&der::element(0x06, &[oid::AES128_GCM]), &parameters]);
    let nested = element(form, 0x24, &[&der::element(0x04, &[&content[..3]]), &der::element(0x04, &[])]);
    let pieces = element(form, 0xa0, &[&nested, &der::element(0x04, &[&content[3..]])]);
    let info = element(form, 0x30, &[&der::element(0x06, &[oid::DATA]), &algorithm, &pieces]);
    let authenticated = if form.attributes { der::element(0xa1, &[&attribute]) } else { Vec::new() };
    let parts: [&[u8]; 7] = [
        &der::element(0x02, &[&[0]]),
        &element(form, 0xa0, &[&[0xa0, 0]]),
        &element(form, 0x31, &[&other, &mine]),
        &info,
        &authenticated,
        &der::element(0x04, &[&tag[..form.tag_len]]),
        &element(form, 0xa2, &[&attribute]),
    ];
    let whole = element(form, 0xa0, &[&element(form, 0x30, &parts)]);
    element(form, 0x30, &[&der::element(0x06, &[oid::AUTH_ENVELOPED_DATA]), &whole])
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn open(message: &[u8]) -> Result<Vec<u8>> {
    let key = PrivateKey::parse("test key", KEY)?;
    let sink = Sink::default();
    let input = || Ok(Input::from_memory("message", message.to_vec()));
    decrypt(&key, Unsafe::Refuse, &input, &mut NewFile::stream("memory", sink.clone()))?;
    Ok(std::mem::take(&mut sink.0.lock().expect("nobody panicked")))
}

/// RFC 5652 section 6.1, RFC 5083 section 2.1: other recipients, attributes, nested pieces, lengths of both kinds.
#[test]
fn all_that_is_optional_is_read() {
    for indefinite in [false, true] {
        for attributes in [false, true] {
            let message = build(Form { indefinite, attributes, ..PLAIN });
            assert_eq!(open(&message).unwrap(), b"twenty bytes of text", "{indefinite} {attributes}");
            let (told, len) = inspect(Input::from_memory("message", message.clone())).unwrap();
            assert_eq!((told.recipients.len(), told.content_len, len), (2, 20, message.len() as u64));
        }
    }
}

/// RFC 5083 section 2.2: the tag covers the attributes.
#[test]
fn changed_attributes_are_rejected() {
    let mut message = build(Form { attributes: true, ..PLAIN });
    // The last occurrence stands in the attributes without authentication.
    let places: Vec<usize> =
        message.windows(3).enumerate().filter(|(_, w)| *w == [0x2a, 3, 4]).map(|(at, _)| at).collect();
    let [authenticated, free] = places[..] else { panic!("{places:?}") };
    message[free] ^= 1;
    assert_eq!(open(&message).unwrap(), b"twenty bytes of text");
    message[authenticated] ^= 1;
    assert_eq!(open(&message).unwrap_err().exit_code(), 3);
}

/// RFC 5084 section 3.2: 12 to 16 bytes of tag, 12 if nothing is said.
#[test]
fn tags_have_the_length_announced() {
    for (tag_len, announced, opens) in [
        (12, None, true),
        (12, Some(12), true),
        (15, Some(15), true),
        (16, Some(16), true),
        (16, None, false),
        (12, Some(16), false),
        (11, Some(11), false),
        (4, Some(4), false),
        (0, Some(0), false),
    ] {
        let opened = open(&build(Form { tag_len, announced, ..PLAIN }));
        match opened {
            Ok(opened) => assert!(opens && opened == b"twenty bytes of text", "{tag_len} {announced:?}"),
            Err(error) => assert!(!opens && error.exit_code() == 4, "{tag_len} {announced:?}: {error}"),
        }
    }
    assert_eq!(open(&build(Form { nonce_len: 8, ..PLAIN })).unwrap_err().exit_code(), 4);
}

#[test]
fn a_length_that_changes_meanwhile_is_an_error() {
    let key = PrivateKey::parse("test key", KEY).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message");
    for later in [&b"longer than before"[..], b"short"] {
        std::fs::write(&path, "ten bytes.").unwrap();
        let mut input = Input::open(&path).unwrap();
        std::fs::write(&path, later).unwrap();
        let mut output = NewFile::stream("memory", Sink::default());
        let recipients = [Recipient::from_key(key.public().clone())];
        let error = encrypt(&recipients, AeadAlgorithm::Aes256Gcm, &mut input, &mut output).unwrap_err();
        assert!(error.exit_code() == 6 && error.to_string().contains("changed while it was read"), "{error}");
    }
}

/// A message with these recipients and this content under a tag of zeros, or in CBC.
fn with_recipients(kind: &[u8], algorithm: &[u8], recipients: &[u8], content: &[u8]) -> Vec<u8> {
    let info = der::element(0x30, &[&der::element(0x06, &[oid::DATA]), algorithm, &der::element(0x80, &[content])]);
    let tag = if kind == oid::AUTH_ENVELOPED_DATA { der::element(0x04, &[&[0; 16]]) } else { Vec::new() };
    let parts: [&[u8]; 4] = [&der::element(0x02, &[&[0]]), &der::element(0x31, &[recipients]), &info, &tag];
    der::element(0x30, &[&der::element(0x06, &[kind]), &der::element(0xa0, &[&der::element(0x30, &parts)])])
}

/// All recipients together have at most 256 KiB, whatever their lengths and forms.
#[test]
fn recipients_are_bounded_to_the_byte() {
    const MOST: usize = 256 * 1024;
    let gcm = content::gcm_identifier(AeadAlgorithm::Aes128Gcm, &[0; 12]).unwrap();
    let filled = |len: usize| der::element(0xa1, &[&vec![b'x'; len - 5]]);
    // An element within two of indefinite length: two headers and two end markers are 8 bytes.
    let nested = |len: usize| [&[0xa1, 0x80, 0xa1, 0x80], filled(len - 8).as_slice(), &[0, 0, 0, 0]].concat();
    for (recipients, is_allowed) in [
        (filled(MOST), true),
        (filled(MOST + 1), false),
        ([filled(MOST), vec![0xa1, 0]].concat(), false),
        ([filled(MOST), vec![0xa1, 0], filled(MOST)].concat(), false),
        ([filled(MOST - 1), vec![0xa1, 0]].concat(), false),
        ([filled(MOST - 2), vec![0xa1, 0]].concat(), true),
        (nested(MOST), true),
        (nested(MOST + 1), false),
        (nested(MOST + 2), false),
        ([filled(MOST - 3), vec![0xa1, 0x80, 0, 0]].concat(), false),
        ([filled(MOST - 4), vec![0xa1, 0x80, 0, 0]].concat(), true),
    ] {
        let message = with_recipients(oid::AUTH_ENVELOPED_DATA, &gcm, &recipients, b"abc");
        let read = inspect(Input::from_memory("message", message)).map_err(|error| error.exit_code());
        assert_eq!(read.map(drop), if is_allowed { Ok(()) } else { Err(4) }, "{} bytes", recipients.len());
    }
}

/// What a test names the recipient by.
#[derive(Debug, Clone, Copy)]
enum Named {
    ThisKey,
    AnotherKey,
    Certificate,
}

fn recipient(named: Named, scheme: &[u8], encrypted: &[u8]) -> Vec<u8> {
    let key = PrivateKey::parse("test key", KEY).expect("a good key");
    let id = subject_key_identifier(key.public()).expect("a good key");
    let (version, identifier) = match named {
        Named::ThisKey => (2, der::element(0x80, &[&id])),
        Named::AnotherKey => (2, der::element(0x80, &[b"zzzzzzzzzzzzzzzzzzzz"])),
        Named::Certificate => (0, der::element(0x30, &[&der::element(0x30, &[]), &der::element(0x02, &[&[7]])])),
    };
    let version = der::element(0x02, &[&[version]]);
    der::element(0x30, &[&version, &identifier, scheme, &der::element(0x04, &[encrypted])])
}

fn pkcs1_identifier() -> Vec<u8> {
    der::element(0x30, &[&der::element(0x06, &[oid::RSA_ENCRYPTION]), &[5, 0]])
}

fn by_pkcs1(key: &[u8]) -> Vec<u8> {
    use crate::encryption::{EncryptionScheme, encryptor};
    let public = PrivateKey::parse("test key", KEY).expect("a good key").public().clone();
    let encryptor = encryptor(EncryptionScheme::RsaPkcs1, crate::Backend::AwsLc, &public).expect("an RSA key");
    encryptor.encrypt(key).expect("short enough")
}

fn by_oaep(key: &[u8]) -> Vec<u8> {
    let public = PrivateKey::parse("test key", KEY).expect("a good key").public().clone();
    key_transport::wrap(&public, &Secret::from(key)).expect("a good key")
}

/// Decrypts as with `--insecure`; counts how often the message was read.
fn open_insecurely(message: &[u8]) -> (std::result::Result<Vec<u8>, (u8, String)>, usize) {
    let key = PrivateKey::parse("test key", KEY).expect("a good key");
    let sink = Sink::default();
    let readings = std::cell::Cell::new(0);
    let input = || {
        readings.set(readings.get() + 1);
        Ok(Input::from_memory("message", message.to_vec()))
    };
    let opened = decrypt(&key, Unsafe::Open, &input, &mut NewFile::stream("memory", sink.clone()));
    let opened = opened.map_err(|error| (error.exit_code(), error.to_string()));
    (opened.map(|_| std::mem::take(&mut *sink.0.lock().expect("nobody panicked"))), readings.get())
}

/// RFC 3218 section 2.3.2: no answer, and no skipped work, tells whether the padding of an encrypted key was right.
#[test]
fn a_wrong_padding_looks_like_a_wrong_key() {
    let gcm = content::gcm_identifier(AeadAlgorithm::Aes256Gcm, &[0; 12]).unwrap();
    let damaged = |mut encrypted: Vec<u8>| {
        encrypted[200] ^= 1;
        encrypted
    };
    let (pkcs1, oaep) = (pkcs1_identifier(), key_transport::oaep_sha256_identifier());
    for (scheme, encrypt) in [(pkcs1, by_pkcs1 as fn(&[u8]) -> Vec<u8>), (oaep, by_oaep)] {
        let (good, short) = (encrypt(&[b'K'; 32]), encrypt(&[b'K'; 16]));
        for (named, code, readings) in [(Named::ThisKey, 3, 2), (Named::Certificate, 3, 2), (Named::AnotherKey, 5, 1)] {
            let answers: Vec<_> = [&good, &short, &damaged(good.clone()), &vec![0xff; 256], &vec![0; 256]]
                .into_iter()
                .map(|encrypted| {
                    let recipient = recipient(named, &scheme, encrypted);
                    open_insecurely(&with_recipients(oid::AUTH_ENVELOPED_DATA, &gcm, &recipient, &[b'c'; 32]))
                })
                .collect();
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{named:?}: {answers:?}");
            assert_eq!((answers[0].0.as_ref().unwrap_err().0, answers[0].1), (code, readings), "{named:?}");
        }
    }
}

/// Whether the padding of one recipient's key is right must not decide whether another's is tried.
#[test]
fn another_recipient_under_pkcs1_changes_nothing() {
    let gcm = content::gcm_identifier(AeadAlgorithm::Aes256Gcm, &[0; 12]).unwrap();
    let other = recipient(Named::Certificate, &pkcs1_identifier(), &by_pkcs1(&[b'X'; 32]));
    let broken = recipient(Named::Certificate, &pkcs1_identifier(), &[0; 256]);
    let content_key = Secret::random(32);
    let (nonce, mut content) = (Nonce::random(), *b"twenty bytes of text");
    let algorithm = content::gcm_identifier(AeadAlgorithm::Aes256Gcm, &nonce.bytes()).unwrap();
    let mut sealer = GcmSealer::new(&content_key, nonce, b"").unwrap();
    sealer.update(&mut content).unwrap();
    let tag = sealer.finish();
    for (scheme, encrypted) in [
        (pkcs1_identifier(), by_pkcs1(content_key.expose())),
        (key_transport::oaep_sha256_identifier(), by_oaep(content_key.expose())),
    ] {
        let mine = recipient(Named::Certificate, &scheme, &encrypted);
        let mut readings = Vec::new();
        for before in [&other, &broken] {
            let mut message =
                with_recipients(oid::AUTH_ENVELOPED_DATA, &algorithm, &[&before[..], &mine].concat(), &content);
            let end = message.len();
            message[end - 16..].copy_from_slice(&tag);
            let (opened, times) = open_insecurely(&message);
            assert_eq!(opened.unwrap(), b"twenty bytes of text");
            readings.push(times);
        }
        assert_eq!(readings[0], readings[1]);
    }
    // The number of recipients that are tried is bounded.
    let many = with_recipients(oid::AUTH_ENVELOPED_DATA, &gcm, &broken.repeat(17), b"abc");
    assert_eq!(open_insecurely(&many).0.unwrap_err().0, 5);
}
