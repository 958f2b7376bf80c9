//! What serving came to.

/// What serving came to, given when it ended.
///
/// ```
/// # async fn run(served: oxkit_transport_http::serve::Served) {
/// if !served.is_clean() {
///     eprintln!("{} connections were cut off", served.aborted);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Served {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that were not done by the drain deadline and were cut off.
    pub aborted: u64,
    /// Times the service panicked. Each cost one connection on HTTP/1, one stream on HTTP/2.
    pub panicked: u64,
}

impl Served {
    /// Whether every request was answered: nothing was cut off and nothing panicked.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.aborted == 0 && self.panicked == 0
    }
}
