//! An async function whose error travels in the response.

use std::{
    any::type_name,
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use crate::{Context, Endpoint, Failure, Refusal, endpoint_fn_with::StatefulFn};

/// Makes an endpoint whose *response* is the `Result` of an async function, with a state the
/// function is lent at each call: `async fn(&State, Context, Request) -> Result<T, E>`.
///
/// This is the first of the [two styles of error](crate#the-two-styles-of-error): what the service
/// answers is the response, a business error of type `E` included, which breakers and retries do
/// not see. The endpoint's own error is a [`Refusal`], for the layers around it.
///
/// It is [`endpoint_fn_with`](crate::endpoint_fn_with) with an `Ok` around the answer. Use that one
/// where the function fails in the second style, or the error of the layers is a type of your own.
///
/// ```
/// # fn main() {
/// use oxkit_core::{
///     CarriesFailure, Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_result_with,
/// };
///
/// struct Greeter { greeting: &'static str }
///
/// #[derive(Debug)]
/// struct Nobody;
/// # impl std::fmt::Display for Nobody {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
/// #         f.write_str("nobody to greet")
/// #     }
/// # }
/// # impl std::error::Error for Nobody {}
///
/// impl Failure for Nobody {
///     fn kind(&self) -> ErrorKind { ErrorKind::InvalidArgument }
/// }
///
/// impl Greeter {
///     fn greet(&self, name: &str) -> Result<String, Nobody> {
///         if name.is_empty() { Err(Nobody) } else { Ok(format!("{}, {name}", self.greeting)) }
///     }
/// }
///
/// let service = Greeter { greeting: "Hello" };
/// let greet = endpoint_result_with(service, async |service, _cx, name: &str| service.greet(name));
///
/// let answer: Result<Result<_, Nobody>, Refusal> = poll_once(greet.call(Context::new(), "Ann"));
/// assert_eq!(answer.unwrap().unwrap(), "Hello, Ann");
/// let answer = poll_once(greet.call(Context::new(), "")).expect("the call succeeds");
/// assert_eq!(answer.failure().map(Failure::kind), Some(ErrorKind::InvalidArgument));
/// # }
/// # fn poll_once<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(out) => out,
/// #         std::task::Poll::Pending => panic!("pending"),
/// #     }
/// # }
/// ```
///
/// A closure given to it captures nothing: everything it needs is in the state.
pub const fn endpoint_result_with<S, F, Request, T, E>(
    state: S,
    f: F,
) -> EndpointResultWith<S, F, Request, T, E>
where
    F: AsyncFn(&S, Context, Request) -> Result<T, E>,
    E: Failure,
{
    EndpointResultWith { state, f, types: PhantomData }
}

/// An async function whose error travels in the response, made by [`endpoint_result_with`].
#[must_use = "an endpoint does nothing until it is called"]
pub struct EndpointResultWith<S, F, Request, T, E> {
    state: S,
    f: F,
    types: PhantomData<fn(Request) -> Result<T, E>>,
}

impl<S, F, Request, T, E> Endpoint for EndpointResultWith<S, F, Request, T, E>
where
    S: Send + Sync,
    F: for<'a> StatefulFn<'a, S, Request, T, E>,
    Request: Send,
    T: Send,
    E: Failure,
{
    type Request = Request;
    type Response = Result<T, E>;
    type Error = Refusal;

    fn call(
        &self,
        cx: Context,
        request: Request,
    ) -> impl Future<Output = Result<Result<T, E>, Refusal>> + Send {
        Answered { call: self.f.run(&self.state, cx, request) }
    }
}

pin_project! {
    /// An `async` block around the call would hold its arguments beside it.
    struct Answered<F> {
        #[pin]
        call: F,
    }
}

impl<F: Future> Future for Answered<F> {
    type Output = Result<F::Output, Refusal>;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(task).map(Ok)
    }
}

impl<S: Clone, F: Clone, Request, T, E> Clone for EndpointResultWith<S, F, Request, T, E> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), f: self.f.clone(), types: PhantomData }
    }
}

impl<S: fmt::Debug, F, Request, T, E> fmt::Debug for EndpointResultWith<S, F, Request, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointResultWith")
            .field("state", &self.state)
            .field("f", &type_name::<F>())
            .finish()
    }
}
