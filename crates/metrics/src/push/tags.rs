//! Tags that a builder is given.

/// The same, to be kept.
pub(crate) fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
