//! The name of a limit in the server.

use std::fmt::{self, Write};

/// How many bytes of a key count.
pub(super) const MOST: usize = 256;

/// The key with the prefix before it. What is longer is cut: a peer that may choose its key cannot
/// make the server keep long ones.
pub(super) fn key(prefix: &str, key: impl fmt::Display) -> Vec<u8> {
    let mut name = Name { bytes: Vec::with_capacity(prefix.len() + 32), room: usize::MAX };
    name.push(prefix);
    name.room = MOST;
    // It never fails; a key whose own `Display` does is known by what it wrote until then.
    let _ = write!(name, "{key}");
    name.bytes
}

struct Name {
    bytes: Vec<u8>,
    room: usize,
}

impl Name {
    fn push(&mut self, text: &str) {
        let taken = text.len().min(self.room);
        self.bytes.extend_from_slice(&text.as_bytes()[..taken]);
        self.room -= taken;
    }
}

impl Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_its_prefix_and_the_first_bytes_of_its_text(text in "\\PC{0,300}") {
            let name = key("p:", &text);
            let kept = text.len().min(MOST);
            prop_assert_eq!(&name[..2], b"p:");
            prop_assert_eq!(&name[2..], &text.as_bytes()[..kept]);
        }
    }
}
