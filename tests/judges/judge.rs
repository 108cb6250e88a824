//! The judges, what they say, and where they may differ from us.

use std::io::Write;
use std::process::{Command, Stdio};

use proto::{Name, Question};

use crate::court::Court;

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Judge {
    Delv,
    UnboundHost,
    Kdig,
}

/// What a judge says, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It had nothing to judge.
    Nothing,
    /// An answer that does not stand the check.
    Bogus,
    /// An answer that is provenly outside of every chain.
    Insecure,
    /// A chain of signatures leads to it.
    Secure,
}

use Verdict::{Bogus, Insecure, Nothing, Secure};

/// Who validates before the judge's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checking {
    /// We, and the judge validates what we let pass.
    ByUsToo,
    /// The judge alone, of those that validate.
    ByTheJudge,
}

/// Where a judge may say something else than we: judge, ending of the name, its verdict, and why both are right.
const DIFFERENCES: &[(Judge, &str, Verdict, &str)] = &[
    (Judge::Delv, "nsec3-100.museum.rootwalk.net.", Secure, ITERATIONS),
    (Judge::UnboundHost, "nsec3-100.museum.rootwalk.net.", Secure, ITERATIONS),
    (Judge::Delv, "key-tags.museum.rootwalk.net.", Secure, TAGS),
    (Judge::UnboundHost, "key-tags.museum.rootwalk.net.", Secure, TAGS),
    (Judge::UnboundHost, "revoked.museum.rootwalk.net.", Secure, REVOKED),
];

const ITERATIONS: &str = "RFC 9276 section 3.2 lets each validator choose its limit; ours is 50, theirs 150";
const TAGS: &str = "KeyTrap has no RFC; they try several keys of one tag and one of these fits, we give up at three";
const REVOKED: &str =
    "it heeds the bit in trust anchors only; RFC 5011 section 2.1 forbids to validate by a revoked key";

/// What must be said of pieces of the museum that are wrong in a way that has a name everywhere: zone, `delv`, `unbound-host`.
pub(crate) const REASONS: &[(&str, &str, &str)] = &[
    ("expired", "RRSIG has expired", "signature expired"),
    ("key-expired", "RRSIG has expired", "signature expired"),
    ("future", "RRSIG validity period has not begun", "signature before inception date"),
    ("bad-signature", "RRSIG failed to verify", "signature verification failed"),
    ("no-signature", "no valid RRSIG", "no signatures"),
    ("no-denial", "no valid RRSIG", "no DNSSEC records"),
];

/// Whether a judge may say that of a name although we do not.
pub(crate) fn may_differ(judge: Judge, name: &Name, verdict: Verdict) -> bool {
    let text = name.to_string();
    DIFFERENCES.iter().any(|(who, ending, what, _)| *who == judge && text.ends_with(ending) && *what == verdict)
}

impl Judge {
    pub(crate) const ALL: [Self; 3] = [Self::Delv, Self::UnboundHost, Self::Kdig];

    fn command(self) -> &'static str {
        match self {
            Self::Delv => "delv",
            Self::UnboundHost => "unbound-host",
            Self::Kdig => "kdig",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Delv => "bind9-dnsutils",
            Self::UnboundHost => "unbound-host",
            Self::Kdig => "knot-dnsutils",
        }
    }

    /// Whether it can be run; says loudly if not.
    pub(crate) fn is_here(self) -> bool {
        let (command, package) = (self.command(), self.package());
        let here = Command::new(command).arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
        if !here {
            // Past the capture of the test harness, so that it is seen although the test passes.
            let text = format!("\nNO VERDICT OF {command}: it is not installed (Debian: {package})\n\n");
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        here
    }

    /// Asks it; with its words.
    pub(crate) fn ask(self, court: &Court, question: &Question, checking: Checking) -> (Verdict, String) {
        let (name, rtype) = (question.name.to_string(), question.rtype.to_string());
        let (at, port) = (format!("@{}", court.address.ip()), court.address.port().to_string());
        let mut command = Command::new(self.command());
        match self {
            Self::Delv => {
                command.arg("-a").arg(court.delv_anchors()).args([&at, "-p", &port, "+root=."]);
                command.args((checking == Checking::ByTheJudge).then_some("+cd")).args([&name, &rtype]);
            }
            // It asks with CD always: what it says is its own verdict.
            Self::UnboundHost => {
                command.arg("-C").arg(court.unbound_config()).args(["-D", "-v", "-t", &rtype, &name]);
            }
            // What is not answered in two seconds comes with the next try.
            Self::Kdig => {
                command.args([&at, "-p", &port, "+dnssec", "+timeout=4", "+retry=4", &name, &rtype]);
            }
        }
        let output = command.stdin(Stdio::null()).output().expect("it was there a moment ago");
        let words = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (self.read(&words), words)
    }

    /// Its verdict: the worst that it says of any part.
    fn read(self, words: &str) -> Verdict {
        let meaning: &[(&str, Verdict)] = match self {
            Self::Delv => &[
                ("resolution failed: ncache", Secure), // another line says how the denial stands
                ("resolution failed: SERVFAIL", Nothing),
                ("resolution failed: timed out", Nothing),
                ("resolution failed", Bogus),
                ("unsigned answer", Insecure),
                ("fully validated", Secure),
            ],
            Self::UnboundHost => &[("(BOGUS", Bogus), ("(insecure)", Insecure), ("(secure)", Secure)],
            Self::Kdig => {
                &[("status: SERVFAIL", Bogus), ("Flags: qr rd ra ad;", Secure), ("Flags: qr rd ra;", Insecure)]
            }
        };
        let said = words.lines().filter_map(|line| meaning.iter().find(|(text, _)| line.contains(text)));
        said.map(|(_, verdict)| *verdict).min().unwrap_or(Nothing)
    }
}
