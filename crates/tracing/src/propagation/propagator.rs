//! What a form of propagation has to do.

use std::{error::Error, fmt};

use oxkit_core::{SpanContext, TraceFlags};

use crate::Carrier;

/// One form in which a trace travels from service to service: which headers, and what is in them.
///
/// [`W3c`](crate::W3c), [`B3`](crate::B3) and [`Jaeger`](crate::Jaeger) are. A tuple of several is
/// one, too, and so is a `Vec`: all of them write, and the first that finds something reads. What
/// peers send is parsed without a panic and in bounded space, whatever it is.
pub trait Propagator: Send + Sync {
    /// Reads what the caller says.
    ///
    /// # Errors
    ///
    /// There is a header of this form, and it says nothing that could be understood.
    fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader>;

    /// The headers without any of which [`extract`](Self::extract) finds nothing: it is not called
    /// for a request that has none of them. `None`, the default, has it called for each. Asked once.
    fn looks_for(&self) -> Option<Vec<&'static str>> {
        None
    }

    /// Tells the callee that it is called from `span`. Replaces what was there in this form.
    fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier);
}

/// What a caller says about the trace it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Extracted {
    /// Nothing.
    #[default]
    Nothing,
    /// Whether to record, and no more: the trace begins here.
    Decision(TraceFlags),
    /// The span that calls.
    Span(SpanContext),
}

/// A header for tracing that says nothing that could be understood. It is as good as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidHeader {
    /// The name of the header.
    pub name: &'static str,
}

impl InvalidHeader {
    /// The error of a propagator that could make nothing of the header `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot make sense of the header {}", self.name)
    }
}

impl Error for InvalidHeader {}

/// Takes the first that finds something; complains only if none does.
fn first<'a>(
    propagators: impl Iterator<Item = &'a dyn Propagator>,
    carrier: &dyn Carrier,
) -> Result<Extracted, InvalidHeader> {
    let mut invalid = None;
    for propagator in propagators {
        match propagator.extract(carrier) {
            Ok(Extracted::Nothing) => {}
            Ok(found) => return Ok(found),
            Err(error) => invalid = invalid.or(Some(error)),
        }
    }
    invalid.map_or(Ok(Extracted::Nothing), Err)
}

/// Those of each; `None` if one of them does not say.
fn all_look_for<'a>(
    propagators: impl Iterator<Item = &'a dyn Propagator>,
) -> Option<Vec<&'static str>> {
    let each: Option<Vec<_>> = propagators.map(Propagator::looks_for).collect();
    each.map(|each| each.concat())
}

macro_rules! tuple {
    ($($name:ident),*) => {
        impl<$($name: Propagator),*> Propagator for ($($name,)*) {
            fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
                #[expect(non_snake_case, reason = "a variable for each type of the tuple")]
                let ($($name,)*) = self;
                let each: &[&dyn Propagator] = &[$($name),*];
                first(each.iter().copied(), carrier)
            }

            fn looks_for(&self) -> Option<Vec<&'static str>> {
                #[expect(non_snake_case, reason = "a variable for each type of the tuple")]
                let ($($name,)*) = self;
                let each: &[&dyn Propagator] = &[$($name),*];
                all_look_for(each.iter().copied())
            }

            fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier) {
                #[expect(non_snake_case, reason = "a variable for each type of the tuple")]
                let ($($name,)*) = self;
                $($name.inject(span, carrier);)*
            }
        }
    };
}

tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);

impl<P: Propagator> Propagator for Vec<P> {
    fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
        first(self.iter().map(|propagator| propagator as &dyn Propagator), carrier)
    }

    fn looks_for(&self) -> Option<Vec<&'static str>> {
        all_look_for(self.iter().map(|propagator| propagator as &dyn Propagator))
    }

    fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier) {
        for propagator in self {
            propagator.inject(span, carrier);
        }
    }
}

impl<P: Propagator + ?Sized> Propagator for Box<P> {
    fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
        (**self).extract(carrier)
    }

    fn looks_for(&self) -> Option<Vec<&'static str>> {
        (**self).looks_for()
    }

    fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier) {
        (**self).inject(span, carrier);
    }
}
