//! Requests over HTTP/1.1, by hyper's client.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{CONTENT_LENGTH, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::{
    client::legacy::{Client as Pool, Error, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{SendError, Transport};

/// So much of an answer is read.
const ANSWER: usize = 64 * 1024;

const AGENT: &str = concat!("oxkit-metrics/", env!("CARGO_PKG_VERSION"));

/// What a protocol makes of a body, and of the answer.
pub(crate) trait Post: fmt::Debug + Send + Sync {
    /// How large a body should be at most.
    fn request_size(&self) -> usize;

    /// The request, for each attempt anew. The length and the agent are filled in.
    fn request(
        &self,
        body: Bytes,
    ) -> impl Future<Output = Result<Request<Full<Bytes>>, SendError>> + Send;

    /// What an answer means.
    fn judge(&self, answer: &Answer) -> Result<(), SendError> {
        answer.judge()
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The first 64 KiB.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// As most protocols have it: a 2xx is well; what says that the body is at fault is a
    /// rejection; and anything else is worth another attempt, a missing database or permission too,
    /// because it can be put right without losing anything.
    pub(crate) fn judge(&self) -> Result<(), SendError> {
        if self.status.is_success() {
            return Ok(());
        }
        Err(match self.status {
            StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => SendError::rejected(self.text()),
            _ => self.retry(),
        })
    }

    /// Worth another attempt, when the receiver says if it does.
    pub(crate) fn retry(&self) -> SendError {
        let error = SendError::new(self.text());
        match self.retry_after(SystemTime::now()) {
            Some(wait) => error.after(wait),
            None => error,
        }
    }

    /// The status and what the receiver said.
    pub(crate) fn text(&self) -> String {
        let said = String::from_utf8_lossy(&self.body);
        match said.trim() {
            "" => self.status.to_string(),
            said => format!("{}: {said}", self.status),
        }
    }

    /// In seconds or as a date.
    fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        httpdate::parse_http_date(value).ok()?.duration_since(now).ok()
    }
}

/// Sends what a [`Post`] makes of requests. Connections are kept.
#[derive(Debug)]
pub(crate) struct Http<P> {
    client: Client,
    pub(crate) post: P,
}

impl<P> Http<P> {
    pub(crate) const fn new(client: Client, post: P) -> Self {
        Self { client, post }
    }
}

impl<P: Post> Transport for Http<P> {
    fn request_size(&self) -> usize {
        self.post.request_size()
    }

    async fn send(&mut self, body: &[u8]) -> Result<(), SendError> {
        // A copy for each attempt: the exporter keeps the request until it is settled.
        let mut request = self.post.request(Bytes::copy_from_slice(body)).await?;
        // Of what the protocol made of it, which may be compressed.
        let length = request.body().size_hint().exact().unwrap_or_default().into();
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let agent = http::HeaderValue::from_static(AGENT);
        request.headers_mut().entry(USER_AGENT).or_insert(agent);
        let response = self.client.send(request).await.map_err(|error| explain(&error))?;
        let (head, mut incoming) = response.into_parts();
        let mut body = Vec::new();
        while body.len() < ANSWER
            && let Some(frame) = incoming.frame().await
        {
            // The status has come: a cut answer has fewer words, and is one all the same.
            let Ok(frame) = frame else { break };
            if let Some(data) = frame.data_ref() {
                body.extend_from_slice(&data[..data.len().min(ANSWER - body.len())]);
            }
        }
        self.post.judge(&Answer { status: head.status, headers: head.headers, body })
    }
}

/// The error with its sources: hyper tells the reason only there.
fn explain(error: &(dyn std::error::Error + 'static)) -> SendError {
    let all: Vec<_> = std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect();
    SendError::new(all.join(": "))
}

/// hyper's client, over TCP alone or over TLS too.
#[derive(Clone)]
pub(crate) enum Client {
    Plain(Pool<HttpConnector, Full<Bytes>>),
    #[cfg(feature = "tls")]
    Tls(Pool<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Client {
    pub(crate) fn plain() -> Self {
        Self::Plain(Pool::builder(TokioExecutor::new()).build_http())
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(config: std::sync::Arc<rustls::ClientConfig>) -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(std::sync::Arc::unwrap_or_clone(config))
            .https_only()
            .enable_http1()
            .build();
        Self::Tls(Pool::builder(TokioExecutor::new()).build(connector))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        match self {
            Self::Plain(pool) => pool.request(request).await,
            #[cfg(feature = "tls")]
            Self::Tls(pool) => pool.request(request).await,
        }
    }

    pub(crate) const fn is_tls(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            #[cfg(feature = "tls")]
            Self::Tls(_) => true,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers, body: b" said\n".to_vec() }
    }

    #[test]
    fn only_a_body_at_fault_is_rejected() {
        let check = |status, expected: Option<bool>| {
            let judged = answer(status, None).judge();
            assert_eq!(judged.as_ref().err().map(SendError::is_rejected), expected, "{status}");
        };
        for status in [200, 202, 204] {
            check(status, None);
        }
        for status in [400, 413, 422] {
            check(status, Some(true));
        }
        for status in [301, 401, 403, 404, 408, 429, 500, 502, 503, 504] {
            check(status, Some(false));
        }
        let text = answer(503, None).judge().unwrap_err().to_string();
        assert_eq!(text, "503 Service Unavailable: said");
    }

    #[test]
    fn the_receiver_says_when_in_seconds_or_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 18:00:00 GMT").unwrap();
        let check = |value, expected: Option<u64>| {
            let wait = answer(429, value).retry_after(now);
            assert_eq!(wait, expected.map(Duration::from_secs), "{value:?}");
        };
        check(None, None);
        check(Some("7"), Some(7));
        check(Some("Sun, 22 Nov 2026 18:01:30 GMT"), Some(90));
        check(Some("Sun, 22 Nov 2026 17:00:00 GMT"), None);
        check(Some("soon"), None);
        check(Some("-1"), None);
        let error = answer(503, Some("7")).judge().unwrap_err();
        assert_eq!(error.after, Some(Duration::from_secs(7)));
    }
}
