//! TLS, and TLS on both sides, in both directions.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure};
use oxkit_transport_grpc::{
    GrpcError, Router,
    client::{ChannelBuilder, Client, ClientTlsConfig},
};
use serde_json::{Value, json};
use testing_interop::{Authority, Identity, methods, serve_tls};

use super::{json, peer};

fn authorities() -> (Authority, Authority) {
    (Authority::new("one"), Authority::new("another"))
}

/// What Python is told by a call to a server of ours.
async fn python_asks(authority: &Authority, asks_clients: bool, client: Value) -> Value {
    let (service, mut endings) = methods();
    let router = Router::new().service(service);
    let server = serve_tls(router, authority.server(asks_clients)).await.expect("a port");
    let mut python = peer("client.py", &[&server.address().to_string(), "tls"]);
    python.say(&client.to_string());
    let answer = json(&python.ask(r#"{"method": "Echo", "requests": ["hello"]}"#));
    drop(python);
    assert!(server.stop().await.is_clean());
    assert_eq!(
        endings.try_recv().is_ok(),
        answer["code"] == "OK",
        "whoever is refused calls nobody"
    );
    answer
}

/// A client in Python that trusts one authority, and shows a certificate of another.
fn python(trusted: &Authority, identity: Option<&Authority>) -> Value {
    let mut client = json!({"authority": trusted.pem()});
    if let Some(Identity { certificate, key, .. }) = identity.map(Authority::issue) {
        client["certificate"] = certificate.into();
        client["key"] = key.into();
    }
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn python_calls_whom_it_trusts() {
    let (authority, other) = authorities();
    let answer = python_asks(&authority, false, python(&authority, None)).await;
    assert_eq!((&answer["code"], &answer["messages"]), (&json!("OK"), &json!(["hello"])));

    let answer = python_asks(&authority, false, python(&other, None)).await;
    assert_eq!(answer["code"], "UNAVAILABLE", "{answer}");
    let text = answer["text"].as_str().unwrap();
    assert!(text.contains("CERTIFICATE_VERIFY_FAILED"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn python_is_served_if_it_shows_a_certificate_that_is_trusted() {
    let (authority, other) = authorities();
    let answer = python_asks(&authority, true, python(&authority, Some(&authority))).await;
    assert_eq!((&answer["code"], &answer["messages"]), (&json!("OK"), &json!(["hello"])));

    // It is told why by an alert, which its library writes to standard error.
    for identity in [None, Some(&other)] {
        let answer = python_asks(&authority, true, python(&authority, identity)).await;
        assert_eq!((&answer["code"], &answer["messages"]), (&json!("UNAVAILABLE"), &json!([])));
    }
}

/// What we are told by a call to a server in Python.
async fn asks_python(
    authority: &Authority,
    asks_clients: bool,
    client: ClientTlsConfig,
) -> Result<String, GrpcError> {
    let mut python = peer("server.py", &["tls"]);
    let Identity { certificate, key, .. } = authority.issue();
    let mut given = json!({"certificate": certificate, "key": key});
    if asks_clients {
        given["authority"] = authority.pem().into();
    }
    let port = json(&python.ask(&given.to_string()))["port"].clone();
    let channel = ChannelBuilder::from_shared(format!("https://127.0.0.1:{port}")).expect("a URI");
    let channel = channel.tls_config(client).expect("good PEM").connect_lazy();
    let text = |text: String| Ok::<_, GrpcError>(text);
    let echo = Client::unary(channel, "interop.Peer", "Echo", text, text);
    echo.call(Context::new(), "hello".to_owned()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn we_call_whom_we_trust() {
    let (authority, other) = authorities();
    let answer = asks_python(&authority, false, authority.client(None)).await;
    assert_eq!(answer.unwrap(), "hello");

    let error = asks_python(&authority, false, other.client(None)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn we_are_served_if_we_show_a_certificate_that_is_trusted() {
    let (authority, other) = authorities();
    let answer = asks_python(&authority, true, authority.client(Some(&authority))).await;
    assert_eq!(answer.unwrap(), "hello");

    for identity in [None, Some(&other)] {
        let error = asks_python(&authority, true, authority.client(identity)).await.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false), "{error:?}");
        // Python closes the connection, and says why in its own log alone.
        assert!(error.to_string().starts_with("the call got no answer: "), "{error}");
    }
}
