//! The little of HTTP/2 that the load speaks (RFC 9113): it says the same again and again, so that
//! it costs next to nothing.

use super::METHOD;

/// The flags of the frames that are looked at.
pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;

/// The window that a connection begins with.
pub(super) const WINDOW: u32 = 65_535;

/// `Text { text: "helloworld" }` as gRPC frames it: not compressed, and 12 bytes long.
pub(super) const MESSAGE: &[u8] = b"\0\0\0\0\x0c\x0a\x0ahelloworld";

/// The one right answer.
pub(super) const ANSWER: &[u8] = b"\0\0\0\0\x0c\x0a\x0aHELLOWORLD";

/// A frame that was received.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: &'a [u8],
}

const HEAD: usize = 9;

impl<'a> Frame<'a> {
    /// The frame that `bytes` begin with, and what comes after it; `None` if it is not all there.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let [a, b, c, kind, flags, stream @ ..] = bytes.first_chunk::<HEAD>()?;
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let payload = bytes.get(HEAD..HEAD + length)?;
        let stream = u32::from_be_bytes(*stream);
        Some((Self { kind: *kind, flags: *flags, stream, payload }, &bytes[HEAD + length..]))
    }
}

/// Appends a frame.
pub(super) fn write(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).expect("frames are short").to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// How a connection begins: no pushed streams, and a window that lasts for its whole life.
pub(super) fn preface() -> Vec<u8> {
    let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    write(&mut out, SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 0]);
    write(&mut out, WINDOW_UPDATE, 0, 0, &(0x7fff_ffff - WINDOW).to_be_bytes());
    out
}

/// Appends a call: its head and its only message.
pub(super) fn write_call(out: &mut Vec<u8>, stream: u32, is_first: bool) {
    if is_first {
        write(out, HEADERS, END_HEADERS, stream, &first_head());
    } else {
        write(out, HEADERS, END_HEADERS, stream, &HEAD_AGAIN);
    }
    write(out, DATA, END_STREAM, stream, MESSAGE);
}

/// The head of the first call of a connection (RFC 7541): what is not in the table of all is put in
/// that of the connection.
fn first_head() -> Vec<u8> {
    // `:method: POST`, `:scheme: http`.
    let mut block = vec![0x83, 0x86];
    // The index of the name in the table of all, or 0 and the name.
    let fields: [(u8, &[u8], &[u8]); 5] = [
        (4, b"", METHOD.as_bytes()),
        (1, b"", b"127.0.0.1"),
        (0, b"te", b"trailers"),
        (31, b"", b"application/grpc"),
        (58, b"", b"oxkit-benches"),
    ];
    for (index, name, value) in fields {
        block.push(0x40 | index);
        for text in [name, value].into_iter().filter(|text| !text.is_empty()) {
            block.push(u8::try_from(text.len()).expect("values are short"));
            block.extend_from_slice(text);
        }
    }
    block
}

/// The same by its places in the tables; the last one that was put in is the first one.
const HEAD_AGAIN: [u8; 7] = [0x83, 0x86, 0x80 | 66, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62];

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::transport::grpc::{Text, uppercase};

    #[test]
    fn a_frame_is_read_when_it_is_all_there() {
        let mut bytes = Vec::new();
        write(&mut bytes, DATA, END_STREAM, 5, b"abc");
        write(&mut bytes, PING, 0, 0, b"12345678");
        let (first, rest) = Frame::read(&bytes).unwrap();
        assert_eq!(first, Frame { kind: DATA, flags: END_STREAM, stream: 5, payload: b"abc" });
        assert_eq!(Frame::read(rest).unwrap().0.payload, b"12345678");
        assert_eq!(Frame::read(&rest[..rest.len() - 1]), None);
    }

    #[test]
    fn what_is_asked_and_expected_are_the_messages_of_the_service() {
        let asked = Text::decode(&MESSAGE[5..]).unwrap();
        let text = uppercase(&asked.text).unwrap();
        assert_eq!(Text { text }.encode_to_vec(), &ANSWER[5..]);
        assert_eq!(u32::from_be_bytes(*MESSAGE[1..].first_chunk().unwrap()), 12);
    }
}
