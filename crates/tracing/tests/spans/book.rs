//! A subscriber that writes down what it sees of spans.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

/// What was seen of a span.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) name: &'static str,
    /// Its place in the book.
    pub(super) parent: Option<usize>,
    pub(super) fields: BTreeMap<&'static str, String>,
    pub(super) events: Vec<String>,
    pub(super) entered: usize,
    pub(super) exited: usize,
    pub(super) is_closed: bool,
}

impl Seen {
    #[track_caller]
    pub(super) fn check(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            assert_eq!(self.fields.get(name).map(String::as_str), Some(*value), "{name}: {self:?}");
        }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Book(Arc<Mutex<Vec<Seen>>>);

/// The place of a span in the book.
struct Place(usize);

impl Book {
    pub(super) fn spans(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The one span that there is.
    #[track_caller]
    pub(super) fn span(&self) -> Seen {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.remove(0)
    }

    /// Runs something while this subscriber listens.
    pub(super) fn listen<T>(&self, run: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(Registry::default().with(self.clone()), run)
    }

    fn change<S>(&self, id: &Id, cx: &Context<'_, S>, change: impl FnOnce(&mut Seen))
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if let Some(place) = place(cx, Some(id)) {
            change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)[place]);
        }
    }
}

fn place<S>(cx: &Context<'_, S>, id: Option<&Id>) -> Option<usize>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let span = cx.span(id?)?;
    span.extensions().get::<Place>().map(|place| place.0)
}

impl<S> Layer<S> for Book
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let parent = span.parent().map(|parent| parent.id());
        let parent = place(&cx, parent.as_ref());
        let mut seen = Seen { name: span.name(), parent, ..Seen::default() };
        attributes.record(&mut Fields(&mut seen.fields));
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        span.extensions_mut().insert(Place(spans.len()));
        spans.push(seen);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        self.change(id, &cx, |seen| values.record(&mut Fields(&mut seen.fields)));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let text = fields.remove("message").unwrap_or_default();
        if let Some(span) = cx.event_span(event) {
            self.change(&span.id(), &cx, |seen| seen.events.push(text));
        }
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        self.change(id, &cx, |seen| seen.entered += 1);
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        self.change(id, &cx, |seen| seen.exited += 1);
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        self.change(&id, &cx, |seen| seen.is_closed = true);
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
