//! What both sides need of tonic: compression by its header, and statuses both ways.
//!
//! The rest of what names tonic is where messages become bodies: `kinds`, `streams` and `single` of
//! the server, `call` and `streams` of the client.

use std::{error::Error, sync::Arc};

use http::{HeaderMap, HeaderValue};
use oxkit_core::ErrorKind;
use tonic::{Code, codec::CompressionEncoding};

use crate::GrpcError;
#[cfg(feature = "client")]
use crate::Metadata;
#[cfg(feature = "server")]
use crate::Status;

/// The header that names the compression of the messages in this direction.
pub(crate) const ENCODING: &str = "grpc-encoding";

/// The header that names the compressions the sender understands.
pub(crate) const ACCEPT_ENCODING: &str = "grpc-accept-encoding";

/// What this build understands.
#[cfg(feature = "gzip")]
pub(crate) const ACCEPTED: &str = "identity,gzip";
#[cfg(not(feature = "gzip"))]
pub(crate) const ACCEPTED: &str = "identity";

/// How the other side compresses, or the name of what is not understood.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Option<CompressionEncoding>, String> {
    match headers.get(ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(None),
        #[cfg(feature = "gzip")]
        Some(b"gzip") => Ok(Some(CompressionEncoding::Gzip)),
        Some(other) => Err(String::from_utf8_lossy(other).chars().take(32).collect()),
    }
}

/// How to compress for somebody who sent these headers, if it is wanted here.
#[cfg(feature = "server")]
pub(crate) fn accepted(headers: &HeaderMap, wanted: bool) -> Option<CompressionEncoding> {
    #[cfg(feature = "gzip")]
    if wanted {
        let names = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
        return names
            .split(',')
            .any(|name| name.trim() == "gzip")
            .then_some(CompressionEncoding::Gzip);
    }
    let _ = (headers, wanted);
    None
}

/// Names the compression in the headers of what is sent.
pub(crate) fn name_encoding(headers: &mut HeaderMap, encoding: Option<CompressionEncoding>) {
    #[cfg(feature = "gzip")]
    if encoding.is_some() {
        headers.insert(ENCODING, HeaderValue::from_static("gzip"));
    }
    let _ = (headers, encoding);
}

#[cfg(feature = "server")]
impl Status {
    /// As tonic writes it.
    pub(crate) fn into_tonic(self) -> tonic::Status {
        let details = self.details();
        let (kind, message, metadata) = self.into_parts();
        let mut headers = HeaderMap::new();
        metadata.write_to(&mut headers);
        tonic::Status::with_details_and_metadata(
            Code::from_i32(i32::from(kind.code())),
            message,
            details.into(),
            tonic::metadata::MetadataMap::from_headers(headers),
        )
    }
}

/// Refuses to send a message that is larger than is wanted.
pub(crate) fn fits(message: &impl prost::Message, limit: Option<usize>) -> Result<(), GrpcError> {
    let Some(limit) = limit else {
        return Ok(());
    };
    // Measured only where there is a limit, as the encoder measures it again.
    let size = message.encoded_len();
    if size <= limit {
        return Ok(());
    }
    let text = format!("a message of {size} bytes is not sent: the limit is {limit}");
    Err(GrpcError::of_kind(ErrorKind::ResourceExhausted, text))
}

/// A body that broke off, with the cause, which tells it from a message that is wrong.
pub(crate) fn broken(cause: impl Into<Box<dyn Error + Send + Sync>>) -> tonic::Status {
    let mut status = tonic::Status::unknown("the stream broke off");
    status.set_source(Arc::from(cause.into()));
    status
}

/// Marks a status that the other side sent, as tonic's own errors are statuses too.
#[cfg(feature = "client")]
#[derive(Debug)]
struct Told;

#[cfg(feature = "client")]
impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the server said so")
    }
}

#[cfg(feature = "client")]
impl Error for Told {}

/// The failure that headers or trailers tell of, if they do.
#[cfg(feature = "client")]
pub(crate) fn told(headers: &HeaderMap) -> Option<tonic::Status> {
    let mut status = tonic::Status::from_header_map(headers)?;
    if status.code() == Code::Ok {
        return None;
    }
    status.set_source(Arc::new(Told));
    Some(status)
}

/// Whether the headers are the whole answer, because the status is among them: how a stream without
/// messages may end.
#[cfg(feature = "client")]
pub(crate) fn is_all(headers: &HeaderMap) -> bool {
    headers.contains_key("grpc-status")
}

/// What tonic found, on a server.
#[cfg(feature = "server")]
pub(crate) fn of_request(status: tonic::Status, limit: usize) -> GrpcError {
    if status.source().is_some() {
        let text = "the caller went away";
        return GrpcError::of_kind(ErrorKind::Cancelled, text).with_source(Cause(status));
    }
    malformed(&status, "server", limit)
}

/// What tonic found while it read messages, on a client.
#[cfg(feature = "client")]
pub(crate) fn of_message(status: tonic::Status, limit: usize) -> GrpcError {
    if status.source().is_some() { of_answer(status) } else { malformed(&status, "client", limit) }
}

/// What tonic found that has a cause, on a client.
#[cfg(feature = "client")]
pub(crate) fn of_answer(status: tonic::Status) -> GrpcError {
    let Some(cause) = status.source() else {
        return GrpcError::public(kind(status.code()), status.message().to_owned());
    };
    if cause.is::<Told>() {
        let metadata = Metadata::received(status.metadata().clone().into_headers());
        return GrpcError::told(kind(status.code()), status.message(), status.details(), metadata);
    }
    if find::<tonic::TimeoutExpired>(cause).is_some() {
        return GrpcError::deadline();
    }
    let kind = reset(cause).unwrap_or(ErrorKind::Unavailable);
    let text = format!("the call got no answer: {}", reason(cause));
    GrpcError::of_kind(kind, text).with_source(Cause(status))
}

/// What was found on this side to be wrong in what the other one sent.
fn malformed(status: &tonic::Status, side: &str, limit: usize) -> GrpcError {
    let what = match kind(status.code()) {
        // What tonic says of a message that is too large; the protocol's own table has the other
        // kind. The length is the first number of the text, and nowhere else.
        ErrorKind::OutOfRange => {
            let mut words = status.message().split(' ');
            let length = words.find_map(|word| word.parse::<usize>().ok());
            length.map_or_else(|| "too large".to_owned(), |length| format!("{length} bytes long"))
        }
        // Of one that would be too large, whose decompression was given up.
        ErrorKind::ResourceExhausted => "too large when it is decompressed".to_owned(),
        kind => return GrpcError::public(kind, status.message().to_owned()),
    };
    let text = format!(
        "a message is {what}, and the {side}'s limit is {limit} bytes: `message_limit` raises it"
    );
    GrpcError::public(ErrorKind::ResourceExhausted, text)
}

/// The kind of a code; one that is not in the table, and `OK` where a failure was promised, are
/// unknown.
fn kind(code: Code) -> ErrorKind {
    u8::try_from(i32::from(code)).ok().and_then(ErrorKind::from_code).unwrap_or(ErrorKind::Unknown)
}

/// The kind for a stream that the other side reset, by the table of the protocol.
#[cfg(feature = "client")]
fn reset(cause: &(dyn Error + 'static)) -> Option<ErrorKind> {
    // A connection that ended for whatever reason says nothing of this call.
    let reset = find::<h2::Error>(cause).filter(|error| error.is_reset())?;
    Some(match reset.reason()? {
        h2::Reason::REFUSED_STREAM => ErrorKind::Unavailable,
        h2::Reason::CANCEL => ErrorKind::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => ErrorKind::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => ErrorKind::PermissionDenied,
        _ => ErrorKind::Internal,
    })
}

/// The cause, its cause, and so on.
#[cfg(feature = "client")]
fn causes<'a>(cause: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(cause);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The error of this type among the causes.
#[cfg(feature = "client")]
fn find<'a, E: Error + 'static>(cause: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(cause).find_map(|error| error.downcast_ref())
}

/// Why a body is given up: its stream is reset with `CANCEL`.
#[cfg(feature = "client")]
pub(crate) fn cancelled() -> tonic::Status {
    broken(h2::Error::from(h2::Reason::CANCEL))
}

/// The first cause, and what it was a cause of: `tcp connect error: Connection refused`, where either
/// alone says half of it.
#[cfg(feature = "client")]
fn reason(cause: &(dyn Error + 'static)) -> String {
    // What tonic says of any error whatever.
    let telling = causes(cause).filter(|error| !error.is::<tonic::transport::Error>());
    let mut texts: Vec<_> = telling.map(ToString::to_string).collect();
    texts.dedup();
    texts.split_off(texts.len().saturating_sub(2)).join(": ")
}

/// A status of tonic as a cause.
#[derive(Debug)]
struct Cause(tonic::Status);

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.message())
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
