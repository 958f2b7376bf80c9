//! The business logic. It knows no endpoint, no transport, no log and no metric.

/// What can be done with strings.
pub(crate) trait StringService: Send + Sync + 'static {
    /// The text in capitals.
    ///
    /// # Errors
    ///
    /// There is no text.
    fn uppercase(&self, s: &str) -> Result<String, EmptyString>;

    /// How many characters there are.
    fn count(&self, s: &str) -> usize;
}

/// There is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("empty string")]
pub(crate) struct EmptyString;

/// The service itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strings;

impl StringService for Strings {
    fn uppercase(&self, s: &str) -> Result<String, EmptyString> {
        if s.is_empty() { Err(EmptyString) } else { Ok(s.to_uppercase()) }
    }

    fn count(&self, s: &str) -> usize {
        s.chars().count()
    }
}
