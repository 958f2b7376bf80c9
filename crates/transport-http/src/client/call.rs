//! One call, from the request to the result.

use http::{HeaderValue, Request, request};
use oxkit_core::{Context, Endpoint, ErrorKind, RequestId, future::or_timer};
use tokio::time::{Instant, sleep_until};

use super::{
    Client, ClientError, DecodeResponse, EncodeRequest, settings::Settings, status::error_of,
    watch::Watch,
};
use crate::{
    Body, REQUEST_ID_HEADER, TIMEOUT_HEADER,
    uri::{self, JoinError},
};

impl<Q, R, N, D> Endpoint for Client<Q, R, N, D>
where
    Q: Send,
    R: Send,
    N: EncodeRequest<Q>,
    D: DecodeResponse<R>,
{
    type Request = Q;
    type Response = R;
    type Error = ClientError;

    /// Performs the request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection (on HTTP/2 it resets the stream). The server may
    /// have acted on the request all the same.
    async fn call(&self, mut cx: Context, request: Q) -> Result<R, ClientError> {
        let settings = &*self.settings;
        let began = Instant::now();
        // The context's may be that of the request being served, which is another one. Where a
        // layer around the client has named the same already, nothing is to be done.
        if let Some(operation) = &settings.operation
            && cx.operation() != Some(operation)
        {
            cx = cx.with_operation(operation.clone());
        }
        let limit = settings.timeout.and_then(|timeout| began.checked_add(timeout));
        if let Some(limit) = limit {
            cx = cx.with_deadline(limit.into_std());
        }
        let watch = (!settings.finalizers.is_empty())
            .then(|| Watch::new(settings.finalizers.clone(), cx.clone(), began));

        let result = match cx.deadline().map(Instant::from_std) {
            Some(deadline) if deadline <= began => Err(ClientError::timeout()),
            Some(deadline) => {
                or_timer(self.run(&cx, request, watch.as_ref()), || sleep_until(deadline))
                    .await
                    .unwrap_or_else(|_| Err(ClientError::timeout()))
            }
            None => self.run(&cx, request, watch.as_ref()).await,
        };
        if let Some(watch) = watch {
            watch.end(&result);
        }
        result
    }
}

impl<Q, R, N, D> Client<Q, R, N, D>
where
    N: EncodeRequest<Q>,
    D: DecodeResponse<R>,
{
    async fn run(&self, cx: &Context, request: Q, watch: Option<&Watch>) -> Result<R, ClientError> {
        let settings = &*self.settings;
        let (encode, decode) = &*self.codec;
        let request = encode.encode(cx, request).await?;
        let (mut parts, body) = request.into_parts();
        if let Some(base) = &settings.base {
            parts.uri = uri::join(base, &parts.uri).map_err(unjoined)?;
        }
        pass_on(cx, &mut parts);
        for before in &settings.before {
            before(cx, &mut parts)?;
        }

        let response = self.pool.send(Request::from_parts(parts, body)).await?;
        let mut response = response.map(Body::from);
        if let Some(watch) = watch {
            response = watch.follow(response);
        }
        let response = settings.after(cx, response);
        if settings.checks_status && !response.status().is_success() {
            return Err(error_of(response).await);
        }
        let response = response.map(|body| body.with_limit(settings.body_limit));
        decode.decode(cx, response).await
    }
}

impl Settings {
    fn after(&self, cx: &Context, response: http::Response<Body>) -> http::Response<Body> {
        if self.after.is_empty() {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        for after in &self.after {
            after(cx, &mut parts);
        }
        http::Response::from_parts(parts, body)
    }
}

fn unjoined(error: JoinError) -> ClientError {
    let kind = match error {
        JoinError::NoServer => ErrorKind::Internal,
        JoinError::TooLong => ErrorKind::InvalidArgument,
    };
    ClientError::of_kind(kind, error.text())
}

/// Tells the other side what it should know of the context: how much time is left, and which
/// request this belongs to.
pub(crate) fn pass_on(cx: &Context, parts: &mut request::Parts) {
    if let Some(left) = cx.remaining(Instant::now().into_std()) {
        // At least one: zero might be read as none.
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
        parts.headers.insert(TIMEOUT_HEADER, HeaderValue::from(millis));
    }
    // One that is no header value was not made by a transport, and cannot travel by this one.
    if let Some(id) = cx.get::<RequestId>()
        && let Ok(value) = HeaderValue::from_str(id.as_str())
    {
        parts.headers.insert(REQUEST_ID_HEADER, value);
    }
}
