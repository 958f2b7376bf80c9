//! A layer that does not keep the contract is found out.

use oxkit_core::{Context, Endpoint, Hook, HookLayer, Layer, Outcome, Reason, hook};
use testing_contract::{Answer, Ask, Contract, DomainError, Probe};

/// Forgets the context.
#[derive(Clone)]
struct Forgets;

impl<E: Endpoint> Hook<E> for Forgets {
    type State = ();

    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        *cx = Context::new();
        Ok(())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
}

/// Does something else with what it is given.
#[derive(Clone, Copy)]
enum Wrong {
    Error,
    Answer,
    Panic,
}

struct Wronged<E>(Wrong, E);

impl<E> Layer<E> for Wrong {
    type Service = Wronged<E>;

    fn layer(&self, inner: E) -> Wronged<E> {
        Wronged(*self, inner)
    }
}

impl<E: Endpoint<Request = Ask, Response = u32, Error = DomainError>> Endpoint for Wronged<E> {
    type Request = Ask;
    type Response = u32;
    type Error = DomainError;

    async fn call(&self, cx: Context, request: Ask) -> Answer {
        let panics = matches!(request, Ask::PanicInCall | Ask::PanicInPoll);
        match self.0 {
            Wrong::Error => {
                let answer = self.1.call(cx, request).await;
                answer.map_err(|_| DomainError::refused(Reason::Other))
            }
            Wrong::Answer => self.1.call(cx, request).await.map(|n| n + 1),
            Wrong::Panic if panics => Err(DomainError::refused(Reason::Panicked)),
            Wrong::Panic => self.1.call(cx, request).await,
        }
    }
}

async fn breaks<L>(contract: Contract, layer: L) -> bool
where
    L: Layer<Probe> + Send + Sync + 'static,
    L::Service: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    match tokio::spawn(contract.check(layer)).await {
        Ok(()) => false,
        Err(end) => {
            assert!(end.is_panic());
            true
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_layer_does_wrong_is_found_out_unless_it_may() {
    let contract = Contract::new();
    let forgets: HookLayer<Forgets> = hook(Forgets);
    assert!(breaks(contract, forgets.clone()).await);
    assert!(!breaks(contract.without_the_context(), forgets).await);
    assert!(breaks(contract, Wrong::Error).await);
    assert!(breaks(contract, Wrong::Answer).await);
    assert!(breaks(contract, Wrong::Panic).await);
    assert!(!breaks(contract.panics_may_be_caught(), Wrong::Panic).await);
}
