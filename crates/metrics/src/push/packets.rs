//! Lines, several in a packet.

/// Lines packed into packets of at most so many bytes, each line with something to remember about
/// it.
#[derive(Debug)]
pub(crate) struct Packets<T> {
    limit: usize,
    packets: Vec<(Vec<u8>, Vec<T>)>,
}

/// A line that does not fit into a packet, even alone; with what was to be remembered about it.
#[derive(Debug)]
pub(crate) struct TooLong<T>(pub(crate) T);

impl<T> Packets<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, packets: Vec::new() }
    }

    /// Adds a line, without a newline at its end.
    pub(crate) fn push(&mut self, line: &str, about: T) -> Result<(), TooLong<T>> {
        if line.len() > self.limit {
            return Err(TooLong(about));
        }
        if let Some((packet, abouts)) = self.packets.last_mut()
            && packet.len() + 1 + line.len() <= self.limit
        {
            packet.push(b'\n');
            packet.extend_from_slice(line.as_bytes());
            abouts.push(about);
        } else {
            self.packets.push((line.as_bytes().to_vec(), vec![about]));
        }
        Ok(())
    }

    pub(crate) fn into_packets(self) -> impl Iterator<Item = (Vec<u8>, Vec<T>)> {
        self.packets.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_keep_their_order_and_packets_their_limit(
            lines in prop::collection::vec("[a-z]{1,30}", 0..60),
            limit in 1..100_usize,
        ) {
            let mut packets = Packets::new(limit);
            let fitting: Vec<_> = lines
                .iter()
                .filter(|line| packets.push(line, line.len()).is_ok())
                .cloned()
                .collect();
            prop_assert!(lines.iter().all(|line| (line.len() > limit) != fitting.contains(line)));
            let mut read = Vec::new();
            let mut last = None;
            for (packet, abouts) in packets.into_packets() {
                prop_assert!(packet.len() <= limit);
                let text = String::from_utf8(packet).unwrap();
                let lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
                prop_assert!(lines.iter().map(String::len).eq(abouts));
                // The packet before was full.
                prop_assert!(last.is_none_or(|last| last + 1 + lines[0].len() > limit));
                last = Some(text.len());
                read.extend(lines);
            }
            prop_assert_eq!(read, fitting);
        }
    }
}
