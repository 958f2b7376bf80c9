//! TLS, and TLS on both sides.

use std::sync::Arc;

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{
    GrpcError, Router, Service,
    client::{Certificate, ChannelBuilder, ClientTlsConfig, Identity},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        server::WebPkiClientVerifier,
    },
};

use crate::support::{call_unary, serve_connection, unary};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    /// What a client trusts, and who it says it is.
    fn client(&self, identity: Option<&Self>) -> ClientTlsConfig {
        let config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.0.pem()));
        match identity.map(|authority| authority.issue("client")) {
            Some((certificate, key)) => {
                config.identity(Identity::from_pem(certificate.pem(), key.serialize_pem()))
            }
            None => config,
        }
    }

    /// A server whose certificate is of this authority, and so must be its clients' if it asks.
    fn server(&self, asks_clients: bool) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks_clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).unwrap();
            let roots = Arc::new(roots);
            let clients = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder.with_client_cert_verifier(clients.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = self.issue("localhost");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What comes of a call from such a client to such a server.
async fn ask(server: TlsAcceptor, client: ClientTlsConfig) -> Result<String, GrpcError> {
    let echo = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    let router = Router::new().service(Service::new("pb.Test").method("Echo", unary(echo)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (server, router) = (server.clone(), router.clone());
            tokio::spawn(async move {
                // A client that is not trusted is told so by the handshake.
                if let Ok(stream) = server.accept(stream).await {
                    serve_connection(stream, router).await;
                }
            });
        }
    });
    let builder = ChannelBuilder::from_shared(format!("https://localhost:{port}")).unwrap();
    let channel = builder.tls_config(client).unwrap().connect_lazy();
    call_unary(channel, "Echo").call(Context::new(), "hello".into()).await
}

#[tokio::test]
async fn a_server_that_is_trusted_is_called() {
    let authority = Authority::new();
    let answer = ask(authority.server(false), authority.client(None)).await;
    assert_eq!(answer.unwrap(), "hello");
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_unavailable() {
    let (authority, other) = (Authority::new(), Authority::new());
    let error = ask(authority.server(false), other.client(None)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false));
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_client_that_shows_a_certificate_is_served() {
    let authority = Authority::new();
    let answer = ask(authority.server(true), authority.client(Some(&authority))).await;
    assert_eq!(answer.unwrap(), "hello");
}

#[tokio::test]
async fn a_client_that_shows_none_or_another_authoritys_is_not() {
    let (authority, other) = (Authority::new(), Authority::new());
    for identity in [None, Some(&other)] {
        let error = ask(authority.server(true), authority.client(identity)).await.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false), "{error}");
    }
}
