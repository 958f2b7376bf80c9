//! The handlers of one path, by method.

use std::{convert::Infallible, future::ready, pin::Pin, sync::Arc};

use http::{HeaderValue, Method, Request, Response, header::CONTENT_LENGTH};
use http_body::Body as _;

use crate::{Body, Handler, handler::Mounted};

pub(super) type Route = Arc<dyn Erased>;

/// A handler whose type is forgotten. The future it gives is the one box of a request.
pub(super) trait Erased: Send + Sync {
    /// `head` asks for the response without its body.
    fn call(self: Arc<Self>, request: Request<Body>, head: bool) -> Mounted<Response<Body>>;
}

impl<H: Handler> Erased for H {
    fn call(self: Arc<Self>, request: Request<Body>, head: bool) -> Mounted<Response<Body>> {
        if head {
            return Box::pin(async move { Ok(bodiless(self.handle(request).await)) });
        }
        Box::pin(async move { Ok(self.handle(request).await) })
    }
}

pub(super) fn answer(response: Response<Body>) -> Mounted<Response<Body>> {
    let answer: Pin<Box<dyn Future<Output = Result<_, Infallible>> + Send>> =
        Box::pin(ready(Ok(response)));
    answer
}

/// The response to HEAD: what GET would have answered, without the body but with its length.
fn bodiless(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && length > 0
    {
        parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}

/// A path has few methods, so they are looked through one by one.
#[derive(Clone, Default)]
pub(super) struct Methods {
    by_method: Vec<(Method, Route)>,
    any: Option<Route>,
}

impl Methods {
    /// Adds a handler for `method`, or for all that have none of their own. `false` if there is one
    /// already.
    pub(super) fn add(&mut self, method: Option<Method>, route: Route) -> bool {
        match method {
            Some(method) => {
                let free = self.by_method.iter().all(|(known, _)| *known != method);
                if free {
                    self.by_method.push((method, route));
                }
                free
            }
            None => self.any.replace(route).is_none(),
        }
    }

    /// The handler of `method`, and whether it answers for GET in place of HEAD.
    pub(super) fn find(&self, method: &Method) -> Option<(&Route, bool)> {
        let of = |wanted: &Method| {
            self.by_method.iter().find_map(|(known, route)| (known == wanted).then_some(route))
        };
        if let Some(route) = of(method) {
            return Some((route, false));
        }
        if *method == Method::HEAD
            && let Some(route) = of(&Method::GET)
        {
            return Some((route, true));
        }
        self.any.as_ref().map(|route| (route, false))
    }

    /// The methods there are, as `Allow` lists them.
    pub(super) fn allowed(&self) -> String {
        let mut names: Vec<&str> =
            self.by_method.iter().map(|(method, _)| method.as_str()).collect();
        if names.contains(&"GET") && !names.contains(&"HEAD") {
            names.push("HEAD");
        }
        names.sort_unstable();
        names.join(", ")
    }
}
