//! The load: kept connections in a closed loop, on one thread that does little else.
//!
//! It must cost much less a request than the dearest part of any server, or the server is never
//! saturated and what is measured is the load. So there is no runtime and no HTTP library: a poll
//! loop, one constant request, and an answer that is compared and not parsed.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::wire::{ANSWER, REQUEST};

/// How long an answer may take before the run fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to one server.
#[derive(Debug)]
pub(super) struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    sent: Instant,
    /// What has come of the answer so far.
    answer: Vec<u8>,
    waiting: bool,
}

/// What a run saw.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Requests that were answered, rightly.
    pub(super) requests: u64,
    pub(super) elapsed: Duration,
    /// Microseconds from sending to having the whole answer, sorted.
    latencies: Vec<u32>,
}

impl Seen {
    /// The latency below which this share of the requests was answered.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let place = (last as f64 * share) as usize;
        self.latencies.get(place).map_or(f64::NAN, |&micros| f64::from(micros))
    }
}

impl Load {
    /// Opens so many connections.
    pub(super) fn connect(server: SocketAddr, count: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            let stream = std::net::TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            connections.push(Connection {
                stream,
                sent: Instant::now(),
                answer: Vec::with_capacity(1024),
                waiting: false,
            });
        }
        Ok(Self { poll, events: Events::with_capacity(count.max(64)), connections })
    }

    /// Sends on every connection as soon as the last answer on it is there, for so long, and then
    /// waits for what is still to come.
    pub(super) fn run(&mut self, long: Duration) -> io::Result<Seen> {
        let started = Instant::now();
        let mut latencies = Vec::with_capacity(1 << 20);
        for connection in &mut self.connections {
            connection.send(started)?;
        }
        let mut waiting = self.connections.len();
        let mut now = started;
        while waiting > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE))?;
            if self.events.is_empty() && now.elapsed() >= PATIENCE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not answer"));
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.receive()? {
                    continue;
                }
                now = Instant::now();
                let micros = now.duration_since(connection.sent).as_micros();
                latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
                if now.duration_since(started) < long {
                    connection.send(now)?;
                } else {
                    waiting -= 1;
                }
            }
        }
        latencies.sort_unstable();
        Ok(Seen { requests: latencies.len() as u64, elapsed: started.elapsed(), latencies })
    }
}

impl Connection {
    fn send(&mut self, now: Instant) -> io::Result<()> {
        self.sent = now;
        self.waiting = true;
        // A request is smaller than any socket buffer, and there is never more than one.
        self.stream.write_all(REQUEST)
    }

    /// Reads what is there; whether it completes the answer.
    fn receive(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 1024];
        loop {
            let read = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            };
            // Nearly always all of the answer and nothing else; then there is nothing to copy.
            if self.answer.is_empty() && is_answer(&buffer[..read])? {
                return Ok(std::mem::take(&mut self.waiting));
            }
            self.answer.extend_from_slice(&buffer[..read]);
            if is_answer(&self.answer)? {
                self.answer.clear();
                return Ok(std::mem::take(&mut self.waiting));
            }
        }
    }
}

/// Whether this is the whole of the one right answer, with or without a line's end.
fn is_answer(bytes: &[u8]) -> io::Result<bool> {
    let success = b"HTTP/1.1 200";
    let length = bytes.len().min(success.len());
    if bytes[..length] != success[..length] {
        let text = String::from_utf8_lossy(bytes).into_owned();
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(bytes.strip_suffix(b"\n").unwrap_or(bytes).ends_with(ANSWER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_last_byte_and_not_before() {
        let whole = [b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n".as_slice(), ANSWER].concat();
        assert!(is_answer(&whole).unwrap());
        assert!(is_answer(&[whole.as_slice(), b"\n"].concat()).unwrap());
        assert!(!is_answer(&whole[..whole.len() - 1]).unwrap());
        assert!(!is_answer(b"HTTP/1").unwrap());
    }

    #[test]
    fn another_status_is_an_error_that_shows_it() {
        let error = is_answer(b"HTTP/1.1 500 Internal Server Error\r\n\r\n").unwrap_err();
        assert!(error.to_string().contains("500"));
    }
}
