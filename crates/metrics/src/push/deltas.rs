//! Up to where each series has been sent.

use std::collections::HashMap;

use crate::{Distribution, Labels, Metric, Series};

/// Which series of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SeriesId {
    name: Box<str>,
    labels: Labels,
}

impl SeriesId {
    pub(crate) fn new(metric: &Metric, series: &Series) -> Self {
        Self { name: metric.desc.name().into(), labels: series.labels.clone() }
    }
}

/// A part of what was sent: up to where a series is, once this is taken.
#[derive(Debug)]
pub(crate) enum Sent {
    Counter(SeriesId, f64),
    Histogram(SeriesId, Distribution),
    /// The value of a gauge, say.
    Whole,
}

/// Up to where each counter and histogram has been sent, for protocols whose receiver adds up. It
/// is bounded as the series of the registry are.
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    counters: HashMap<SeriesId, f64>,
    histograms: HashMap<SeriesId, Distribution>,
}

impl Deltas {
    /// What came to a counter since.
    pub(crate) fn counter(&self, id: &SeriesId, total: f64) -> f64 {
        let sent = self.counters.get(id).copied().unwrap_or_default();
        // It goes down only when it began again at zero.
        if total < sent { total } else { total - sent }
    }

    /// What came to a histogram since.
    pub(crate) fn histogram(&self, id: &SeriesId, total: &Distribution) -> Distribution {
        self.histograms.get(id).map_or_else(|| total.clone(), |sent| total.since(sent))
    }

    /// All this was taken, or never will be.
    pub(crate) fn settle(&mut self, sent: impl IntoIterator<Item = Sent>) {
        for sent in sent {
            match sent {
                Sent::Counter(id, total) => {
                    self.counters.insert(id, total);
                }
                Sent::Histogram(id, total) => {
                    self.histograms.insert(id, total);
                }
                Sent::Whole => {}
            }
        }
    }
}
