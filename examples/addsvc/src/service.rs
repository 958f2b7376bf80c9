//! The business logic: what it means to add. Knows no endpoint and no transport.

use std::time::Duration;

use oxkit_core::{Context, ErrorKind, Failure, Reason, Refusal};

/// The longest text that [`Basic`] makes, in bytes.
pub const LONGEST: usize = 10;

/// What can be added.
///
/// [`Basic`] is the service. [`Endpoints`](crate::Endpoints) is one too, so that whoever holds a
/// client holds an `AddService` and does not see that it is far away.
pub trait AddService: Send + Sync + 'static {
    /// The sum of two numbers.
    ///
    /// # Errors
    ///
    /// Both are zero, or the sum does not fit into 32 bits; or the service could not be asked.
    fn sum(
        &self,
        cx: Context,
        a: i64,
        b: i64,
    ) -> impl Future<Output = Result<i64, AddError>> + Send;

    /// Two texts as one.
    ///
    /// # Errors
    ///
    /// It would be longer than [`LONGEST`]; or the service could not be asked.
    fn concat(
        &self,
        cx: Context,
        a: String,
        b: String,
    ) -> impl Future<Output = Result<String, AddError>> + Send;
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// Nobody needs to be told that.
    #[error("can't sum two zeroes")]
    TwoZeroes,
    /// The sum does not fit into 32 bits.
    #[error("integer overflow")]
    IntOverflow,
    /// The text would be too long.
    #[error("result exceeds maximum size")]
    MaxSizeExceeded,
    /// The service was not asked, or gave no answer: a layer refused, or the network did.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl AddError {
    /// The errors of the domain: those that a service answers with, on whatever transport.
    pub const DOMAIN: [Self; 3] = [Self::TwoZeroes, Self::IntOverflow, Self::MaxSizeExceeded];

    /// The error of the domain with this text, which is how it is told on every transport.
    ///
    /// ```
    /// use addsvc::AddError;
    ///
    /// let told = AddError::of_text("integer overflow");
    /// assert!(matches!(told, Some(AddError::IntOverflow)));
    /// assert!(AddError::of_text("disk on fire").is_none());
    /// ```
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::DOMAIN.into_iter().find(|error| error.to_string() == text)
    }
}

/// What each error means to a caller, the same on every transport.
impl Failure for AddError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TwoZeroes | Self::MaxSizeExceeded => ErrorKind::InvalidArgument,
            Self::IntOverflow => ErrorKind::OutOfRange,
            Self::Refused(refusal) => refusal.kind(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after(),
            _ => None,
        }
    }

    fn refused_for(&self) -> Option<Reason> {
        match self {
            Self::Refused(refusal) => refusal.refused_for(),
            _ => None,
        }
    }
}

/// The service itself.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use addsvc::{AddService, Basic};
/// use oxkit_core::Context;
///
/// assert_eq!(Basic.sum(Context::new(), 1, 2).await.unwrap(), 3);
/// let error = Basic.sum(Context::new(), 0, 0).await.unwrap_err();
/// assert_eq!(error.to_string(), "can't sum two zeroes");
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Basic;

impl AddService for Basic {
    async fn sum(&self, _cx: Context, a: i64, b: i64) -> Result<i64, AddError> {
        if a == 0 && b == 0 {
            return Err(AddError::TwoZeroes);
        }
        let sum = a.checked_add(b).filter(|sum| i32::try_from(*sum).is_ok());
        sum.ok_or(AddError::IntOverflow)
    }

    async fn concat(&self, _cx: Context, mut a: String, b: String) -> Result<String, AddError> {
        if a.len().saturating_add(b.len()) > LONGEST {
            return Err(AddError::MaxSizeExceeded);
        }
        a.push_str(&b);
        Ok(a)
    }
}
