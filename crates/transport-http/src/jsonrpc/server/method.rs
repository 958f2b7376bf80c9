//! A method with its codec, erased.

use std::pin::Pin;

use oxkit_core::{Context, Endpoint, Failure};

use super::Params;

/// How every answer begins, up to the result.
pub(super) const PREFIX: &[u8] = br#"{"jsonrpc":"2.0","result":"#;

/// The one box of a call. What comes out is [`PREFIX`] and the result.
pub(super) type Calling<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<u8>, Box<dyn Failure>>> + Send + 'a>>;

/// A method of the table.
pub(super) trait Method: Send + Sync {
    /// Decodes the parameters, which nothing borrows from afterwards, and calls the endpoint.
    ///
    /// # Errors
    ///
    /// The parameters were not understood.
    fn start(&self, cx: Context, params: Params<'_>) -> Result<Calling<'_>, Box<dyn Failure>>;
}

/// An endpoint between a decoder and a writer of its results.
pub(super) struct Typed<E, D, W> {
    pub(super) endpoint: E,
    pub(super) decode: D,
    pub(super) write: W,
}

impl<E, D, W, Error> Method for Typed<E, D, W>
where
    E: Endpoint,
    D: Fn(&Context, Params<'_>) -> Result<E::Request, Error> + Send + Sync,
    W: Fn(&Context, E::Response, &mut Vec<u8>) -> Result<(), Box<dyn Failure>> + Send + Sync,
    Error: Failure,
{
    fn start(&self, cx: Context, params: Params<'_>) -> Result<Calling<'_>, Box<dyn Failure>> {
        let request = (self.decode)(&cx, params).map_err(boxed)?;
        Ok(Box::pin(async move {
            let response = self.endpoint.call(cx.clone(), request).await.map_err(boxed)?;
            // The answer is put together in place: result and identifier are added to it, and
            // then it is the body.
            let mut answer = Vec::with_capacity(128);
            answer.extend_from_slice(PREFIX);
            (self.write)(&cx, response, &mut answer)?;
            Ok(answer)
        }))
    }
}

pub(super) fn boxed(error: impl Failure) -> Box<dyn Failure> {
    Box::new(error)
}
