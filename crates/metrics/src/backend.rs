//! The contract of a monitoring system.

use std::{fmt, sync::Arc};

use crate::{Desc, Labels, MetricError};

/// A monitoring system: what it can express, and whether it wants each observation.
///
/// Most backends only read: they take a [`snapshot`](crate::Registry::snapshot) of the registry when
/// they are asked (a scrape) or at intervals (a push), and compute from the last one what has
/// changed. They implement [`accept`](Self::accept), so that a metric they cannot express is an
/// error where the metric is made and not a corrupt packet later. One that sends observations one
/// by one, sampled or not, [taps](Self::tap) histograms as well.
///
/// A registry takes any number of backends: each sees everything.
///
/// ```
/// use std::sync::Arc;
/// use oxkit_metrics::{Backend, Desc, MetricError, Registry};
///
/// /// A system whose names are short.
/// #[derive(Debug)]
/// struct Teletype;
///
/// impl Backend for Teletype {
///     fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
///         if desc.name().len() > 20 {
///             return Err(MetricError::refused(desc, "a name has at most 20 characters"));
///         }
///         Ok(())
///     }
/// }
///
/// let registry = Registry::new();
/// registry.attach(Arc::new(Teletype))?;
///
/// let error = registry.counter("requests_that_came_by_pigeon", "").unwrap_err();
/// assert!(error.is_refused());
/// # Ok::<_, MetricError>(())
/// ```
pub trait Backend: fmt::Debug + Send + Sync {
    /// Whether the backend can express the metric. Asked once for each, before the metric exists.
    ///
    /// # Errors
    ///
    /// [`MetricError::refused`], with what to do instead.
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        let _ = desc;
        Ok(())
    }

    /// Called once for each new series of a histogram. What is returned is told of every
    /// observation.
    fn tap(&self, desc: &Desc, labels: &Labels) -> Option<Arc<dyn Observe>> {
        let _ = (desc, labels);
        None
    }
}

/// Is told of every observation of one series of a histogram: see [`Backend::tap`].
pub trait Observe: Send + Sync {
    /// A finite value was observed. On the path of the service's calls, so this never waits.
    fn observe(&self, value: f64);
}
