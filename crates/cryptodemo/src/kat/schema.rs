//! The JSON of the files. Unknown fields are tolerated: the schemas of Wycheproof grow.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::Result;
use crate::error::Error;

/// What tells files apart.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) schema: Option<String>,
    pub(super) algorithm: Option<String>,
    #[serde(rename = "numberOfTests")]
    pub(super) number_of_tests: Option<usize>,
    /// Where OpenSSL's answers come from.
    pub(super) source: Option<String>,
}

#[derive(Deserialize)]
struct File<G, T> {
    #[serde(rename = "testGroups", bound(deserialize = "G: Deserialize<'de>, T: Deserialize<'de>"))]
    test_groups: Vec<Group<G, T>>,
}

/// Tests with something in common.
#[derive(Deserialize)]
#[serde(bound(deserialize = "G: Deserialize<'de>, T: Deserialize<'de>"))]
pub(super) struct Group<G, T> {
    /// What they have in common.
    #[serde(flatten)]
    pub(super) shared: G,
    pub(super) tests: Vec<Test<T>>,
}

/// A test of Wycheproof.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Test<T> {
    #[serde(flatten)]
    pub(super) common: Common,
    #[serde(flatten)]
    pub(super) inputs: T,
}

/// What every test has.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Common {
    #[serde(rename = "tcId")]
    pub(super) id: u32,
    #[serde(default)]
    pub(super) comment: String,
    pub(super) result: Verdict,
}

/// What a good implementation does with the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// It takes the input, and gives the answer of the file.
    Valid,
    /// It refuses the input.
    Invalid,
    /// It may refuse the input; if it does not, it gives the answer of the file.
    Acceptable,
}

/// For groups or tests of which nothing more is read.
#[derive(Deserialize)]
pub(super) struct NoFields {}

/// Bytes in hexadecimal digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hex(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let start: String = text.chars().take(20).collect();
        decode_hex(&text).map(Self).ok_or_else(|| D::Error::custom(format!("{start:?}… is not hexadecimal")))
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Reads JSON; `what` names the file in errors.
pub(super) fn read<T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| Error::malformed(what, format!("not the JSON expected: {error}")))
}

/// The groups of a file of Wycheproof.
pub(super) fn groups<G: DeserializeOwned, T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<Vec<Group<G, T>>> {
    Ok(read::<File<G, T>>(what, json)?.test_groups)
}

/// Turns each test of a file into a case.
pub(super) fn cases<G: DeserializeOwned, T: DeserializeOwned>(
    what: &str,
    json: &[u8],
    mut case: impl FnMut(&G, Common, T) -> super::Case,
) -> Result<Vec<super::Case>> {
    let mut cases = Vec::new();
    for group in groups::<G, T>(what, json)? {
        cases.extend(group.tests.into_iter().map(|test| case(&group.shared, test.common, test.inputs)));
    }
    Ok(cases)
}
