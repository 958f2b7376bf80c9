//! How failures are answered: kinds, statuses, headers, forms, and the two styles.

use std::{error::Error, fmt, time::Duration};

use crate::support::{post, text};
use http::{HeaderValue, Request, Response, StatusCode, header};
use oxkit_core::{CarriesFailure, ErrorKind, Failure, Reason, Refusal, endpoint_fn};
use oxkit_transport_http::{
    Body, ERROR_KIND_HEADER, ErrorEncoder, GoKit, JsonCodec, PlainText, Problem, Rejection, Reply,
    Server, decode_nothing, kind_of, status_of,
};
use serde::Serialize;

/// The answer to a request whose endpoint fails with `error`.
async fn answered(
    error: impl Failure + From<Refusal> + Clone,
    form: impl ErrorEncoder,
) -> Response<Body> {
    let endpoint = endpoint_fn(move |_cx, (): ()| {
        let error = error.clone();
        async move { Err::<(), _>(error) }
    });
    Server::new(endpoint, decode_nothing, JsonCodec).errors(form).handle(post(Body::empty())).await
}

#[tokio::test]
async fn every_kind_has_its_status_and_comes_back_exactly() {
    for kind in ErrorKind::ALL {
        let response = answered(Refusal::of_kind(kind, "why"), PlainText).await;
        assert_eq!(response.status(), status_of(kind), "{kind}");
        let told = response.headers()[ERROR_KIND_HEADER].to_str().unwrap();
        assert_eq!(told.parse(), Ok(kind));
        let shown = text(response).await;
        assert_eq!(shown == "why", !kind.is_confidential(), "{kind}: {shown}");
    }
}

#[tokio::test]
async fn plain_text_is_the_default_form() {
    let response = answered(Refusal::of_kind(ErrorKind::NotFound, "no todo 7"), PlainText).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    assert_eq!(text(response).await, "no todo 7");
}

#[tokio::test]
async fn the_other_forms_are_one_option_away() {
    let error = Refusal::of_kind(ErrorKind::ResourceExhausted, "say \"when\"")
        .with_retry_after(Duration::from_millis(1500));

    let go_kit = answered(error.clone(), GoKit).await;
    assert_eq!(go_kit.headers()[header::CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(go_kit.headers()[header::RETRY_AFTER], "2");
    assert_eq!(text(go_kit).await, "{\"error\":\"say \\\"when\\\"\"}\n");

    let problem = answered(error.clone(), Problem).await;
    assert_eq!(problem.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(problem.headers()[header::RETRY_AFTER], "2");
    let problem: serde_json::Value = serde_json::from_str(&text(problem).await).unwrap();
    assert_eq!(
        problem,
        serde_json::json!({
            "type": "about:blank",
            "title": "Too Many Requests",
            "status": 429,
            "detail": "say \"when\"",
            "kind": "RESOURCE_EXHAUSTED",
            "retry_after": 2,
        })
    );

    let custom = answered(error, |error: &(dyn Failure + 'static), status: StatusCode| {
        let refusal = (error as &dyn Error).downcast_ref::<Refusal>();
        let body = format!("{status} {:?}", refusal.map(Refusal::reason));
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::OK;
        response
    })
    .await;
    assert_eq!(custom.status(), 200);
    assert_eq!(text(custom).await, "429 Too Many Requests Some(Other)");
}

/// A domain error whose cause is a rejection.
#[derive(Debug)]
struct Wrapped(Rejection);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl Failure for Wrapped {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NotFound
    }
}

#[tokio::test]
async fn status_and_headers_are_found_however_deep_the_error_is_wrapped() {
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let decode = async |_: Request<Body>| {
        let inner = Rejection::new(StatusCode::GONE, "inner text")
            .with_retry_after(Duration::from_secs(9))
            .with_header(header::LINK, HeaderValue::from_static("</a>"))
            .with_header(header::LINK, HeaderValue::from_static("</b>"));
        Err::<(), _>(Wrapped(inner))
    };
    let response = Server::new(endpoint, decode, JsonCodec).handle(post("")).await;
    assert_eq!(response.status(), 410);
    assert_eq!(response.headers()[ERROR_KIND_HEADER], "NOT_FOUND");
    assert_eq!(response.headers()[header::RETRY_AFTER], "9");
    let links: Vec<_> = response.headers().get_all(header::LINK).iter().collect();
    assert_eq!(links, ["</a>", "</b>"]);
    assert_eq!(text(response).await, "wrapped");
}

#[tokio::test]
async fn an_error_that_sets_the_content_type_does_not_double_it() {
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let decode = async |_: Request<Body>| {
        Err::<(), _>(
            Rejection::new(StatusCode::BAD_REQUEST, "<p>no</p>")
                .with_header(header::CONTENT_TYPE, HeaderValue::from_static("text/html")),
        )
    };
    let response = Server::new(endpoint, decode, JsonCodec).handle(post("")).await;
    let types: Vec<_> = response.headers().get_all(header::CONTENT_TYPE).iter().collect();
    assert_eq!(types, ["text/html"]);
}

#[tokio::test]
async fn the_cause_never_reaches_the_wire() {
    let cause = || Refusal::new(Reason::Overloaded).with_source("password is hunter2");
    for response in [
        answered(cause(), PlainText).await,
        answered(cause(), GoKit).await,
        answered(cause(), Problem).await,
    ] {
        let shown = text(response).await;
        assert!(shown.contains("too many requests in flight"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

/// A response of its own that may carry a failure.
#[derive(Serialize)]
struct Answer<F> {
    n: u32,
    #[serde(skip)]
    failure: Option<F>,
}

impl<F: Failure> CarriesFailure for Answer<F> {
    fn failure(&self) -> Option<&(dyn Failure + 'static)> {
        self.failure.as_ref().map(|failure| failure as _)
    }
}

fn half(n: u32) -> Result<u32, Refusal> {
    n.is_multiple_of(2)
        .then_some(n / 2)
        .ok_or_else(|| Refusal::of_kind(ErrorKind::FailedPrecondition, "odd"))
}

#[tokio::test]
async fn a_business_error_in_the_response_has_its_own_status() {
    let result = Server::json_result(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(half(n))));
    let own = Server::json_or_failure(endpoint_fn(async |_cx, n: u32| {
        let failure = half(n).err();
        Ok::<_, Refusal>(Answer { n: n / 2, failure })
    }));

    let good = result.handle(post("8")).await;
    assert_eq!((good.status().as_u16(), text(good).await), (200, "4\n".to_owned()));
    let good = own.handle(post("8")).await;
    assert_eq!((good.status().as_u16(), text(good).await), (200, "{\"n\":4}\n".to_owned()));

    for bad in [result.handle(post("7")).await, own.handle(post("7")).await] {
        assert_eq!(bad.status(), 400);
        assert_eq!(bad.headers()[ERROR_KIND_HEADER], "FAILED_PRECONDITION");
        assert_eq!(text(bad).await, "odd");
    }
}

#[tokio::test]
async fn a_rejection_that_a_response_carries_keeps_its_status() {
    let server = Server::json_or_failure(endpoint_fn(async |_cx, n: u32| {
        let failure = Some(Rejection::new(StatusCode::IM_A_TEAPOT, "no coffee"));
        Ok::<_, Refusal>(Answer { n, failure })
    }));
    let answer = server.handle(post("7")).await;
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(text(answer).await, "no coffee");
}

#[test]
fn a_result_is_not_written_as_json_by_mistake() {
    fn check<S>(make: impl FnOnce() -> S + std::panic::UnwindSafe) {
        let panic = std::panic::catch_unwind(make).map(|_| ()).unwrap_err();
        let text = panic.downcast_ref::<&str>().unwrap();
        assert!(text.contains("Server::json_result"), "{text}");
    }
    type Bare = Result<u32, Refusal>;
    type Written = Result<u32, String>;
    check(|| Server::json(endpoint_fn(async |_cx, n: u32| Ok::<Written, Refusal>(Ok(n)))));
    check(|| {
        Server::json(endpoint_fn(async |_cx, n: u32| {
            Ok::<Reply<Written>, Refusal>(Reply::new(Ok(n)))
        }))
    });
    check(|| {
        Server::json_result(endpoint_fn(async |_cx, n: u32| {
            Ok::<Result<Reply<Written>, Refusal>, Refusal>(Ok(Reply::new(Ok(n))))
        }))
    });
    check(|| {
        Server::json_or_failure(endpoint_fn(async |_cx, n: u32| {
            Ok::<Result<u32, Domain>, Refusal>(Ok(n))
        }))
    });
    let _ = Server::json_result(endpoint_fn(async |_cx, n: u32| Ok::<Bare, Refusal>(Ok(n))));
}

/// A domain error that serde could write.
#[derive(Debug, Serialize)]
struct Domain;

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no")
    }
}

impl Error for Domain {}

impl Failure for Domain {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NotFound
    }
}

#[test]
fn statuses_of_other_servers_have_a_kind() {
    for (status, kind) in [
        (401, ErrorKind::Unauthenticated),
        (408, ErrorKind::DeadlineExceeded),
        (409, ErrorKind::Aborted),
        (410, ErrorKind::NotFound),
        (412, ErrorKind::FailedPrecondition),
        (413, ErrorKind::InvalidArgument),
        (415, ErrorKind::InvalidArgument),
        (422, ErrorKind::InvalidArgument),
        (429, ErrorKind::ResourceExhausted),
        (502, ErrorKind::Unavailable),
        (599, ErrorKind::Unknown),
    ] {
        assert_eq!(kind_of(StatusCode::from_u16(status).unwrap()), kind, "{status}");
    }
}
