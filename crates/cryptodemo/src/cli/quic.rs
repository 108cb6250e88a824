//! `cryptodemo quic`.

use std::time::Duration;

use super::table::{self, Align};
use super::{Output, quantity};
use crate::error::Error;
use crate::{Result, quic, report};

/// Arguments of `cryptodemo quic`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long each packet takes, each way: 50ms, 0ms
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = quantity::delay)]
    delay: Duration,
    /// What the client sends
    #[arg(long, value_name = "TEXT", default_value = "hello B, this is A")]
    message: String,
}

const EXAMPLES: &str = "\
Examples:
  cryptodemo quic
  cryptodemo quic --delay 20ms
  cryptodemo quic --delay 0ms --json";

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    if arguments.message.len() > 4096 {
        return Err(Error::Usage("the message may have 4096 bytes here".to_owned()));
    }
    let all = quic::compare(&arguments.message, arguments.delay)?;
    if output.is_json() {
        let delay_ms = arguments.delay.as_millis();
        return output.json(&serde_json::json!({ "delay_each_way_ms": delay_ms, "ways": all }));
    }
    output.line(format!(
        "Delay: {}. Times from the client's first packet.",
        if arguments.delay.is_zero() {
            "none".to_owned()
        } else {
            format!("{} each way", report::duration(arguments.delay))
        }
    ))?;
    output.line("")?;
    let mut rows =
        vec![["way", "request leaves", "trips", "answer here", "trips", "replay"].map(String::from).to_vec()];
    let trips = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let millis = |time: f64| report::duration(Duration::from_secs_f64(time / 1e3));
    rows.extend(all.iter().map(|it| {
        vec![
            it.way.to_owned(),
            millis(it.request_ms),
            trips(it.request_round_trips),
            millis(it.answer_ms),
            trips(it.answer_round_trips),
            if it.replayable { "possible" } else { "no" }.to_owned(),
        ]
    }));
    let columns = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Left];
    for line in table::lines(&columns, &rows) {
        output.line(line)?;
    }
    output.line("")?;
    output.line("Trips: measured time divided by two delays, rounded; TCP's own handshake counts.")?;
    output.warn("0-RTT data can be replayed; send only what may happen twice");
    Ok(())
}
