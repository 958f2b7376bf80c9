//! What is done with an answer before it leaves.

use std::panic::resume_unwind;

use http::{HeaderValue, Response};
use oxkit_core::{Context, Failure, Reason, Refusal, future::Panic};

use super::{Ended, codec::boxed, settings::Settings, stop::Stop, watch::Watch};
use crate::{Body, PlainText, REQUEST_ID_HEADER, errors::render};

/// What is to be done with an answer, where the server is told to do something.
#[derive(Default)]
pub(super) struct Owed {
    /// For the after hooks.
    cx: Context,
    /// Tells the caller the identifier of its request.
    told: Option<HeaderValue>,
    watch: Option<Box<Watch>>,
}

impl Owed {
    pub(super) fn new(told: Option<HeaderValue>, watch: Option<Box<Watch>>) -> Self {
        Self { cx: Context::new(), told, watch }
    }

    /// What the before hooks made of the context.
    pub(super) fn context(&mut self, cx: &Context) {
        self.cx = cx.clone();
        if let Some(watch) = &mut self.watch {
            watch.context(cx.clone());
        }
    }

    /// Whether there are finalizers, who are told of a panic.
    pub(super) const fn is_watched(&self) -> bool {
        self.watch.is_some()
    }
}

impl Settings {
    /// Makes the response of what the pipeline came to, and does what is owed.
    pub(super) fn settle(
        &self,
        owed: Option<Box<Owed>>,
        ended: Result<Response<Body>, Box<dyn Failure>>,
    ) -> Response<Body> {
        let mut owed = owed.map(|owed| *owed).unwrap_or_default();
        let mut response = match ended {
            Ok(response) => self.after(response, &mut owed),
            Err(error) => self.failed(error, &mut owed),
        };
        if let Some(id) = owed.told.take() {
            response.headers_mut().insert(REQUEST_ID_HEADER, id);
        }
        match owed.watch.take() {
            Some(watch) => watch.follow(response),
            None => response,
        }
    }

    /// Runs the after hooks on what the encoder wrote.
    fn after(&self, response: Response<Body>, owed: &mut Owed) -> Response<Body> {
        if self.after.is_empty() {
            return response;
        }
        let hooked = self.guarded(owed, || {
            let (mut parts, body) = response.into_parts();
            for after in &self.after {
                after(&owed.cx, &mut parts);
            }
            Response::from_parts(parts, body)
        });
        hooked.unwrap_or_else(|panic| self.panicked(panic, owed))
    }

    /// Answers a failure. One of the encoder is a business error, or the like: the endpoint did
    /// answer, so the after hooks run.
    fn failed(&self, error: Box<dyn Failure>, owed: &mut Owed) -> Response<Body> {
        let (error, has_answered) = match Stop::unmark(error) {
            Ok(Stop::Panicked(panic)) => return self.panicked(panic, owed),
            Ok(Stop::Failed(error)) => (error, false),
            Err(error) => (error, true),
        };
        let rendered = self.guarded(owed, || render(&*self.errors, &*error));
        if let Some(watch) = &mut owed.watch {
            watch.failed(error);
        }
        match rendered {
            Ok(response) if has_answered => self.after(response, owed),
            Ok(response) => response,
            Err(panic) => self.panicked(panic, owed),
        }
    }

    /// Runs what the user's hooks and encoders have a part in.
    fn guarded<T>(&self, owed: &Owed, f: impl FnOnce() -> T) -> Result<T, Panic> {
        if self.catch_panics || owed.is_watched() { Panic::catch(f) } else { Ok(f()) }
    }

    /// Answers a panic, or goes on panicking once the finalizers know.
    fn panicked(&self, panic: Panic, owed: &mut Owed) -> Response<Body> {
        if !self.catch_panics {
            if let Some(watch) = &mut owed.watch {
                watch.end(Ended::Panicked);
            }
            resume_unwind(panic.into_payload());
        }
        let refusal = Refusal::new(Reason::Panicked).with_source(panic);
        // It may have been the error encoder itself.
        let response = Panic::catch(|| render(&*self.errors, &refusal))
            .unwrap_or_else(|_| render(&PlainText, &refusal));
        if let Some(watch) = &mut owed.watch {
            watch.failed(boxed(refusal));
            watch.caught();
        }
        response
    }
}
