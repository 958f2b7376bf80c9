//! Shedding by criticality: the least critical first, by what is in use.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use oxkit_core::{Context, Criticality, Endpoint, Layer, Reason};
use oxkit_ratelimit::{AdaptiveLimit, Aimd, CriticalityShed, Thresholds};

use testing_contract::{Ask, Probe, reason};

async fn served<E: Endpoint<Request = Ask>>(endpoint: &E) -> Vec<Criticality> {
    let mut served = Vec::new();
    for level in Criticality::ALL {
        if endpoint.call(Context::new().with(level), Ask::Answer(1)).await.is_ok() {
            served.push(level);
        }
    }
    served
}

#[tokio::test]
async fn the_less_critical_are_refused_first_and_come_back_last() {
    use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

    let percent = Arc::new(AtomicU32::new(0));
    let gauge = percent.clone();
    let shed = CriticalityShed::new(move || f64::from(gauge.load(Relaxed)) / 100.0);
    let endpoint = shed.layer(Probe::new());
    for (used, expected) in [
        (0, &[Sheddable, SheddablePlus, Critical, CriticalPlus][..]),
        (69, &[Sheddable, SheddablePlus, Critical, CriticalPlus]),
        (70, &[SheddablePlus, Critical, CriticalPlus]),
        (80, &[Critical, CriticalPlus]),
        (95, &[CriticalPlus]),
        (300, &[CriticalPlus]),
        (79, &[SheddablePlus, Critical, CriticalPlus]),
    ] {
        percent.store(used, Relaxed);
        assert_eq!(served(&endpoint).await, expected, "{used} %");
    }
}

#[tokio::test]
async fn a_call_that_says_nothing_is_critical_and_a_refused_one_is_not_begun() {
    let probe = Probe::new();
    let thresholds = Thresholds::default().with(Criticality::Critical, 0.5);
    let shed = CriticalityShed::new(|| 0.5).with_thresholds(thresholds);
    let endpoint = shed.layer(probe.clone());
    let refused = endpoint.call(Context::new(), Ask::Answer(1)).await;
    assert_eq!(reason(&refused), Some(Reason::Overloaded));
    assert_eq!(probe.calls(), 0);
}

#[tokio::test]
async fn the_last_slots_of_a_limit_are_kept_for_those_above() {
    let ten = std::num::NonZeroUsize::new(10).expect("not zero");
    let limit = AdaptiveLimit::new(Aimd::starting_at(ten).with_max(ten));
    let shed = {
        let limit = limit.clone();
        CriticalityShed::new(move || limit.utilisation())
    };
    let endpoint = (shed, limit).layer(Probe::new());
    let begin = |level| endpoint.call(Context::new().with(level), Ask::Wait(1));
    let calls: Vec<_> = (0..20).map(|_| begin(Criticality::Sheddable)).collect();
    // Those refused are done at once; the rest wait.
    let mut served = 0;
    for call in calls {
        let waits = tokio::time::timeout(std::time::Duration::ZERO, call).await.is_err();
        served += u32::from(waits);
    }
    assert_eq!(served, 7);
}
