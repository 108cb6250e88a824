//! The habits of servers and the ways to sign zones, in words.

use lab::{
    Behaviour, CaseHabit, Conduct, CookieHabit, EdnsHabit, Flaw, Forgery, NonTerminalHabit, Signing, SigningAlgorithm,
    Tampering, TamperingKind, TcpHabit, UdpHabit,
};

use super::lines::Words;

/// Words for what a server makes of a question.
const CONDUCTS: &[(&str, Conduct)] = &[
    ("dead", Conduct::Dead),
    ("refuses", Conduct::Refuses),
    ("servfail", Conduct::ServFail),
    ("notimp", Conduct::NotImp),
    ("formerr", Conduct::FormErr),
    ("empty", Conduct::Empty),
    ("upward", Conduct::Upward),
    ("self-referral", Conduct::SelfReferral),
    ("non-authoritative", Conduct::NonAuthoritative),
];

const EDNS: &[(&str, EdnsHabit)] = &[
    ("edns-ignores", EdnsHabit::Ignores),
    ("edns-formerr", EdnsHabit::FormErr),
    ("edns-notimp", EdnsHabit::NotImp),
    ("edns-silent", EdnsHabit::Silent),
    ("edns-badvers", EdnsHabit::BadVers),
];

const COOKIES: &[(&str, CookieHabit)] =
    &[("cookie-gives", CookieHabit::Gives), ("cookie-demands", CookieHabit::Demands)];

const TCP: &[(&str, TcpHabit)] = &[
    ("tcp-refuses", TcpHabit::Refuses),
    ("tcp-silent", TcpHabit::Silent),
    ("tcp-closes", TcpHabit::Closes),
    ("tcp-truncates", TcpHabit::Truncates),
    ("tcp-drips", TcpHabit::Drips),
];

const FORGERIES: &[(&str, Forgery)] = &[
    ("address", Forgery::Address),
    ("port", Forgery::Port),
    ("question", Forgery::Question),
    ("case", Forgery::Case),
    ("query", Forgery::Query),
    ("garbage", Forgery::Garbage),
];

const TAMPERINGS: &[(&str, TamperingKind)] = &[
    ("drop-signatures", TamperingKind::DropSignatures),
    ("change-data", TamperingKind::ChangeData),
    ("swap-key", TamperingKind::SwapKey),
    ("add-key", TamperingKind::AddKey),
    ("move-denial", TamperingKind::MoveDenial),
    ("forge-denial", TamperingKind::ForgeDenial),
    ("replay-wildcard", TamperingKind::ReplayWildcard),
    ("strip-ds", TamperingKind::StripDs),
    ("deny-ds-by-child", TamperingKind::DenyDsByChild),
    ("add-signature", TamperingKind::AddSignature),
];

const FLAWS: &[(&str, Flaw)] = &[
    ("expired", Flaw::Expired),
    ("not-yet-valid", Flaw::NotYetValid),
    ("bad-signatures", Flaw::BadSignatures),
    ("no-signatures", Flaw::NoSignatures),
    ("no-keys", Flaw::NoKeys),
    ("wrong-ds-digest", Flaw::WrongDsDigest),
    ("no-denial", Flaw::NoDenial),
    ("key-tag-collisions", Flaw::KeyTagCollisions),
    ("key-trap", Flaw::KeyTrap),
    ("many-signatures", Flaw::ManySignatures),
    ("wrong-signer", Flaw::WrongSigner),
    ("wrong-labels", Flaw::WrongLabels),
    ("too-few-labels", Flaw::TooFewLabels),
    ("hides-ds", Flaw::HidesDs),
    ("next-name-outside", Flaw::NextNameOutside),
    ("no-wildcard-proof", Flaw::NoWildcardProof),
    ("replays-wildcard", Flaw::ReplaysWildcard),
];

/// Reads the habits of a server; `None` is a server without any, which heals.
pub(super) fn habits(words: &mut Words) -> Result<Option<Behaviour>, String> {
    if words.take("normal") {
        return words.end().map(|()| None);
    }
    let mut behaviour = Behaviour::normal();
    while let Some(word) = words.next() {
        habit(&word.text, words, &mut behaviour)?;
    }
    Ok(Some(behaviour))
}

fn habit(word: &str, words: &mut Words, behaviour: &mut Behaviour) -> Result<(), String> {
    let found = find(CONDUCTS, word).map(|conduct| behaviour.conduct = conduct);
    let found = found.or_else(|| find(EDNS, word).map(|habit| behaviour.edns = habit));
    let found = found.or_else(|| find(COOKIES, word).map(|habit| behaviour.cookies = habit));
    if found.or_else(|| find(TCP, word).map(|habit| behaviour.tcp = habit)).is_some() {
        return Ok(());
    }
    match word {
        "sideways" => behaviour.conduct = Conduct::Sideways(words.name("the zone referred to")?),
        "wrong-zone" => behaviour.conduct = Conduct::WrongZone(words.name("the zone that it speaks for")?),
        "truncates" => behaviour.udp = UdpHabit::Truncates,
        "lowers-case" => behaviour.case = CaseHabit::Lowers,
        "denies-nonterminals" => behaviour.nonterminals = NonTerminalHabit::NxDomain,
        "delay" => behaviour.delay = words.duration()?,
        "forges" => behaviour.forgeries.push(forgery(words)?),
        "tampers" => behaviour.tampering = Some(tampering(words)?),
        other => return Err(format!("{other} is no habit of a server; docs/scenarios.md lists them")),
    }
    Ok(())
}

fn forgery(words: &mut Words) -> Result<Forgery, String> {
    let kind = words.expect("what is wrong with the forged replies")?;
    if kind == "id" {
        return words.number("a number of replies").map(Forgery::Id);
    }
    find(FORGERIES, &kind).ok_or_else(|| wrong(&kind, "kind of forgery", FORGERIES))
}

fn tampering(words: &mut Words) -> Result<Tampering, String> {
    let zone = words.name("the zone that is tampered with")?;
    let kind = words.expect("the kind of tampering")?;
    let kind = find(TAMPERINGS, &kind).ok_or_else(|| wrong(&kind, "kind of tampering", TAMPERINGS))?;
    Ok(Tampering { zone, kind })
}

/// Reads how a zone is signed: ECDSA, NSEC and one key unless words say otherwise.
pub(super) fn signing(words: &mut Words) -> Result<Signing, String> {
    let mut how = Signing::with(SigningAlgorithm::EcdsaP256);
    while let Some(word) = words.next() {
        how = match word.text.as_str() {
            "nsec3" => how.nsec3(b"", 0),
            "iterations" => how.nsec3(b"", words.number("a number of iterations")?),
            "opt-out" => how.opt_out(),
            "split" => how.split(),
            "island" => how.island(),
            "anchored" => how.anchored(),
            flaw => {
                let flaw = find(FLAWS, flaw).ok_or_else(|| wrong(flaw, "way to sign", FLAWS))?;
                how.flawed(flaw)
            }
        };
    }
    Ok(how)
}

fn find<T: Clone>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| value.clone())
}

fn wrong<T>(word: &str, what: &str, table: &[(&str, T)]) -> String {
    let known: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    format!("{word} is no {what}; known are {}", known.join(", "))
}
