//! Requests and answers over HTTP.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body_util::Full;
use prost::Message;

use super::messages::{ExportResponse, Status};
use crate::{
    SendError,
    push::{Answer, Post},
};

/// The size of a request in bytes. Collectors take four times as much at least.
pub(super) const REQUEST: usize = 1024 * 1024;

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// OTLP over HTTP, as
/// [its specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp) has it.
#[derive(Debug)]
pub(super) struct Otlp {
    url: Uri,
    headers: HeaderMap,
    #[cfg(feature = "gzip")]
    gzip: bool,
}

impl Otlp {
    pub(super) fn new(url: Uri, mut headers: HeaderMap) -> Self {
        headers.insert(CONTENT_TYPE, PROTOBUF);
        headers.insert(ACCEPT, PROTOBUF);
        Self {
            url,
            headers,
            #[cfg(feature = "gzip")]
            gzip: false,
        }
    }

    #[cfg(feature = "gzip")]
    pub(super) fn compressed(mut self) -> Self {
        let gzip = HeaderValue::from_static("gzip");
        self.headers.insert(http::header::CONTENT_ENCODING, gzip);
        self.gzip = true;
        self
    }
}

impl Post for Otlp {
    fn request_size(&self) -> usize {
        REQUEST
    }

    async fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, SendError> {
        #[cfg(feature = "gzip")]
        let body = if self.gzip { gzip(&body)? } else { body };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    fn judge(&self, answer: &Answer) -> Result<(), SendError> {
        match answer.status {
            status if status.is_success() => {
                // What cannot be read says nothing of a partial success.
                let answer = ExportResponse::decode(&*answer.body).unwrap_or_default();
                let partial = answer.partial_success.unwrap_or_default();
                match u64::try_from(partial.rejected_points) {
                    Ok(rejected @ 1..) => {
                        Err(SendError::rejected(partial.message).values(rejected))
                    }
                    // Without rejected points it is a warning.
                    _ => Ok(()),
                }
            }
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(answer.retry()),
            status => Err(SendError::rejected(match said(answer) {
                Some(said) => format!("{status}: {said}"),
                None => answer.text(),
            })),
        }
    }
}

#[cfg(feature = "gzip")]
fn gzip(body: &[u8]) -> Result<Bytes, SendError> {
    use std::io::Write;

    // The fastest level: messages of metrics repeat themselves so much that it finds the most of it.
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(body)?;
    Ok(out.finish()?.into())
}

/// What the server says, if it says it in protobuf as it should.
fn said(answer: &Answer) -> Option<String> {
    let is_protobuf = answer.headers.get(CONTENT_TYPE)? == PROTOBUF;
    let status = Status::decode(&*answer.body).ok().filter(|_| is_protobuf)?;
    (!status.message.is_empty()).then_some(status.message)
}

#[cfg(test)]
mod tests {
    use super::{super::messages::PartialSuccess, *};

    fn judge(status: u16, content_type: &'static str, body: &[u8]) -> Result<(), SendError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let status = StatusCode::from_u16(status).unwrap();
        let otlp = Otlp::new(Uri::default(), HeaderMap::new());
        otlp.judge(&Answer { status, headers, body: body.to_vec() })
    }

    #[test]
    fn a_partial_success_is_a_rejection_of_a_part() {
        let answer = |rejected_points, message: &str| {
            let partial = PartialSuccess { rejected_points, message: message.to_owned() };
            ExportResponse { partial_success: Some(partial) }.encode_to_vec()
        };
        let type_ = "application/x-protobuf";
        let error = judge(200, type_, &answer(3, "no such tenant")).unwrap_err();
        assert!(error.is_rejected());
        assert_eq!(error.to_string(), "no such tenant");
        assert_eq!(error.values, Some(3));
        assert!(judge(200, type_, &answer(0, "an old version")).is_ok());
        assert!(judge(200, type_, &answer(-1, "")).is_ok());
        assert!(judge(200, type_, b"").is_ok());
        assert!(judge(200, "application/json", b"{}").is_ok());
        assert!(judge(202, "", b"\xff\xff\xff").is_ok());
    }

    #[test]
    fn what_may_be_tried_again_is_what_the_specification_says() {
        let check = |status, again| {
            let error = judge(status, "text/plain", b"because").unwrap_err();
            assert_eq!(!error.is_rejected(), again, "{status}");
            assert!(error.to_string().ends_with(": because"), "{error}");
        };
        for status in [429, 502, 503, 504] {
            check(status, true);
        }
        for status in [301, 400, 401, 403, 404, 413, 415, 500, 501] {
            check(status, false);
        }
    }

    #[test]
    fn the_reason_is_read_in_either_form() {
        let status = Status { message: "bad point".to_owned() }.encode_to_vec();
        let error = judge(400, "application/x-protobuf", &status).unwrap_err();
        assert_eq!(error.to_string(), "400 Bad Request: bad point");
        let error = judge(400, "application/x-protobuf", b"\xff").unwrap_err();
        assert!(error.to_string().starts_with("400 Bad Request"), "{error}");
    }
}
