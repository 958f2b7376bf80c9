//! Requests and answers.

use std::{fmt, time::SystemTime};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::Full;
use jiff::Timestamp;

use super::{
    ProvideAwsCredentials,
    encoder::REQUEST,
    sign::{self, sign},
};
use crate::{
    SendError,
    push::{Answer, Post},
};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// `CloudWatch`, by its query protocol.
pub(super) struct CloudWatch<P> {
    region: String,
    url: Uri,
    host: String,
    credentials: P,
}

impl<P> CloudWatch<P> {
    pub(super) fn new(region: String, url: Uri, credentials: P) -> Self {
        // As it goes over the wire: without the port that the scheme has anyway.
        let host = url.host().unwrap_or_default();
        let host = match (url.port_u16(), url.scheme_str()) {
            (None, _) | (Some(443), Some("https")) | (Some(80), Some("http")) => host.to_owned(),
            (Some(port), _) => format!("{host}:{port}"),
        };
        Self { region, url, host, credentials }
    }
}

impl<P: ProvideAwsCredentials> Post for CloudWatch<P> {
    fn request_size(&self) -> usize {
        REQUEST
    }

    async fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, SendError> {
        let credentials = self.credentials.credentials().await?;
        let now = Timestamp::try_from(SystemTime::now())
            .map_err(|error| SendError::new(format!("the clock: {error}")))?;
        let post = sign::Post {
            region: &self.region,
            service: "monitoring",
            host: &self.host,
            path: self.url.path(),
            content_type: Some(FORM),
            body: &body,
        };
        let signed = sign(&post, &credentials, now);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        headers.insert(HOST, value(&self.host)?);
        headers.insert("x-amz-date", value(&signed.date)?);
        headers.insert(AUTHORIZATION, value(&signed.authorization)?);
        if let Some(token) = &credentials.session_token {
            let mut token = value(token)?;
            token.set_sensitive(true);
            headers.insert("x-amz-security-token", token);
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn judge(&self, answer: &Answer) -> Result<(), SendError> {
        if answer.status.is_success() {
            return Ok(());
        }
        let body = String::from_utf8_lossy(&answer.body);
        let code = element(&body, "Code").unwrap_or_default();
        let at_fault = match answer.status {
            // What is said of it can be put right, or is put right by waiting: then nothing is lost.
            StatusCode::BAD_REQUEST => {
                !["Throttl", "RequestLimit", "Expired", "Signature", "Token"]
                    .iter()
                    .any(|word| code.contains(word))
            }
            status => status == StatusCode::PAYLOAD_TOO_LARGE,
        };
        if !at_fault {
            return Err(answer.retry());
        }
        Err(SendError::rejected(match element(&body, "Message") {
            Some(message) => format!("{}: {code}: {message}", answer.status),
            None => answer.text(),
        }))
    }
}

impl<P> fmt::Debug for CloudWatch<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudWatch")
            .field("region", &self.region)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A header's value. Of credentials that have one that is none, another attempt may have better
/// ones.
fn value(text: &str) -> Result<HeaderValue, SendError> {
    // Without the text, which may be a secret.
    HeaderValue::try_from(text).map_err(|_| SendError::new("credentials that fit into no header"))
}

/// The text of the first element of that name. What errors look like is a few lines of XML.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let rest = &xml[xml.find(&format!("<{name}>"))? + name.len() + 2..];
    Some(&rest[..rest.find(&format!("</{name}>"))?])
}

#[cfg(test)]
mod tests {
    use super::{super::AwsCredentials, *};

    fn post(url: &'static str) -> CloudWatch<AwsCredentials> {
        let credentials = AwsCredentials::new("AKIDEXAMPLE", "secret");
        CloudWatch::new("eu-north-1".to_owned(), Uri::from_static(url), credentials)
    }

    #[test]
    fn only_data_at_fault_are_rejected() {
        let check = |status, code: &str, again: bool| {
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>because</Message></Error></ErrorResponse>"
            );
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: body.into_bytes() };
            let error = post("http://x/").judge(&answer).unwrap_err();
            assert_eq!(!error.is_rejected(), again, "{status} {code}");
            if !again {
                let text = error.to_string();
                assert!(text.ends_with(&format!(": {code}: because")), "{text}");
            }
        };
        check(400, "InvalidParameterValue", false);
        check(400, "MissingParameter", false);
        check(413, "RequestEntityTooLarge", false);
        check(400, "Throttling", true);
        check(400, "ThrottlingException", true);
        check(400, "RequestLimitExceeded", true);
        check(400, "ExpiredToken", true);
        check(403, "SignatureDoesNotMatch", true);
        check(403, "InvalidClientTokenId", true);
        check(404, "InvalidAction", true);
        check(500, "InternalFailure", true);
        check(503, "ServiceUnavailable", true);
        // Any text is an answer.
        for body in ["", "<Code>", "</Code><Code>", "<Code></Code>"] {
            let body = body.as_bytes().to_vec();
            let answer =
                Answer { status: StatusCode::BAD_REQUEST, headers: HeaderMap::new(), body };
            assert!(post("http://x/").judge(&answer).is_err());
        }
    }

    #[tokio::test]
    async fn what_is_signed_is_what_is_sent() {
        let check = async |url, host: &str| {
            let request = post(url).request(Bytes::from_static(b"Action=X")).await.unwrap();
            assert_eq!(request.headers()[HOST], host, "{url}");
            let authorization = request.headers()[AUTHORIZATION].to_str().unwrap();
            assert!(
                authorization.contains("/eu-north-1/monitoring/aws4_request, SignedHeaders=content-type;host;x-amz-date, "),
                "{authorization}"
            );
            assert!(request.headers().get("x-amz-security-token").is_none());
        };
        check(
            "https://monitoring.eu-north-1.amazonaws.com/",
            "monitoring.eu-north-1.amazonaws.com",
        )
        .await;
        check("https://x:443/", "x").await;
        check("http://127.0.0.1:4566/", "127.0.0.1:4566").await;
        check("http://[::1]:80/", "[::1]").await;
    }
}
