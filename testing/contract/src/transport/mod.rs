//! What every transport must keep.
//!
//! A transport's test says how to serve a [`Service`] and how to call it ([`Transport`]), and gets
//! one test for each case by [`transport_contract!`](crate::transport_contract).
//! `crates/transport-grpc/tests/contract.rs` is the shortest of them.
//!
//! Requests and responses are strings, so that the suite knows no encoding, and headers go by name,
//! so that it knows no protocol. What a finalizer is told is compared as it is printed: a transport
//! is free to have types of its own, and all have the same words for the same ends.

pub mod cases;
mod parties;
mod script;
mod world;

use std::net::SocketAddr;

use oxkit_core::{BoxEndpoint, ErrorKind, Failure, Refusal};
pub use parties::{Caller, SERVED_BY, Service, TENANT, Tenant};
pub use script::Script;
use tokio::net::TcpListener;

/// A transport over TCP, as its test sets it up.
pub trait Transport: Send + Sync {
    /// What a remote call fails with.
    type Error: Failure + From<Refusal>;

    /// Where the protocol cannot do as the others do.
    fn differences(&self) -> Differences;

    /// Serves `service` on `listener` until `stop` is ready and what is in flight then is answered.
    ///
    /// The server's hooks are [`Service::before`], [`Service::after`] and [`Service::ended`], its
    /// settings the service's fields, and it gives every request an identifier.
    fn serve(
        &self,
        listener: TcpListener,
        service: Service,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static;

    /// A client of that service at `address`, on connections of its own and without a timeout of
    /// its own.
    ///
    /// Its hooks are [`Caller::before`], [`Caller::after`] and [`Caller::ended`], its settings the
    /// caller's fields.
    fn client(
        &self,
        address: SocketAddr,
        caller: Caller,
    ) -> BoxEndpoint<String, String, Self::Error>;
}

/// What a transport does in its own way, as its documentation says.
#[derive(Debug, Clone, Copy)]
pub struct Differences {
    /// The kind that a request over the server's limit fails with.
    pub large_request: ErrorKind,
    /// The kind that a response over the client's limit fails with.
    pub large_response: ErrorKind,
    /// The kind that a caller sees of a panic that is not caught: the server says nothing more.
    pub panic: ErrorKind,
    /// The word that the server's finalizer is told after a panic that is caught.
    pub caught_panic: &'static str,
}

/// One test for each case and transport: `name: transport;`.
#[macro_export]
macro_rules! transport_contract {
    ($($name:ident: $transport:expr;)*) => {$(
        mod $name {
            use super::*;

            $crate::transport_contract! { @cases $transport =>
                answers::what_is_sent_comes_back
                answers::large_messages_pass
                answers::a_message_over_the_limit_is_refused_and_the_next_is_served
                answers::a_hundred_calls_share_a_client
                errors::every_kind_comes_back
                errors::a_business_error_in_the_response_comes_back_alike
                errors::advice_when_to_try_again_comes_back
                errors::a_server_that_is_not_there_is_unavailable
                time::the_endpoint_sees_the_deadline_of_the_caller
                time::a_call_whose_time_has_passed_is_not_sent
                time::the_caller_gives_up_at_its_deadline
                time::the_server_gives_up_at_its_limit
                ends::a_dropped_call_drops_the_endpoint
                ends::a_server_that_stops_answers_what_is_in_flight_and_nothing_new
                ends::a_caught_panic_is_an_answer
                ends::a_panic_that_is_not_caught_costs_its_call_alone
                ends::a_finalizer_that_panics_takes_nothing_with_it
                hooks::headers_pass_both_ways
                hooks::a_hook_refuses_a_call
                hooks::an_identifier_is_passed_on_and_told
                hooks::a_call_without_a_good_identifier_gets_one
            }
        }
    )*};
    (@cases $transport:expr => $($group:ident::$case:ident)*) => {$(
        #[tokio::test]
        async fn $case() {
            $crate::transport::cases::$group::$case(&$transport).await;
        }
    )*};
}
