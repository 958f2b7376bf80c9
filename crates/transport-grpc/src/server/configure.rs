//! What can be set on a method.

use std::{sync::Arc, time::Duration};

use oxkit_core::{Context, Failure, Idempotency, Refusal, RequestIds};

use super::{Method, report::Report};
use crate::{Metadata, Status};

impl Method {
    /// Runs `hook` before the message is read.
    ///
    /// It may put values into the context, change the metadata, or refuse the call.
    ///
    /// ```
    /// # use oxkit_transport_grpc::Method;
    /// use oxkit_core::{Reason, Refusal};
    ///
    /// struct Token(String);
    ///
    /// fn authenticated(method: Method) -> Method {
    ///     method.before(|cx, metadata| {
    ///         let token = metadata.get("authorization").map(str::to_owned);
    ///         cx.insert(Token(token.ok_or(Refusal::new(Reason::Unauthenticated))?));
    ///         Ok(())
    ///     })
    /// }
    /// ```
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&mut Context, &mut Metadata) -> Result<(), Refusal> + Send + Sync + 'static,
    {
        self.set(|settings| settings.before.push(Arc::new(hook)))
    }

    /// Runs `hook` once the endpoint has answered, before anything is sent. It fills the metadata
    /// of the header and of the trailer, which for a stream follows its last message.
    ///
    /// Does not run when the call failed.
    ///
    /// ```
    /// # use oxkit_transport_grpc::Method;
    /// fn marked(method: Method) -> Method {
    ///     method.after(|_cx, header, trailer| {
    ///         header.insert("served-by", "a").expect("a good key and value");
    ///         trailer.insert("cost", "3").expect("a good key and value");
    ///     })
    /// }
    /// ```
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut Metadata, &mut Metadata) + Send + Sync + 'static,
    {
        self.set(|settings| settings.after.push(Arc::new(hook)))
    }

    /// Runs `finalizer` exactly once for each call, when it has truly ended: the last message was
    /// handed to the transport, its deadline passed, it panicked, or the caller went away.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, ErrorKind, Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::{Ended, Method, Router, Service, client::Client};
    ///
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let find = endpoint_fn(async |_cx, id: i64| {
    ///     Err::<i64, _>(Refusal::of_kind(ErrorKind::NotFound, format!("no todo {id}")))
    /// });
    /// let method = Method::unary(find, Ok::<i64, Refusal>, Ok::<i64, Refusal>)
    ///     .finalize(move |_cx, report| {
    ///         let _ = tell.send((report.ended(), report.kind()));
    ///     });
    /// let server = Router::new().service(Service::new("pb.Todos").method("Find", method));
    ///
    /// let find = Client::unary(server, "pb.Todos", "Find", Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    /// assert!(find.call(Context::new(), 7).await.is_err());
    /// assert_eq!(told.recv()?, (Ended::Answered, Some(ErrorKind::NotFound)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The context is the one the before hooks made. A finalizer runs on the task of the call, so it
    /// must not block. If it panics, the panic hook writes it and nothing else happens.
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.set(|settings| settings.finalizers.push(Arc::new(finalizer)))
    }

    /// Makes a status of a failure, in place of [`Status::of`].
    ///
    /// ```
    /// # use oxkit_transport_grpc::Method;
    /// use oxkit_core::{ErrorKind, Refusal};
    /// use oxkit_transport_grpc::Status;
    /// use std::error::Error;
    ///
    /// fn with_fields(method: Method) -> Method {
    ///     method.errors(|failure| {
    ///         let status = Status::of(failure);
    ///         if status.kind() == ErrorKind::InvalidArgument {
    ///             status.with_violation("a", "is required")
    ///         } else {
    ///             status
    ///         }
    ///     })
    /// }
    /// ```
    pub fn errors<H>(self, errors: H) -> Self
    where
        H: Fn(&(dyn Failure + 'static)) -> Status + Send + Sync + 'static,
    {
        self.set(|settings| settings.errors = Arc::new(errors))
    }

    /// How long a call may take whose caller does not say (`grpc-timeout`).
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.timeout = Some(timeout))
    }

    /// Lets a call whose caller does not say take as long as it takes, but for the
    /// [cap](Self::timeout_cap).
    pub fn without_timeout(self) -> Self {
        self.set(|settings| settings.timeout = None)
    }

    /// How long a call may take at least, whatever its caller asks for: for work that is better
    /// finished than begun again. A caller that asks for no time at all gets it too; without a floor
    /// its call is [late](oxkit_core::ErrorKind::DeadlineExceeded) when it comes, and neither hooks
    /// nor the endpoint see it.
    pub fn timeout_floor(self, floor: Duration) -> Self {
        self.set(|settings| settings.timeout_floor = floor)
    }

    /// How long a call may take at most, whatever its caller asks for. Wins over the floor.
    pub fn timeout_cap(self, cap: Duration) -> Self {
        self.set(|settings| settings.timeout_cap = Some(cap))
    }

    /// The largest message that is taken, in bytes, also after it is decompressed.
    pub fn message_limit(self, bytes: usize) -> Self {
        self.set(|settings| settings.message_limit = bytes)
    }

    /// The largest message that is sent, in bytes, before it is compressed. A larger one fails the
    /// call with [`ResourceExhausted`](oxkit_core::ErrorKind::ResourceExhausted).
    pub fn send_limit(self, bytes: usize) -> Self {
        self.set(|settings| settings.send_limit = Some(bytes))
    }

    /// Compresses what is sent, by gzip, to callers who understand it. What is received may always
    /// be compressed.
    #[cfg(feature = "gzip")]
    pub fn compress(self) -> Self {
        self.set(|settings| settings.compresses = true)
    }

    /// Answers a panic with `INTERNAL`, in place of letting it go on, which resets the stream: its
    /// caller then sees `CANCELLED`, by the protocol's table. It is written by the panic hook all the
    /// same, and finalizers are told of it.
    ///
    /// Wherever it happens: in a hook, in the codec, in the endpoint or its stream, in the function
    /// that makes [statuses](Self::errors). Of a stream, what was sent before it arrives, and then the
    /// status.
    pub fn catch_panics(self) -> Self {
        self.set(|settings| settings.catches_panics = true)
    }

    /// Gives every call an identifier: that of its metadata's `x-request-id` if it is visible ASCII
    /// of at most 128 bytes, otherwise a new one of 32 hexadecimal digits.
    ///
    /// It is in the context as [`RequestId`](oxkit_core::RequestId) and is sent back in the header of
    /// the answer, whatever the answer is. A client passes on the one of its context.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, Refusal, RequestId, endpoint_fn};
    /// use oxkit_transport_grpc::{Method, Router, Service, client::Client};
    ///
    /// let id = endpoint_fn(async |cx: Context, ()| {
    ///     Ok::<_, Refusal>(cx.get::<RequestId>().map_or_else(String::new, ToString::to_string))
    /// });
    /// let method = Method::unary(id, Ok::<(), Refusal>, Ok::<String, Refusal>).request_id();
    /// let server = Router::new().service(Service::new("pb.Test").method("Id", method));
    ///
    /// let id = Client::unary(server, "pb.Test", "Id", Ok::<(), Refusal>, Ok::<String, Refusal>);
    /// let cx = Context::new().with(RequestId::from("7f3a"));
    /// assert_eq!(id.call(cx, ()).await?, "7f3a");
    /// assert_eq!(id.call(Context::new(), ()).await?.len(), 32);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_id(self) -> Self {
        self.set(|settings| settings.request_ids = Some(Arc::new(RequestIds::new())))
    }

    /// Says whether the call may be repeated, for the layers that ask the
    /// [operation](Context::operation).
    pub const fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }
}
