//! The exchange of the notes as it is printed.

use super::layout::{heading, share, time, wrapped};
use crate::cli::Output;
use crate::cli::output::Style;
use crate::exchange::{Exchange, NAME, Settings, Step};
use crate::report;

/// Before the first step.
pub(super) fn opening(output: &Output, settings: &Settings) -> Vec<String> {
    let mut lines = vec![output.style(Style::Heading, "The exchange of the notes, live")];
    let text = format!(
        "A wants to tell {NAME}, that is B, {} in secret. A encrypts a symmetric key with B's public key, B opens it with \
         its private key, then both talk symmetric.",
        report::size(settings.message.len() as u64)
    );
    lines.extend(wrapped(output, "", &text));
    lines.push(String::new());
    lines.push(format!("{:>3} {:<5} {:<42} {:>10} {:>9}", "", "who", "what", "sends", "time"));
    lines
}

/// One step and what is to be said about it.
pub(super) fn step(output: &Output, step: &Step) -> Vec<String> {
    let number = if step.counted { step.number.to_string() } else { "-".to_owned() };
    let sent = step.sent_bytes.map_or_else(String::new, report::size);
    let took = if step.counted { time(step.time_ns) } else { format!("({})", time(step.time_ns)) };
    let who = who(step);
    let mut lines = vec![format!("{number:>3} {who:<5} {:<42} {sent:>10} {took:>9}", step.what)];
    for (name, text) in &step.details {
        let first = if name.is_empty() { " ".repeat(10) } else { format!("{:10}{name:<9} ", "") };
        lines.extend(wrapped(output, &first, text));
    }
    for (name, hex) in &step.secrets {
        lines.extend(wrapped(output, &format!("{:10}", ""), &format!("{name} (secret!) {hex}")));
    }
    lines
}

fn who(step: &Step) -> String {
    match step.sent_bytes {
        None => step.who.name().to_owned(),
        Some(_) if step.who.name() == "A" => "A → B".to_owned(),
        Some(_) => "B → A".to_owned(),
    }
}

/// After the last step: where the time and the bytes went.
pub(super) fn summary(output: &Output, exchange: &Exchange) -> Vec<String> {
    let mut lines = wrapped(
        output,
        "    ",
        "Each direction has a key and nonces of its own: a nonce used twice with one key gives GCM away, and neither side \
         can know what the other has used; nor can a record be sent back to its sender as if it were an answer.",
    );
    lines.extend(heading(output, "Where the time and the bytes went"));
    let counted = || exchange.steps.iter().filter(|step| step.counted);
    let most_time = counted().map(|step| step.time_ns).max().unwrap_or(0);
    let most_bytes = counted().filter_map(|step| step.sent_bytes).max().unwrap_or(0);
    for step in counted() {
        let bytes = step.sent_bytes.unwrap_or(0);
        let time_bar = report::bar(share(step.time_ns, most_time), 16);
        let byte_bar = report::bar(share(bytes, most_bytes), 12);
        let sent = step.sent_bytes.map_or_else(String::new, report::size);
        let (number, who, name, took) = (step.number, who(step), step.name, time(step.time_ns));
        let line = format!("{number:>3} {who:<5} {name:<16} {took:>9} {time_bar:<16} {sent:>10} {byte_bar}");
        lines.push(line.trim_end().to_owned());
    }
    lines.push(format!(
        "{:>3} {:<5} {:<16} {:>9} {:16} {:>10}",
        "",
        "",
        "total",
        time(exchange.total_ns),
        "",
        report::size(exchange.wire_bytes)
    ));
    let text = format!(
        "On the wire: {} bytes, of which {} set the session up and the rest are records. Bars are linear; the smallest \
         mark is one. One exchange was run before, unseen, so that no step pays for a cold start.",
        exchange.wire_bytes, exchange.handshake_bytes
    );
    lines.extend(wrapped(output, "    ", &text));
    lines
}
