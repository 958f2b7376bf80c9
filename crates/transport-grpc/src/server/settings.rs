//! What is set on a method, and what it makes of a call's head.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::HeaderMap;
use oxkit_core::{
    Context, ErrorKind, Failure, Finalizers, Operation, Reason, Refusal, RequestIds, future::Panic,
};

use super::{
    report::{Ended, Report},
    watch::Watch,
};
use crate::{Metadata, Status, timeout};

pub(super) type Before = dyn Fn(&mut Context, &mut Metadata) -> Result<(), Refusal> + Send + Sync;
pub(super) type After = dyn Fn(&Context, &mut Metadata, &mut Metadata) + Send + Sync;
pub(super) type Finalizer = dyn Fn(&Context, &Report<'_>) + Send + Sync;
pub(super) type Errors = dyn Fn(&(dyn Failure + 'static)) -> Status + Send + Sync;

/// What a caller may ask for at most, so that sums of instants stay far from their end.
const MAX_ASKED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) operation: Option<Operation>,
    pub(super) before: Vec<Arc<Before>>,
    pub(super) after: Vec<Arc<After>>,
    pub(super) finalizers: Finalizers<Finalizer>,
    pub(super) errors: Arc<Errors>,
    pub(super) timeout: Option<Duration>,
    pub(super) timeout_floor: Duration,
    pub(super) timeout_cap: Option<Duration>,
    pub(super) message_limit: usize,
    pub(super) send_limit: Option<usize>,
    pub(super) compresses: bool,
    pub(super) catches_panics: bool,
    pub(super) request_ids: Option<Arc<RequestIds>>,
}

impl Settings {
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self {
            operation: None,
            before: Vec::new(),
            after: Vec::new(),
            finalizers: Finalizers::new(),
            errors: Arc::new(Status::of),
            timeout,
            timeout_floor: Duration::ZERO,
            timeout_cap: None,
            message_limit: 4 * 1024 * 1024,
            send_limit: None,
            compresses: false,
            catches_panics: false,
            request_ids: None,
        }
    }

    /// When a call that arrived now must be done. It is refused if it has no time at all.
    pub(super) fn end(
        &self,
        arrival: Instant,
        headers: &HeaderMap,
    ) -> Result<Option<Instant>, Refusal> {
        let asked = match headers.get(timeout::HEADER) {
            None => None,
            Some(value) => Some(timeout::parse_timeout(value.as_bytes()).ok_or_else(|| {
                Refusal::of_kind(
                    ErrorKind::InvalidArgument,
                    "grpc-timeout must be at most eight digits and one of n, u, m, S, M, H",
                )
            })?),
        };
        let moderated =
            asked.map(|asked| asked.max(self.timeout_floor).min(MAX_ASKED)).or(self.timeout);
        let limit = match (moderated, self.timeout_cap) {
            (Some(limit), Some(cap)) => Some(limit.min(cap)),
            (limit, cap) => limit.or(cap),
        };
        match limit {
            // An endpoint that is ready at once would never be asked for the time.
            Some(Duration::ZERO) => Err(Refusal::new(Reason::Deadline)),
            limit => Ok(limit.and_then(|limit| arrival.checked_add(limit))),
        }
    }

    /// Runs the before hooks on the headers, if there are any.
    pub(super) fn before(&self, cx: &mut Context, headers: &mut HeaderMap) -> Result<(), Refusal> {
        if self.before.is_empty() {
            return Ok(());
        }
        let mut metadata = Metadata::received(std::mem::take(headers));
        let allowed = self.before.iter().try_for_each(|before| before(cx, &mut metadata));
        *headers = metadata.into_headers();
        allowed
    }

    /// Runs the after hooks, which fill the header and the trailer.
    pub(super) fn after(&self, cx: &Context) -> (Metadata, Metadata) {
        let (mut header, mut trailer) = (Metadata::new(), Metadata::new());
        for after in &self.after {
            after(cx, &mut header, &mut trailer);
        }
        (header, trailer)
    }

    pub(super) fn status(&self, failure: &(dyn Failure + 'static)) -> Status {
        (self.errors)(failure)
    }

    /// The status of a panic. It may have been the function of statuses itself that panicked.
    pub(super) fn status_of_panic(&self, refusal: &Refusal) -> Status {
        Panic::catch(|| self.status(refusal)).unwrap_or_else(|_| Status::of(refusal))
    }

    /// Tells the finalizers of a panic, and gives the status that answers it, or the panic itself if
    /// it is to go on.
    pub(super) fn panicked(
        &self,
        panic: Panic,
        mut watch: Option<Box<Watch>>,
    ) -> Result<Status, Panic> {
        let answer = if self.catches_panics {
            let refusal = Refusal::new(Reason::Panicked).with_source(panic);
            let status = self.status_of_panic(&refusal);
            if let Some(watch) = &mut watch {
                watch.failed(ErrorKind::Internal, Box::new(refusal));
            }
            Ok(status)
        } else {
            Err(panic)
        };
        if let Some(watch) = &mut watch {
            watch.end(Ended::Panicked);
        }
        answer
    }

    /// The status that ends a stream.
    pub(super) fn ending(&self, failure: &(dyn Failure + 'static)) -> tonic::Status {
        self.status(failure).into_tonic()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_the_caller_asks_for_is_moderated() {
        const S: fn(u64) -> Duration = Duration::from_secs;
        let now = Instant::now();
        for (own, floor, cap, asked, expected) in [
            (Some(S(30)), 0, None, None, Some(30)),
            (Some(S(30)), 0, None, Some("90S"), Some(90)),
            (Some(S(30)), 0, Some(S(60)), Some("90S"), Some(60)),
            (Some(S(30)), 5, None, Some("1S"), Some(5)),
            (Some(S(30)), 5, None, Some("0n"), Some(5)),
            (None, 0, None, None, None),
            (None, 0, Some(S(9)), None, Some(9)),
            (Some(S(30)), 0, Some(S(9)), None, Some(9)),
            (None, 0, None, Some("99999999H"), Some(MAX_ASKED.as_secs())),
        ] {
            let settings =
                Settings { timeout_floor: S(floor), timeout_cap: cap, ..Settings::new(own) };
            let headers = asked
                .map(|asked| ("grpc-timeout".parse().unwrap(), HeaderValue::from_static(asked)));
            let end = settings.end(now, &HeaderMap::from_iter(headers)).unwrap();
            assert_eq!(end.map(|end| (end - now).as_secs()), expected, "{asked:?}");
        }
    }

    #[test]
    fn a_call_without_any_time_is_refused() {
        let timed = |asked: &'static str| {
            HeaderMap::from_iter([(
                "grpc-timeout".parse().unwrap(),
                HeaderValue::from_static(asked),
            )])
        };
        let own = Settings::new(Some(Duration::from_secs(30)));
        for asked in ["0n", "0u", "0m", "0S", "0M", "0H", "00000000S"] {
            let refusal = own.end(Instant::now(), &timed(asked)).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::DeadlineExceeded, "{asked}");
        }
        let capped = Settings { timeout_cap: Some(Duration::ZERO), ..own.clone() };
        assert!(capped.end(Instant::now(), &timed("5S")).is_err());
        assert!(own.end(Instant::now(), &timed("1n")).is_ok(), "it is over before it is asked for");
    }

    #[test]
    fn a_timeout_that_is_none_is_the_callers_mistake() {
        let headers = HeaderMap::from_iter([(
            "grpc-timeout".parse().unwrap(),
            HeaderValue::from_static("soon"),
        )]);
        let refusal = Settings::new(None).end(Instant::now(), &headers).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::InvalidArgument);
    }
}
