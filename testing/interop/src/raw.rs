//! An HTTP/2 client that can be told to do anything, and says what it sees.

use std::{io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{Builder, SendRequest},
};
use http::{HeaderMap, Request};
use oxkit_core::ErrorKind;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

/// Long enough for anything that happens.
const SOON: Duration = Duration::from_secs(20);

/// A connection to a server, in the hands of a test.
#[derive(Debug)]
pub struct Raw {
    send: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answered {
    /// The status of HTTP.
    pub status: u16,
    /// That of gRPC: `None` if there was none, or none of failure.
    pub kind: Option<ErrorKind>,
    /// Whether there was a status of gRPC.
    pub is_grpc: bool,
}

impl Raw {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If nobody is there, or nobody who speaks HTTP/2.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        // Room for a stream that is read by nobody does not take that of the others.
        let mut builder = Builder::new();
        builder.initial_window_size(16 * 1024).initial_connection_window_size(16 * 1024 * 1024);
        let (send, connection) = builder.handshake(stream).await.map_err(io::Error::other)?;
        Ok(Self { send, connection: tokio::spawn(connection) })
    }

    /// Begins a call, whose messages are sent by what comes back.
    ///
    /// # Errors
    ///
    /// If the server has closed the connection.
    ///
    /// # Panics
    ///
    /// If a header is none.
    pub async fn begin(
        &mut self,
        path: &str,
        headers: &[(&str, &[u8])],
    ) -> Result<(h2::client::ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut request = Request::post(format!("http://test{path}"))
            .version(http::Version::HTTP_2)
            .header("te", "trailers");
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/grpc");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a test gives good headers");
        self.send.clone().ready().await?.send_request(request, false)
    }

    /// Makes a call with this body, and waits for the end of its answer.
    ///
    /// # Errors
    ///
    /// If the server has closed the connection or reset the stream.
    ///
    /// # Panics
    ///
    /// If the server says nothing.
    pub async fn call(
        &mut self,
        path: &str,
        headers: &[(&str, &[u8])],
        body: &'static [u8],
    ) -> Result<Answered, h2::Error> {
        let (response, mut send) = self.begin(path, headers).await?;
        // A server that has heard enough may have ended the stream by now.
        let _ = send.send_data(Bytes::from_static(body), true);
        let response = timeout(SOON, response).await.expect("it answers")?;
        let (head, mut body) = response.into_parts();
        let mut seen = head.headers;
        let trailers = timeout(SOON, whole(&mut body)).await.expect("it ends")?;
        seen.extend(trailers);
        let code = seen.get("grpc-status").and_then(|code| code.to_str().ok()?.parse::<u8>().ok());
        Ok(Answered {
            status: head.status.as_u16(),
            kind: code.and_then(ErrorKind::from_code),
            is_grpc: code.is_some(),
        })
    }

    /// Waits until the server closes the connection.
    ///
    /// # Errors
    ///
    /// If it gave a reason.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn closed(self) -> Result<(), h2::Error> {
        let Self { send, connection } = self;
        let closed = timeout(SOON, connection).await.expect("it closes");
        drop(send);
        closed.expect("reading frames does not panic")
    }

    /// Vanishes: the socket is closed in the middle of whatever it carries.
    pub fn vanish(self) {
        self.connection.abort();
    }
}

/// Reads a body to its end, and gives its trailers.
///
/// # Errors
///
/// If the server has reset the stream or closed the connection.
pub async fn whole(body: &mut RecvStream) -> Result<HeaderMap, h2::Error> {
    while let Some(chunk) = body.data().await {
        body.flow_control().release_capacity(chunk?.len())?;
    }
    Ok(body.trailers().await?.unwrap_or_default())
}
