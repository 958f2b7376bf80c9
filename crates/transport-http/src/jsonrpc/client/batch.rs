//! Several calls in one request.

use std::{collections::HashMap, fmt, marker::PhantomData, sync::Arc, time::Duration};

use http::{Request, Response, Uri};
use oxkit_core::{Context, Endpoint, ErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    AutoIncrement, IdGenerator,
    answer::{Answer, body_of, failed, malformed, utf8},
    codec::{add_params, finish, head, post, read_result, write_params},
};
use crate::{
    Body, ClientError, Pool,
    client::{self, DecodeResponse, EncodeRequest},
    jsonrpc::{
        Error, RequestId,
        message::{elements, first_of},
    },
};

/// Calls and notifications to be sent in one request by a [`BatchClient`].
#[derive(Debug, Default)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Batch {
    /// Each up to its identifier.
    messages: Vec<Message>,
    calls: usize,
}

#[derive(Debug)]
struct Message {
    text: Vec<u8>,
    is_call: bool,
}

/// Where in the [`BatchAnswers`] the answer to one call of a [`Batch`] is, and of what type.
#[must_use = "the answer is found by it"]
pub struct Place<R> {
    at: usize,
    result: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for Place<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.at).finish()
    }
}

impl Batch {
    /// A batch of nothing.
    pub const fn new() -> Self {
        Self { messages: Vec::new(), calls: 0 }
    }

    /// Adds a call. What is returned finds its answer.
    ///
    /// # Errors
    ///
    /// The parameters are no JSON array, object or null.
    pub fn call<R>(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
    ) -> Result<Place<R>, ClientError> {
        self.add(method, params, true)?;
        let at = self.calls;
        self.calls += 1;
        Ok(Place { at, result: PhantomData })
    }

    /// Adds a notification, which has no answer.
    ///
    /// # Errors
    ///
    /// The parameters are no JSON array, object or null.
    pub fn notify(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
    ) -> Result<(), ClientError> {
        self.add(method, params, false)
    }

    fn add(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
        is_call: bool,
    ) -> Result<(), ClientError> {
        let mut text = head(method);
        add_params(&mut text, |text| write_params(params, text))?;
        self.messages.push(Message { text, is_call });
        Ok(())
    }

    /// How many calls and notifications it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether it holds none. Sending such a one is an error.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

/// What came back of a [`Batch`].
#[derive(Debug)]
pub struct BatchAnswers(Vec<Option<Result<Box<RawValue>, Error>>>);

impl BatchAnswers {
    /// The answer to the call that `place` was returned for.
    ///
    /// # Errors
    ///
    /// The call failed, its result is no `R`, or it was not answered.
    #[expect(clippy::needless_pass_by_value, reason = "an answer is taken once")]
    pub fn take<R: DeserializeOwned>(&mut self, place: Place<R>) -> Result<R, ClientError> {
        match self.0.get_mut(place.at).and_then(Option::take) {
            Some(Ok(result)) => read_result(&result),
            Some(Err(error)) => Err(failed(error)),
            None => Err(malformed("the call was not answered")),
        }
    }
}

/// Sends [`Batch`]es to one server, as an [`Endpoint`].
///
/// A call of a batch that fails is the error of its own [place](BatchAnswers::take); the batch
/// fails only as a whole. The server decides in which order its calls run.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
/// use oxkit_transport_http::{Pool, jsonrpc::{Batch, BatchClient, Server}, serve};
/// use tokio::net::TcpListener;
///
/// let sum = endpoint_fn(async |_cx, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let uri = format!("http://{}/", listener.local_addr()?).parse()?;
/// tokio::spawn(async move { serve(listener, Server::new().method("sum", sum)).await });
///
/// let mut batch = Batch::new();
/// let three = batch.call::<i64>("sum", &[1, 2])?;
/// let nobody = batch.call::<()>("nobody", &())?;
/// batch.notify("sum", &[4])?;
///
/// let mut answers = BatchClient::new(&Pool::new(), uri).call(Context::new(), batch).await?;
/// assert_eq!(answers.take(three)?, 3);
/// assert_eq!(answers.take(nobody).unwrap_err().to_string(), "Method nobody was not found.");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
/// #     .block_on(example()).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "a client does nothing until it is called"]
pub struct BatchClient {
    http: client::Client<Batch, BatchAnswers, BatchCodec, BatchCodec>,
    ids: Arc<dyn IdGenerator>,
}

impl BatchClient {
    /// Batches to the server at `uri`. Identifiers count up from 0.
    pub fn new(pool: &Pool, uri: Uri) -> Self {
        let codec = BatchCodec { uri };
        let http = client::Client::new(pool, codec.clone(), codec).any_status();
        Self { http, ids: Arc::new(AutoIncrement::new(0)) }
    }

    /// Sets where identifiers come from. They must differ within a batch.
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        self.ids = Arc::new(ids);
        self
    }

    /// How long a batch may take: see [the HTTP client's](crate::Client::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.http = self.http.timeout(limit);
        self
    }

    /// Sends batches to this server: see [the HTTP client's](crate::Client::base).
    pub fn base(mut self, base: Uri) -> Self {
        self.http = self.http.base(base);
        self
    }
}

impl Endpoint for BatchClient {
    type Request = Batch;
    type Response = BatchAnswers;
    type Error = ClientError;

    fn call(
        &self,
        cx: Context,
        batch: Batch,
    ) -> impl Future<Output = Result<BatchAnswers, ClientError>> + Send {
        let ids = (0..batch.calls).map(|_| self.ids.next_id()).collect();
        self.http.call(cx.with(Ids(ids)), batch)
    }
}

impl fmt::Debug for BatchClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchClient").field("http", &self.http).finish_non_exhaustive()
    }
}

/// The identifiers of the calls of a batch, in their order: in the context, for the codec.
struct Ids(Vec<RequestId>);

fn ids(cx: &Context) -> &[RequestId] {
    cx.get::<Ids>().map_or(&[], |ids| &ids.0)
}

#[derive(Debug, Clone)]
struct BatchCodec {
    uri: Uri,
}

impl EncodeRequest<Batch> for BatchCodec {
    async fn encode(&self, cx: &Context, batch: Batch) -> Result<Request<Body>, ClientError> {
        if batch.is_empty() {
            return Err(ClientError::of_kind(ErrorKind::InvalidArgument, "the batch is empty"));
        }
        let mut ids = ids(cx).iter();
        let mut body = Vec::with_capacity(batch.messages.iter().map(|m| m.text.len() + 32).sum());
        let mut separator = b'[';
        for message in &batch.messages {
            body.push(separator);
            body.extend_from_slice(&message.text);
            finish(&mut body, if message.is_call { ids.next() } else { None });
            separator = b',';
        }
        body.push(b']');
        Ok(post(&self.uri, body))
    }
}

impl DecodeResponse<BatchAnswers> for BatchCodec {
    async fn decode(
        &self,
        cx: &Context,
        response: Response<Body>,
    ) -> Result<BatchAnswers, ClientError> {
        let bytes = body_of(response).await?;
        read(ids(cx), utf8(&bytes)?)
    }
}

fn read(ids: &[RequestId], text: &str) -> Result<BatchAnswers, ClientError> {
    let mut answers = BatchAnswers(ids.iter().map(|_| None).collect());
    if ids.is_empty() {
        return Ok(answers);
    }
    if first_of(text) == Some(b'{') {
        // The server did not take the batch apart.
        Answer::read(text)?.to(&RequestId::NULL)?;
        return Err(malformed("the answer to a batch is a single one"));
    }
    let found = elements(text, ids.len()).map_err(ClientError::undecodable)?;
    if found.more {
        return Err(malformed("there are more answers than calls"));
    }
    // The server answers in any order it likes.
    let places: HashMap<_, _> = ids.iter().enumerate().map(|(at, id)| (id, at)).collect();
    for element in found.first {
        let Answer { id, outcome } = Answer::read(element.get())?;
        let Some(answer) = places.get(&id).and_then(|at| answers.0.get_mut(*at)) else {
            return Err(malformed(format!("there is an answer to call {id}, which was not made")));
        };
        if answer.replace(outcome.map(ToOwned::to_owned)).is_some() {
            return Err(malformed(format!("there are two answers to call {id}")));
        }
    }
    Ok(answers)
}
