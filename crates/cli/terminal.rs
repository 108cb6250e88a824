//! What the terminal can show, and writing to it.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use crate::args::Color;
use crate::render::{Charset, Palette, Style};

/// How to draw on standard output.
pub(crate) fn style(color: Color) -> Style {
    let palette = palette(color, Terminal { is_terminal: io::stdout().is_terminal(), no_color: no_color() });
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(std::env::var_os);
    Style { palette, charset: charset(&locale) }
}

/// Whether standard error is a terminal that wants colours.
pub(crate) fn log_palette() -> Palette {
    palette(Color::Auto, Terminal { is_terminal: io::stderr().is_terminal(), no_color: no_color() })
}

/// Writes to standard output at once.
///
/// # Errors
/// When it cannot be written to; a reader that has left (`| head`) ends the process as it ends others.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Says something to the user beside the output proper; nobody has to listen.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

struct Terminal {
    is_terminal: bool,
    no_color: bool,
}

/// Set to anything but nothing, it stands for no colours by default (no-color.org).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn palette(color: Color, terminal: Terminal) -> Palette {
    match color {
        Color::Always => Palette::Ansi,
        Color::Auto if terminal.is_terminal && !terminal.no_color => Palette::Ansi,
        Color::Auto | Color::Never => Palette::Plain,
    }
}

/// The first of LC_ALL, LC_CTYPE and LANG that is set decides (POSIX); nothing set means the plain C locale.
fn charset(locale: &[Option<OsString>]) -> Charset {
    let name = locale.iter().flatten().find(|name| !name.is_empty());
    let name = name.map(|name| name.to_string_lossy().to_ascii_uppercase()).unwrap_or_default();
    if name.contains("UTF-8") || name.contains("UTF8") { Charset::Unicode } else { Charset::Ascii }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_need_a_terminal_unless_demanded() {
        for (color, is_terminal, no_color, expected) in [
            (Color::Auto, true, false, Palette::Ansi),
            (Color::Auto, false, false, Palette::Plain),
            (Color::Auto, true, true, Palette::Plain),
            (Color::Always, false, true, Palette::Ansi),
            (Color::Never, true, false, Palette::Plain),
        ] {
            assert_eq!(palette(color, Terminal { is_terminal, no_color }), expected, "{color:?}");
        }
    }

    #[test]
    fn tree_characters_need_a_utf8_locale() {
        let locale = |names: [&str; 3]| charset(&names.map(|name| Some(OsString::from(name))));
        assert_eq!(locale(["", "", "de_DE.UTF-8"]), Charset::Unicode);
        assert_eq!(locale(["C.utf8", "", "C"]), Charset::Unicode);
        assert_eq!(locale(["C", "", "en_US.UTF-8"]), Charset::Ascii);
        assert_eq!(charset(&[None, None, None]), Charset::Ascii);
    }
}
