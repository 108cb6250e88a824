//! The exchange of the study notes as a protocol over TCP. FOR TEACHING ONLY, AND OF HISTORICAL INTEREST: nobody should
//! protect anything with it.
//!
//! 1. B sends its certificate. 2. A checks it. 3. A makes a symmetric key and encrypts it with B's public key (RSA-OAEP).
//! 4. B opens it with its private key. 5. Both talk symmetric: AES-256-GCM, one key per direction by HKDF (RFC 5869).
//!
//! What is wrong with it, on purpose: whoever gets B's private key later reads every recorded session (no forward
//! secrecy, the reason why TLS 1.3 has no RSA key transport, RFC 8446 section 1.2), and B adds nothing of its own to the
//! keys, so that a recorded session can be sent to B again and B takes it for new.
//!
//! What is right, because it costs nothing: a key that does not open is not told apart from a message whose tag does not
//! fit. B goes on with a random key, as RFC 5246 section 7.4.7.1 has it; the first message fails then, with the one alert
//! there is. An attacker who sends altered keys (Bleichenbacher, Manger) learns nothing from it.

mod exchange;
mod wire;

pub use exchange::{Report, Step, client, server};
pub use wire::{ALERT_FAILED, Field, HEADER_LEN, MAX_BODY, Message};

#[cfg(test)]
mod tests;
