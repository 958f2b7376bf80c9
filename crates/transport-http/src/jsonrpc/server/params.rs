//! The parameters of a call.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::jsonrpc::{Error, codes};

/// The parameters of a call: an array, an object, or none.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a>(pub(super) Option<&'a RawValue>);

impl<'a> Params<'a> {
    /// The JSON text, or `None` if there are no parameters. `null` is read as none.
    #[must_use]
    pub fn raw(self) -> Option<&'a str> {
        self.0.map(RawValue::get)
    }

    /// Reads them as `T`.
    ///
    /// No parameters, and an empty array or object, are read as `null`, as `[]` and as `{}`,
    /// whichever of them is a `T`: so a method takes none if its request is `()`, an `Option`, a
    /// list, or has defaults throughout.
    ///
    /// # Errors
    ///
    /// They are no `T`: −32602, and the text says what was wrong and where.
    pub fn parse<T: Deserialize<'a>>(self) -> Result<T, Error> {
        let Some(raw) = self.0 else {
            return none().ok_or_else(|| invalid("there are none"));
        };
        let parsed = serde_json::from_str(raw.get());
        parsed.or_else(|error| none().filter(|_| is_empty(raw)).ok_or_else(|| invalid(error)))
    }
}

/// What a `T` is without parameters, if it can be without.
fn none<'a, T: Deserialize<'a>>() -> Option<T> {
    ["null", "[]", "{}"].into_iter().find_map(|text| serde_json::from_str(text).ok())
}

/// Whether it is an array or an object with nothing in it.
fn is_empty(raw: &RawValue) -> bool {
    let text = raw.get();
    text.len() >= 2 && text[1..text.len() - 1].trim_ascii().is_empty()
}

fn invalid(what: impl fmt::Display) -> Error {
    Error::new(codes::INVALID_PARAMS, format!("Invalid params: {what}"))
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Defaults {
        a: u32,
    }

    fn parse<T: DeserializeOwned>(text: Option<&str>) -> Result<T, Error> {
        Params(text.map(|text| serde_json::from_str(text).unwrap())).parse()
    }

    #[test]
    fn no_parameters_are_what_the_method_takes_for_none() {
        assert_eq!(parse(None), Ok(()));
        assert_eq!(parse(None), Ok(None::<u32>));
        assert_eq!(parse(None), Ok(Vec::<u32>::new()));
        assert_eq!(parse(None), Ok(Defaults { a: 0 }));
        assert_eq!(parse(None), Ok(std::collections::BTreeMap::<String, u32>::new()));
        let error = parse::<(u32,)>(None).unwrap_err();
        assert_eq!(error, Error::new(-32602, "Invalid params: there are none"));
    }

    #[test]
    fn an_empty_array_or_object_is_no_parameters_too() {
        for empty in ["[]", "{}", "[ \n]", "{\t}"] {
            assert_eq!(parse(Some(empty)), Ok(()), "{empty}");
            assert_eq!(parse(Some(empty)), Ok(Defaults { a: 0 }), "{empty}");
        }
        let error = parse::<(u32,)>(Some("[]")).unwrap_err();
        assert!(error.message.contains("invalid length 0"), "{error}");
        assert_eq!(parse::<()>(Some("[1]")).unwrap_err().code, codes::INVALID_PARAMS);
    }

    #[test]
    fn wrong_parameters_are_told_what_and_where() {
        let error = parse::<(u32, u32)>(Some(r#"[1,"2"]"#)).unwrap_err();
        assert_eq!(error.code, codes::INVALID_PARAMS);
        assert_eq!(
            error.message,
            "Invalid params: invalid type: string \"2\", expected u32 at line 1 column 6",
        );
    }
}
