//! The usual middlewares of oxkit, as a service has them.

use std::{io, num::NonZeroU32, time::Duration};

use oxkit_circuitbreaker::{Breaker, FailureRatio, Ratio as Share};
use oxkit_core::{HookLayer, Operation, hook};
use oxkit_endpoint::{Shed, Timeout};
use oxkit_log::{Allow, Filter, Lines, Logger, Logging, SyncWriter, timestamp_utc};
use oxkit_metrics::{Measure, Registry};
use oxkit_ratelimit::{ErroringLimiter, Quota, RateLimiter};
use oxkit_tracing::{ParentBased, Ratio, Spans};
use tracing::{Dispatch, level_filters::LevelFilter};
use tracing_subscriber::layer::SubscriberExt;

/// More than any run asks for: what is measured is a call that passes.
const TOKENS: NonZeroU32 = NonZeroU32::new(1_000_000_000).expect("not zero");
const HALF: Share = Share::percent(50);
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const OPERATION: Operation = Operation::new("stringsvc", "uppercase");

/// Instrument, deadline, limit, breaker, timeout: from the outside in.
pub(super) type Five =
    (HookLayer<Measure>, Shed, ErroringLimiter<RateLimiter>, Breaker<FailureRatio>, Timeout);

pub(super) fn five() -> Five {
    (measure(&Registry::new()), deadline(), limit(), breaker(), timeout())
}

/// The same where the context knows when the request came in, so that the clock is read less often.
pub(super) fn five_arrived() -> Five {
    let timeout = timeout().counted_from_arrival();
    (measure(&Registry::new()), deadline(), limit().charged_at_arrival(), breaker(), timeout)
}

/// As users would write them: our timeout checks the deadline, too.
pub(super) type Four =
    (HookLayer<Measure>, ErroringLimiter<RateLimiter>, Breaker<FailureRatio>, Timeout);

pub(super) fn four_arrived() -> Four {
    (measure(&Registry::new()), limit().charged_at_arrival(), breaker(), timeout())
}

/// What is around an endpoint in production: a span, a line of JSON for each request, metrics, a
/// limit, a breaker, a timeout.
pub(crate) type Whole = (
    Spans,
    HookLayer<(Logging, Measure)>,
    ErroringLimiter<RateLimiter>,
    Breaker<FailureRatio>,
    Timeout,
);

/// Their lines go nowhere, their metrics to `registry`, and no call is sampled: of the usual one in
/// a hundred, the other 99.
pub(crate) fn whole(registry: &Registry) -> Whole {
    // A server's limits are on arrivals, and the transport knows when that was.
    let (limit, timeout) = (limit().charged_at_arrival(), timeout().counted_from_arrival());
    (spans(), hook((logging(), measured(registry))), limit, breaker(), timeout)
}

/// Where nobody said so far whether the trace is sampled, this says no.
pub(super) fn spans() -> Spans {
    let none = Ratio::new(0.0).expect("it is between 0 and 1");
    Spans::server().sampled_by(ParentBased::new(none))
}

/// Somebody who listens to spans: without, there would be none whatever the sampler says. At the
/// level of production, for h2 and others make a dozen spans a request for whoever traces them.
pub(crate) fn listener() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(LevelFilter::INFO))
}

fn logger() -> Logger {
    Logger::new(Lines::json(SyncWriter::new(io::sink()))).with("ts", timestamp_utc())
}

pub(super) fn logging() -> Logging {
    Logging::new(logger())
}

/// One whose lines do not pass its filter.
pub(super) fn logging_off() -> Logging {
    Logging::new(logger().with_filter(Filter::new(Allow::Error)))
}

pub(super) const fn deadline() -> Shed {
    Shed::when_less_than(Duration::ZERO)
}

pub(super) fn measure(registry: &Registry) -> HookLayer<Measure> {
    hook(measured(registry))
}

fn measured(registry: &Registry) -> Measure {
    let measure = Measure::new(registry).expect("the registry has no other metrics");
    measure.for_operation(OPERATION)
}

pub(super) fn limit() -> ErroringLimiter<RateLimiter> {
    ErroringLimiter::new(RateLimiter::new(Quota::per_second(TOKENS).burst(NonZeroU32::MAX)))
}

/// As recloser's default: half of the last hundred calls.
pub(super) fn breaker() -> Breaker<FailureRatio> {
    Breaker::new(FailureRatio::over_calls(100, HALF))
}

pub(super) const fn timeout() -> Timeout {
    Timeout::new(LIMIT)
}
