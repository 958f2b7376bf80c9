//! Certificates, made for a test.

use std::sync::Arc;

use oxkit_transport_grpc::client::{Certificate, ClientTlsConfig, Identity as ClientIdentity};
use oxkit_transport_http::tls::alpn_protocols;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

/// What a party says it is: texts in PEM.
#[derive(Debug)]
#[non_exhaustive]
pub struct Identity {
    /// Its certificate.
    pub certificate: String,
    /// The key to it.
    pub key: String,
}

/// Who vouches for the parties of a test.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

#[expect(clippy::missing_panics_doc, reason = "keys and certificates of this sort can be made")]
impl Authority {
    /// One that nobody trusts yet. Its name is in what it vouches for.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names, no bad ones");
        // Whoever has the name of its authority is taken for one that signed for itself.
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("randomness");
        Self(CertifiedIssuer::self_signed(params, key).expect("it signs itself"))
    }

    /// Its certificate: what those have who trust it.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for this machine, and its key.
    #[must_use]
    pub fn issue(&self) -> Identity {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let params = CertificateParams::new(names).expect("good names");
        let key = KeyPair::generate().expect("randomness");
        let certificate = params.signed_by(&key, &self.0).expect("it signs");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A server that it vouches for, and that asks its clients for one of its certificates, or not.
    #[must_use]
    pub fn server(&self, asks_clients: bool) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider knows them");
        let builder = if asks_clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).expect("it is an authority");
            let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(clients.build().expect("there is a root"))
        } else {
            builder.with_no_client_auth()
        };
        let Identity { certificate, key } = self.issue();
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
        let mut config =
            builder.with_single_cert(vec![certificate], key).expect("the key is its own");
        config.alpn_protocols = alpn_protocols();
        Arc::new(config)
    }

    /// A client that trusts it, and shows a certificate of `identity`'s, if there is one.
    #[must_use]
    pub fn client(&self, identity: Option<&Self>) -> ClientTlsConfig {
        let config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.pem()));
        match identity.map(Self::issue) {
            Some(Identity { certificate, key }) => {
                config.identity(ClientIdentity::from_pem(certificate, key))
            }
            None => config,
        }
    }
}
