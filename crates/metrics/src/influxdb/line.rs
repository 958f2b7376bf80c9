//! Lines of the protocol.

use std::fmt::Write;

use crate::{Labels, push::percent};

/// A point: a measurement with its tags, then fields, then the time.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    fields: bool,
}

impl Line {
    /// `all` are the tags of all points.
    pub(super) fn new(prefix: &str, name: &str, all: &[(String, String)], labels: &Labels) -> Self {
        let mut text = format!("{prefix}{name}");
        let all = all.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in all.filter(|(name, _)| labels.get(name).is_none()).chain(labels.iter())
        {
            // The protocol has no empty values. A metric's series all have the same labels, so what
            // lacks one is told apart from what has it by name.
            if !name.is_empty() && !value.is_empty() {
                text.push(',');
                push(&mut text, name);
                text.push('=');
                push(&mut text, value);
            }
        }
        Self { text, fields: false }
    }

    /// Adds a field, if the protocol has such a value.
    pub(super) fn field(&mut self, name: &str, value: f64) {
        if value.is_finite() {
            let separator = if self.fields { ',' } else { ' ' };
            write!(self.text, "{separator}{name}=").expect("writing to a String does not fail");
            crate::number::push(&mut self.text, value);
            self.fields = true;
        }
    }

    /// The line, if there is something in it.
    pub(super) fn end(mut self, nanoseconds: u64) -> Option<String> {
        write!(self.text, " {nanoseconds}").expect("writing to a String does not fail");
        self.fields.then_some(self.text)
    }
}

/// Adds the name or the value of a tag.
fn push(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            ',' | '=' | ' ' => {
                line.push('\\');
                line.push(c);
            }
            // What is left of `\` would take its effect on the character behind it.
            '\\' | '%' => percent(line, c.encode_utf8(&mut [0; 4]), |_| false),
            c if c.is_control() => percent(line, c.encode_utf8(&mut [0; 4]), |_| false),
            c => line.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(value: &str) -> String {
        let mut line = String::new();
        push(&mut line, value);
        line
    }

    #[test]
    fn values_are_escaped_as_documented() {
        let check = |value, expected| assert_eq!(escaped(value), expected);
        check("mail-2", "mail-2");
        check("a b,c=d", r"a\ b\,c\=d");
        check("\"quoted\"'#é", "\"quoted\"'#é");
        check("50%\\\r\n\u{85}\0", "50%25%5C%0D%0A%C2%85%00");
    }

    proptest! {
        #[test]
        fn no_two_values_become_the_same(a in "[ab, =%5C\\\\]{0,4}|.{0,4}", b in "[ab, =%5C\\\\]{0,4}|.{0,4}") {
            prop_assert_eq!(escaped(&a) == escaped(&b), a == b);
            let text = escaped(&a);
            prop_assert!(!text.contains('\n') && !text.ends_with('\\') && !text.contains("\\\\"));
        }
    }
}
