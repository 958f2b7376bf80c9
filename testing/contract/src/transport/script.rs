//! An endpoint that does as its request, a line of text, says.

use std::time::{Duration, Instant};

use oxkit_core::{Context, Endpoint, ErrorKind, Reason, RequestId};

use super::Tenant;
use crate::{Ask, DomainError, Probe};

/// The endpoint that is served. What it is not told to do otherwise, it says back.
///
/// | request | response |
/// |---|---|
/// | `fail KIND` | fails with that kind |
/// | `refuse KIND` | a response that carries that failure |
/// | `later MILLISECONDS` | fails, with the advice to come back then |
/// | `grow N` | so many bytes |
/// | `wait` | nothing, once the test [opens](Probe::open) |
/// | `panic`, `panic later` | none, before there is a future and when it is polled |
/// | `tenant`, `id`, `left` | the tenant, the request's identifier, the time left in seconds |
#[derive(Debug, Clone)]
pub struct Script(pub(super) Probe);

impl Endpoint for Script {
    type Request = String;
    type Response = Result<String, DomainError>;
    type Error = DomainError;

    fn call(
        &self,
        cx: Context,
        request: String,
    ) -> impl Future<Output = Result<Self::Response, DomainError>> + Send {
        let (word, rest) = request.split_once(' ').unwrap_or((&request, ""));
        let (ask, answer) = match (word, rest) {
            ("fail", kind) => (Ask::Fail(of_name(kind)), Ok(String::new())),
            ("refuse", kind) => (Ask::Answer(0), Err(DomainError::Of(of_name(kind)))),
            ("later", after) => {
                let after = Duration::from_millis(number(after));
                (Ask::Answer(0), Err(DomainError::Refused(Reason::RateLimited, Some(after))))
            }
            ("grow", size) => (Ask::Answer(0), Ok("x".repeat(number(size)))),
            ("wait", "") => (Ask::Wait(0), Ok(String::new())),
            ("panic", "") => (Ask::PanicInCall, Ok(String::new())),
            ("panic", "later") => (Ask::PanicInPoll, Ok(String::new())),
            ("tenant", "") => (Ask::Answer(0), Ok(tenant(&cx))),
            ("id", "") => (Ask::Answer(0), Ok(identifier(&cx))),
            ("left", "") => (Ask::Answer(0), Ok(left(&cx))),
            _ => (Ask::Answer(0), Ok(request)),
        };
        let call = self.0.call(cx, ask);
        async move { call.await.map(|_| answer) }
    }
}

fn of_name(kind: &str) -> ErrorKind {
    kind.parse().expect("the name of a kind")
}

fn number<T: std::str::FromStr>(digits: &str) -> T {
    digits.parse().ok().expect("a number")
}

fn tenant(cx: &Context) -> String {
    cx.get::<Tenant>().map_or_else(String::new, |tenant| tenant.0.clone())
}

fn identifier(cx: &Context) -> String {
    cx.get::<RequestId>().map_or_else(String::new, ToString::to_string)
}

fn left(cx: &Context) -> String {
    cx.remaining(Instant::now()).map_or_else(String::new, |left| left.as_secs().to_string())
}
