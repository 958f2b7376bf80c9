//! HTTP/1.1 or HTTP/2 in the clear, told apart by the first bytes.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    connection::Protocol,
    io::{PREFIX, Prefix},
};

/// What an HTTP/2 client that knows its server says first (RFC 9113, section 3.4). No HTTP/1.1
/// request begins with it.
const PREFACE: &[u8; PREFIX] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads until the protocol is clear. `None` when the peer leaves.
///
/// No byte is read that is not needed to tell, and all are given back to be read again.
pub(super) async fn detect<T: AsyncRead + Unpin>(stream: &mut T) -> Option<(Protocol, Prefix)> {
    let mut read = [0; PREFIX];
    let mut length = 0;
    loop {
        let more = stream.read(&mut read[length..]).await.ok()?;
        length += more;
        let so_far = &read[..length];
        if !PREFACE.starts_with(so_far) {
            return Some((Protocol::Http1, Prefix::new(so_far)));
        }
        if length == PREFIX {
            return Some((Protocol::Http2, Prefix::new(so_far)));
        }
        if more == 0 {
            return None;
        }
    }
}
