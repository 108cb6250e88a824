//! Log lines go to standard error: names at DEBUG at most, single packets at TRACE.

use tracing::level_filters::LevelFilter;

use crate::render::Palette;
use crate::terminal;

/// From now on, what is at least as important as `level` is logged.
pub(crate) fn start(level: LevelFilter) {
    let colours = terminal::log_palette() == Palette::Ansi;
    tracing_subscriber::fmt().with_max_level(level).with_ansi(colours).with_writer(std::io::stderr).init();
}
