//! The load: kept connections, on one thread that does little else.
//!
//! Two kinds. In a *closed loop* each connection sends as soon as it has its answer, which finds out
//! how much a server can do. At a *fixed rate* requests are due at their own times, whether or not
//! the server keeps up, and latency counts from when a request was due: one that has to wait for
//! those before it is as late as its caller sees it (what is called coordinated omission is to leave
//! that out).
//!
//! It must cost much less a request than the dearest part of any server, or the server is never
//! saturated and what is measured is the load. So there is no runtime and no HTTP library: a poll
//! loop, one constant request, and an answer that is compared and not parsed.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::{arrivals::Arrivals, wire::Exchange};

/// How long an answer may take before the run fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to one server.
#[derive(Debug)]
pub(super) struct Load {
    exchange: Exchange,
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// When the request was due, and in a closed loop that is when it was sent.
    due: Instant,
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
    /// Microseconds from when a request was due to having the whole answer, sorted.
    latencies: Vec<u32>,
    /// By how many microseconds 99 of 100 requests at most were sent late though there was a
    /// connection for them: the load's own fault.
    pub(super) late: f64,
}

impl Seen {
    pub(super) fn new(mut latencies: Vec<u32>, mut late: Vec<u32>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        late.sort_unstable();
        let late = if late.is_empty() { 0.0 } else { percentile(&late, 0.99) };
        Self { requests: latencies.len() as u64, elapsed, latencies, late }
    }

    /// The latency below which this share of the requests was answered.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        percentile(&self.latencies, share)
    }
}

fn percentile(sorted: &[u32], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = (last as f64 * share) as usize;
    sorted.get(place).map_or(f64::NAN, |&micros| f64::from(micros))
}

pub(super) fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the server does not answer")
}

impl Load {
    /// Opens so many connections, all of which will ask the same.
    pub(super) fn connect(
        server: SocketAddr,
        count: usize,
        exchange: Exchange,
    ) -> io::Result<Self> {
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
                due: Instant::now(),
                answer: Vec::with_capacity(1024),
                waiting: false,
            });
        }
        Ok(Self { exchange, poll, events: Events::with_capacity(count.max(64)), connections })
    }

    /// Sends on every connection as soon as the last answer on it is there, for so long, and then
    /// waits for what is still to come.
    pub(super) fn run(&mut self, long: Duration) -> io::Result<Seen> {
        let started = Instant::now();
        let mut latencies = Vec::with_capacity(1 << 20);
        for connection in &mut self.connections {
            connection.send(&self.exchange, started)?;
        }
        let mut waiting = self.connections.len();
        let mut now = started;
        while waiting > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE))?;
            if self.events.is_empty() && now.elapsed() >= PATIENCE {
                return Err(no_answer());
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if !connection.receive(&self.exchange)? {
                    continue;
                }
                now = Instant::now();
                latencies.push(micros(now.duration_since(connection.due)));
                if now.duration_since(started) < long {
                    connection.send(&self.exchange, now)?;
                } else {
                    waiting -= 1;
                }
            }
        }
        Ok(Seen::new(latencies, Vec::new(), started.elapsed()))
    }

    /// Sends so many requests a second for so long, each when it is due or, if no connection is
    /// free then, as soon as one is; then waits for what is still to come.
    pub(super) fn at_rate(&mut self, rate: f64, long: Duration) -> io::Result<Seen> {
        let expected = (rate * long.as_secs_f64() * 1.1) as usize;
        let (mut latencies, mut late) =
            (Vec::with_capacity(expected), Vec::with_capacity(expected));
        let mut arrivals = Arrivals::per_second(rate).take_while(|at| *at < long).peekable();
        // First in, first out: all connections are used alike.
        let mut free: VecDeque<usize> = (0..self.connections.len()).collect();
        let started = Instant::now();
        let mut answered = started;
        // When the connection that is free next became free: a request that was due before waited
        // for the server and not for us.
        let mut freed = started;
        while arrivals.peek().is_some() || free.len() < self.connections.len() {
            let now = Instant::now();
            while let (Some(at), Some(&connection)) = (arrivals.peek(), free.front()) {
                let due = started + *at;
                if due > now {
                    break;
                }
                late.push(micros(now.duration_since(due.max(freed.min(now)))));
                self.connections[connection].send(&self.exchange, due)?;
                arrivals.next();
                free.pop_front();
            }
            // Never sleeps: a timer of the kernel is late by as much as is measured here.
            self.poll.poll(&mut self.events, Some(Duration::ZERO))?;
            let none_free = free.is_empty();
            for event in &self.events {
                let index = event.token().0;
                let connection = &mut self.connections[index];
                if !connection.receive(&self.exchange)? {
                    continue;
                }
                answered = Instant::now();
                latencies.push(micros(answered.duration_since(connection.due)));
                free.push_back(index);
            }
            if none_free && !free.is_empty() {
                freed = answered;
            }
            if free.is_empty() && answered.elapsed() >= PATIENCE {
                return Err(no_answer());
            }
        }
        Ok(Seen::new(latencies, late, started.elapsed()))
    }
}

impl Connection {
    fn send(&mut self, exchange: &Exchange, due: Instant) -> io::Result<()> {
        self.due = due;
        self.waiting = true;
        // A request is smaller than any socket buffer, and there is never more than one.
        self.stream.write_all(exchange.request)
    }

    /// Reads what is there; whether it completes the answer.
    fn receive(&mut self, exchange: &Exchange) -> io::Result<bool> {
        let mut buffer = [0; 1024];
        loop {
            let read = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            };
            // Nearly always all of the answer and nothing else; then there is nothing to copy.
            if self.answer.is_empty() && is_answer(exchange, &buffer[..read])? {
                return Ok(std::mem::take(&mut self.waiting));
            }
            self.answer.extend_from_slice(&buffer[..read]);
            if is_answer(exchange, &self.answer)? {
                self.answer.clear();
                return Ok(std::mem::take(&mut self.waiting));
            }
        }
    }
}

/// Whether this is the whole of the one right answer.
fn is_answer(exchange: &Exchange, bytes: &[u8]) -> io::Result<bool> {
    let success = b"HTTP/1.1 200";
    let length = bytes.len().min(success.len());
    if bytes[..length] != success[..length] {
        let text = String::from_utf8_lossy(bytes).into_owned();
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(exchange.is_answered_by(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::wire::UPPERCASE;

    #[test]
    fn an_answer_is_complete_with_its_last_byte_and_not_before() {
        let whole = [b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n".as_slice(), UPPERCASE.answer].concat();
        let is_answer = |bytes: &[u8]| is_answer(&UPPERCASE, bytes).unwrap();
        assert!(is_answer(&whole));
        assert!(is_answer(&[whole.as_slice(), b"\n"].concat()));
        assert!(!is_answer(&whole[..whole.len() - 1]));
        assert!(!is_answer(b"HTTP/1"));
    }

    /// Answers one connection, the first request only after `stall`.
    fn serve_after(stall: Duration) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; UPPERCASE.request.len()];
            let mut begun = None;
            while stream.read_exact(&mut request).is_ok() {
                let begun = *begun.get_or_insert_with(Instant::now);
                while begun.elapsed() < stall {
                    std::thread::yield_now();
                }
                let answer = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), UPPERCASE.answer].concat();
                stream.write_all(&answer).unwrap();
            }
        });
        address
    }

    #[test]
    fn at_a_fixed_rate_all_that_were_due_during_a_stall_are_late() {
        let (rate, long) = (1000.0, Duration::from_millis(100));
        let due = Arrivals::per_second(rate).take_while(|at| *at < long).count();
        let mut load = Load::connect(serve_after(long / 2), 1, UPPERCASE).unwrap();
        let seen = load.at_rate(rate, long).unwrap();
        assert_eq!(seen.requests, due as u64);
        // Half of them were due while the server stood still. In a closed loop it would be one.
        let (most, fifth) = (seen.percentile(0.99), seen.percentile(0.8));
        assert!(most > 40_000.0, "{most} us");
        assert!(fifth > 20_000.0, "{fifth} us");
    }

    #[test]
    fn another_status_is_an_error_that_shows_it() {
        let error =
            is_answer(&UPPERCASE, b"HTTP/1.1 500 Internal Server Error\r\n\r\n").unwrap_err();
        assert!(error.to_string().contains("500"));
    }
}
