//! What is printed about things that go wrong, and about the thief.

use super::layout::{heading, time, wrapped};
use crate::cli::Output;
use crate::cli::output::Style;
use crate::exchange::{Form, Loot, Middle, Report, Stage, Theft, Trial};

/// What happens when something is wrong.
pub(super) fn trials(output: &Output, trials: &[Trial]) -> Vec<String> {
    let mut lines = heading(output, "What if something is wrong? Each really tried");
    for trial in trials {
        lines.extend(one(output, trial));
    }
    lines
}

fn one(output: &Output, trial: &Trial) -> Vec<String> {
    let verdict = if trial.refused.is_some() { "refused " } else { "accepted" };
    let style = if trial.is_as_it_must() { Style::Good } else { Style::Bad };
    let mut lines = vec![format!("  {} {}", output.style(style, verdict), trial.what)];
    if let Some(refused) = &trial.refused {
        let text = format!("{}, {}: {}", refused.by.name(), stage(refused.at), refused.reason);
        lines.extend(wrapped(output, &" ".repeat(11), &text));
    }
    lines
}

const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Greeting => "at the beginning",
        Stage::Certificate => "checking the certificate",
        Stage::SendingKey => "sending the key",
        Stage::OpeningKey => "opening the key",
        Stage::Signature => "checking the signature",
        Stage::OpeningMessage => "opening the message",
    }
}

/// Somebody between A and B.
pub(super) fn middle(output: &Output, middle: &[Middle]) -> Vec<String> {
    let mut lines = heading(output, "A man in the middle, M, of the ephemeral exchange");
    for tried in middle {
        lines.push(format!("  {}", tried.form.name()));
        for trial in &tried.checked {
            lines.extend(one(output, trial));
        }
        let unchecked = &tried.unchecked;
        let text = match &unchecked.refused {
            Some(refused) => format!("the check of the signature he fails too: {}", refused.reason),
            None if unchecked.read && unchecked.unnoticed => format!(
                "the check of the signature, M reads all: \"{}\", passes it on, and neither A nor B notices",
                unchecked.preview
            ),
            None => "the check of the signature he read something else".to_owned(),
        };
        lines.extend(wrapped(output, "  without  ", &text));
    }
    lines
}

/// The private key is stolen afterwards.
pub(super) fn theft(output: &Output, theft: &Theft) -> Vec<String> {
    let mut lines = heading(output, "Later somebody steals B's private key. He has recorded everything");
    for loot in &theft.loot {
        lines.extend(wrapped(output, &format!("  {:<15} ", loot.form.name()), &found(loot)));
    }
    let text = if theft.impersonates {
        "What he gets from the key with the ephemeral forms is a signing key only: in a new session A took him for B. So the \
         certificate must be revoked; what was said before stays secret."
    } else {
        "In a new session A did not take him for B."
    };
    lines.extend(wrapped(output, "  ", text));
    lines
}

fn found(loot: &Loot) -> String {
    let records = loot.records;
    let tried = format!(
        "{} parts tried with RSA-OAEP, {} decrypted; {} tried on the first record.",
        loot.decryptions_tried,
        loot.decrypted,
        if loot.secrets_tried == 1 { "1 secret".to_owned() } else { format!("{} secrets", loot.secrets_tried) }
    );
    let recorded = format!("{} bytes recorded. {tried}", loot.recorded_bytes);
    if loot.messages_read == 0 {
        return format!("{recorded} NOTHING READ of {records} records: the secret is not in the recording.");
    }
    let equal = if loot.is_the_message { "equal to what A sent" } else { "not what A sent" };
    format!("{recorded} READ {} of {records} records. The first, {equal}: \"{}\"", loot.messages_read, loot.preview)
}

/// The last line.
pub(super) fn closing(output: &Output, report: &Report) -> Vec<String> {
    let keys = report.forms.iter().filter(|cost| cost.form != Form::RsaTransport && cost.forward_secret).count();
    let text = format!(
        "Symmetric for the messages, public key for the first key and for who is who; {keys} of {} forms keep the past \
         secret. All in {}, {} build, {}.",
        report.forms.len(),
        time(report.elapsed_ns),
        if report.optimized { "release" } else { "debug" },
        report.backend
    );
    std::iter::once(String::new()).chain(wrapped(output, "", &text)).collect()
}
