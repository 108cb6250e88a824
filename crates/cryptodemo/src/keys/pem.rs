//! PEM (RFC 7468): the labelled blocks of a file.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::{Error, Result, report};

/// One block: its label, and what its base64 holds.
pub(super) struct Block {
    /// Without control characters.
    pub(super) label: String,
    pub(super) der: Zeroizing<Vec<u8>>,
}

impl Block {
    /// Whether the block holds a private key in clear.
    pub(super) fn is_private(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The blocks of a file, or `None` if it is no PEM: it may be DER then.
///
/// # Errors
/// `Error::Malformed` for a block that is damaged or does not end; `Error::Key` if one is
/// encrypted.
pub(super) fn blocks(what: &str, bytes: &[u8]) -> Result<Option<Vec<Block>>> {
    if bytes.is_empty() {
        return Err(Error::malformed(what, "it is empty"));
    }
    if !bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes()) {
        return Ok(None);
    }
    let text = str::from_utf8(bytes).map_err(|_| Error::malformed(what, "a PEM file with bytes that are no text"))?;
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(label) = line.trim_end().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES)) {
            // Text around blocks explains them (RFC 7468 section 2).
            blocks.push(block(what, label, &mut lines)?);
        }
    }
    if blocks.is_empty() { Err(Error::malformed(what, "its line -----BEGIN is damaged")) } else { Ok(Some(blocks)) }
}

fn block(what: &str, label: &str, lines: &mut std::str::Lines<'_>) -> Result<Block> {
    // What errors call it; the labels known here have no control characters.
    let plain = report::plain(label);
    let mut base64 = Zeroizing::new(String::with_capacity(8192));
    for line in lines {
        let line = line.trim();
        if let Some(end) = line.strip_prefix(END) {
            if end.strip_suffix(DASHES) != Some(label) {
                return Err(Error::malformed(what, format!("-----BEGIN {plain}----- ends as something else")));
            }
            if label == "ENCRYPTED PRIVATE KEY" {
                return Err(encrypted(what));
            }
            let der = Base64::decode_vec(&base64)
                .map_err(|_| Error::malformed(what, format!("the base64 of its {plain} is damaged")))?;
            return Ok(Block { label: plain, der: Zeroizing::new(der) });
        }
        // Headers of RFC 1421, as OpenSSL writes them above keys that it encrypts in the old way.
        if line.starts_with("Proc-Type:") && line.ends_with("ENCRYPTED") {
            return Err(encrypted(what));
        }
        base64.push_str(line);
    }
    Err(Error::malformed(what, format!("it ends before -----END {plain}-----")))
}

/// The one answer to a key under a passphrase.
pub(super) fn encrypted(what: &str) -> Error {
    Error::Key(format!("{what}: the key is encrypted; decrypt it with `openssl pkey -in {what} -out plain.pem`"))
}

/// One block.
pub(super) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(Base64::encode_string(der));
    let mut text = Zeroizing::new(String::with_capacity(base64.len() + base64.len() / 64 + 2 * label.len() + 64));
    text.push_str(&format!("{BEGIN}{label}{DASHES}\n"));
    for line in base64.as_bytes().chunks(64) {
        text.push_str(str::from_utf8(line).expect("base64 is ASCII"));
        text.push('\n');
    }
    text.push_str(&format!("{END}{label}{DASHES}\n"));
    text
}
