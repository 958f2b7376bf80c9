//! The handlers of one path, by method.

use std::{
    any::Any,
    future::{poll_fn, ready},
    pin::pin,
    sync::Arc,
};

use http::{HeaderValue, Method, Response, header::CONTENT_LENGTH, request::Parts};
use http_body::Body as _;

use super::Table;
use crate::{Body, Handler, handler::Mounted};

pub(super) type Route = Arc<dyn Erased>;

/// A handler whose type is forgotten. The future it gives is the one box of a request.
pub(super) trait Erased: Any + Send + Sync {
    /// Calls the handler, which is at `place`: the future outlives the borrow, and finds it there
    /// again.
    fn call(&self, place: Place, head: Parts, body: Body) -> Mounted<Response<Body>>;
}

impl<H: Handler> Erased for H {
    fn call(&self, place: Place, head: Parts, body: Body) -> Mounted<Response<Body>> {
        // Made where it stays: `Box::pin` would copy it there.
        let room = Box::new_uninit();
        let begun = self.begin(head, body);
        let call = Box::write(room, async move {
            // Made in its place: an operand of `await` is moved there, by way of another.
            let mut answering = pin!(place.handler::<H>().finish(begun));
            poll_fn(|task| answering.as_mut().poll(task).map(Ok)).await
        });
        Box::into_pin(call)
    }
}

/// Where a handler is in the table, and the connection's hold on the table.
///
/// Holding the handler itself would be simpler, and have all connections count in one word: 130 ns
/// a request for each of two cores that do nothing else.
pub(super) struct Place {
    pub(super) lane: Lane,
    /// Which of its handlers.
    pub(super) slot: usize,
}

/// A connection's own count of a table that all share.
pub(super) type Lane = Arc<Arc<Table>>;

impl Place {
    fn handler<H: Handler>(&self) -> &H {
        let route: &dyn Any = &*self.lane.handlers[self.slot];
        route.downcast_ref().expect("a handler is given its own place")
    }
}

pub(super) fn answer(response: Response<Body>) -> Mounted<Response<Body>> {
    Box::pin(ready(Ok(response)))
}

/// The response to HEAD: what GET would have answered, without the body but with its length.
pub(super) fn bodiless(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && length > 0
    {
        parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}

/// The places of a path's handlers. It has few methods, so they are looked through one by one.
#[derive(Clone, Default)]
pub(super) struct Methods {
    by_method: Vec<(Method, usize)>,
    any: Option<usize>,
}

impl Methods {
    /// Adds the place of the handler for `method`, or for all that have none of their own. `false`
    /// if there is one already.
    pub(super) fn add(&mut self, method: Option<Method>, slot: usize) -> bool {
        match method {
            Some(method) => {
                let free = self.by_method.iter().all(|(known, _)| *known != method);
                if free {
                    self.by_method.push((method, slot));
                }
                free
            }
            None => {
                let free = self.any.is_none();
                self.any.get_or_insert(slot);
                free
            }
        }
    }

    /// The place of the handler of `method`, and whether it answers for GET in place of HEAD.
    #[inline]
    pub(super) fn find(&self, method: &Method) -> Option<(usize, bool)> {
        let of = |wanted: &Method| {
            self.by_method.iter().find_map(|(known, slot)| (known == wanted).then_some(*slot))
        };
        if let Some(slot) = of(method) {
            return Some((slot, false));
        }
        if *method == Method::HEAD
            && let Some(slot) = of(&Method::GET)
        {
            return Some((slot, true));
        }
        self.any.map(|slot| (slot, false))
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
