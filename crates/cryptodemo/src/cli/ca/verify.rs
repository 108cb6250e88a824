//! `cryptodemo ca verify`.

use std::path::PathBuf;

use super::files;
use crate::Result;
use crate::certificates::{Description, verify};
use crate::cli::{Output, output::Style};

/// Arguments of `cryptodemo ca verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server's certificate, and those of intermediate authorities after it
    certificate: PathBuf,
    /// Certificates of the authorities to believe
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// The name that the certificate must be for
    #[arg(long, value_name = "HOST")]
    name: String,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let chain = files::certificates(&arguments.certificate)?;
    let trusted = files::certificates(&arguments.ca)?;
    let said = Description::of(&arguments.certificate.display().to_string(), &chain[0])?;
    let trusted: Vec<&[u8]> = trusted.iter().map(Vec::as_slice).collect();
    let intermediates: Vec<&[u8]> = chain[1..].iter().map(Vec::as_slice).collect();
    let outcome = verify(&chain[0], &intermediates, &trusted, &arguments.name, crate::time::wall());
    if output.is_json() {
        output.json(&serde_json::json!({
            "accepted": outcome.is_ok(),
            "refusal": outcome.err(),
            "subject": said.subject,
            "issuer": said.issuer,
            "name": arguments.name,
        }))?;
    }
    outcome.map_err(|refusal| refusal.error())?;
    if !output.is_json() {
        let name = &arguments.name;
        output.line(format!(
            "{}: this key belongs to {name}, says {}",
            output.style(Style::Good, "accepted"),
            said.issuer
        ))?;
        output.line("signature  made with the authority's key; a CA signs, it does not encrypt")?;
        output.line(format!("dates      {} to {}", said.not_before, said.not_after))?;
        output.line(format!("name       {name} is among its names"))?;
    }
    Ok(())
}
