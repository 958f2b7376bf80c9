//! The load: a closed loop of so many calls on each of so many connections, on one thread.
//!
//! As the [load for HTTP](super::super::load), it must cost much less a call than any server: a poll
//! loop, heads that were encoded beforehand, answers that are compared and not decoded.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::{
    METHOD,
    frames::{
        ACK, ANSWER, DATA, END_STREAM, Frame, GOAWAY, HEADERS, MESSAGE, PING, RST_STREAM, SETTINGS,
        WINDOW, WINDOW_UPDATE, preface, write, write_call,
    },
};
use crate::transport::load::{Seen, micros};

/// How long an answer may take before the run fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to one server.
#[derive(Debug)]
pub(in crate::transport) struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    streams: usize,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// What has come and is not looked at yet.
    input: Vec<u8>,
    /// What is to be sent when all that came is looked at.
    output: Vec<u8>,
    calls: Vec<Call>,
    next: u32,
    /// How many bytes of messages the server takes.
    window: i64,
}

/// A call without an end yet.
#[derive(Debug)]
struct Call {
    stream: u32,
    sent: Instant,
    is_answered: bool,
}

impl Load {
    /// Opens so many connections, for so many calls at once on each.
    pub(in crate::transport) fn connect(
        server: SocketAddr,
        count: usize,
        streams: usize,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            let mut stream = std::net::TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.write_all(&preface())?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            connections.push(Connection {
                stream,
                input: Vec::with_capacity(8 * 1024),
                output: Vec::with_capacity(8 * 1024),
                calls: Vec::with_capacity(streams),
                next: 1,
                window: i64::from(WINDOW),
            });
        }
        Ok(Self { poll, events: Events::with_capacity(count.max(64)), connections, streams })
    }

    /// Calls again as soon as a call is answered, for so long, and then waits for what is still to
    /// come.
    pub(in crate::transport) fn run(&mut self, long: Duration) -> io::Result<Seen> {
        let end = Instant::now() + long;
        self.run_while(|_, now| now < end)
    }

    /// The same for so many calls.
    pub(in crate::transport) fn calls(&mut self, calls: usize) -> io::Result<Seen> {
        let at_once = self.connections.len() * self.streams;
        self.run_while(|answered, _| answered + at_once <= calls)
    }

    fn run_while(&mut self, more: impl Fn(usize, Instant) -> bool) -> io::Result<Seen> {
        let started = Instant::now();
        let mut latencies = Vec::with_capacity(1 << 20);
        for connection in &mut self.connections {
            for _ in 0..self.streams {
                connection.call(started)?;
            }
            connection.send()?;
        }
        let mut waiting = self.connections.len() * self.streams;
        let mut now = started;
        while waiting > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE))?;
            if self.events.is_empty() && now.elapsed() >= PATIENCE {
                return Err(io::Error::new(ErrorKind::TimedOut, "the server does not answer"));
            }
            now = Instant::now();
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                for _ in 0..connection.receive(now, &mut latencies)? {
                    if more(latencies.len(), now) {
                        connection.call(now)?;
                    } else {
                        waiting -= 1;
                    }
                }
                connection.send()?;
            }
        }
        Ok(Seen::new(latencies, Vec::new(), started.elapsed()))
    }
}

impl Connection {
    fn call(&mut self, now: Instant) -> io::Result<()> {
        write_call(&mut self.output, self.next, self.next == 1);
        self.calls.push(Call { stream: self.next, sent: now, is_answered: false });
        self.next += 2;
        self.window -= MESSAGE.len() as i64;
        if self.window < 0 {
            return Err(wrong("the server takes messages and does not say so"));
        }
        Ok(())
    }

    /// Sends what was gathered: always less than any socket buffer holds.
    fn send(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    /// Reads what is there, and notes the latencies of the calls that it ends; how many those are.
    fn receive(&mut self, now: Instant, latencies: &mut Vec<u32>) -> io::Result<usize> {
        let before = latencies.len();
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.input.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let mut rest = &self.input[..];
        while let Some((frame, after)) = Frame::read(rest) {
            rest = after;
            let of_stream = |call: &Call| call.stream == frame.stream;
            match frame.kind {
                DATA if !frame.payload.is_empty() => {
                    let call = self.calls.iter_mut().find(|call| of_stream(call));
                    match call {
                        Some(call) if frame.payload == ANSWER => call.is_answered = true,
                        _ => return Err(wrong(&format!("a wrong answer: {:?}", frame.payload))),
                    }
                }
                HEADERS if frame.flags & END_STREAM != 0 => {
                    let Some(at) = self.calls.iter().position(of_stream) else {
                        return Err(wrong("an answer that nobody asked for"));
                    };
                    let call = self.calls.swap_remove(at);
                    if !call.is_answered {
                        return Err(wrong("a status in place of an answer"));
                    }
                    latencies.push(micros(now.duration_since(call.sent)));
                }
                SETTINGS | PING if frame.flags & ACK == 0 => {
                    let payload = if frame.kind == PING { frame.payload } else { &[] };
                    write(&mut self.output, frame.kind, ACK, 0, payload);
                }
                WINDOW_UPDATE if frame.stream == 0 => {
                    let more = frame.payload.first_chunk().copied().unwrap_or_default();
                    self.window += i64::from(u32::from_be_bytes(more));
                }
                RST_STREAM | GOAWAY => return Err(wrong("the server resets a call")),
                _ => {}
            }
        }
        let read = self.input.len() - rest.len();
        self.input.drain(..read);
        Ok(latencies.len() - before)
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// Calls once by a real client, and looks at all of the answer: the load cannot read its status.
pub(in crate::transport) fn check(server: SocketAddr) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server).await?;
        let (client, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
        tokio::select! {
            ended = connection => Err(wrong(&format!("the connection ended: {ended:?}"))),
            called = call(client) => called,
        }
    })
}

async fn call(client: h2::client::SendRequest<Bytes>) -> io::Result<()> {
    let request = http::Request::post(format!("http://127.0.0.1{METHOD}"))
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .body(())
        .map_err(io::Error::other)?;
    let mut client = client.ready().await.map_err(io::Error::other)?;
    let (response, mut body) = client.send_request(request, false).map_err(io::Error::other)?;
    body.send_data(Bytes::from_static(MESSAGE), true).map_err(io::Error::other)?;
    let mut body = response.await.map_err(io::Error::other)?.into_body();
    let mut answer = Vec::new();
    while let Some(data) = body.data().await {
        answer.extend_from_slice(&data.map_err(io::Error::other)?);
    }
    let trailers = body.trailers().await.map_err(io::Error::other)?.unwrap_or_default();
    let status = trailers.get("grpc-status").map(http::HeaderValue::as_bytes);
    if answer == ANSWER && status == Some(b"0") {
        Ok(())
    } else {
        Err(wrong(&format!("a wrong answer: {answer:?} and {trailers:?}")))
    }
}
