//! InfluxDB's ways to write over HTTP.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderValue, Request, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::Full;

use crate::{
    HttpTarget, MetricError, SendError, Transport,
    push::{Answer, Http, Post, query},
};

/// Writes to InfluxDB over HTTP.
///
/// | answer | what becomes of the points |
/// |---|---|
/// | 2xx | taken |
/// | 400, 413, 422 | what is rejected is dropped and [counted](crate::PushStats::dropped): as many as the answer says, or all |
/// | any other, 429 and 5xx above all | sent again, after the time in `Retry-After` if there is one |
///
/// So points wait while the database is missing or the password wrong, until somebody puts it
/// right.
#[derive(Debug)]
pub struct InfluxHttp(Http<Write>);

struct Write {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl InfluxHttp {
    /// The API of 1.x (`/write`), into the default retention policy of `database`. 2.x and
    /// `VictoriaMetrics` have it too.
    ///
    /// ```
    /// use oxkit_metrics::{HttpTarget, InfluxHttp};
    ///
    /// let server = HttpTarget::new("http://localhost:8086")?;
    /// let influxdb = InfluxHttp::v1(&server, "metrics")?.password("me", "secret");
    /// assert!(!format!("{influxdb:?}").contains("secret"));
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `database` is empty, or with it the URL is too long.
    pub fn v1(target: &HttpTarget, database: &str) -> Result<Self, MetricError> {
        if database.is_empty() {
            return Err(MetricError::setting("the database has no name".to_owned()));
        }
        Self::new(target, &[("/write?precision=ns&db=", database)], None)
    }

    /// The API of 2.x and 3.x (`/api/v2/write`), into `bucket` of `organization`.
    ///
    /// # Errors
    ///
    /// `bucket` is empty, the token has characters that a header cannot hold, or the URL gets too
    /// long.
    pub fn v2(
        target: &HttpTarget,
        organization: &str,
        bucket: &str,
        token: &str,
    ) -> Result<Self, MetricError> {
        if bucket.is_empty() {
            return Err(MetricError::setting("the bucket has no name".to_owned()));
        }
        let parts = [("/api/v2/write?precision=ns&org=", organization), ("&bucket=", bucket)];
        Self::new(target, &parts, Some(authorization(format!("Token {token}"))?))
    }

    /// Identifies by user and password, as 1.x wants it.
    #[must_use]
    pub fn password(mut self, user: &str, password: &str) -> Self {
        let pair = BASE64_STANDARD.encode(format!("{user}:{password}"));
        // Base64 has nothing that a header cannot hold.
        self.0.post.authorization = authorization(format!("Basic {pair}")).ok();
        self
    }

    /// Writes into another retention policy than the default one of 1.x.
    ///
    /// # Errors
    ///
    /// With `name` in it, the URL is too long.
    pub fn retention_policy(mut self, name: &str) -> Result<Self, MetricError> {
        let mut uri = format!("{}&rp=", self.0.post.uri);
        query(&mut uri, name);
        self.0.post.uri = uri.parse().map_err(|_| too_long())?;
        Ok(self)
    }

    fn new(
        target: &HttpTarget,
        parts: &[(&str, &str)],
        authorization: Option<HeaderValue>,
    ) -> Result<Self, MetricError> {
        let mut rest = String::new();
        for (name, value) in parts {
            rest.push_str(name);
            query(&mut rest, value);
        }
        let (client, uri) = target.join(&rest)?;
        Ok(Self(Http::new(client, Write { uri, authorization })))
    }
}

fn too_long() -> MetricError {
    MetricError::setting("the name of the retention policy is too long for a URL".to_owned())
}

fn authorization(text: String) -> Result<HeaderValue, MetricError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        MetricError::setting("a token has no control characters: a header holds it".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Transport for InfluxHttp {
    fn request_size(&self) -> usize {
        self.0.request_size()
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), SendError> {
        self.0.send(request).await
    }
}

impl Post for Write {
    fn request_size(&self) -> usize {
        512 * 1024
    }

    async fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, SendError> {
        let mut request = Request::post(self.uri.clone());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(Full::new(body))
            .map_err(|error| SendError::new(error.to_string()))
    }

    fn judge(&self, answer: &Answer) -> Result<(), SendError> {
        let judged = answer.judge();
        judged.map_err(|error| match rejected(&error.to_string()) {
            Some(count) if error.is_rejected() => error.values(count),
            _ => error,
        })
    }
}

/// How many points the text of a rejection speaks of, if it is not all of them.
fn rejected(text: &str) -> Option<u64> {
    let part = text.find("partial write").map(|at| &text[at..])?;
    if let Some((_, count)) = part.split_once("dropped=") {
        let digits = count.find(|c: char| !c.is_ascii_digit()).unwrap_or(count.len());
        return count[..digits].parse().ok();
    }
    // Those that could not be parsed are named one by one, and the others were taken.
    Some(part.matches("unable to parse").count().max(1) as u64)
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").field("uri", &self.uri).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_many_points_are_rejected() {
        let check = |text, expected| assert_eq!(rejected(text), expected, "{text}");
        check("partial write: field type conflict: ... dropped=12", Some(12));
        check(r#"{"error":"partial write: max-values dropped=3"}"#, Some(3));
        check("partial write: unable to parse 'a': x\nunable to parse 'b': y", Some(2));
        check("partial write: who knows", Some(1));
        check("unable to parse 'a': nothing was written", None);
        check("", None);
    }

    #[test]
    fn names_are_encoded_in_the_url_and_secrets_are_not_shown() {
        let target = HttpTarget::new("http://x/p").unwrap();
        let v1 = InfluxHttp::v1(&target, "a b&c=é").unwrap().password("u", "secret");
        let shown = format!("{v1:?}");
        assert!(shown.contains("http://x/p/write?precision=ns&db=a%20b%26c%3D%C3%A9"), "{shown}");
        assert!(!shown.contains("secret"));
        let shown = format!("{:?}", v1.retention_policy("a week").unwrap());
        assert!(shown.contains("&db=a%20b%26c%3D%C3%A9&rp=a%20week"), "{shown}");
        let v2 = InfluxHttp::v2(&target, "o/o", "b", "secret").unwrap();
        let shown = format!("{v2:?}");
        assert!(shown.contains("/api/v2/write?precision=ns&org=o%2Fo&bucket=b"), "{shown}");
        assert!(!shown.contains("secret"));
        assert!(InfluxHttp::v2(&target, "o", "b", "\n").unwrap_err().is_invalid_setting());
        assert!(InfluxHttp::v2(&target, "o", "", "t").unwrap_err().is_invalid_setting());
        assert!(InfluxHttp::v1(&target, "").unwrap_err().is_invalid_setting());
    }
}
