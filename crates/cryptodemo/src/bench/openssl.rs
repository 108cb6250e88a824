//! What the installed `openssl speed` says, for comparison.
//!
//! For ciphers `openssl speed` sets the key and nonce up once and then encrypts piece after piece, without a tag: below
//! some kilobytes that leaves out most of what a message costs, so only [`SIZES`] are compared. It counts processor time,
//! so that what else runs on the machine does not slow it down; the medians here are moved little by that as well.

use std::io;
use std::process::Command;

use crate::aead::AeadAlgorithm;
use crate::error::{Error, Result};

/// Sizes of messages that can be compared, in bytes.
pub const SIZES: [u64; 2] = [16 << 10, 1 << 20];

/// Operations per second of one kind of RSA key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RsaSpeed {
    /// With the private key: a signature of PKCS#1 v1.5.
    pub private: f64,
    /// With the public key: checking it.
    pub public: f64,
}

/// Version of the installed openssl.
///
/// # Errors
/// [`Error::Io`] if there is none.
pub fn version() -> Result<String> {
    let text = run(&["version"])?;
    // `OpenSSL 3.0.19 27 Jan 2026 (Library: ...)`
    Ok(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// Bytes per second of encryption, measured for one second.
///
/// # Errors
/// [`Error::Io`] if openssl cannot be run or does not know the cipher, [`Error::Malformed`] if it says something else.
pub fn cipher(algorithm: AeadAlgorithm, bytes: u64) -> Result<f64> {
    let name = algorithm.name();
    parse_cipher(&run(&["speed", "-mr", "-seconds", "1", "-bytes", &bytes.to_string(), "-evp", name])?)
}

/// Operations per second of RSA, measured for one second each.
///
/// # Errors
/// As [`cipher`].
pub fn rsa(bits: u32) -> Result<RsaSpeed> {
    parse_rsa(&run(&["speed", "-mr", "-seconds", "1", &format!("rsa{bits}")])?, bits)
}

fn run(arguments: &[&str]) -> Result<String> {
    let place = || format!("openssl {}", arguments.join(" "));
    let output = Command::new("openssl").args(arguments).output().map_err(|error| {
        let error = match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::new(error.kind(), "not found: install openssl, or leave --compare-openssl out")
            }
            _ => error,
        };
        Error::io("openssl")(error)
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("it gives no reason").to_owned();
        return Err(Error::io(place())(io::Error::other(said)));
    }
    String::from_utf8(output.stdout).map_err(|_| Error::malformed(place(), "its answer is not text"))
}

/// `+F:25:AES-256-GCM:5735710720.00`: the kind of line, a number, the cipher, bytes per second.
fn parse_cipher(text: &str) -> Result<f64> {
    let fields = fields(text, "+F")?;
    positive(fields.get(3))
}

/// `+F2:2:2048:3366.000000:62209.090909`: the kind of line, a number, bits, signatures and checks per second.
fn parse_rsa(text: &str, bits: u32) -> Result<RsaSpeed> {
    let fields = fields(text, "+F2")?;
    if fields.get(2).and_then(|field| field.parse().ok()) != Some(bits) {
        return Err(Error::malformed("openssl speed", "it speaks of another size of key"));
    }
    Ok(RsaSpeed { private: positive(fields.get(3))?, public: positive(fields.get(4))? })
}

fn fields<'a>(text: &'a str, kind: &str) -> Result<Vec<&'a str>> {
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines
        .find(|fields| fields[0] == kind)
        .ok_or_else(|| Error::malformed("openssl speed", format!("there is no line {kind} in its answer")))
}

fn positive(field: Option<&&str>) -> Result<f64> {
    let number = field.and_then(|field| field.trim().parse::<f64>().ok()).filter(|number| number.is_finite());
    number
        .filter(|number| *number > 0.0)
        .ok_or_else(|| Error::malformed("openssl speed", "there is no figure in its answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ciphers_are_read() {
        for (text, expect) in [
            ("+H:1048576\n+F:25:AES-256-GCM:5735710720.00\n", Some(5_735_710_720.0)),
            ("+H:16384\n+F:25:ChaCha20-Poly1305:3740794880.00\n", Some(3_740_794_880.0)),
            ("+H:16384\n", None),
            ("", None),
            ("+F:25:AES-256-GCM\n", None),
            ("+F:25:AES-256-GCM:\n", None),
            ("+F:25:AES-256-GCM:0.00\n", None),
            ("+F:25:AES-256-GCM:inf\n", None),
            ("+F2:2:2048:3366.000000:62209.090909\n", None),
        ] {
            let is = parse_cipher(text);
            assert_eq!(is.as_ref().ok().copied(), expect, "{text}");
            assert!(is.is_ok() || is.is_err_and(|error| error.exit_code() == 4), "{text}");
        }
    }

    #[test]
    fn lines_of_rsa_are_read() {
        let speed = RsaSpeed { private: 3366.0, public: 62_209.090_909 };
        for (text, bits, expect) in [
            ("+F2:2:2048:3366.000000:62209.090909\n", 2048, Some(speed)),
            ("+DTP:2048:private:rsa:1\n+F2:2:2048:3366.000000:62209.090909\n", 2048, Some(speed)),
            ("+F2:2:2048:3366.000000:62209.090909\n", 4096, None),
            ("+F2:2:2048:3366.000000\n", 2048, None),
            ("+F4:3:256:48911.000000:15487.000000\n", 256, None),
        ] {
            assert_eq!(parse_rsa(text, bits).ok(), expect, "{text}");
        }
    }
}
