//! Lines of the protocol.

use std::fmt::Write;

use super::Style;
use crate::{
    Labels, number,
    push::{path_part, percent},
};

/// What the lines of a series have in common.
#[derive(Debug)]
pub(super) struct Path {
    name: String,
    tags: String,
}

impl Path {
    pub(super) fn new(style: &Style, name: &str, labels: &Labels) -> Self {
        let mut path = Self { name: format!("{}{name}", style.prefix), tags: String::new() };
        if style.tagged {
            let all = style.tags.iter().map(|(name, value)| (&**name, &**value));
            for (name, value) in
                all.filter(|(name, _)| labels.get(name).is_none()).chain(labels.iter())
            {
                path.push_tag(name, value);
            }
        } else {
            for value in labels.values() {
                path.name.push('.');
                path_part(&mut path.name, value);
            }
        }
        path
    }

    fn push_tag(&mut self, name: &str, value: &str) {
        // The protocol has no empty ones. A metric's series all have the same labels, so no two
        // become the same.
        if name.is_empty() || value.is_empty() {
            return;
        }
        let keep = |byte: u8| byte.is_ascii_graphic() && !b";~=!^".contains(&byte);
        self.tags.push(';');
        percent(&mut self.tags, name, keep);
        self.tags.push('=');
        percent(&mut self.tags, value, keep);
    }

    /// A line, if the protocol has such a value.
    pub(super) fn line(&self, suffix: &str, value: f64, seconds: u64) -> Option<String> {
        if !value.is_finite() {
            return None;
        }
        let Self { name, tags } = self;
        let mut line = format!("{name}{suffix}{tags} ");
        number::push(&mut line, value);
        write!(line, " {seconds}").expect("writing to a String does not fail");
        Some(line)
    }
}
