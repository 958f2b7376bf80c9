//! Several calls in one request, and what comes back.

use std::{fmt, marker::PhantomData};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    answer::{failed, malformed},
    codec::{add_params, head, read_result, write_params},
};
use crate::{ClientError, jsonrpc::Error};

/// Calls and notifications to be sent in one request by a [`BatchClient`](super::BatchClient).
#[derive(Debug, Default)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Batch {
    pub(super) messages: Vec<Message>,
    pub(super) calls: usize,
}

#[derive(Debug)]
pub(super) struct Message {
    /// Up to its identifier.
    pub(super) text: Vec<u8>,
    pub(super) is_call: bool,
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
pub struct BatchAnswers(pub(super) Vec<Option<Result<Box<RawValue>, Error>>>);

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
