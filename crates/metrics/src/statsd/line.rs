//! Lines of the protocol.

use std::fmt::Write;

use crate::{
    Labels,
    push::{path_part, push_tag},
};

/// Which protocol it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dialect {
    Statsd,
    Dog { distributions: bool },
}

impl Dialect {
    /// The type of an observation.
    pub(super) const fn observation(self) -> &'static str {
        match self {
            Self::Statsd => "ms",
            Self::Dog { distributions: false } => "h",
            Self::Dog { distributions: true } => "d",
        }
    }
}

/// What all lines of a series have: what stands before the value, and what after the type.
#[derive(Debug)]
pub(super) struct Key {
    name: String,
    tags: String,
}

impl Key {
    pub(super) fn new(
        dialect: Dialect,
        prefix: &str,
        global: &str,
        name: &str,
        labels: &Labels,
    ) -> Self {
        let mut full = format!("{prefix}{name}");
        let mut tags = String::new();
        match dialect {
            Dialect::Statsd => {
                for value in labels.values() {
                    full.push('.');
                    path_part(&mut full, value);
                }
            }
            Dialect::Dog { .. } => {
                tags.push_str(global);
                for (name, value) in labels.iter() {
                    push_tag(&mut tags, name, value);
                }
                if !tags.is_empty() {
                    tags.insert_str(0, "|#");
                }
            }
        }
        Self { name: full, tags }
    }

    /// A line. `rate` is the part of the observations that is sent.
    pub(super) fn line(&self, value: f64, kind: &str, rate: f64) -> String {
        let Self { name, tags } = self;
        let mut line = format!("{name}:{value}|{kind}");
        if rate < 1.0 {
            write!(line, "|@{rate}").expect("writing to a String does not fail");
        }
        line.push_str(tags);
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(value: &str) -> String {
        let mut name = String::new();
        path_part(&mut name, value);
        name
    }

    fn tag(value: &str) -> String {
        let mut tags = String::new();
        push_tag(&mut tags, "t", value);
        tags
    }

    #[test]
    fn values_are_escaped_as_documented() {
        let check = |value, expected_part, expected_tag| {
            assert_eq!(part(value), expected_part);
            assert_eq!(tag(value), format!("t:{expected_tag}"));
        };
        check("mail-2", "mail-2", "mail-2");
        check("", "_e", "");
        check("_e", "__e", "_e");
        check("a b.c", "a_20b_2ec", "a b.c");
        check("é", "_c3_a9", "é");
        check("50%,|#\n\u{85}", "50_25_2c_7c_23_0a_c2_85", "50%25%2C%7C%23%0A%C2%85");
        check("http://x:1", "http_3a_2f_2fx_3a1", "http://x:1");
    }

    #[test]
    fn a_tag_without_a_name_is_left_out() {
        let mut tags = String::new();
        for (name, value) in [("", "x"), ("env", "test"), ("", "y"), ("zone", "a")] {
            push_tag(&mut tags, name, value);
        }
        assert_eq!(tags, "env:test,zone:a");
    }

    proptest! {
        #[test]
        fn no_two_values_become_the_same(
            a in "[_ea2.,%|#]{0,4}|.{0,4}",
            b in "[_ea2.,%|#]{0,4}|.{0,4}",
        ) {
            prop_assert_eq!(part(&a) == part(&b), a == b);
            prop_assert_eq!(tag(&a) == tag(&b), a == b);
            prop_assert!(part(&a).bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)));
            prop_assert!(!tag(&a).contains([',', '|', '#', '\n']));
        }
    }
}
