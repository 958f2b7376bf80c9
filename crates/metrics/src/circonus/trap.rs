//! Where it is submitted.

use std::fmt;

use bytes::Bytes;
use http::{
    Request, Uri,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body_util::Full;

use crate::{
    HttpTarget, MetricError, SendError, Transport,
    push::{Http, Post, query},
};

/// Submits to a check of the type `HTTPTrap`, on a broker of Circonus.
///
/// A 2xx is well; 400, 413 and 422 are rejections, and what is in the request is dropped and
/// [counted](crate::PushStats::dropped); after any other answer it is tried again, after the time in
/// `Retry-After` if there is one.
#[derive(Debug)]
pub struct CirconusTrap(Http<Put>);

struct Put {
    uri: Uri,
}

impl CirconusTrap {
    /// The check of this id and secret: the last two parts of the submission URL that Circonus shows,
    /// `https://broker:43191/module/httptrap/<check>/<secret>`.
    ///
    /// # Errors
    ///
    /// One of them is empty, or the URL gets too long.
    pub fn new(broker: &HttpTarget, check: &str, secret: &str) -> Result<Self, MetricError> {
        if check.is_empty() || secret.is_empty() {
            return Err(MetricError::setting(
                "a check of Circonus has an id and a secret: the last two parts of its URL"
                    .to_owned(),
            ));
        }
        let mut path = "/module/httptrap/".to_owned();
        query(&mut path, check);
        path.push('/');
        query(&mut path, secret);
        let (client, uri) = broker.join(&path)?;
        Ok(Self(Http::new(client, Put { uri })))
    }
}

impl Transport for CirconusTrap {
    fn request_size(&self) -> usize {
        self.0.request_size()
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), SendError> {
        self.0.send(request).await
    }
}

impl Post for Put {
    fn request_size(&self) -> usize {
        512 * 1024
    }

    async fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, SendError> {
        Request::put(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Full::new(body))
            .map_err(|error| SendError::new(error.to_string()))
    }
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret is in the path.
        f.debug_struct("Put").field("to", &self.uri.authority()).finish_non_exhaustive()
    }
}
