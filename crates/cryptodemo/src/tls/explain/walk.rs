//! Goes through a recording record by record and keeps what is needed to open the encrypted ones.

use super::{ExplainedMessage, ExplainedRecord, Explanation, Keys, Readable, meaning};
use crate::error::Error;
use crate::tls::messages::{self, Extension, Message, Version};
use crate::tls::names;
use crate::tls::opening::{self, Inner, Opener, Suite};
use crate::tls::record::{self, ContentType, HEADER_LEN, Record};
use crate::tls::secrets::SessionSecrets;
use crate::tls::tap::{Chunk, Direction};
use crate::{Result, Secret};

/// Keys of one direction in the order of their use; each is made when the one before does not open the record.
struct Epoch {
    keys: Keys,
    secret: Option<Secret>,
    opener: Opener,
}

/// One direction of the stream.
#[derive(Default)]
struct Side {
    stream: Vec<u8>,
    handshake: Vec<u8>,
    encrypted: bool,
    epochs: Vec<Epoch>,
}

struct Walk<'a> {
    secrets: Option<&'a SessionSecrets>,
    sides: [Side; 2],
    client_random: [u8; 32],
    explanation: Explanation,
    /// The suite of the ServerHello, found ahead: 0-RTT data comes before it and is protected by the same.
    suite: Option<Suite>,
    server_flights: usize,
    last: Option<Direction>,
}

pub(super) fn walk(recording: &[Chunk], secrets: Option<&SessionSecrets>) -> Result<Explanation> {
    let mut walk = Walk {
        secrets,
        sides: [Side::default(), Side::default()],
        client_random: [0; 32],
        explanation: nothing(),
        suite: suite_ahead(recording),
        server_flights: 0,
        last: None,
    };
    for chunk in recording {
        walk.chunk(chunk)?;
    }
    walk.explanation.incomplete_bytes = walk.sides.iter().map(|side| side.stream.len()).sum();
    Ok(walk.explanation)
}

const fn nothing() -> Explanation {
    Explanation {
        version: None,
        cipher_suite: None,
        group: None,
        resumed: false,
        early_data: false,
        round_trips_before_request: None,
        bytes_to_server: 0,
        bytes_to_client: 0,
        records: Vec::new(),
        incomplete_bytes: 0,
    }
}

/// The suite in the first ServerHello; errors come up again when the walk gets there.
fn suite_ahead(recording: &[Chunk]) -> Option<Suite> {
    let to_client = |chunk: &&Chunk| chunk.direction == Direction::ToClient;
    let bytes: Vec<u8> = recording.iter().filter(to_client).flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    let mut stream = &bytes[..];
    let mut handshake = Vec::new();
    while let Ok(Some(record)) = record::next(&mut stream) {
        if record.content_type != ContentType::Handshake {
            continue;
        }
        handshake.extend_from_slice(record.fragment);
        let mut rest = &handshake[..];
        while let Ok(Some(message)) = messages::next_handshake(&mut rest, None) {
            if let Message::ServerHello(hello) = message {
                return Suite::from_code(hello.cipher_suite.code);
            }
        }
        handshake = rest.to_vec();
        if handshake.len() > messages::MAX_HANDSHAKE {
            return None;
        }
    }
    None
}

impl Walk<'_> {
    fn chunk(&mut self, chunk: &Chunk) -> Result<()> {
        let to_server = chunk.direction == Direction::ToServer;
        if to_server {
            self.explanation.bytes_to_server += chunk.bytes.len();
        } else {
            self.explanation.bytes_to_client += chunk.bytes.len();
        }
        let mut stream = std::mem::take(&mut self.sides[usize::from(to_server)].stream);
        stream.extend_from_slice(&chunk.bytes);
        let mut rest = &stream[..];
        while let Some(record) = record::next(&mut rest)? {
            let explained = self.record(chunk, &record)?;
            self.note_flight(&explained);
            self.explanation.records.push(explained);
        }
        self.sides[usize::from(to_server)].stream = rest.to_vec();
        Ok(())
    }

    fn record(&mut self, chunk: &Chunk, record: &Record<'_>) -> Result<ExplainedRecord> {
        let direction = chunk.direction;
        let encrypted = match self.explanation.version {
            // RFC 8446 section 5.2: everything encrypted is application_data on the outside.
            Some(Version::Tls13) | None => record.content_type == ContentType::ApplicationData,
            Some(Version::Tls12) => self.side(direction).encrypted,
        };
        let opened = if encrypted { self.open(direction, record)? } else { None };
        let (readable, keys) = match (&opened, encrypted) {
            (_, false) => (Readable::Everyone, None),
            (Some((keys, _)), true) => (Readable::KeyHolders, Some(*keys)),
            (None, true) => (Readable::NotHere, None),
        };
        let mut explained = ExplainedRecord {
            direction,
            at_us: u64::try_from(chunk.at.as_micros()).unwrap_or(u64::MAX),
            length: HEADER_LEN + record.fragment.len(),
            outer_type: record.content_type,
            legacy_version: names::version(record.version),
            readable,
            keys,
            inner_type: None,
            padding: 0,
            messages: Vec::new(),
        };
        let found = match opened {
            None if encrypted => vec![Message::Sealed { length: record.fragment.len() }],
            None => {
                explained.inner_type = Some(record.content_type);
                self.content(direction, record.content_type, record.fragment)?
            }
            Some((_, inner)) => {
                explained.inner_type = Some(inner.content_type);
                explained.padding = inner.padding;
                self.content(direction, inner.content_type, &inner.content)?
            }
        };
        let version = self.explanation.version;
        explained.messages = found
            .into_iter()
            .map(|message| {
                let meaning = meaning::of(&message, version, direction, keys);
                ExplainedMessage { name: message.name(), meaning, message }
            })
            .collect();
        Ok(explained)
    }

    /// The messages in a record's plaintext; takes notes of what decides about the records that follow.
    fn content(&mut self, direction: Direction, content_type: ContentType, content: &[u8]) -> Result<Vec<Message>> {
        match content_type {
            ContentType::Alert => Ok(vec![messages::alert(content)?]),
            ContentType::ApplicationData => Ok(vec![messages::application_data(content)]),
            ContentType::ChangeCipherSpec => {
                let message = messages::change_cipher_spec(content)?;
                if self.explanation.version == Some(Version::Tls12) {
                    self.side(direction).encrypted = true;
                }
                Ok(vec![message])
            }
            ContentType::Handshake => self.handshake(direction, content),
        }
    }

    fn handshake(&mut self, direction: Direction, content: &[u8]) -> Result<Vec<Message>> {
        let mut buffer = std::mem::take(&mut self.side(direction).handshake);
        buffer.extend_from_slice(content);
        let mut rest = &buffer[..];
        let mut found = Vec::new();
        while let Some(message) = messages::next_handshake(&mut rest, self.explanation.version)? {
            self.learn(direction, &message)?;
            found.push(message);
        }
        // next_handshake refuses a message that claims more than its limit, so this buffer is bounded.
        self.side(direction).handshake = rest.to_vec();
        if found.is_empty() {
            found.push(Message::Fragment { length: content.len() });
        }
        Ok(found)
    }

    fn learn(&mut self, direction: Direction, message: &Message) -> Result<()> {
        match message {
            Message::ClientHello(hello) => {
                self.client_random = hello.random;
                let early = hello.extensions.iter().any(|each| matches!(each, Extension::EarlyData { .. }));
                self.explanation.early_data |= early;
                if early {
                    self.install13(Direction::ToServer, Keys::Early, "CLIENT_EARLY_TRAFFIC_SECRET")?;
                }
            }
            Message::ServerHello(hello) => {
                let version = hello.version();
                self.explanation.version = version;
                self.explanation.cipher_suite = Some(hello.cipher_suite);
                self.explanation.group = hello.key_shares().first().map(|share| share.group);
                self.explanation.resumed =
                    hello.extensions.iter().any(|each| matches!(each, Extension::PreSharedKeySelected { .. }));
                match version {
                    Some(Version::Tls13) => {
                        self.install13(Direction::ToServer, Keys::Handshake, "CLIENT_HANDSHAKE_TRAFFIC_SECRET")?;
                        self.install13(Direction::ToServer, Keys::Application, "CLIENT_TRAFFIC_SECRET_0")?;
                        self.install13(Direction::ToClient, Keys::Handshake, "SERVER_HANDSHAKE_TRAFFIC_SECRET")?;
                        self.install13(Direction::ToClient, Keys::Application, "SERVER_TRAFFIC_SECRET_0")?;
                    }
                    Some(Version::Tls12) => self.install12(&hello.random)?,
                    None => {}
                }
            }
            Message::ServerKeyExchange { group, .. } => self.explanation.group = Some(*group),
            Message::KeyUpdate { .. } => self.update(direction)?,
            // TLS 1.2 resumes if the server changes keys before it has sent a certificate.
            Message::Finished { .. }
                if self.explanation.version == Some(Version::Tls12)
                    && direction == Direction::ToClient
                    && !self.side(Direction::ToServer).encrypted =>
            {
                self.explanation.resumed = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn install13(&mut self, direction: Direction, keys: Keys, label: &str) -> Result<()> {
        let Some((secrets, suite)) = self.secrets.zip(self.suite) else { return Ok(()) };
        if let Some(secret) = secrets.find(label, &self.client_random) {
            let opener = Opener::tls13(suite, &secret)?;
            self.side(direction).epochs.push(Epoch { keys, secret: Some(secret), opener });
        }
        Ok(())
    }

    fn install12(&mut self, server_random: &[u8; 32]) -> Result<()> {
        let Some((secrets, suite)) = self.secrets.zip(self.suite) else { return Ok(()) };
        if let Some(master) = secrets.find("CLIENT_RANDOM", &self.client_random) {
            let [client, server] = Opener::tls12(suite, &master, &self.client_random, server_random)?;
            let epoch = |opener| Epoch { keys: Keys::Application, secret: None, opener };
            self.side(Direction::ToServer).epochs.push(epoch(client));
            self.side(Direction::ToClient).epochs.push(epoch(server));
        }
        Ok(())
    }

    /// RFC 8446 section 7.2: the sender of a KeyUpdate uses the next keys from then on.
    fn update(&mut self, direction: Direction) -> Result<()> {
        let Some(suite) = self.suite else { return Ok(()) };
        let side = self.side(direction);
        if let Some(secret) = side.epochs.first().and_then(|epoch| epoch.secret.clone()) {
            let secret = opening::next_secret(suite, &secret)?;
            let opener = Opener::tls13(suite, &secret)?;
            side.epochs = vec![Epoch { keys: Keys::Application, secret: Some(secret), opener }];
        }
        Ok(())
    }

    /// Opens a record with the keys in use or those that follow: the tag tells which. `None` if none fits.
    fn open(&mut self, direction: Direction, record: &Record<'_>) -> Result<Option<(Keys, Inner)>> {
        let epochs = &mut self.side(direction).epochs;
        for at in 0..epochs.len() {
            match epochs[at].opener.open(record) {
                Ok(inner) => {
                    let keys = epochs[at].keys;
                    epochs.drain(..at);
                    return Ok(Some((keys, inner)));
                }
                Err(Error::Rejected(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn side(&mut self, direction: Direction) -> &mut Side {
        &mut self.sides[usize::from(direction == Direction::ToServer)]
    }

    /// Counts the server's turns until the client's first application data.
    fn note_flight(&mut self, record: &ExplainedRecord) {
        if self.explanation.round_trips_before_request.is_some() {
            return;
        }
        // A ticket comes when the handshake is over: nobody waits for it.
        if record.messages.iter().all(|message| matches!(message.message, Message::NewSessionTicket { .. })) {
            return;
        }
        if record.direction == Direction::ToClient && self.last != Some(Direction::ToClient) {
            self.server_flights += 1;
        }
        self.last = Some(record.direction);
        let is_data = record.inner_type == Some(ContentType::ApplicationData);
        if record.direction == Direction::ToServer && is_data {
            self.explanation.round_trips_before_request = Some(self.server_flights);
        }
    }
}
