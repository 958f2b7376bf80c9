//! A chain as a case, ours or tower's.

use std::hint::black_box;

use oxkit_core::{Context, Endpoint};
use tower::{Service, ServiceExt};

use super::message::{Message, Trouble, is_answered};
use crate::harness::Case;

/// A chain of middlewares that is called many times over.
#[derive(Debug)]
pub struct Chain {
    /// The calls.
    pub case: Case,
    /// The size of the future of a call before it is boxed.
    pub future: usize,
}

impl Chain {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.case.name
    }

    /// An endpoint, boxed once at the seam.
    pub(crate) fn ours<E>(name: String, endpoint: E) -> Self
    where
        E: Endpoint<Request = Message, Response = Message, Error = Trouble> + 'static,
    {
        Self::ours_with(name, endpoint, Context::new)
    }

    /// The same, called with this context.
    pub(crate) fn ours_with<E>(
        name: String,
        endpoint: E,
        context: impl Fn() -> Context + 'static,
    ) -> Self
    where
        E: Endpoint<Request = Message, Response = Message, Error = Trouble> + 'static,
    {
        let future = size_of_answer(&|| endpoint.call(Context::new(), Message::numbered(1)));
        let boxed = black_box(endpoint.boxed());
        let run = move |calls: u32| {
            for call in 1..=calls {
                let request = Message::numbered(u64::from(call));
                assert!(is_answered(boxed.call(context(), request)));
            }
        };
        Self { case: Case::new(name, run), future }
    }

    /// A tower service, cloned and made ready for every call, as hyper-util and axum do it.
    pub(crate) fn tower<S>(name: String, future: usize, service: S) -> Self
    where
        S: Service<Message, Response = Message> + Clone + 'static,
        S::Error: std::fmt::Debug,
    {
        let service = black_box(service);
        let run = move |calls: u32| {
            for call in 1..=calls {
                let request = Message::numbered(u64::from(call));
                assert!(is_answered(async {
                    let mut service = service.clone();
                    service.ready().await?.call(request).await
                }));
            }
        };
        Self { case: Case::new(name, run), future }
    }
}

/// The size of what a function returns, without calling it: a call would be one more place where
/// the compiler might put the code of a chain that is to be called in one place only.
const fn size_of_answer<A>(_: &impl Fn() -> A) -> usize {
    size_of::<A>()
}

/// The name of a chain.
pub(crate) fn id(design: &str, layers: usize, pending: bool) -> String {
    let leaf = if pending { ", pending" } else { "" };
    format!("{design}, {layers} layers{leaf}")
}
