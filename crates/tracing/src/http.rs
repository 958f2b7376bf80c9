//! Headers of HTTP as carriers.

use ::http::{HeaderMap, HeaderName, HeaderValue, request, response};

use crate::Carrier;

/// Up to so many headers a name is compared with each of them. To look it up by its text costs as
/// much as a dozen comparisons, and most requests have none of the names that are asked for.
const FEW: usize = 16;

impl Carrier for HeaderMap {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&str)) {
        let mut visit = |value: &HeaderValue| {
            if let Ok(value) = value.to_str() {
                visit(value);
            }
        };
        if self.len() <= FEW {
            // Most differ in length, and that is all of most comparisons.
            let is_it = |key: &str| key.len() == name.len() && key.eq_ignore_ascii_case(name);
            self.iter().filter(|(key, _)| is_it(key.as_str())).for_each(|(_, value)| visit(value));
        } else {
            self.get_all(name).iter().for_each(visit);
        }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        let Ok(value) = HeaderValue::from_str(value) else { return };
        // A name that lives for ever need not be copied, if it is one as it stands.
        let is_whole =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !name.is_empty() && name.bytes().all(is_whole) {
            self.insert(HeaderName::from_static(name), value);
        } else if let Ok(name) = HeaderName::try_from(name) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, name: &'static str) {
        Self::remove(self, name);
    }
}

macro_rules! head {
    ($($parts:ty),*) => {$(
        impl Carrier for $parts {
            fn each(&self, name: &str, visit: &mut dyn FnMut(&str)) {
                self.headers.each(name, visit);
            }

            fn set(&mut self, name: &'static str, value: &str) {
                self.headers.set(name, value);
            }

            fn remove(&mut self, name: &'static str) {
                Carrier::remove(&mut self.headers, name);
            }
        }
    )*};
}

head!(request::Parts, response::Parts);
