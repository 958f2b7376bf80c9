//! What is set on a client, and what it makes of the head of a call.

use std::{sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderValue, Method, Request, Uri, Version,
    header::{CONTENT_TYPE, TE},
    uri::PathAndQuery,
};
use oxkit_core::{Context, Finalizers, Operation, Refusal, RequestId};
use tonic::{body::Body, codec::CompressionEncoding, metadata::GRPC_CONTENT_TYPE};

use super::report::Report;
use crate::{Metadata, metadata::REQUEST_ID, timeout, wire};

type Before = dyn Fn(&Context, &mut Metadata) -> Result<(), Refusal> + Send + Sync;
pub(super) type After = dyn Fn(&Context, &Metadata, &Metadata) + Send + Sync;
pub(super) type Finalizer = dyn Fn(&Context, &Report<'_>) + Send + Sync;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) path: PathAndQuery,
    pub(super) operation: Operation,
    pub(super) before: Vec<Arc<Before>>,
    pub(super) after: Vec<Arc<After>>,
    pub(super) finalizers: Finalizers<Finalizer>,
    pub(super) timeout: Option<Duration>,
    pub(super) message_limit: usize,
    pub(super) send_limit: Option<usize>,
    pub(super) compresses: bool,
}

impl Settings {
    pub(super) fn new(path: PathAndQuery, operation: Operation) -> Self {
        Self {
            path,
            operation,
            before: Vec::new(),
            after: Vec::new(),
            finalizers: Finalizers::new(),
            timeout: None,
            message_limit: 4 * 1024 * 1024,
            send_limit: None,
            compresses: false,
        }
    }

    /// How what is sent is compressed.
    pub(super) const fn encoding(&self) -> Option<CompressionEncoding> {
        #[cfg(feature = "gzip")]
        if self.compresses {
            return Some(CompressionEncoding::Gzip);
        }
        let _ = self.compresses;
        None
    }

    /// The head of a request, with the time that is left for it.
    pub(super) fn request(
        &self,
        cx: &Context,
        left: Option<Duration>,
        body: Body,
    ) -> Result<Request<Body>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
        headers.insert(wire::ACCEPT_ENCODING, HeaderValue::from_static(wire::ACCEPTED));
        wire::name_encoding(&mut headers, self.encoding());
        if let Some(left) = left {
            let value = HeaderValue::try_from(timeout::format_timeout(left));
            headers.insert(timeout::HEADER, value.expect("digits and a letter are a header value"));
        }
        if let Some(id) = cx.get::<RequestId>()
            && let Ok(value) = HeaderValue::try_from(id.as_str())
        {
            headers.insert(REQUEST_ID, value);
        }
        if !self.before.is_empty() {
            let mut metadata = Metadata::new();
            self.before.iter().try_for_each(|before| before(cx, &mut metadata))?;
            metadata.write_to(&mut headers);
        }
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = Uri::from(self.path.clone());
        *request.headers_mut() = headers;
        Ok(request)
    }
}
