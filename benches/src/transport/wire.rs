//! What is asked and answered, the same for every server.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use serde::{Deserialize, Serialize};

/// What a server of HTTP is asked, and what it has to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The request as it goes over the wire.
    pub(super) request: &'static [u8],
    /// The body of the right answer.
    pub(super) answer: &'static [u8],
}

/// What all but addsvc are asked.
pub(super) const UPPERCASE: Exchange = Exchange {
    request: b"POST /uppercase HTTP/1.1\r\n\
        host: 127.0.0.1\r\n\
        content-type: application/json\r\n\
        content-length: 13\r\n\
        \r\n\
        {\"s\":\"hello\"}",
    answer: b"{\"v\":\"HELLO\"}",
};

/// What addsvc is asked.
pub(super) const SUM: Exchange = Exchange {
    request: b"POST /sum HTTP/1.1\r\n\
        host: 127.0.0.1\r\n\
        content-type: application/json\r\n\
        content-length: 13\r\n\
        \r\n\
        {\"a\":1,\"b\":2}",
    answer: b"{\"v\":3}",
};

impl Exchange {
    /// Whether `bytes` end in the right answer, with or without a line's end.
    pub(super) fn is_answered_by(&self, bytes: &[u8]) -> bool {
        bytes.strip_suffix(b"\n").unwrap_or(bytes).ends_with(self.answer)
    }

    /// Asks once, and waits for the right answer.
    ///
    /// For where its speed does not matter; the load has its own.
    pub(super) fn ask(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(self.request)?;
        let mut answer = Vec::new();
        let mut buffer = [0; 1024];
        while !self.is_answered_by(&answer) {
            let read = stream.read(&mut buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            answer.extend_from_slice(&buffer[..read]);
        }
        Ok(())
    }
}

/// The body of a request in [`UPPERCASE`].
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    s: String,
}

/// What is answered to it, the business error included, as in Go kit's first example.
#[derive(Debug, Serialize)]
pub(super) struct Response {
    v: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    err: Option<&'static str>,
}

/// The business logic.
pub(super) fn uppercase(request: &Request) -> Response {
    if request.s.is_empty() {
        return Response { v: String::new(), err: Some("empty string") };
    }
    Response { v: request.s.to_uppercase(), err: None }
}

/// The body of a request in [`SUM`].
#[derive(Debug, Deserialize)]
pub(super) struct Numbers {
    a: i64,
    b: i64,
}

/// What is answered to it.
#[derive(Debug, Serialize)]
pub(super) struct Sum {
    v: i64,
}

/// The business logic of whoever stands beside addsvc.
pub(super) const fn sum(numbers: &Numbers) -> Sum {
    Sum { v: numbers.a.saturating_add(numbers.b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of a request, which says its length.
    fn body(exchange: Exchange) -> &'static str {
        let text = std::str::from_utf8(exchange.request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
        body
    }

    #[test]
    fn a_request_says_its_length_and_its_answer_is_the_expected_one() {
        let answer = uppercase(&serde_json::from_str(body(UPPERCASE)).unwrap());
        assert_eq!(serde_json::to_vec(&answer).unwrap(), UPPERCASE.answer);
        let answer = sum(&serde_json::from_str(body(SUM)).unwrap());
        assert_eq!(serde_json::to_vec(&answer).unwrap(), SUM.answer);
    }
}
