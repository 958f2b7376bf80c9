//! axum's extractors as a decoder.

use std::{any::type_name, fmt, marker::PhantomData};

use ::axum::{
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts},
    response::{IntoResponse, Response},
};
use http::{
    Request,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use oxkit_core::Context;

use crate::{Body, Decode, Rejection};

/// How much of the text of an extractor's refusal is kept.
const TEXT_LIMIT: u64 = 64 * 1024;

/// Makes a [decoder](Decode) of axum's extractors and a function from what they extract to the
/// endpoint's request.
///
/// Up to eight arguments, each an extractor; only the last may read the body, as in an axum
/// handler. What an extractor refuses is answered with its status and its text, by the server's
/// error encoder. The server's body limit holds in place of axum's.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::extract::Query;
/// use http::Request;
/// use oxkit_core::{Refusal, endpoint_fn};
/// use oxkit_transport_http::{Body, JsonCodec, Server, with_axum::extract};
///
/// #[derive(serde::Deserialize)]
/// struct Pair { a: i32, b: i32 }
///
/// let endpoint = endpoint_fn(async |_cx, Pair { a, b }: Pair| Ok::<_, Refusal>(a + b));
/// let sum = Server::new(endpoint, extract(|Query(pair): Query<Pair>| pair), JsonCodec);
///
/// let request = |uri| Request::builder().uri(uri).body(Body::empty());
/// assert_eq!(sum.handle(request("/?a=1&b=2")?).await.into_body().collect(9).await?, "3\n");
/// assert_eq!(sum.handle(request("/?a=1&b=two")?).await.status(), 400);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
pub const fn extract<F, Arguments, T>(f: F) -> Extract<F, Arguments>
where
    F: Extractors<Arguments, T>,
{
    Extract(f, PhantomData)
}

/// A decoder of axum's extractors, made by [`extract`].
pub struct Extract<F, Arguments>(F, PhantomData<fn() -> Arguments>);

impl<F: Clone, Arguments> Clone for Extract<F, Arguments> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<F, Arguments> fmt::Debug for Extract<F, Arguments> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Extract").field(&type_name::<F>()).finish()
    }
}

/// A function whose arguments are axum extractors, as [`extract`] takes it.
///
/// Not meant to be implemented elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take axum extractors",
    note = "each argument is an extractor that needs no state, and only the last may read the body",
    note = "write the types of a closure's arguments: `extract(|Path(id): Path<u64>| id)`"
)]
pub trait Extractors<Arguments, T>: Send + Sync + 'static {
    /// Extracts the arguments one after the other and calls the function.
    fn extract(
        &self,
        request: ::axum::extract::Request,
    ) -> impl Future<Output = Result<T, Response>> + Send;
}

impl<F, Arguments, T> Decode<T> for Extract<F, Arguments>
where
    F: Extractors<Arguments, T>,
    Arguments: 'static,
    T: Send,
{
    type Error = Rejection;
    type Input = Request<Body>;

    const USES_CONTEXT: bool = false;

    async fn decode(&self, _: Context, request: Request<Body>) -> Result<T, Rejection> {
        run(&self.0, request).await
    }
}

async fn run<F, Arguments, T>(f: &F, request: Request<Body>) -> Result<T, Rejection>
where
    F: Extractors<Arguments, T>,
{
    let mut request = request.map(::axum::body::Body::from);
    // The server's limit is on the body, where no extractor can miss it.
    DefaultBodyLimit::disable().apply(&mut request);
    match f.extract(request).await {
        Ok(extracted) => Ok(extracted),
        Err(refused) => Err(rejection(refused).await),
    }
}

/// Makes a [decoder](Decode) of axum's extractors and an async function from what they extract to
/// the endpoint's request, for what is read step by step or may be refused.
///
/// The arguments are those of [`extract`]. The endpoint is not called where the function gives a
/// [`Rejection`]. The time it takes is part of the server's [timeout](crate::Server::timeout).
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::extract::Query;
/// use http::{Request, StatusCode};
/// use oxkit_core::{Refusal, endpoint_fn};
/// use oxkit_transport_http::{Body, JsonCodec, Rejection, Server, with_axum::extract_async};
///
/// #[derive(serde::Deserialize)]
/// struct Pair { a: i32, b: i32 }
///
/// async fn in_order(Query(pair): Query<Pair>) -> Result<Pair, Rejection> {
///     if pair.a > pair.b {
///         return Err(Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, "out of order"));
///     }
///     Ok(pair)
/// }
///
/// let endpoint = endpoint_fn(async |_cx, Pair { a, b }: Pair| Ok::<_, Refusal>(a + b));
/// let server = Server::new(endpoint, extract_async(in_order), JsonCodec);
/// let request = |uri| Request::builder().uri(uri).body(Body::empty());
/// assert_eq!(server.handle(request("/?a=1&b=2")?).await.status(), 200);
/// assert_eq!(server.handle(request("/?a=2&b=1")?).await.status(), 422);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
pub const fn extract_async<F, Arguments, Extracting, T>(
    f: F,
) -> ExtractAsync<F, Arguments, Extracting>
where
    F: Extractors<Arguments, Extracting>,
    Extracting: Future<Output = Result<T, Rejection>> + Send,
{
    ExtractAsync(f, PhantomData)
}

/// A decoder of axum's extractors and an async function, made by [`extract_async`].
pub struct ExtractAsync<F, Arguments, Extracting>(F, PhantomData<fn() -> (Arguments, Extracting)>);

impl<F: Clone, Arguments, Extracting> Clone for ExtractAsync<F, Arguments, Extracting> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<F, Arguments, Extracting> fmt::Debug for ExtractAsync<F, Arguments, Extracting> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExtractAsync").field(&type_name::<F>()).finish()
    }
}

impl<F, Arguments, Extracting, T> Decode<T> for ExtractAsync<F, Arguments, Extracting>
where
    F: Extractors<Arguments, Extracting>,
    Arguments: 'static,
    Extracting: Future<Output = Result<T, Rejection>> + Send + 'static,
    T: Send,
{
    type Error = Rejection;
    type Input = Request<Body>;

    const USES_CONTEXT: bool = false;

    async fn decode(&self, _: Context, request: Request<Body>) -> Result<T, Rejection> {
        run(&self.0, request).await?.await
    }
}

/// The refusal of an extractor, which is a whole response, as an error with its status and text.
async fn rejection(refused: Response) -> Rejection {
    let (parts, body) = refused.into_parts();
    let text = Body::new(body).collect(TEXT_LIMIT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut rejection = Rejection::new(parts.status, text);
    for (name, value) in &parts.headers {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            rejection = rejection.with_header(name.clone(), value.clone());
        }
    }
    rejection
}

macro_rules! extractors {
    ($($part:ident)* / $last:ident) => {
        impl<F, T, Via, $($part,)* $last> Extractors<(Via, $($part,)* $last), T> for F
        where
            F: Fn($($part,)* $last) -> T + Send + Sync + 'static,
            $($part: FromRequestParts<()> + Send,)*
            $last: FromRequest<(), Via> + Send,
            T: Send,
        {
            #[expect(non_snake_case, reason = "a variable is named as its type")]
            async fn extract(&self, request: ::axum::extract::Request) -> Result<T, Response> {
                $(
                    let (mut head, body) = request.into_parts();
                    let $part = $part::from_request_parts(&mut head, &())
                        .await
                        .map_err(IntoResponse::into_response)?;
                    let request = Request::from_parts(head, body);
                )*
                let $last = $last::from_request(request, &())
                    .await
                    .map_err(IntoResponse::into_response)?;
                Ok(self($($part,)* $last))
            }
        }
    };
}

extractors!(/ A);
extractors!(A / B);
extractors!(A B / C);
extractors!(A B C / D);
extractors!(A B C D / E);
extractors!(A B C D E / G);
extractors!(A B C D E G / H);
extractors!(A B C D E G H / I);
