//! Decoder, endpoint and encoder, one after the other.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use oxkit_core::{Failure, future::Panic};
use pin_project_lite::pin_project;

use super::stop::Stop;
use crate::Body;

pin_project! {
    /// Runs a decoding, what `call` makes of its output, and what `encode` makes of that.
    ///
    /// The same as an `async` block, of half the size: a block keeps its captures beside the
    /// futures that it moved them into.
    pub(super) struct Pipeline<Decoding, Call, Calling, Encode, Encoding> {
        #[pin]
        stage: Stage<Decoding, Calling, Encoding>,
        call: Option<Call>,
        encode: Option<Encode>,
        is_guarded: bool,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<Decoding, Calling, Encoding> {
        Decoding { #[pin] future: Decoding },
        Calling { #[pin] future: Calling },
        Encoding { #[pin] future: Encoding },
        Stopped { why: Option<Box<dyn Failure>> },
    }
}

impl<Decoding, Call, Calling, Encode, Encoding>
    Pipeline<Decoding, Call, Calling, Encode, Encoding>
{
    /// `decoding` may have failed to begin. A panic becomes an error if `is_guarded`, and goes on
    /// otherwise.
    pub(super) fn new(
        decoding: Result<Decoding, Box<dyn Failure>>,
        call: Call,
        encode: Encode,
        is_guarded: bool,
    ) -> Self {
        let stage = match decoding {
            Ok(future) => Stage::Decoding { future },
            Err(why) => Stage::Stopped { why: Some(why) },
        };
        Self { stage, call: Some(call), encode: Some(encode), is_guarded }
    }
}

type Answer = Result<Response<Body>, Box<dyn Failure>>;

const ONCE: &str = "a stage begins once";

impl<Decoding, Call, Calling, Encode, Encoding, Q, R, Undecoded, Failed>
    Pipeline<Decoding, Call, Calling, Encode, Encoding>
where
    Decoding: Future<Output = Result<Q, Undecoded>>,
    Call: FnOnce(Q) -> Calling,
    Calling: Future<Output = Result<R, Failed>>,
    Encode: FnOnce(R) -> Encoding,
    Encoding: Future<Output = Answer>,
    Undecoded: Failure,
    Failed: Failure,
{
    fn run(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Answer> {
        let mut this = self.project();
        if let StageProj::Decoding { future } = this.stage.as_mut().project() {
            match ready!(future.poll(task)) {
                Ok(request) => {
                    let call = this.call.take().expect(ONCE);
                    this.stage.set(Stage::Calling { future: call(request) });
                }
                Err(error) => return Poll::Ready(Err(Stop::failed(error))),
            }
        }
        if let StageProj::Calling { future } = this.stage.as_mut().project() {
            match ready!(future.poll(task)) {
                Ok(response) => {
                    let encode = this.encode.take().expect(ONCE);
                    this.stage.set(Stage::Encoding { future: encode(response) });
                }
                Err(error) => return Poll::Ready(Err(Stop::failed(error))),
            }
        }
        match this.stage.project() {
            StageProj::Encoding { future } => future.poll(task),
            StageProj::Stopped { why } => Poll::Ready(Err(why.take().expect(ONCE))),
            _ => unreachable!("the stages before were left above"),
        }
    }
}

impl<Decoding, Call, Calling, Encode, Encoding, Q, R, Undecoded, Failed> Future
    for Pipeline<Decoding, Call, Calling, Encode, Encoding>
where
    Decoding: Future<Output = Result<Q, Undecoded>>,
    Call: FnOnce(Q) -> Calling,
    Calling: Future<Output = Result<R, Failed>>,
    Encode: FnOnce(R) -> Encoding,
    Encoding: Future<Output = Answer>,
    Undecoded: Failure,
    Failed: Failure,
{
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Answer> {
        if !self.is_guarded {
            return self.run(task);
        }
        Panic::catch(|| self.run(task))
            .unwrap_or_else(|panic| Poll::Ready(Err(Stop::panicked(panic))))
    }
}
