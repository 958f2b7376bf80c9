//! What a registry tells about itself.

use std::sync::{Arc, LazyLock};

use crate::{
    Desc, Kind, Labels, Metric, MetricError, Series, Value, stats::Stats, store::AnyStore,
};

/// Reserved, so that no metric can take the place of these.
pub(crate) const PREFIX: &str = "oxkit_metrics_";

static REJECTED: LazyLock<Arc<Desc>> = LazyLock::new(|| {
    desc("oxkit_metrics_rejected_total", "Observations that were no value for their metric.")
});

static OVERFLOWED: LazyLock<Arc<Desc>> = LazyLock::new(|| {
    desc("oxkit_metrics_overflowed_total", "Label sets resolved that the metric had no room for.")
});

#[cfg(feature = "push")]
mod push {
    use std::{
        collections::BTreeMap,
        sync::{Arc, LazyLock},
    };

    use crate::{Desc, Kind, Labels, Metric, PushStats, Series, Value};

    type Number = fn(&PushStats) -> u64;

    static FAILURES: LazyLock<Arc<Desc>> = LazyLock::new(|| {
        desc("oxkit_metrics_push_failures_total", "Requests with metrics that could not be sent.")
    });

    static DROPPED: LazyLock<Arc<Desc>> = LazyLock::new(|| {
        desc("oxkit_metrics_push_dropped_total", "Values that will never be sent.")
    });

    const ALL: [(Number, &LazyLock<Arc<Desc>>); 2] =
        [(PushStats::failures, &FAILURES), (PushStats::dropped, &DROPPED)];

    /// Whether a metric is one of these.
    pub(crate) fn is_pushed(name: &str) -> bool {
        ALL.iter().any(|(_, desc)| desc.name() == name)
    }

    fn desc(name: &str, help: &str) -> Arc<Desc> {
        Arc::new(Desc::new(name, help, Kind::Counter, &["exporter"], None))
    }

    /// What these exporters counted, where it is not zero. Those of one name are one.
    pub(crate) fn pushed(exporters: &[(&'static str, PushStats)]) -> impl Iterator<Item = Metric> {
        ALL.into_iter().filter_map(move |(number, desc)| {
            let mut counts = BTreeMap::new();
            for (name, stats) in exporters {
                *counts.entry(*name).or_default() += number(stats);
            }
            let series: Vec<_> = counts
                .into_iter()
                .filter(|(_, count)| *count != 0)
                .map(|(name, count): (_, u64)| Series {
                    labels: Labels::new((*desc).clone(), [Box::from(name)].into()),
                    value: Value::Counter(count as f64),
                })
                .collect();
            (!series.is_empty()).then(|| Metric { desc: (*desc).clone(), series })
        })
    }
}
#[cfg(feature = "push")]
pub(crate) use push::{is_pushed, pushed};

type Number = fn(&Stats) -> u64;

/// Each number, with what it is.
pub(crate) const ALL: [(Number, &LazyLock<Arc<Desc>>); 2] =
    [(Stats::rejected, &REJECTED), (Stats::overflowed, &OVERFLOWED)];

fn desc(name: &str, help: &str) -> Arc<Desc> {
    Arc::new(Desc::new(name, help, Kind::Counter, &["metric"], None))
}

/// Refuses the names that are reserved.
pub(crate) fn check(desc: &Desc) -> Result<(), MetricError> {
    if desc.name().starts_with(PREFIX) {
        return Err(MetricError::name(format!(
            "`{}` cannot name a metric: names that begin with `{PREFIX}` are what a registry says \
             of itself",
            desc.name()
        )));
    }
    Ok(())
}

/// A number of all metrics of one name.
pub(crate) fn sum(stores: &[AnyStore], number: Number) -> u64 {
    stores.iter().map(|store| number(store.stats())).sum()
}

/// A number of all metrics where it is not zero. Those of one name come together.
pub(crate) fn read<'a>(
    desc: &Arc<Desc>,
    metrics: impl Iterator<Item = &'a Vec<AnyStore>>,
    number: Number,
) -> Option<Metric> {
    let series: Vec<_> = metrics
        .filter_map(|stores| Some((stores.first()?.desc().name(), sum(stores, number))))
        .filter(|(_, count)| *count != 0)
        .map(|(name, count)| Series {
            labels: Labels::new(desc.clone(), [Box::from(name)].into()),
            value: Value::Counter(count as f64),
        })
        .collect();
    (!series.is_empty()).then(|| Metric { desc: desc.clone(), series })
}
