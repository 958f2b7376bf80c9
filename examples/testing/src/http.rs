//! HTTP/1.1 by hand.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

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
    /// Connects.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(address)?)))
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

    /// Reads one answer with a body of known length.
    ///
    /// # Errors
    ///
    /// If the connection ends before the answer does, or it is not HTTP.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is not whole");
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
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }
}

/// One request on a connection of its own.
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
