//! What one peer may use up.

use std::time::Duration;

/// What the serving loop lets one peer, and all of them together, use up.
///
/// | limit | default | why that much |
/// |---|---|---|
/// | [connections](Self::with_connections) | 16,384 | about 190 MiB when all are idle; more wait in the listener's queue |
/// | [header size](Self::with_header_size) | 16 KiB | twice what browsers and proxies send; 431 beyond |
/// | [headers](Self::with_headers) | 100 | hyper's own, kept on its stack; 431 beyond |
/// | [header read time](Self::with_header_read_time) | 10 s | a request line and headers fit in one packet; 408 beyond |
/// | [idle time](Self::with_idle_time) | 75 s | above the 60 s after which common balancers stop reusing a connection |
/// | [write stall time](Self::with_write_stall_time) | 30 s | a peer that reads nothing for so long is gone |
/// | [streams](Self::with_streams) | 200 | requests in flight on one HTTP/2 connection |
/// | [pending resets](Self::with_pending_resets) | 20 | HTTP/2 requests reset before they were looked at ("rapid reset") |
/// | [ping](Self::with_ping) | every 30 s, 20 s to answer | finds HTTP/2 peers that vanished without a word |
///
/// The size of a body and the time a request may take are not here: they belong to the service,
/// which can answer for one route differently than for another.
///
/// A time of [`Duration::MAX`] is no limit.
///
/// ```
/// use std::time::Duration;
/// use oxkit_transport_http::serve::Limits;
///
/// let limits = Limits::new()
///     .with_connections(1_000)
///     .with_header_read_time(Duration::from_secs(5));
/// assert_ne!(limits, Limits::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "limits do nothing until they are given to `serve`"]
pub struct Limits {
    pub(super) connections: usize,
    pub(super) header_size: usize,
    pub(super) headers: Option<usize>,
    pub(super) header_read_time: Duration,
    pub(super) idle_time: Duration,
    pub(super) write_stall_time: Duration,
    #[cfg(feature = "http2")]
    pub(super) streams: u32,
    #[cfg(feature = "http2")]
    pub(super) pending_resets: usize,
    #[cfg(feature = "http2")]
    pub(super) ping: Option<(Duration, Duration)>,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            connections: 16_384,
            header_size: 16 * 1024,
            headers: None,
            header_read_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            write_stall_time: Duration::from_secs(30),
            #[cfg(feature = "http2")]
            streams: 200,
            #[cfg(feature = "http2")]
            pending_resets: 20,
            #[cfg(feature = "http2")]
            ping: Some((Duration::from_secs(30), Duration::from_secs(20))),
        }
    }

    /// How many connections are open at once, at least one.
    ///
    /// When there are as many, no more are accepted until one ends: the kernel keeps the next ones
    /// in the listener's queue, and refuses them when that is full.
    pub const fn with_connections(mut self, connections: usize) -> Self {
        self.connections = if connections == 0 { 1 } else { connections };
        self
    }

    /// The most bytes of request line and headers together. The answer to more is 431.
    ///
    /// On HTTP/2 the peer is told the limit when it connects. One that goes far beyond it all the
    /// same loses the connection (`ENHANCE_YOUR_CALM`) instead of one request.
    pub const fn with_header_size(mut self, bytes: usize) -> Self {
        self.header_size = bytes;
        self
    }

    /// The most header fields of an HTTP/1.1 request. The answer to more is 431.
    ///
    /// Setting it makes hyper allocate for each request; the default does not.
    pub const fn with_headers(mut self, headers: usize) -> Self {
        self.headers = Some(headers);
        self
    }

    /// How long a peer may take for its TLS handshake, and again for the line and the headers of a
    /// request.
    ///
    /// On a new connection the time runs from the start, on a kept one from the first byte of the
    /// next request. A peer that had begun a request is answered 408; one that never sent a byte is
    /// only closed. Bytes that came in one read with the request before are not seen to be a beginning:
    /// if no more follow, the connection is idle.
    pub const fn with_header_read_time(mut self, time: Duration) -> Self {
        self.header_read_time = time;
        self
    }

    /// How long a kept connection may stay open between requests. It may be up to a quarter longer:
    /// the clock is not read for each request.
    pub const fn with_idle_time(mut self, time: Duration) -> Self {
        self.idle_time = time;
        self
    }

    /// How long a peer may take nothing of an answer that is ready for it. After that the
    /// connection is cut, and the body of the answer is dropped.
    ///
    /// On HTTP/2 a stream whose window its peer keeps closed is reset, and the others go on. The
    /// connection is cut if the socket takes nothing, or if nothing but such answers is left on it.
    pub const fn with_write_stall_time(mut self, time: Duration) -> Self {
        self.write_stall_time = time;
        self
    }

    /// How many requests one HTTP/2 connection may have in flight.
    #[cfg(feature = "http2")]
    pub const fn with_streams(mut self, streams: u32) -> Self {
        self.streams = streams;
        self
    }

    /// How many HTTP/2 requests a peer may have opened and reset before the service saw them.
    ///
    /// The connection is closed beyond that. It bounds the attack known as rapid reset
    /// (CVE-2023-44487).
    #[cfg(feature = "http2")]
    pub const fn with_pending_resets(mut self, resets: usize) -> Self {
        self.pending_resets = resets;
        self
    }

    /// How often an HTTP/2 peer is asked whether it is still there, and how long it has to answer.
    /// `None` turns it off, and so does [`Duration::MAX`] for how often.
    #[cfg(feature = "http2")]
    pub const fn with_ping(mut self, every_within: Option<(Duration, Duration)>) -> Self {
        self.ping = every_within;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
