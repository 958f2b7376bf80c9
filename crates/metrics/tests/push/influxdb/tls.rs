//! Over TLS.
#![cfg(feature = "tls")]

use std::sync::Arc;

use oxkit_metrics::{HttpTarget, InfluxBuilder, InfluxHttp, Registry};
use rcgen::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// Configurations of a server and of a client that trusts it.
fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it is a name");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("it was made so");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key)
        })
        .expect("they belong together");
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("it is a certificate");
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

#[tokio::test]
async fn a_request_goes_to_a_server_that_is_trusted_and_to_no_other() {
    let (server, trusts) = configs();
    let (_, trusts_another) = configs();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let serving = tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(server);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // The client that trusts another hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\n") || !request.windows(7).any(|part| part == b"c count") {
                let mut buffer = [0; 1000];
                let length = stream.read(&mut buffer).await.unwrap();
                assert_ne!(length, 0, "it is not whole");
                request.extend_from_slice(&buffer[..length]);
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            return String::from_utf8(request).unwrap();
        }
    });

    for (config, trusted) in [(trusts_another, false), (trusts, true)] {
        let registry = Registry::new();
        let http = InfluxHttp::v1(&HttpTarget::tls(&url, config).unwrap(), "d").unwrap();
        let mut exporter = InfluxBuilder::new().attach(&registry, http).unwrap();
        registry.counter("c", "").unwrap().increment();
        let sent = exporter.flush().await;
        assert_eq!(sent.is_ok(), trusted, "{sent:?}");
        if let Err(error) = sent {
            assert!(error.to_string().contains("certificate"), "{error}");
        }
    }
    let request = serving.await.unwrap();
    assert!(request.starts_with("POST /write?precision=ns&db=d HTTP/1.1\r\n"), "{request}");
}

#[test]
fn a_url_says_whether_it_is_for_tls() {
    let (_, config) = configs();
    let error = HttpTarget::tls("http://localhost", config).unwrap_err();
    assert!(error.to_string().contains("`HttpTarget::new`"), "{error}");
}
