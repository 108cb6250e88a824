//! How the tree looks: colours or none, tree characters or ASCII, and how wide.

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Palette {
    /// None.
    Plain,
    /// Those of a terminal.
    Ansi,
}

/// Characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// `├─ │ └─ → …`
    Unicode,
    /// `|- | '- -> ...`
    Ascii,
}

/// How the tree looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Colours.
    pub(crate) palette: Palette,
    /// Characters.
    pub(crate) charset: Charset,
}

/// What a piece of text means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// What the line is about.
    Strong,
    /// A step forward.
    Good,
    /// A detour, or an answer that is no data.
    Odd,
    /// A failure.
    Bad,
    /// From memory.
    Memory,
    /// Of minor interest.
    Faint,
}

impl Style {
    /// `text` in the colour of its role.
    pub(crate) fn paint(self, role: Role, text: &str) -> String {
        let code = match role {
            Role::Strong => "1",
            Role::Good => "32",
            Role::Odd => "33",
            Role::Bad => "31",
            Role::Memory => "36",
            Role::Faint => "2",
        };
        match self.palette {
            Palette::Ansi if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            Palette::Ansi | Palette::Plain => text.to_owned(),
        }
    }

    /// Before a step that others follow.
    pub(crate) fn branch(self) -> &'static str {
        self.choose("├─ ", "|- ")
    }

    /// Before the last step.
    pub(crate) fn end(self) -> &'static str {
        self.choose("└─ ", "'- ")
    }

    /// Beside steps further in.
    pub(crate) fn trunk(self) -> &'static str {
        self.choose("│  ", "|  ")
    }

    /// Between an alias and its target.
    pub(crate) fn arrow(self) -> &'static str {
        self.choose("→", "->")
    }

    /// For what is left out.
    pub(crate) fn ellipsis(self) -> &'static str {
        self.choose("…", "...")
    }

    /// Before what was thrown away.
    pub(crate) fn cross(self) -> &'static str {
        self.choose("✗", "x")
    }

    /// Between facts.
    pub(crate) fn dot(self) -> &'static str {
        self.choose(" · ", ", ")
    }

    fn choose(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.charset {
            Charset::Unicode => unicode,
            Charset::Ascii => ascii,
        }
    }
}

/// Text that came over the network, without what a terminal would obey or be fooled by.
pub(crate) fn clean(text: &str) -> String {
    let bad = |c: char| {
        c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if bad(c) { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_network_reaches_the_terminal_as_a_command() {
        assert_eq!(clean("a\x1b[2Jb\u{202E}c\r\n\u{9b}"), "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}\u{FFFD}\u{FFFD}");
        assert_eq!(clean("naïve · …"), "naïve · …");
    }

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        let style = |palette| Style { palette, charset: Charset::Ascii };
        assert_eq!(style(Palette::Plain).paint(Role::Bad, "x"), "x");
        assert_eq!(style(Palette::Ansi).paint(Role::Bad, "x"), "\x1b[31mx\x1b[0m");
    }
}
