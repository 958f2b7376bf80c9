//! Which names Prometheus sees.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{Backend, Desc, Kind, MetricError};

const TOTAL: &str = "_total";

/// The name without the suffix that every counter has.
pub(super) fn without_total(name: &str) -> &str {
    name.strip_suffix(TOTAL).unwrap_or(name)
}

/// The name that a metric is shown by.
pub(super) fn shown(desc: &Desc) -> String {
    match desc.kind() {
        Kind::Counter => format!("{}{TOTAL}", without_total(desc.name())),
        _ => desc.name().to_owned(),
    }
}

/// Every name that a metric takes, in either format.
fn taken(desc: &Desc) -> Vec<String> {
    let name = desc.name();
    let with =
        |suffixes: &[&str]| suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect();
    match (desc.kind(), desc.buckets()) {
        (Kind::Counter, _) => vec![without_total(name).to_owned(), shown(desc)],
        (_, Some(buckets)) if buckets.is_log_linear() => with(&["", "_sum", "_count"]),
        (_, Some(_)) => with(&["", "_bucket", "_sum", "_count"]),
        _ => with(&[""]),
    }
}

/// Refuses metrics that would meet another once they are shown.
#[derive(Debug, Default)]
pub(super) struct Names(
    /// Each name with the metric that takes it.
    Mutex<HashMap<String, Box<str>>>,
);

impl Backend for Names {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = taken(desc);
        for name in &taken {
            // It may own the name already, if another backend refused it the last time.
            if let Some(owner) = owners.get(name).filter(|owner| ***owner != *desc.name()) {
                return Err(MetricError::refused(
                    desc,
                    format_args!("Prometheus would be shown `{name}` of the metric `{owner}` too"),
                ));
            }
        }
        owners.extend(taken.into_iter().map(|name| (name, desc.name().into())));
        Ok(())
    }
}
