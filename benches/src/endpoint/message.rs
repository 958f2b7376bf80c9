//! What the chains carry, and how a future is driven.

use std::{
    fmt,
    hint::black_box,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context as Task, Poll, Waker},
};

use oxkit_core::{ErrorKind, Failure, Refusal};

/// Three words, by value, both as the request and as the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) amount: u64,
    pub(crate) version: u64,
}

impl Message {
    pub(crate) const fn numbered(id: u64) -> Self {
        Self { id, amount: 1, version: 2 }
    }
}

/// An error as a service has it: its own case, and what layers refuse with.
#[derive(Debug)]
pub(crate) enum Trouble {
    NotFound(u64),
    Refused(Refusal),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(id) => write!(f, "there is no {id}"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for Trouble {}

impl Failure for Trouble {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Refused(refusal) => refusal.kind(),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The business logic: it has state, as all have, and shares it.
#[derive(Debug, Clone)]
pub(crate) struct Logic {
    first: Arc<u64>,
    /// How often the answer is not there yet.
    pending: u32,
}

impl Logic {
    pub(crate) fn new(pending: bool) -> Self {
        Self { first: Arc::new(1), pending: if pending { 2 } else { 0 } }
    }

    pub(crate) const fn pending(&self) -> PendingFor {
        PendingFor(self.pending)
    }

    pub(crate) fn decide(&self, message: Message) -> Result<Message, Trouble> {
        if message.id < *self.first {
            return Err(Trouble::NotFound(message.id));
        }
        Ok(Message { version: message.version + 1, ..message })
    }
}

/// Pending so many times, then ready.
pub(crate) struct PendingFor(u32);

impl Future for PendingFor {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        Poll::Pending
    }
}

/// Polls until there is an answer, without a runtime around it; whether it is a good one.
///
/// It is looked at where it is: moving it would take longer than many a layer, as that waits for
/// what was just written in other pieces, and what the caller does with it is not the chain's.
#[inline(always)]
pub(crate) fn is_answered<T, E>(call: impl Future<Output = Result<T, E>>) -> bool {
    let mut call = pin!(call);
    let mut task = Task::from_waker(Waker::noop());
    loop {
        let polled = call.as_mut().poll(&mut task);
        if let Poll::Ready(answer) = &polled {
            return black_box(answer).is_ok();
        }
    }
}
