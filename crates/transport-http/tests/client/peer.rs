//! A peer that answers each connection with given bytes, and keeps what it was sent.

use std::{net::SocketAddr, sync::Arc};

use http::{Method, Uri};
use oxkit_transport_http::client::{Client, JsonClientCodec, Pool};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Mutex,
};

#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// Reads one request a connection, writes `answer` and closes.
    pub(crate) async fn answering(answer: impl AsRef<[u8]>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let peer = Self { address, received: received.clone() };
        let answer = answer.as_ref().to_vec();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !is_whole(&request) {
                    let mut chunk = [0; 4096];
                    match stream.read(&mut chunk).await {
                        Ok(read) if read > 0 => request.extend_from_slice(&chunk[..read]),
                        _ => break,
                    }
                }
                received.lock().await.push(String::from_utf8(request).unwrap());
                let _ = stream.write_all(&answer).await;
            }
        });
        peer
    }

    pub(crate) fn uri(&self) -> Uri {
        format!("http://{}/method", self.address).parse().unwrap()
    }

    pub(crate) async fn was_asked(&self) -> bool {
        !self.received.lock().await.is_empty()
    }

    /// The last request, as it was received.
    pub(crate) async fn request(&self) -> String {
        self.received.lock().await.last().cloned().unwrap()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.parse().unwrap()) <= body.len()
}

pub(crate) type Json = Client<String, String, JsonClientCodec, JsonClientCodec>;

/// A method of that peer that takes and gives JSON strings.
pub(crate) fn method(uri: Uri) -> Json {
    Client::json(&Pool::new(), Method::POST, uri)
}
