//! The secrets of a session, as rustls hands them to whoever owns an end of it.

use std::sync::{Mutex, PoisonError};

use crate::Secret;

/// Keeps what a key log would write (the labels are those of the SSLKEYLOGFILE format, RFC 9850).
#[derive(Debug, Default)]
pub struct SessionSecrets(Mutex<Vec<(String, Vec<u8>, Secret)>>);

impl SessionSecrets {
    /// The secret of that label for the session with that client random.
    #[must_use]
    pub fn find(&self, label: &str, client_random: &[u8]) -> Option<Secret> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .iter()
            .find(|(is, random, _)| is == label && random == client_random)
            .map(|(_, _, secret)| secret.clone())
    }
}

impl rustls::KeyLog for SessionSecrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let entry = (label.to_owned(), client_random.to_vec(), Secret::from(secret));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}
