//! A call to another service begins here.

use oxkit_core::{Context, Endpoint, Hook, Hooked, Layer, Operation, Outcome};

use crate::future::now;

/// Says which operation of another service a call is for, and that it begins now.
///
/// Put it outermost around a client. The context that a handler passes on names the operation being
/// *served*, and holds when that request came in; layers around the client would label the call
/// with the wrong name, ask the wrong operation whether it may be repeated, and count the time from
/// the wrong beginning. Inside of this layer they see those of the call
/// ([`Context::outgoing`]). The deadline and the values of the context pass through.
///
/// It reads the clock once, tokio's, and allocates once a call. It refuses nothing.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use oxkit_core::{Context, Endpoint, Idempotency, Layer, Operation, Refusal, endpoint_fn};
/// use oxkit_endpoint::ForOperation;
/// use tokio::time::Instant;
///
/// const LIST: Operation =
///     Operation::new("todosvc", "List").with_idempotency(Idempotency::NoSideEffects);
///
/// // In the place of the client: what it and the layers around it see.
/// let client = endpoint_fn(async |cx: Context, (): ()| {
///     Ok::<_, Refusal>((cx.operation().cloned(), cx.arrival()))
/// });
/// let list = ForOperation::new(LIST).layer(client);
///
/// let cx = Context::received(Instant::now().into_std(), Operation::new("gateway", "Show"));
/// tokio::time::advance(std::time::Duration::from_millis(200)).await;
/// let (operation, began) = list.call(cx, ()).await.unwrap();
/// assert_eq!(operation, Some(LIST));
/// assert_eq!(began, Some(Instant::now().into_std()));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct ForOperation {
    operation: Operation,
}

impl ForOperation {
    /// Begins each call as one for `operation`.
    pub const fn new(operation: Operation) -> Self {
        Self { operation }
    }
}

impl<E> Layer<E> for ForOperation {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<E: Endpoint> Hook<E> for ForOperation {
    type State = ();

    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        *cx = std::mem::take(cx).outgoing(now(), self.operation.clone());
        Ok(())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
}
