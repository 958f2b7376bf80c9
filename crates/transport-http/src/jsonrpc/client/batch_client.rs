//! Batches to one server.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use http::{Request, Response, Uri, request, response};
use oxkit_core::{Context, Endpoint, ErrorKind, Operation};

use super::{
    AutoIncrement, Batch, BatchAnswers, IdGenerator,
    answer::{Answer, body_of, malformed, utf8},
    codec::{finish, post},
};
use crate::{
    Body, ClientError, Pool,
    client::{self, DecodeResponse, EncodeRequest, Report},
    jsonrpc::{
        RequestId,
        message::{elements, first_of},
    },
};

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

    /// Leaves the time to the deadline of the batch's context.
    pub fn without_timeout(mut self) -> Self {
        self.http = self.http.without_timeout();
        self
    }

    /// How many bytes of a response body are read at most. Default: 2 MiB.
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.http = self.http.body_limit(bytes);
        self
    }

    /// Names the operation that batches are for, where the context names none.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.http = self.http.operation(operation);
        self
    }

    /// Adds a hook that sees each encoded request before it is sent, and may change its head or
    /// refuse.
    pub fn before<H>(mut self, hook: H) -> Self
    where
        H: Fn(&Context, &mut request::Parts) -> Result<(), ClientError> + Send + Sync + 'static,
    {
        self.http = self.http.before(hook);
        self
    }

    /// Adds a hook that sees the head of each response, of whatever status, and may change it.
    pub fn after<H>(mut self, hook: H) -> Self
    where
        H: Fn(&Context, &mut response::Parts) + Send + Sync + 'static,
    {
        self.http = self.http.after(hook);
        self
    }

    /// Adds a function that is told of the end of each batch, exactly once, however it ends. The
    /// failures of single calls are no errors to it.
    pub fn finalize<H>(mut self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.http = self.http.finalize(finalizer);
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
