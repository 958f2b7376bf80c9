//! The three forms of an error's body that come with the crate.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use oxkit_core::Failure;
use serde::Serialize;

use super::{ErrorEncoder, render::whole_seconds};
use crate::{Body, json::JSON};

/// The error's public text, as `text/plain; charset=utf-8`: the default, and Go kit's.
///
/// ```
/// use http::StatusCode;
/// use oxkit_core::{ErrorKind, Refusal};
/// use oxkit_transport_http::{ErrorEncoder, PlainText};
///
/// let error = Refusal::of_kind(ErrorKind::NotFound, "no todo 7");
/// let response = PlainText.encode(&error, StatusCode::NOT_FOUND);
/// assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainText;

impl ErrorEncoder for PlainText {
    fn encode(&self, error: &(dyn Failure + 'static), status: StatusCode) -> Response<Body> {
        const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
        let text = error.public_message().into_owned();
        respond(status, TEXT, text.into())
    }
}

/// `{"error": "..."}` and a newline, the form the examples of Go kit use.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::StatusCode;
/// use oxkit_core::{ErrorKind, Refusal};
/// use oxkit_transport_http::{ErrorEncoder, GoKit};
///
/// let error = Refusal::of_kind(ErrorKind::NotFound, "no todo 7");
/// let response = GoKit.encode(&error, StatusCode::NOT_FOUND);
/// assert_eq!(response.into_body().collect(100).await?, "{\"error\":\"no todo 7\"}\n");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct GoKit;

impl ErrorEncoder for GoKit {
    fn encode(&self, error: &(dyn Failure + 'static), status: StatusCode) -> Response<Body> {
        #[derive(Serialize)]
        struct Form<'a> {
            error: &'a str,
        }
        let form = Form { error: &error.public_message() };
        respond(status, JSON, line(&form))
    }
}

/// Problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), as
/// `application/problem+json`.
///
/// | member | value |
/// |---|---|
/// | `type` | `about:blank`: the status says what kind of problem it is |
/// | `title` | the standard phrase of the status |
/// | `status` | the status as a number |
/// | `detail` | the error's public text |
/// | `kind` | the canonical name of the kind, such as `NOT_FOUND` (an extension) |
/// | `retry_after` | seconds, if the error advises when to retry (an extension) |
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::StatusCode;
/// use oxkit_core::{ErrorKind, Refusal};
/// use oxkit_transport_http::{ErrorEncoder, Problem};
///
/// let error = Refusal::of_kind(ErrorKind::NotFound, "no todo 7");
/// let response = Problem.encode(&error, StatusCode::NOT_FOUND);
/// assert_eq!(
///     response.into_body().collect(200).await?,
///     concat!(
///         r#"{"type":"about:blank","title":"Not Found","status":404,"#,
///         r#""detail":"no todo 7","kind":"NOT_FOUND"}"#,
///         "\n",
///     ),
/// );
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Problem;

impl ErrorEncoder for Problem {
    fn encode(&self, error: &(dyn Failure + 'static), status: StatusCode) -> Response<Body> {
        const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
        #[derive(Serialize)]
        struct Form<'a> {
            r#type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<&'static str>,
            status: u16,
            detail: &'a str,
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_after: Option<u64>,
        }
        let form = Form {
            r#type: "about:blank",
            title: status.canonical_reason(),
            status: status.as_u16(),
            detail: &error.public_message(),
            kind: error.kind().name(),
            retry_after: error.retry_after().map(whole_seconds),
        };
        respond(status, PROBLEM, line(&form))
    }
}

fn line(form: &impl Serialize) -> Bytes {
    let mut line = serde_json::to_vec(form).expect("texts and numbers are always JSON");
    line.push(b'\n');
    line.into()
}

fn respond(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
