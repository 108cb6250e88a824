//! The museum: zones below `museum.rootwalk.net.`, most of them signed wrongly, each in one way; some healthy ones to compare.
//!
//! Every piece tells what to ask, what a validating resolver says, what is wrong, and how the owner of such a zone mends
//! it. `docs/failures.md` is made of it.

mod pieces;
mod zones;

use proto::{EdeCode, Name, Question, Rcode, RrType};

use crate::embedded::name;
pub(crate) use zones::add;

/// The zone that delegates all others.
const PARENT: &str = "museum.rootwalk.net.";

/// How an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A chain of signatures leads to it: AD is set.
    Secure,
    /// It is provenly outside of every chain: no AD.
    Insecure,
    /// It should be signed and is not, or wrongly: SERVFAIL, unless the client checks by itself (CD).
    Bogus,
}

/// One zone of the museum, and what to ask it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuseumPiece {
    /// The zone that is signed wrongly.
    pub zone: Name,
    /// What to ask.
    pub ask: Question,
    /// How the answer stands.
    pub standing: Standing,
    /// The response code of a validating resolver.
    pub rcode: Rcode,
    /// The response code with CD=1, when nothing is checked.
    pub rcode_unchecked: Rcode,
    /// The extended error (RFC 8914), if there is one.
    pub ede: Option<EdeCode>,
    /// Words that the text of the extended error has.
    pub phrase: &'static str,
    /// What is wrong, in a few words.
    pub wrong: &'static str,
    /// How the owner of such a zone mends it.
    pub mend: &'static str,
}

/// All pieces, healthy ones first.
pub fn museum() -> Vec<MuseumPiece> {
    let piece = |piece: &pieces::Piece| MuseumPiece {
        zone: name(&format!("{}.{PARENT}", piece.zone)),
        ask: Question::new(name(&format!("{}.{PARENT}", piece.ask)), RrType::A),
        standing: piece.standing,
        rcode: if piece.standing == Standing::Bogus { Rcode::SERVFAIL } else { piece.rcode },
        rcode_unchecked: piece.rcode,
        ede: piece.ede.map(|(code, _)| code),
        phrase: piece.ede.map_or("", |(_, phrase)| phrase),
        wrong: piece.wrong,
        mend: piece.mend,
    };
    pieces::PIECES.iter().map(piece).collect()
}
