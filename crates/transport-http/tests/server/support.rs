//! A server on a real socket, and a client that may write what it likes.

use std::{
    collections::HashMap,
    error::Error,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http::{Request, Response};
use hyper::{body::Incoming, service::Service};
use oxkit_transport_http::{Body, serve};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Serves until the runtime of the test is gone.
pub(crate) async fn start<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = std::convert::Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
    B: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { serve(listener, service).await });
    address
}

/// A client that sends bytes as they are given.
pub(crate) struct Wire(BufReader<TcpStream>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, Vec<String>>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers.get(name)?;
        assert_eq!(values.len(), 1, "{name} was sent more than once");
        values.first().map(String::as_str)
    }
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.unwrap();
    }

    /// Says that nothing more is sent; what is received goes on.
    pub(crate) async fn finish(&mut self) {
        self.0.get_mut().shutdown().await.unwrap();
    }

    pub(crate) async fn post(&mut self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len());
        self.send(head).await;
        self.send(body).await;
        self.answer().await
    }

    /// Sends a GET and does not wait for the answer.
    pub(crate) async fn ask(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(path).await;
        self.answer().await
    }

    /// Reads one response; panics if the connection ends before it is complete.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.read(true).await
    }

    /// Reads the response to a HEAD request.
    pub(crate) async fn head_answer(&mut self) -> Answer {
        self.read(false).await
    }

    async fn read(&mut self, body: bool) -> Answer {
        let first = self.line().await;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {first:?}"));
        let mut headers: HashMap<String, Vec<String>> = HashMap::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let value = value.trim().to_owned();
            headers.entry(name.to_ascii_lowercase()).or_default().push(value);
        }
        let mut answer = Answer { status, headers, body: String::new() };
        if body {
            answer.body = self.body(&answer).await;
        }
        answer
    }

    async fn body(&mut self, head: &Answer) -> String {
        let mut body = Vec::new();
        if let Some(length) = head.header("content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.0.read_exact(&mut body).await.unwrap();
        } else if head.header("transfer-encoding") == Some("chunked") {
            loop {
                let chunk = self.chunk().await;
                if chunk.is_empty() {
                    break;
                }
                body.extend_from_slice(chunk.as_bytes());
            }
        }
        String::from_utf8(body).unwrap()
    }

    /// Reads the next chunk of a chunked body; empty at its end.
    pub(crate) async fn chunk(&mut self) -> String {
        let size = usize::from_str_radix(&self.line().await, 16).unwrap();
        let mut chunk = vec![0; size];
        self.0.read_exact(&mut chunk).await.unwrap();
        assert_eq!(self.line().await, "");
        String::from_utf8(chunk).unwrap()
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        assert!(line.ends_with("\r\n"), "broke off at {line:?}");
        line.truncate(line.len() - 2);
        line
    }

    /// Waits until the server closes the connection; returns what it had still sent.
    pub(crate) async fn closed(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is a close, too.
        let _ = self.0.read_to_end(&mut rest).await;
        rest
    }
}

/// Lines that hooks and finalizers write down, in order.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(crate) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn read(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Reads a whole response that was answered without a network.
pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect(1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/").body(body.into()).unwrap()
}
