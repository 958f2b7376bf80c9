//! TLS on both sides, with certificates made for the test.

use std::{sync::Arc, time::Duration};

use http::{Request, Response};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure};
use oxkit_transport_http::{
    Body,
    client::{Client, ClientError, Pool},
    serve::Limits,
    tls::alpn_protocols,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::{
    leaving::{Told, silent},
    support::Wire,
    world::Running,
};

struct Authority(CertifiedIssuer<'static, KeyPair>);

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        Arc::new(roots)
    }

    fn server(&self, asks_clients: bool) -> ServerConfig {
        let (chain, key) = self.issue("localhost");
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks_clients {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(self.roots(), provider()).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = alpn_protocols();
        config
    }

    fn client(&self, identity: Option<Identity>) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots());
        match identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
            None => builder.with_no_client_auth(),
        }
    }
}

async fn ask(running: &Running, config: ClientConfig) -> Result<String, ClientError> {
    let pool = Pool::builder().tls(Arc::new(config)).build();
    let uri = format!("https://localhost:{}/", running.address.port());
    let encode = move |()| {
        let request = Request::get(&uri).body(Body::empty()).unwrap();
        async { Ok::<_, ClientError>(request) }
    };
    let decode = async |response: Response<Body>| {
        let bytes = response.into_body().collect(100).await?;
        Ok::<_, ClientError>(String::from_utf8_lossy(&bytes).into_owned())
    };
    Client::new(&pool, encode, decode).call(Context::new(), ()).await
}

async fn start(config: ServerConfig) -> Running {
    Running::start(|serve| serve.tls(Arc::new(config))).await.0
}

#[tokio::test]
async fn the_best_protocol_both_can_is_spoken() {
    let authority = Authority::new();
    let running = start(authority.server(false)).await;
    let best = if cfg!(feature = "http2") { "HTTP/2.0 None" } else { "HTTP/1.1 None" };
    assert_eq!(ask(&running, authority.client(None)).await.unwrap(), best);

    let mut old = authority.client(None);
    old.alpn_protocols = vec![b"http/1.1".to_vec()];
    assert_eq!(ask(&running, old).await.unwrap(), "HTTP/1.1 None");
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_talked_to() {
    let running = start(Authority::new().server(false)).await;
    let error = ask(&running, Authority::new().client(None)).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn where_clients_must_show_a_certificate_those_without_are_refused() {
    let authority = Authority::new();
    let running = start(authority.server(true)).await;
    assert!(ask(&running, authority.client(None)).await.is_err());

    let stranger = Authority::new().issue("client");
    assert!(ask(&running, authority.client(Some(stranger))).await.is_err());

    let known = authority.issue("client");
    assert!(ask(&running, authority.client(Some(known))).await.is_ok());
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_closed_and_harms_nobody() {
    let authority = Authority::new();
    let running = start(authority.server(false)).await;
    let mut wire = Wire::connect(running.address).await;
    wire.ask("/").await;
    let _ = wire.closed().await;
    assert!(ask(&running, authority.client(None)).await.is_ok());
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn a_handshake_that_is_not_begun_does_not_hold_up_the_end() {
    let config = Arc::new(Authority::new().server(false));
    let limits = Limits::new().with_header_read_time(Duration::MAX);
    let (running, _) = Running::start(|serve| serve.tls(config).with_limits(limits)).await;
    let silent = Wire::connect(running.address).await;
    assert!(running.stop().await.is_clean());
    assert!(silent.closed().await.is_empty());
}

#[tokio::test]
async fn a_handshake_begun_just_now_is_finished_and_its_request_is_served() {
    let authority = Authority::new();
    let running = start(authority.server(false)).await;
    let stream = TcpStream::connect(running.address).await.unwrap();
    let served = running.begin_stop_and_refuse().await;
    let connector = TlsConnector::from(Arc::new(authority.client(None)));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    drop(stream);
    assert!(served.await.unwrap().is_clean());
}

#[tokio::test]
async fn a_call_whose_peer_takes_its_leave_is_dropped() {
    let authority = Authority::new();
    let config = Arc::new(authority.server(false));
    let (address, mut told) = silent(|serve| serve.tls(config)).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(authority.client(None)));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    assert_eq!(told.recv().await, Some(Told::Begun));
    // What goes over the wire is a record, and the socket stays open.
    stream.shutdown().await.unwrap();
    assert_eq!(told.recv().await, Some(Told::Dropped));
}
