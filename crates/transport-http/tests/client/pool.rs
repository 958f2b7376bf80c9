//! Connections are kept, shared and given up.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use http::{Method, Request, Response};
use oxkit_core::{Context, Endpoint};
use oxkit_transport_http::{
    Body,
    client::{Client, Pool},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};

async fn answer(_: Request<Body>) -> Response<Body> {
    Response::new("1".into())
}

#[tokio::test]
async fn methods_that_share_a_pool_share_its_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = oxkit_transport_http::Router::new().get("/a", answer).get("/b", answer);
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = oxkit_transport_http::serve(listener, router)
        .with_graceful_shutdown(async { stopped.await.unwrap_or_default() });
    let served = tokio::spawn(async { serve.await });

    let pool = Pool::new();
    for path in ["a", "b", "a", "b", "a"] {
        let uri = format!("http://{address}/{path}").parse().unwrap();
        let client: Client<(), u8, _, _> = Client::json(&pool.clone(), Method::GET, uri);
        assert_eq!(client.call(Context::new(), ()).await.unwrap(), 1);
    }
    stop.send(()).unwrap();
    assert_eq!(served.await.unwrap().connections, 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, SeqCst);
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            // It does not say that it closes, and closes.
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1").await.unwrap();
        }
    });
    let client: Client<(), u8, _, _> = Client::json(&Pool::new(), Method::GET, uri);
    for _ in 0..5 {
        assert_eq!(client.call(Context::new(), ()).await.unwrap(), 1);
        // Lets the pool hear of the close.
        tokio::task::yield_now().await;
    }
    assert_eq!(accepted.load(SeqCst), 5);
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let client: Client<(), u8, _, _> = Client::json(&Pool::new(), Method::GET, uri);
    let call = tokio::spawn(async move { client.call(Context::new(), ()).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = [0; 1024];
    assert!(stream.read(&mut request).await.unwrap() > 0);
    call.abort();
    assert_eq!(stream.read(&mut request).await.unwrap_or(0), 0);
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn http_2_in_the_clear_puts_all_calls_on_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = oxkit_transport_http::Router::new().get("/", answer);
    let serve = oxkit_transport_http::serve(listener, router)
        .with_h2c()
        .with_graceful_shutdown(async { stopped.await.unwrap_or_default() });
    let served = tokio::spawn(async { serve.await });

    let uri = format!("http://{address}/").parse().unwrap();
    let client: Client<(), u8, _, _> =
        Client::json(&Pool::builder().h2c().build(), Method::GET, uri);
    assert_eq!(client.call(Context::new(), ()).await.unwrap(), 1);
    let calls = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.call(Context::new(), ()).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
    stop.send(()).unwrap();
    assert_eq!(served.await.unwrap().connections, 1);
}

/// The times that stand for "never" must not be added to an instant.
#[tokio::test]
async fn a_time_without_end_is_no_limit() {
    let address = crate::support::start(oxkit_transport_http::Router::new().get("/", answer)).await;
    let uri: http::Uri = format!("http://{address}/").parse().unwrap();
    let never = std::time::Duration::MAX;
    let builder = Pool::builder().connect_timeout(never).idle_timeout(never);
    #[cfg(feature = "http2")]
    let builder = builder.ping(Some((never, never)));
    let client: Client<(), u8, _, _> = Client::json(&builder.build(), Method::GET, uri);
    let panics = Arc::new(AtomicUsize::new(0));
    let count = panics.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // Other tests panic on purpose, at the same time: only the pool's own tasks count.
        if info.location().is_some_and(|at| !at.file().contains("tests")) {
            count.fetch_add(1, SeqCst);
        }
        before(info);
    }));
    for _ in 0..2 {
        assert_eq!(client.call(Context::new(), ()).await.unwrap(), 1);
    }
    // The task that closes idle connections has begun by now.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(panics.load(SeqCst), 0);
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn an_http_2_connection_that_died_without_a_word_is_replaced() {
    use std::time::Duration;

    use http_body_util::Full;
    use hyper::{server::conn::http2, service::service_fn};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri: http::Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let (freeze, mut frozen) = oneshot::channel::<oneshot::Sender<()>>();
    tokio::spawn(async move {
        let serve = |io| {
            let answer = service_fn(async |_| {
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(bytes::Bytes::from("1"))))
            });
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(io), answer)
        };
        let (io, _) = listener.accept().await.unwrap();
        let mut first = Box::pin(serve(io));
        let gone = tokio::select! {
            _ = &mut first => unreachable!("the client keeps it"),
            gone = &mut frozen => gone.unwrap(),
        };
        // From here on nobody reads or writes it, and it stays open.
        gone.send(()).unwrap();
        let (io, _) = listener.accept().await.unwrap();
        let _ = serve(io).await;
        drop(first);
    });
    let every = Duration::from_millis(20);
    let pool = Pool::builder().h2c().ping(Some((every, every))).build();
    let client: Client<(), u8, _, _> = Client::json(&pool, Method::GET, uri);
    assert_eq!(client.call(Context::new(), ()).await.unwrap(), 1);

    let (gone, is_gone) = oneshot::channel();
    freeze.send(gone).unwrap();
    is_gone.await.unwrap();
    // Whether this call finds the connection dead or already given up depends on the moment.
    let found = client.call(Context::new(), ()).await;
    assert!(found.is_ok_and(|n| n == 1) || client.call(Context::new(), ()).await.unwrap() == 1);
}
