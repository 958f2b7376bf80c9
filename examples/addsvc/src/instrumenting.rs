//! A middleware of the *service* that counts: numbers that only this service has a meaning for.
//!
//! | metric | kind | in Go kit's addsvc |
//! |---|---|---|
//! | `addsvc_integers_summed_total` | counter | `example_addsvc_integers_summed` |
//! | `addsvc_characters_concatenated_total` | counter | `example_addsvc_characters_concatenated` |

use oxkit_core::Context;
use oxkit_metrics::{Counter, MetricError, Registry};

use crate::service::{AddError, AddService};

/// A service that counts what it added.
#[derive(Debug, Clone)]
pub struct Instrumented<S> {
    integers: Counter,
    characters: Counter,
    inner: S,
}

impl<S> Instrumented<S> {
    /// Counts in `registry` what `inner` adds.
    ///
    /// # Errors
    ///
    /// One of the names is taken by another metric.
    pub fn new(registry: &Registry, inner: S) -> Result<Self, MetricError> {
        Ok(Self {
            integers: registry
                .counter("addsvc_integers_summed_total", "Integers that were summed.")?,
            characters: registry.counter(
                "addsvc_characters_concatenated_total",
                "Characters that were concatenated.",
            )?,
            inner,
        })
    }
}

impl<S: AddService> AddService for Instrumented<S> {
    async fn sum(&self, cx: Context, a: i64, b: i64) -> Result<i64, AddError> {
        let sum = self.inner.sum(cx, a, b).await?;
        self.integers.add(2);
        Ok(sum)
    }

    async fn concat(&self, cx: Context, a: String, b: String) -> Result<String, AddError> {
        let text = self.inner.concat(cx, a, b).await?;
        self.characters.add(text.chars().count() as u64);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Basic;

    #[tokio::test]
    async fn what_was_added_is_counted_and_what_was_refused_is_not() {
        let registry = Registry::new();
        let service = Instrumented::new(&registry, Basic).unwrap();
        service.sum(Context::new(), 1, 2).await.unwrap();
        service.sum(Context::new(), 0, 0).await.unwrap_err();
        service.concat(Context::new(), "größe".into(), String::new()).await.unwrap();
        let seen = registry.snapshot();
        assert_eq!(seen.number("addsvc_integers_summed_total", &[]), Some(2.0));
        assert_eq!(seen.number("addsvc_characters_concatenated_total", &[]), Some(5.0));
    }
}
