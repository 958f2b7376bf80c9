//! With whose rights requests are made.

use std::fmt;

use crate::SendError;

/// A key of Amazon's, with which requests are signed.
///
/// ```
/// use oxkit_metrics::AwsCredentials;
///
/// let key = AwsCredentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI").session_token("token");
/// assert_eq!(format!("{key:?}"), r#"AwsCredentials { access_key_id: "AKIDEXAMPLE", .. }"#);
/// ```
#[derive(Clone)]
#[must_use = "credentials do nothing by themselves"]
pub struct AwsCredentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
}

impl AwsCredentials {
    /// A key that has no session.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    /// The token of a key that is given for a time, by a role for instance.
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }
}

/// The secrets are not shown.
impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsCredentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Where a [`CloudWatchBuilder`](crate::CloudWatchBuilder) gets its credentials: fixed ones, which
/// are [`AwsCredentials`] themselves, or those that a role is given for a time.
///
/// This crate knows no place where credentials lie: it reads no files, no environment and no
/// metadata service. The crate `aws-config` does, and is asked in a few lines:
///
/// ```
/// use oxkit_metrics::{AwsCredentials, ProvideAwsCredentials, SendError};
///
/// struct OfTheRole;
///
/// impl ProvideAwsCredentials for OfTheRole {
///     async fn credentials(&self) -> Result<AwsCredentials, SendError> {
///         // Here `aws_config`'s provider is asked, which keeps what it has until it is old.
///         # async fn ask() -> Result<(String, String, String), SendError> {
///         #     Ok((String::new(), String::new(), String::new()))
///         # }
///         let (key, secret, token) = ask().await?;
///         Ok(AwsCredentials::new(key, secret).session_token(token))
///     }
/// }
/// ```
pub trait ProvideAwsCredentials: Send + Sync + 'static {
    /// The credentials for one request. Asked before each, so it should keep them while they are
    /// good. It may take its time, within what
    /// [sending](crate::CloudWatchBuilder::send_timeout) may take.
    ///
    /// # Errors
    ///
    /// There are none now. The request is made again later.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped is made again.
    fn credentials(&self) -> impl Future<Output = Result<AwsCredentials, SendError>> + Send;
}

impl ProvideAwsCredentials for AwsCredentials {
    async fn credentials(&self) -> Result<Self, SendError> {
        Ok(self.clone())
    }
}
