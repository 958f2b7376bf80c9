//! The parameters of a path, decoded.

use std::{fmt, ops::Range, str::FromStr};

use http::{Request, StatusCode};
use oxkit_core::ErrorKind;

use crate::{Body, Rejection};

/// The parameters of the matched path, as an extension of the request.
///
/// Names are those of the route's pattern, without braces; values are percent-decoded. A decoder
/// gets at one by [`path_param`]; a before hook finds them among the extensions of the head.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PathParams {
    /// All names and values, one after the other.
    text: String,
    spans: Vec<(Range<usize>, Range<usize>)>,
}

/// The name that two parameters of a pattern have, if any two do.
pub(super) fn repeated(pattern: &str) -> Option<String> {
    let mut alone = matchit::Router::new();
    alone.insert(pattern, ()).ok()?;
    // Read as a path, a pattern matches itself.
    let found = alone.at(pattern).ok()?;
    let names: Vec<_> = found.params.iter().map(|(name, _)| name).collect();
    let again = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    again.map(|(_, name)| (*name).to_owned())
}

impl PathParams {
    /// The decoded parameters.
    ///
    /// # Errors
    ///
    /// 400: a value is no UTF-8 once decoded.
    pub(super) fn decode(params: &matchit::Params<'_, '_>) -> Result<Self, Rejection> {
        let mut decoded = Self::default();
        for (name, value) in params.iter() {
            let named = decoded.push(name);
            let start = decoded.text.len();
            percent_decode(value, &mut decoded.text).ok_or_else(|| {
                let message = format!("the path parameter `{name}` is not valid UTF-8");
                Rejection::new(StatusCode::BAD_REQUEST, message)
            })?;
            let end = decoded.text.len();
            decoded.spans.push((named, start..end));
        }
        Ok(decoded)
    }

    fn push(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// The value of a parameter, if the route has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Names and values, in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans.iter().map(|(name, value)| (&self.text[name.clone()], &self.text[value.clone()]))
    }

    /// The value of a parameter as a `T`.
    ///
    /// # Errors
    ///
    /// 400 if the value cannot be parsed, with the text of the parser; 500 if the route has no such
    /// parameter, which is a mistake in the program.
    pub fn parse<T>(&self, name: &str) -> Result<T, Rejection>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let Some(value) = self.get(name) else {
            let message = format!("the route has no path parameter `{name}`");
            return Err(Rejection::of_kind(ErrorKind::Internal, ErrorKind::Internal.description())
                .with_source(message));
        };
        value.parse().map_err(|error| {
            let message = format!("the path parameter `{name}` is wrong: {error}");
            Rejection::new(StatusCode::BAD_REQUEST, message)
        })
    }
}

impl fmt::Debug for PathParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// A path parameter of a request that came through a [`Router`](super::Router), as a `T`.
///
/// # Errors
///
/// 400 if the value cannot be parsed; 500 if the route has no such parameter, or the request came
/// through no router.
///
/// ```
/// use http::Request;
/// use oxkit_core::{Refusal, endpoint_fn};
/// use oxkit_transport_http::{Body, JsonCodec, Rejection, Router, Server, path_param};
///
/// async fn decode(request: Request<Body>) -> Result<u64, Rejection> {
///     path_param(&request, "id")
/// }
///
/// # async fn example() {
/// let show = endpoint_fn(async |_cx, id: u64| Ok::<_, Refusal>(id));
/// let router = Router::new().get("/todos/{id}", Server::new(show, decode, JsonCodec));
///
/// let get = |path| Request::builder().uri(path).body(Body::empty()).unwrap();
/// assert_eq!(router.handle(get("/todos/7")).await.status(), 200);
/// assert_eq!(router.handle(get("/todos/seven")).await.status(), 400);
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
/// ```
pub fn path_param<T>(request: &Request<Body>, name: &str) -> Result<T, Rejection>
where
    T: FromStr<Err: fmt::Display>,
{
    match request.extensions().get::<PathParams>() {
        Some(params) => params.parse(name),
        None => PathParams::default().parse(name),
    }
}

/// Appends `text` with its percent escapes decoded (RFC 3986, 2.1) to `out`; `None` if that is no
/// UTF-8. A `%` that starts no escape stands for itself.
fn percent_decode(text: &str, out: &mut String) -> Option<()> {
    if !text.contains('%') {
        out.push_str(text);
        return Some(());
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| Some((hex(*bytes.get(at + 1)?)?, hex(*bytes.get(at + 2)?)?)))
            .flatten();
        if let Some((high, low)) = escaped {
            decoded.push(high << 4 | low);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    out.push_str(std::str::from_utf8(&decoded).ok()?);
    Some(())
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Option<String> {
        let mut out = String::new();
        percent_decode(text, &mut out).map(|()| out)
    }

    #[test]
    fn escapes_are_decoded_and_what_is_none_stays() {
        for (text, decoded) in [
            ("plain", Some("plain")),
            ("a%20b", Some("a b")),
            ("%c3%A9", Some("é")),
            ("%2F", Some("/")),
            ("100%", Some("100%")),
            ("%4", Some("%4")),
            ("%zz", Some("%zz")),
            ("%%41", Some("%A")),
            ("%ff", None),
            ("", Some("")),
        ] {
            assert_eq!(decode(text).as_deref(), decoded, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_was_escaped_comes_back(text: String) {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(decode(&escaped), Some(text));
        }

        #[test]
        fn nothing_panics(text: String) {
            let _ = decode(&text);
        }
    }
}
