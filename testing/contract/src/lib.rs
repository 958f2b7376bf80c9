//! What every layer and every transport must keep, and the endpoint they are checked with.
//!
//! ```
//! use testing_contract::{Contract, contract};
//! # use oxkit_core::{HookLayer, hook};
//! # #[derive(Clone)]
//! # struct Nothing;
//! # impl<E: oxkit_core::Endpoint> oxkit_core::Hook<E> for Nothing {
//! #     type State = ();
//! #     fn before(&self, _: &mut oxkit_core::Context, _: &mut E::Request) -> Result<(), E::Error> {
//! #         Ok(())
//! #     }
//! #     fn after(&self, (): (), _: oxkit_core::Outcome<'_, E::Response, E::Error>) {}
//! # }
//!
//! contract! {
//!     Contract::new() =>
//!     of_a_hook_that_does_nothing: hook(Nothing);
//! }
//! ```
//!
//! What every transport must keep is in [`transport`].
//!
//! The [`Probe`] is for the other tests of layers, too: it does as each request says and keeps count.

mod contract;
mod error;
mod probe;
// tokio has no network under the model checker, which looks at no transport.
#[cfg(not(loom))]
pub mod transport;

pub use contract::{AT_ONCE, Contract};
pub use error::{DomainError, advice, reason};
pub use probe::{Ask, Mark, Probe, within};

/// What a [`Probe`] answers.
pub type Answer = Result<u32, DomainError>;

/// One test for each layer: `name: layer;`.
#[macro_export]
macro_rules! contract {
    ($contract:expr => $($name:ident: $layer:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            $contract.check($layer).await;
        }
    )*};
}
