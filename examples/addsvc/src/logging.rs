//! A middleware of the *service* that logs. It knows the domain, so its lines tell what was added;
//! the layer around the endpoint tells how long that took and what became of the call. That is the
//! one line of a call that is always wanted: these are at the level debug.

use oxkit_core::Context;
use oxkit_log::{Logger, debug};

use crate::service::{AddError, AddService};

/// A service that logs what it is asked and what it answers.
#[derive(Debug, Clone)]
pub struct Logged<S> {
    logger: Logger,
    inner: S,
}

impl<S> Logged<S> {
    /// Logs to `logger` what `inner` is asked and answers.
    pub const fn new(logger: Logger, inner: S) -> Self {
        Self { logger, inner }
    }
}

impl<S: AddService> AddService for Logged<S> {
    async fn sum(&self, cx: Context, a: i64, b: i64) -> Result<i64, AddError> {
        let result = self.inner.sum(cx, a, b).await;
        match &result {
            Ok(v) => debug!(self.logger, method = "Sum", a, b, v = *v),
            Err(error) => debug!(self.logger, method = "Sum", a, b, err = %error),
        }
        result
    }

    async fn concat(&self, cx: Context, a: String, b: String) -> Result<String, AddError> {
        let lengths = (a.len(), b.len());
        let result = self.inner.concat(cx, a, b).await;
        // Not the texts, which are the callers' and may be secret.
        let (a, b) = lengths;
        let err = result.as_ref().err().map(ToString::to_string);
        debug!(self.logger, method = "Concat", a_bytes = a, b_bytes = b, err);
        result
    }
}

#[cfg(test)]
mod tests {
    use oxkit_log::{Lines, SyncWriter};

    use super::*;
    use crate::service::Basic;

    #[tokio::test]
    async fn a_line_says_what_was_added_but_not_the_texts() {
        let output = SyncWriter::new(Vec::new());
        let service = Logged::new(Logger::new(Lines::logfmt(output.clone())), Basic);
        service.sum(Context::new(), 1, 2).await.unwrap();
        service.sum(Context::new(), 0, 0).await.unwrap_err();
        service.concat(Context::new(), "secret".into(), "s".into()).await.unwrap();
        let written = String::from_utf8(output.lock().clone()).unwrap();
        assert_eq!(
            written.lines().collect::<Vec<_>>(),
            [
                "level=debug method=Sum a=1 b=2 v=3",
                r#"level=debug method=Sum a=0 b=0 err="can't sum two zeroes""#,
                "level=debug method=Concat a_bytes=6 b_bytes=1 err=null",
            ]
        );
    }
}
