//! A panic anywhere on the way is answered where that was asked for, and always reported.

use http::{Request, Response, StatusCode};
use oxkit_core::{Context, Failure, Refusal, endpoint_fn};
use oxkit_transport_http::{Body, JsonCodec, Rejection, Server};

use crate::support::{Journal, post, text};

fn bomb(place: &str, here: &str) {
    assert!(place != here, "boom");
}

/// Panics at `place`, once with panics caught and once without.
async fn check(place: &'static str) {
    let journal = Journal::default();
    let end = journal.clone();
    let endpoint = endpoint_fn(move |_: Context, (): ()| {
        bomb(place, "endpoint");
        async move {
            bomb(place, "endpoint's future");
            if place == "error encoder" {
                return Err(Refusal::of_kind(oxkit_core::ErrorKind::NotFound, "none"));
            }
            Ok(7)
        }
    });
    let decode = move |_: Request<Body>| {
        bomb(place, "decoder");
        async move {
            bomb(place, "decoder's future");
            Ok::<_, Rejection>(())
        }
    };
    let encode = move |n: u8| {
        bomb(place, "encoder");
        async move {
            bomb(place, "encoder's future");
            Ok::<_, Rejection>(Response::new(Body::from(n.to_string())))
        }
    };
    let errors = move |_: &(dyn Failure + 'static), status: StatusCode| {
        bomb(place, "error encoder");
        let mut response = Response::<Body>::default();
        *response.status_mut() = status;
        response
    };
    let server = Server::new(endpoint, decode, encode)
        .before(move |_, _| {
            bomb(place, "before");
            Ok(())
        })
        .after(move |_, _| bomb(place, "after"))
        .errors(errors)
        .finalize(move |_, report| {
            end.write(format!("{:?} {:?}", report.ended(), report.status().map(|s| s.as_u16())));
        });

    let caught = server.clone().catch_panics();
    let response = caught.handle(post("")).await;
    assert_eq!(response.status(), 500, "{place}");
    text(response).await;
    assert_eq!(journal.read(), ["Panicked Some(500)"], "{place}");

    let task = tokio::spawn(async move { server.handle(post("")).await });
    assert!(task.await.unwrap_err().is_panic(), "{place}");
    assert_eq!(journal.read(), ["Panicked None"], "{place}");
}

#[tokio::test]
async fn wherever_it_happens() {
    for place in [
        "before",
        "decoder",
        "decoder's future",
        "endpoint",
        "endpoint's future",
        "encoder",
        "encoder's future",
        "after",
        "error encoder",
    ] {
        check(place).await;
    }
}

#[tokio::test]
async fn without_finalizers_a_panic_goes_on_or_is_answered_alike() {
    let endpoint = endpoint_fn(async |_: Context, n: u8| -> Result<u8, Refusal> { panic!("{n}") });
    let server = Server::new(endpoint, JsonCodec, JsonCodec);
    let response = server.clone().catch_panics().handle(post("7")).await;
    assert_eq!(
        (response.status().as_u16(), text(response).await),
        (500, "internal error".to_owned())
    );
    let task = tokio::spawn(async move { server.handle(post("7")).await });
    assert!(task.await.unwrap_err().is_panic());
}
