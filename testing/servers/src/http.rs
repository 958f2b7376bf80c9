//! HTTP/1.1 by hand, so that what is tested is not also what it is tested with.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long a server may take to accept, and how long it may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The lines of the head after the first, as they came.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header, whose name is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A connection that is kept open from one request to the next.
#[derive(Debug)]
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects. Whoever is silent for half a minute is given up.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Self::open_within(address, PATIENCE)
    }

    /// Connects, with another bound on how long the server may be silent.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub fn open_within(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// If the connection is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Sends a request with a body of known length.
    ///
    /// # Errors
    ///
    /// If the connection is gone.
    pub fn request(&mut self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        self.send(
            format!(
                "{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-type: \
                 application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .as_bytes(),
        )
    }

    /// Reads one answer, whose body has a known length or comes in chunks.
    ///
    /// # Errors
    ///
    /// If the connection ends before the answer does, or it is not HTTP.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status =
            line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line)? == 0 {
                return Err(broken());
            }
            if line.trim_end().is_empty() {
                break;
            }
            headers.push(line.trim_end().to_owned());
        }
        let mut answer = Answer { status, headers, body: String::new() };
        let chunked = answer.header("transfer-encoding").is_some_and(|how| how.contains("chunked"));
        let body = if chunked {
            self.chunks()?
        } else {
            let length = answer.header("content-length").and_then(|length| length.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            self.0.read_exact(&mut body)?;
            body
        };
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(|_| broken())?;
            let before = body.len();
            (&mut self.0).take(size).read_to_end(&mut body)?;
            // The line that ends a chunk, or after the last one the whole.
            line.clear();
            self.0.read_line(&mut line)?;
            if line.trim_end() != "" || body.len() - before != usize::try_from(size).unwrap_or(0) {
                return Err(broken());
            }
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is not whole")
}

/// One request on a connection of its own; the body is sent as a form.
///
/// # Panics
///
/// If there is no whole answer.
#[must_use]
pub fn exchange(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let answer = Connection::open(address).and_then(|mut connection| {
        connection.request(method, path, body)?;
        connection.answer()
    });
    answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

/// Gets what is at `path`, which may have a query; see [`escaped`].
///
/// # Panics
///
/// If there is no whole answer.
#[must_use]
pub fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, "GET", path, "")
}

/// Posts `body`, as a form.
///
/// # Panics
///
/// If there is no whole answer.
#[must_use]
pub fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    exchange(address, "POST", path, body)
}

/// Whether `path` is answered with success, by one who is asked once and not waited for long.
#[must_use]
pub fn answers(address: SocketAddr, path: &str) -> bool {
    let answer = Connection::open_within(address, Duration::from_secs(2)).and_then(|mut open| {
        open.request("GET", path, "")?;
        open.answer()
    });
    answer.is_ok_and(|answer| (200..300).contains(&answer.status))
}

/// `text` as a value in a query or a form.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
