//! Why a request was not taken.

use std::{error::Error, fmt, io, time::Duration};

/// Why a request was not taken: it may be [sent again](Self::new), or it is [rejected](Self::rejected).
///
/// ```
/// use std::time::Duration;
/// use oxkit_metrics::SendError;
///
/// let busy = SendError::new("503: busy").after(Duration::from_secs(30));
/// assert!(!busy.is_rejected());
///
/// let bad = SendError::rejected("400: field type conflict").values(2);
/// assert!(bad.is_rejected());
/// assert_eq!(bad.to_string(), "400: field type conflict");
/// ```
#[derive(Debug, Clone)]
pub struct SendError {
    text: Box<str>,
    rejected: bool,
    pub(crate) values: Option<u64>,
    pub(crate) after: Option<Duration>,
}

/// A server's answer may be long, and is kept.
const LONGEST: usize = 1024;

impl SendError {
    /// The request may not have arrived, or cannot be taken at present. It is sent again.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = start(text.as_ref(), LONGEST).into();
        Self { text, rejected: false, values: None, after: None }
    }

    /// The receiver will never take the request, or not all of it. What it did not take is dropped.
    #[must_use]
    pub fn rejected(text: impl AsRef<str>) -> Self {
        Self { rejected: true, ..Self::new(text) }
    }

    /// When the receiver wants to be asked again. Without effect on what is rejected.
    #[must_use]
    pub const fn after(mut self, wait: Duration) -> Self {
        self.after = Some(wait);
        self
    }

    /// How many values of the request were rejected, if not all of them were.
    #[must_use]
    pub const fn values(mut self, count: u64) -> Self {
        self.values = Some(count);
        self
    }

    /// The receiver at `address` cannot be reached, or what was sent to it before could not.
    pub(super) fn reaching(address: &str, error: &io::Error) -> Self {
        let port = address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        Self::new(match port {
            Some(Ok(_)) => format!("{address}: {error}"),
            _ => format!("`{address}`: an address is HOST:PORT, such as localhost:8125"),
        })
    }

    /// Whether sending it again is of no use.
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        self.rejected
    }
}

/// The start of a text, in whole characters.
fn start(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for SendError {}

/// To be sent again.
impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_is_cut_between_characters() {
        let text = SendError::new("é".repeat(1000)).to_string();
        assert_eq!(text, "é".repeat(512));
        assert_eq!(SendError::new(format!("a{}", "é".repeat(600))).to_string().len(), 1023);
    }
}
