//! `cryptodemo attack`: each attack told step by step.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::Output;
use super::output::Style;
use crate::attack::picture::{self, Panel, Picture};
use crate::attack::{Fact, Step, Story, cbc_bitflip, ecb, mitm, nonce_reuse, padding_oracle, textbook_rsa};
use crate::error::Error;
use crate::{Result, files};

/// Arguments of `cryptodemo attack`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const HELP: &str = "\
Each attack makes fresh keys, is really carried out in this process, and is then
tried against what prevents it. Exit code 3 if the attack fails or the
prevention does not hold. The attacker's code gets neither key nor message.

Examples:
  cryptodemo attack nonce-reuse --message \"meet me at the old bridge\"
  cryptodemo attack ecb --message \"the password is swordfish\"
  cryptodemo attack ecb --mode plain,ecb,gcm --out padlock.png
  cryptodemo attack ecb --in padlock.png --out again.png
  cryptodemo attack cbc-bitflip
  cryptodemo attack padding-oracle --message \"the code is 4711\"
  cryptodemo attack textbook-rsa --json
  cryptodemo attack mitm --message \"pay Bob 10\" --instead \"pay Eve 99\"";

#[derive(Debug, Subcommand)]
enum Command {
    /// ECB shows equal blocks: a secret read byte by byte, or a picture
    Ecb(EcbArguments),
    /// One nonce for two messages of AES-GCM: the message is read, another forged
    NonceReuse {
        /// The message that the attacker does not know
        #[arg(long, value_name = "TEXT", default_value = "meet me at the old bridge, half past nine")]
        message: String,
    },
    /// CBC without authentication: a cookie changed without the key
    CbcBitflip,
    /// CBC and a server that says "padding wrong": a message decrypted without the key
    PaddingOracle {
        /// The message that the attacker does not know
        #[arg(long, value_name = "TEXT", default_value = "the code for the door is 4711")]
        message: String,
    },
    /// RSA without padding: guessed, changed, and undone by a cube root
    TextbookRsa {
        /// The short message that the attacker does not know, at most 42 bytes
        #[arg(long, value_name = "TEXT", default_value = "attack at dawn")]
        message: String,
    },
    /// A key exchange without signatures: read and changed by the one in the middle
    Mitm {
        /// The message that A sends
        #[arg(long, value_name = "TEXT", default_value = "pay Bob 10 euros")]
        message: String,
        /// The message that B gets
        #[arg(long, value_name = "TEXT", default_value = "pay Eve 99 euros")]
        instead: String,
    },
}

#[derive(Debug, clap::Args)]
struct EcbArguments {
    /// The secret that the attacker does not know
    #[arg(long, value_name = "TEXT", default_value = "the password is swordfish", conflicts_with = "out")]
    message: String,
    /// PNG whose pixels are encrypted; without it a drawn padlock
    #[arg(long = "in", value_name = "FILE", requires = "out")]
    input: Option<PathBuf>,
    /// PNG to write, with the encrypted pixels; "-" is standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What stands beside each other in that PNG, separated by commas
    #[arg(long, value_name = "MODE", value_delimiter = ',', default_value = "ecb", requires = "out")]
    mode: Vec<Panel>,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let story = match arguments.command {
        Command::Ecb(EcbArguments { input, out: Some(out), mode, .. }) => {
            return draw(input.as_deref(), &out, &mode, output);
        }
        Command::Ecb(EcbArguments { message, .. }) => ecb::demonstrate(checked(&message, ecb::MAX_MESSAGE)?)?,
        Command::NonceReuse { message } => nonce_reuse::demonstrate(checked(&message, nonce_reuse::MAX_MESSAGE)?)?,
        Command::CbcBitflip => cbc_bitflip::demonstrate()?,
        Command::PaddingOracle { message } => {
            padding_oracle::demonstrate(checked(&message, padding_oracle::MAX_MESSAGE)?)?
        }
        Command::TextbookRsa { message } => textbook_rsa::demonstrate(checked(&message, textbook_rsa::MAX_MESSAGE)?)?,
        Command::Mitm { message, instead } => {
            mitm::demonstrate(checked(&message, mitm::MAX_MESSAGE)?, checked(&instead, mitm::MAX_MESSAGE)?)?
        }
    };
    tell(&story, output)?;
    story.verdict()
}

fn checked(message: &str, max: usize) -> Result<&[u8]> {
    if (1..=max).contains(&message.len()) {
        Ok(message.as_bytes())
    } else {
        Err(Error::Usage(format!("the message has {} bytes; this attack takes 1 to {max}", message.len())))
    }
}

fn tell(story: &Story, output: &Output) -> Result<()> {
    if output.is_json() {
        return output.json(story);
    }
    output.line(output.style(Style::Heading, &format!("{}: {}", story.attack, story.title)))?;
    output.line("")?;
    steps(&story.steps, 1, output)?;
    let verdict = if story.succeeded { "The attack succeeded." } else { "The attack did not succeed." };
    output.line(output.style(Style::Bad, verdict))?;
    output.line("")?;
    output.line(output.style(Style::Heading, "What prevents it"))?;
    for line in wrap(story.prevention, output.width()) {
        output.line(line)?;
    }
    output.line("")?;
    steps(&story.prevention_steps, story.steps.len() + 1, output)?;
    if story.prevented {
        output.line(output.style(Style::Good, "The prevention held."))
    } else {
        output.line(output.style(Style::Bad, "The prevention did not hold."))
    }
}

fn steps(steps: &[Step], first: usize, output: &Output) -> Result<()> {
    for (number, step) in (first..).zip(steps) {
        let prefix = format!("{number}. ");
        let indent = " ".repeat(prefix.len());
        for (i, line) in wrap(&step.text, output.width() - prefix.len()).iter().enumerate() {
            output.line(format!("{}{line}", if i == 0 { &prefix } else { &indent }))?;
        }
        for Fact { name, value } in &step.facts {
            let lines = wrap(value, output.width() - indent.len() - name.len() - 4);
            let hanging = " ".repeat(name.len() + 2);
            for (i, line) in lines.iter().enumerate() {
                let name = if i == 0 { output.style(Style::Faint, &format!("{name}: ")) } else { hanging.clone() };
                output.line(format!("{indent}  {name}{line}"))?;
            }
        }
        output.line("")?;
    }
    Ok(())
}

/// Lines of at most `width` characters, broken at spaces, or within words that are longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last_mut().expect("there is always one");
            let taken = line.chars().count();
            let space = usize::from(taken > 0);
            if taken + space + word.len() <= width {
                line.extend(std::iter::repeat_n(' ', space).chain(word));
                break;
            }
            if taken > 0 {
                lines.push(String::new());
                continue;
            }
            line.extend(word.drain(..width));
            lines.push(String::new());
        }
    }
    lines
}

/// What became of a picture, for `--json`.
#[derive(Debug, Serialize)]
struct Drawn {
    output: PathBuf,
    width: u32,
    height: u32,
    panels: Vec<DrawnPanel>,
}

#[derive(Debug, Serialize)]
struct DrawnPanel {
    mode: Panel,
    blocks: usize,
    repeated_blocks: usize,
}

fn draw(input: Option<&Path>, out: &Path, modes: &[Panel], output: &Output) -> Result<()> {
    if files::is_standard_stream(out) && output.is_json() {
        return Err(Error::Usage("--json and the picture cannot share standard output: name a file".to_owned()));
    }
    /// A file of the most pixels is smaller, unless it was made to be large.
    const MAX_FILE: u64 = 256 << 20;
    let picture = match input {
        None => Picture::padlock(),
        Some(path) => Picture::decode(&path.display().to_string(), &files::read(path, MAX_FILE)?)?,
    };
    if u64::from(picture.width()) * u64::from(picture.height()) * modes.len() as u64 > picture::MAX_PIXELS {
        let most = picture::MAX_PIXELS;
        return Err(Error::Usage(format!("the panels together have more than {most} pixels: name fewer in --mode")));
    }
    let mut panels = Vec::new();
    let mut pictures = Vec::new();
    for mode in modes {
        let pixels = mode.apply(picture.pixels())?;
        let (blocks, repeated_blocks) = picture::repeated_blocks(&pixels);
        panels.push(DrawnPanel { mode: *mode, blocks, repeated_blocks });
        pictures.push(picture.with_pixels(pixels));
    }
    let whole = Picture::beside(&pictures)?;
    files::write(out, &whole.encode())?;
    if output.is_json() {
        return output.json(&Drawn { output: out.to_owned(), width: whole.width(), height: whole.height(), panels });
    }
    if files::is_standard_stream(out) {
        return Ok(());
    }
    output.line(format!("{}: {} x {} pixels", out.display(), whole.width(), whole.height()))?;
    for DrawnPanel { mode, blocks, repeated_blocks } in panels {
        let name = format!("{mode:?}").to_lowercase();
        output.line(format!("  {name:<6} {blocks} blocks of 16 bytes, {repeated_blocks} of them seen before"))?;
    }
    output.line("A block seen before tells that the pixels there are the same: so the outline")?;
    output.line("shows through ECB.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_within_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 10), [""]);
        for width in 1..30 {
            let text = "a line with an extraordinarily long word in its middle";
            let lines = wrap(text, width);
            assert!(lines.iter().all(|line| line.chars().count() <= width));
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
