//! What a server is told besides its methods.

use std::{sync::Arc, time::Duration};

use http::{request, response};
use oxkit_core::{Context, Operation};

use super::{CallReport, Server, answer::Errors};
use crate::{
    ErrorEncoder, Rejection, Report,
    jsonrpc::{Call, Error},
};

impl Server {
    /// Names the service, for the layers that label by
    /// [operation](Context::operation): each call of a known method has one of this
    /// service and the method's name.
    pub fn service(self, name: impl Into<Arc<str>>) -> Self {
        let service = name.into();
        self.dispatch(|dispatch| {
            for entry in dispatch.methods.values_mut() {
                entry.operation = Operation::named(Arc::clone(&service), Arc::clone(&entry.name));
            }
            dispatch.service = service;
        })
    }

    /// Limits how many calls a batch may have; a longer one is answered with −32600 and none of it
    /// is called. Zero takes no batches.
    pub fn batch_limit(self, calls: usize) -> Self {
        self.dispatch(|dispatch| dispatch.batch_limit = calls)
    }

    /// Limits how many calls of one batch run at the same time. With one they run in order. Zero is
    /// the same as one.
    pub fn batch_concurrency(self, calls: usize) -> Self {
        self.dispatch(|dispatch| dispatch.batch_concurrency = calls)
    }

    /// Runs `hook` once for each HTTP request, before its body is read.
    ///
    /// As [the HTTP server's](crate::Server::before): it may refuse with an HTTP status.
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&mut Context, &mut request::Parts) -> Result<(), Rejection> + Send + Sync + 'static,
    {
        Self { http: self.http.before(hook) }
    }

    /// Runs `hook` once for each call, when it is known what is called and before its parameters are
    /// decoded. Sees calls of unknown methods and notifications too.
    ///
    /// It may put values into the context of this call, or refuse it.
    ///
    /// ```
    /// use oxkit_transport_http::jsonrpc::{Error, Server, codes};
    ///
    /// let server = Server::new().before_codec(|_cx, call| {
    ///     if call.method().starts_with("rpc.") {
    ///         return Err(Error::new(codes::METHOD_NOT_FOUND, ""));
    ///     }
    ///     Ok(())
    /// });
    /// ```
    pub fn before_codec<H>(self, hook: H) -> Self
    where
        H: Fn(&mut Context, &Call) -> Result<(), Error> + Send + Sync + 'static,
    {
        self.dispatch(|dispatch| dispatch.before_codec.push(Arc::new(hook)))
    }

    /// Runs `hook` on the head of the response, once all calls have ended and before any byte is
    /// sent.
    ///
    /// It runs whether the calls succeeded or not, and not when the request as a whole was refused.
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut response::Parts) + Send + Sync + 'static,
    {
        Self { http: self.http.after(hook) }
    }

    /// Runs `finalizer` exactly once for each HTTP request, when it has truly ended.
    ///
    /// As [the HTTP server's](crate::Server::finalize). The failure of a single call is the
    /// [source](std::error::Error::source) of the report's error; those of a batch and of
    /// notifications are told to [`finalize_call`](Self::finalize_call) alone.
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        Self { http: self.http.finalize(finalizer) }
    }

    /// Runs `finalizer` exactly once for each call, when it has ended: with a result, with an error,
    /// by a panic, or because the caller went away. Also for each message that is no call.
    ///
    /// The context is the one the hooks made for this call. It must not block. If it panics, the panic
    /// hook writes it and nothing else happens.
    ///
    /// ```
    /// use oxkit_transport_http::jsonrpc::Server;
    ///
    /// let server = Server::new().finalize_call(|_cx, report| {
    ///     if let Some(error) = report.error() {
    ///         eprintln!("{:?}: {error}", report.call());
    ///     }
    /// });
    /// ```
    pub fn finalize_call<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &CallReport<'_>) + Send + Sync + 'static,
    {
        self.dispatch(|dispatch| dispatch.finalizers.push(Arc::new(finalizer)))
    }

    /// Sets how what is no answer to a call is answered, such as 405 and 413. By default
    /// [`PlainText`](crate::PlainText). Failures of calls are JSON-RPC errors in any case.
    pub fn errors(self, encoder: impl ErrorEncoder) -> Self {
        Self { http: self.http.errors(Errors(encoder)) }
    }

    /// Limits the time from the head of the request to the head of the response, for all calls in it
    /// together. A call that is not done by then is dropped and answered as
    /// [`DeadlineExceeded`](oxkit_core::ErrorKind::DeadlineExceeded); those of its batch that are done keep
    /// their answers.
    pub fn timeout(self, limit: Duration) -> Self {
        Self { http: self.http.timeout(limit) }
    }

    /// Takes the [time limit](Self::timeout) away.
    pub fn without_timeout(self) -> Self {
        Self { http: self.http.without_timeout() }
    }

    /// Limits the request body, in bytes; a longer one is answered with 413. `u64::MAX` is no limit.
    pub fn body_limit(self, bytes: u64) -> Self {
        Self { http: self.http.body_limit(bytes) }
    }

    /// Answers a request whose body is not said to be JSON with 415.
    pub fn require_json(self) -> Self {
        Self { http: self.http.require_json() }
    }

    /// Answers a call that panics with −32603, the others of its batch as they end; and a panic
    /// elsewhere with 500.
    ///
    /// Without this a panic unwinds into the task of the connection, which ends it.
    pub fn catch_panics(self) -> Self {
        Self { http: self.http.catch_panics() }.dispatch(|dispatch| dispatch.catch_panics = true)
    }

    /// Gives every HTTP request an identifier: see [the HTTP
    /// server's](crate::Server::request_id). It has nothing to do with the identifiers of calls.
    pub fn request_id(self) -> Self {
        Self { http: self.http.request_id() }
    }

    /// Puts a copy of the request's head into the context, as [`RequestHead`](crate::RequestHead).
    pub fn keep_head(self) -> Self {
        Self { http: self.http.keep_head() }
    }
}
