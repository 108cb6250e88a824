//! `cryptodemo ca show`.

use std::path::PathBuf;

use super::files;
use crate::Result;
use crate::certificates::Description;
use crate::cli::Output;

/// Arguments of `cryptodemo ca show`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Certificates, PEM or DER
    file: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let what = arguments.file.display().to_string();
    let all = files::certificates(&arguments.file)?
        .iter()
        .map(|der| Description::of(&what, der))
        .collect::<Result<Vec<_>>>()?;
    if output.is_json() {
        return output.json(&all);
    }
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            output.line("")?;
        }
        print(one, output)?;
    }
    Ok(())
}

fn print(certificate: &Description, output: &Output) -> Result<()> {
    let names: Vec<String> = certificate.names.iter().map(ToString::to_string).collect();
    let authority = match (certificate.is_authority, certificate.path_length) {
        (false, _) => "no, it may not sign certificates".to_owned(),
        (true, None) => "yes, it may sign certificates".to_owned(),
        (true, Some(0)) => "yes, it may sign certificates of servers, not of authorities".to_owned(),
        (true, Some(length)) => format!("yes, with at most {length} authorities below it"),
    };
    let issuer = if certificate.is_self_issued { " (itself)" } else { "" };
    let (first, second) = certificate.fingerprint_sha256.split_at(32);
    let lines = [
        ("subject", certificate.subject.clone()),
        ("issuer", format!("{}{issuer}", certificate.issuer)),
        ("valid from", certificate.not_before.clone()),
        ("valid until", certificate.not_after.clone()),
        ("names", names.join("\n")),
        ("key", certificate.key.clone()),
        ("key usage", certificate.key_usage.join(", ")),
        ("purpose", certificate.extended_key_usage.join(", ")),
        ("authority", authority),
        ("signed with", certificate.signature_algorithm.clone()),
        ("serial", certificate.serial.clone()),
        ("SHA-256", format!("{first}\n{second}")),
    ];
    for (label, text) in lines {
        for (at, part) in text.lines().enumerate() {
            output.line(format!("{:<12} {part}", if at == 0 { label } else { "" }))?;
        }
    }
    Ok(())
}
