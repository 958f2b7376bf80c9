//! From an HTTP request to the bytes of its body, and from answers to an HTTP response.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::ALLOW};
use oxkit_core::{Context, Failure};

use super::answer::{Answer, respond};
use crate::{Body, Decode, Encode, Rejection};

/// Reads the body of a POST.
#[derive(Clone)]
pub(super) struct ReadBody;

impl Decode<Bytes> for ReadBody {
    type Error = Rejection;
    type Input = Request<Body>;

    const USES_CONTEXT: bool = false;

    async fn decode(&self, _: Context, request: Request<Body>) -> Result<Bytes, Rejection> {
        if request.method() != Method::POST {
            const POST: HeaderValue = HeaderValue::from_static("POST");
            return Err(Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "405 must POST\n")
                .with_header(ALLOW, POST));
        }
        // The body carries the server's limit.
        Ok(request.into_body().collect(u64::MAX).await?)
    }
}

/// What a request is answered with.
pub(super) enum Answers {
    One(Answer),
    /// Those of a batch that are no notifications, in the order of the batch.
    Batch(Vec<Answer>),
    /// There were only notifications.
    None,
}

/// Writes the answers.
#[derive(Clone)]
pub(super) struct WriteAnswers;

impl Encode<Answers> for WriteAnswers {
    const USES_CONTEXT: bool = false;

    async fn encode(
        &self,
        _: Context,
        answers: Answers,
    ) -> Result<Response<Body>, Box<dyn Failure>> {
        let mut line = Vec::new();
        match answers {
            // Through the error encoder, so that finalizers are told.
            Answers::One(Answer::Failed(failed)) => return Err(Box::new(failed)),
            Answers::One(answer) => answer.write(&mut line),
            Answers::Batch(answers) => {
                let mut separator = b'[';
                for answer in answers {
                    line.push(separator);
                    answer.write(&mut line);
                    separator = b',';
                }
                line.push(b']');
            }
            Answers::None => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                return Ok(response);
            }
        }
        Ok(respond(line))
    }
}
