//! Headers of HTTP as carriers.

use ::http::{HeaderMap, HeaderName, HeaderValue, request, response};

use crate::Carrier;

impl Carrier for HeaderMap {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&str)) {
        for value in self.get_all(name) {
            if let Ok(value) = value.to_str() {
                visit(value);
            }
        }
    }

    // To look a name up by its text costs as much as to look at a dozen headers, most of which are
    // not even as long as any of the names.
    fn has_any(&self, names: &[&str]) -> bool {
        self.keys().map(HeaderName::as_str).any(|key| {
            let is_key = |name: &&str| name.len() == key.len() && name.eq_ignore_ascii_case(key);
            names.iter().any(is_key)
        })
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

            fn has_any(&self, names: &[&str]) -> bool {
                self.headers.has_any(names)
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
