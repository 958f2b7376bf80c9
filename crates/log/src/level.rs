//! How important an event is.

use std::{error::Error, fmt, str::FromStr};

/// How important an event is.
///
/// Levels are ordered: `Debug < Info < Warn < Error`. An event may also have none: such an event
/// passes every [`Filter`](crate::Filter) that was not told to drop it.
///
/// ```
/// use oxkit_log::Level;
///
/// assert!(Level::Debug < Level::Info && Level::Warn < Level::Error);
/// assert_eq!(" WARN ".parse(), Ok(Level::Warn));
/// assert_eq!(Level::Warn.to_string(), "warn");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// For whoever is looking for a fault.
    Debug = 1,
    /// Something happened that is worth a line in production.
    Info = 2,
    /// Something is wrong, and it was dealt with.
    Warn = 3,
    /// Something is wrong, and somebody should look.
    Error = 4,
}

impl Level {
    /// Every level, least important first.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// The name as it is written in a line: `debug`, `info`, `warn` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = ParseLevelError;

    /// Reads a level's name. White space around it and its case do not matter.
    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|level| text.eq_ignore_ascii_case(level.name()))
            .ok_or(ParseLevelError)
    }
}

/// The error of parsing a [`Level`] or an [`Allow`](crate::Allow): the text names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseLevelError;

impl fmt::Display for ParseLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "invalid level string: expected debug, info, warn or error, or of a filter all or none",
        )
    }
}

impl Error for ParseLevelError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_whatever_its_case_and_the_space_around_it() {
        for level in Level::ALL {
            let name = level.name();
            for text in [name.to_owned(), name.to_uppercase(), format!("\t {name} \n")] {
                assert_eq!(text.parse(), Ok(level), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_level_is_refused() {
        for text in ["", "warning", "crit", "inf o", "all", "none"] {
            assert_eq!(text.parse::<Level>(), Err(ParseLevelError), "{text:?}");
        }
        let text = ParseLevelError.to_string();
        let known = Level::ALL.map(Level::name).into_iter().chain(["all", "none"]);
        assert!(known.into_iter().all(|name| text.contains(name)), "{text}");
    }
}
