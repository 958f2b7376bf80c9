//! What every layer must keep, kept by each of these.

use std::time::Duration;

use oxkit_circuitbreaker::{
    Breaker, ConsecutiveFailures, FailureRatio, Ratio, SlowCallRatio, Throttle,
};
use oxkit_core::{Context, hook};
use testing_contract::{Ask, Contract, contract};

const HOUR: Duration = Duration::from_secs(3600);

contract! {
    Contract::new().with_few_panics() =>
    of_consecutive_failures: Breaker::new(ConsecutiveFailures::default());
    of_the_hook: hook(Breaker::new(ConsecutiveFailures::default()));
    of_a_ratio_of_calls: Breaker::new(FailureRatio::over_calls(1000, Ratio::ALL));
    of_a_ratio_of_time: Breaker::new(FailureRatio::over_time(HOUR, Ratio::ALL));
    of_slow_calls: Breaker::new(SlowCallRatio::over_calls(1000, Ratio::ALL, HOUR));
    of_a_breaker_for_each_key: Breaker::builder(ConsecutiveFailures::default())
        .keyed(10, |_: &Context, _: &Ask| "the only one");
    of_a_throttle: Throttle::new();
    of_one_in_another: (
        Throttle::new(),
        Breaker::new(SlowCallRatio::over_time(HOUR, Ratio::ALL, HOUR)),
        Breaker::new(ConsecutiveFailures::default()),
    );
}
