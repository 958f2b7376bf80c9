//! What happens when.

/// A part of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// In a word or two.
    pub name: &'static str,
    /// In a sentence.
    pub tells: &'static str,
    /// How long it lasts.
    pub seconds: u32,
    /// Calls a second that somebody waits for.
    pub users: u32,
    /// Calls a second that can wait.
    pub batch: u32,
    /// How the backend fares.
    pub backend: Health,
}

/// How the backend fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// A call takes about 50 ms.
    Well,
    /// A call takes about 200 ms.
    Slow,
    /// Each call fails at once.
    Down,
}

/// How many calls the backend works on at once.
pub(crate) const WORKERS: usize = 10;

impl Health {
    /// How much work a call is in the mean, in milliseconds. None is done while it is down.
    pub(crate) const fn work(self) -> Option<f64> {
        match self {
            Self::Well => Some(50.0),
            Self::Slow => Some(200.0),
            Self::Down => None,
        }
    }

    /// How many calls a second it can serve.
    #[must_use]
    pub fn capacity(self) -> f64 {
        self.work().map_or(0.0, |work| WORKERS as f64 * 1e3 / work)
    }
}

const CALM: Phase = Phase {
    name: "normal",
    tells: "all is well",
    seconds: 8,
    users: 60,
    batch: 60,
    backend: Health::Well,
};

/// A minute in the life of a service.
pub const STORY: [Phase; 6] = [
    CALM,
    Phase {
        name: "overload",
        tells: "a batch job sends seven times as much as ever",
        seconds: 12,
        batch: 420,
        ..CALM
    },
    Phase { tells: "the batch job is done", seconds: 6, ..CALM },
    Phase {
        name: "backend slow",
        tells: "each call takes the backend four times as long",
        seconds: 10,
        backend: Health::Slow,
        ..CALM
    },
    Phase {
        name: "backend down",
        tells: "the backend fails every call",
        seconds: 10,
        backend: Health::Down,
        ..CALM
    },
    Phase {
        name: "recovered",
        tells: "the backend is back, and nobody tells the breaker",
        seconds: 14,
        ..CALM
    },
];
