//! What travels beside a request: texts by name.

use std::collections::{BTreeMap, HashMap};

use crate::InvalidHeader;

/// Texts by name that travel beside a request: the headers of HTTP, the metadata of gRPC, the
/// properties of a message.
///
/// Implemented for maps of strings, for lists of pairs, and with the feature `http` for
/// [`HeaderMap`](https://docs.rs/http/latest/http/header/struct.HeaderMap.html) and the heads of
/// requests. This crate asks for names and sets them in lower case; whether a carrier tells cases apart
/// is its own affair, and maps do.
///
/// ```
/// use oxkit_tracing::Carrier;
///
/// /// The headers of a message broker, in its own type.
/// struct Properties(Vec<(&'static str, String)>);
///
/// impl Carrier for Properties {
///     fn each(&self, name: &str, visit: &mut dyn FnMut(&str)) {
///         for (_, value) in self.0.iter().filter(|(key, _)| *key == name) {
///             visit(value);
///         }
///     }
///
///     fn set(&mut self, name: &'static str, value: &str) {
///         self.remove(name);
///         self.0.push((name, value.to_owned()));
///     }
///
///     fn remove(&mut self, name: &'static str) {
///         self.0.retain(|(key, _)| *key != name);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to carry texts by name",
    note = "heads and headers of HTTP do, with the feature `http` of oxkit-tracing",
    note = "the metadata of gRPC has them inside: \
            `.before(move |cx, metadata| {{ let _ = propagation.extract(cx, metadata.headers()); Ok(()) }})`"
)]
pub trait Carrier {
    /// Calls `visit` with each value of this name, in order. A value that is no text is left out.
    fn each(&self, name: &str, visit: &mut dyn FnMut(&str));

    /// Whether there is a value of any of these names; it may be one that is no text.
    ///
    /// Asked before all else of each request, of which most come with none.
    fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let mut found = false;
            self.each(name, &mut |_| found = true);
            found
        })
    }

    /// Replaces all values of this name by this one. One that cannot travel here is left out.
    fn set(&mut self, name: &'static str, value: &str);

    /// Removes all values of this name.
    fn remove(&mut self, name: &'static str);
}

/// Reads the one value of a name, without copying it: `None` if there is none, and an error if
/// `read` makes nothing of it or there are several, of which nobody can say which to believe.
pub(crate) fn one<T>(
    carrier: &dyn Carrier,
    name: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, InvalidHeader> {
    let mut found = None;
    carrier.each(name, &mut |value| {
        found = Some(if found.is_none() { read(value) } else { None });
    });
    found.map(|value| value.ok_or(InvalidHeader { name })).transpose()
}

macro_rules! map {
    ($($map:ident),*) => {$(
        impl Carrier for $map<String, String> {
            fn each(&self, name: &str, visit: &mut dyn FnMut(&str)) {
                if let Some(value) = $map::get(self, name) {
                    visit(value);
                }
            }

            fn set(&mut self, name: &'static str, value: &str) {
                self.insert(name.to_owned(), value.to_owned());
            }

            fn remove(&mut self, name: &'static str) {
                $map::remove(self, name);
            }
        }
    )*};
}

map!(BTreeMap, HashMap);

impl Carrier for Vec<(String, String)> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&str)) {
        for (_, value) in self.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            visit(value);
        }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        Carrier::remove(self, name);
        self.push((name.to_owned(), value.to_owned()));
    }

    fn remove(&mut self, name: &'static str) {
        self.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }
}
