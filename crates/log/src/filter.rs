//! Which events get through.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use crate::{Level, ParseLevelError};

/// The least important level that gets through.
///
/// ```
/// use oxkit_log::{Allow, Level};
///
/// assert_eq!("none".parse(), Ok(Allow::None));
/// assert_eq!("Warn".parse(), Ok(Allow::Warn));
/// assert_eq!(Allow::from(Level::Warn), Allow::Warn);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Allow {
    /// Every level. The same as [`Debug`](Self::Debug).
    #[default]
    All,
    /// Debug and above.
    Debug,
    /// Info and above.
    Info,
    /// Warn and above.
    Warn,
    /// Error only.
    Error,
    /// No level at all.
    None,
}

impl Allow {
    const fn least(self) -> u8 {
        match self {
            Self::All | Self::Debug => Level::Debug as u8,
            Self::Info => Level::Info as u8,
            Self::Warn => Level::Warn as u8,
            Self::Error => Level::Error as u8,
            Self::None => Level::Error as u8 + 1,
        }
    }

    /// One bit for each level that gets through. Bit zero, for events without level, stays clear.
    const fn bits(self) -> u8 {
        (LEVELS << (self.least() - Level::Debug as u8)) & LEVELS
    }
}

impl From<Level> for Allow {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

impl FromStr for Allow {
    type Err = ParseLevelError;

    /// Reads `all`, `none` or a level's name. White space around it and its case do not matter.
    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("all") {
            Ok(Self::All)
        } else if trimmed.eq_ignore_ascii_case("none") {
            Ok(Self::None)
        } else {
            trimmed.parse().map(Level::into)
        }
    }
}

/// Bits one to four, by the numbers of [`Level`].
const LEVELS: u8 = 0b1_1110;
const UNLEVELED: u8 = 0b0_0001;

/// Which events get through, changeable while the program runs.
///
/// A filter is a handle: clones share one setting, and a change is seen by the next event of every
/// logger that was given one of them. The check is one relaxed load, made at the call site before
/// any value of the event is evaluated.
///
/// ```
/// use oxkit_log::{Allow, Filter, Level, Lines, Logger, info};
///
/// let filter = Filter::new(Allow::Warn);
/// let logger = Logger::new(Lines::logfmt(std::io::stderr())).with_filter(filter.clone());
/// info!(logger, "not written");
///
/// filter.allow(Allow::All);
/// assert!(logger.enabled(Level::Info));
/// ```
#[derive(Clone)]
pub struct Filter(Arc<AtomicU8>);

impl Filter {
    /// Lets through events of the allowed levels and events without level.
    #[must_use]
    pub fn new(allow: Allow) -> Self {
        Self(Arc::new(AtomicU8::new(allow.bits() | UNLEVELED)))
    }

    /// Says whether events without level are dropped. By default they pass.
    #[must_use]
    pub fn squelch_unleveled(self, squelch: bool) -> Self {
        if squelch {
            self.0.fetch_and(!UNLEVELED, Relaxed);
        } else {
            self.0.fetch_or(UNLEVELED, Relaxed);
        }
        self
    }

    /// Changes the allowed levels, here and in every clone. What happens to events without level
    /// stays as it is.
    pub fn allow(&self, allow: Allow) {
        // Nobody orders other memory by this byte, so relaxed will do; the update keeps the bit
        // that a concurrent caller may be changing.
        let _ =
            self.0.fetch_update(Relaxed, Relaxed, |bits| Some((bits & UNLEVELED) | allow.bits()));
    }

    /// Whether an event of this level, or without one, gets through.
    #[inline]
    #[must_use]
    pub fn allows(&self, level: Option<Level>) -> bool {
        let bit = level.map_or(0, |level| level as u8);
        self.0.load(Relaxed) & (1 << bit) != 0
    }
}

impl Default for Filter {
    /// Lets everything through.
    fn default() -> Self {
        Self::new(Allow::All)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passing = Level::ALL.into_iter().filter(|&level| self.allows(Some(level)));
        f.debug_struct("Filter")
            .field("levels", &passing.collect::<Vec<_>>())
            .field("unleveled", &self.allows(None))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(filter: &Filter) -> Vec<Level> {
        Level::ALL.into_iter().filter(|&level| filter.allows(Some(level))).collect()
    }

    #[test]
    fn a_level_allows_itself_and_what_is_above() {
        let cases = [
            (Allow::All, 4),
            (Allow::Debug, 4),
            (Allow::Info, 3),
            (Allow::Warn, 2),
            (Allow::Error, 1),
            (Allow::None, 0),
        ];
        for (allow, count) in cases {
            let filter = Filter::new(allow);
            assert_eq!(passing(&filter), Level::ALL[4 - count..], "{allow:?}");
            assert!(filter.allows(None), "unleveled events pass by default");
        }
    }

    #[test]
    fn changing_the_levels_leaves_unleveled_events_as_they_were() {
        let filter = Filter::new(Allow::None).squelch_unleveled(true);
        let shared = filter.clone();
        shared.allow(Allow::Warn);
        assert_eq!(passing(&filter), [Level::Warn, Level::Error]);
        assert!(!filter.allows(None));
        assert!(shared.squelch_unleveled(false).allows(None));
        assert!(filter.allows(None));
    }

    #[test]
    fn a_setting_is_read_from_text() {
        for (text, allow) in [("ALL", Allow::All), (" none", Allow::None), ("error", Allow::Error)]
        {
            assert_eq!(text.parse(), Ok(allow));
        }
        assert_eq!("some".parse::<Allow>(), Err(ParseLevelError));
    }
}
