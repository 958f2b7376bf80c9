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

    fn set(&mut self, name: &'static str, value: &str) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
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
