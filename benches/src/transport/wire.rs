//! What is asked and answered, the same for every server.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use serde::{Deserialize, Serialize};

/// The request as it goes over the wire.
pub(super) const REQUEST: &[u8] = b"POST /uppercase HTTP/1.1\r\n\
    host: 127.0.0.1\r\n\
    content-type: application/json\r\n\
    content-length: 13\r\n\
    \r\n\
    {\"s\":\"hello\"}";

/// The body of the right answer.
pub(super) const ANSWER: &[u8] = b"{\"v\":\"HELLO\"}";

/// Asks once, and waits for the right answer.
///
/// For where its speed does not matter; the load has its own.
pub(super) fn ask(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(REQUEST)?;
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while !answer.strip_suffix(b"\n").unwrap_or(&answer).ends_with(ANSWER) {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&buffer[..read]);
    }
    Ok(())
}

/// What is asked.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    s: String,
}

/// What is answered, the business error included, as in Go kit's first example.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_says_its_length_and_its_answer_is_the_expected_one() {
        let text = std::str::from_utf8(REQUEST).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
        let answer = uppercase(&serde_json::from_str(body).unwrap());
        assert_eq!(serde_json::to_vec(&answer).unwrap(), ANSWER);
    }
}
