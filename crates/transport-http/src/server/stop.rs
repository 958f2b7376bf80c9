//! Why a request was answered without its endpoint's response.

use std::{error::Error, fmt};

use oxkit_core::{ErrorKind, Failure, future::Panic};

/// Marks a failure that is not the encoder's, on its way through the pipeline. It is taken off
/// again before anyone sees it.
///
/// A mark, and no enum of outputs: a response is 200 bytes, and each type wrapped around it is a
/// copy.
#[derive(Debug)]
pub(super) enum Stop {
    /// The endpoint failed, or was not called.
    Failed(Box<dyn Failure>),
    /// Something panicked.
    Panicked(Panic),
}

impl Stop {
    pub(super) fn failed(error: impl Failure) -> Box<dyn Failure> {
        Box::new(Self::Failed(Box::new(error)))
    }

    pub(super) fn panicked(panic: Panic) -> Box<dyn Failure> {
        Box::new(Self::Panicked(panic))
    }

    /// Takes the mark off; gives back what has none.
    pub(super) fn unmark(error: Box<dyn Failure>) -> Result<Self, Box<dyn Failure>> {
        let plain: &dyn Error = &*error;
        if !plain.is::<Self>() {
            return Err(error);
        }
        let plain: Box<dyn Error> = error;
        Ok(*plain.downcast::<Self>().expect("its type was looked at"))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(panic) => panic.fmt(f),
        }
    }
}

impl Error for Stop {}

impl Failure for Stop {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Failed(error) => error.kind(),
            Self::Panicked(_) => ErrorKind::Internal,
        }
    }
}
