//! Lines, several in a request.

use super::Request;

/// Where the newlines are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ends {
    /// Between lines.
    Between,
    /// After each line.
    Each,
}

/// Lines packed into requests of at most so many bytes, each line with something to remember about
/// it.
#[derive(Debug)]
pub(crate) struct Packets<T> {
    limit: usize,
    ends: Ends,
    packets: Vec<Request<Vec<T>>>,
}

/// A line that does not fit into a packet, even alone; with what was to be remembered about it.
#[derive(Debug)]
pub(crate) struct TooLong<T>(pub(crate) T);

impl<T> Packets<T> {
    pub(crate) const fn new(limit: usize, ends: Ends) -> Self {
        Self { limit, ends, packets: Vec::new() }
    }

    /// Adds a line, without a newline at its end, in which there are so many values.
    pub(crate) fn push(&mut self, line: &str, values: u64, about: T) -> Result<(), TooLong<T>> {
        let (before, after): (&[u8], &[u8]) = match self.ends {
            Ends::Between => (b"\n", b""),
            Ends::Each => (b"", b"\n"),
        };
        let length = line.len() + after.len();
        if length > self.limit {
            return Err(TooLong(about));
        }
        if let Some(Request { bytes, values: sum, receipt }) = self.packets.last_mut()
            && bytes.len() + before.len() + length <= self.limit
        {
            for part in [before, line.as_bytes(), after] {
                bytes.extend_from_slice(part);
            }
            *sum += values;
            receipt.push(about);
        } else {
            let bytes = [line.as_bytes(), after].concat();
            self.packets.push(Request { bytes, values, receipt: vec![about] });
        }
        Ok(())
    }

    pub(crate) fn into_requests(self) -> Vec<Request<Vec<T>>> {
        self.packets
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_keep_their_order_and_requests_their_limit(
            lines in prop::collection::vec("[a-z]{1,30}", 0..60),
            limit in 1..100_usize,
            each in any::<bool>(),
        ) {
            let (ends, end) = if each { (Ends::Each, 1) } else { (Ends::Between, 0) };
            let mut packets = Packets::new(limit, ends);
            let fitting: Vec<_> = lines
                .iter()
                .filter(|line| packets.push(line, 2, line.len()).is_ok())
                .cloned()
                .collect();
            prop_assert!(
                lines.iter().all(|line| (line.len() + end > limit) != fitting.contains(line))
            );
            let mut read = Vec::new();
            let mut last = None;
            for Request { bytes, values, receipt } in packets.into_requests() {
                prop_assert!(bytes.len() <= limit);
                let text = String::from_utf8(bytes).unwrap();
                prop_assert_eq!(text.ends_with('\n'), each);
                let lines: Vec<_> = text.lines().map(str::to_owned).collect();
                prop_assert_eq!(values, lines.len() as u64 * 2);
                prop_assert!(lines.iter().map(String::len).eq(receipt));
                // The one before was full.
                prop_assert!(last.is_none_or(|last| last + 1 + lines[0].len() > limit));
                last = Some(text.len());
                read.extend(lines);
            }
            prop_assert_eq!(read, fitting);
        }
    }
}
