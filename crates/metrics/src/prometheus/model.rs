//! Reading a number of the `prometheus` crate's model.

use ::prometheus::proto::{Counter, Gauge};

/// Reads a number of the model, whichever of its two forms it has.
///
/// With its `protobuf` feature, which any crate of a program may switch on, the model's types are
/// generated, and the method is called `value`; without, it is called `get_value`. Each method here
/// calls the other by name, and the one that the type has itself goes before the trait's.
pub(super) trait Number {
    fn value(&self) -> f64;
    fn get_value(&self) -> f64;
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn value(&self) -> f64 {
                self.get_value()
            }

            fn get_value(&self) -> f64 {
                self.value()
            }
        }
    )*};
}

number!(Counter, Gauge);

pub(super) fn of_counter(counter: &Counter) -> f64 {
    Number::get_value(counter)
}

pub(super) fn of_gauge(gauge: &Gauge) -> f64 {
    Number::get_value(gauge)
}
