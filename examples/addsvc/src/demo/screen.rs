//! What is shown: a table that stays in its place on a terminal, and plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use super::tally::Tally;

/// Where it is shown.
#[derive(Debug)]
pub(super) struct Screen<W> {
    out: W,
    is_terminal: bool,
    seconds: u64,
    /// How many lines are to be drawn over.
    drawn: usize,
}

impl<W: Write> Screen<W> {
    /// Shows a demo of so many seconds.
    pub(super) fn of(out: W, seconds: u64) -> Self
    where
        W: IsTerminal,
    {
        let is_terminal = out.is_terminal();
        Self { out, is_terminal, seconds, drawn: 0 }
    }

    /// Shows one second.
    pub(super) fn show(&mut self, second: u64, tallies: &[(&str, Tally)]) -> io::Result<()> {
        if self.is_terminal { self.draw(second, tallies) } else { self.write(second, tallies) }
    }

    fn draw(&mut self, second: u64, tallies: &[(&str, Tally)]) -> io::Result<()> {
        let mut screen = String::new();
        if self.drawn > 0 {
            // Up to the first line, and clear what is below.
            screen = format!("\u{1b}[{}A\u{1b}[J", self.drawn);
        }
        let head = format!("second {second} of {}", self.seconds);
        screen += &format!(
            "{head:<20}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
            "calls/s", "business", "failed", "p50 ms", "p99 ms"
        );
        for (name, tally) in tallies {
            let (calls, business, failed) = (tally.calls(), tally.business, tally.failed);
            let (p50, p99) = (tally.quantile_ms(0.5), tally.quantile_ms(0.99));
            screen +=
                &format!("{name:<20}{calls:>10}{business:>10}{failed:>10}{p50:>10.2}{p99:>10.2}\n");
        }
        self.drawn = tallies.len() + 1;
        self.out.write_all(screen.as_bytes())?;
        self.out.flush()
    }

    fn write(&mut self, second: u64, tallies: &[(&str, Tally)]) -> io::Result<()> {
        let mut lines = String::new();
        for (name, tally) in tallies {
            let (calls, business, failed) = (tally.calls(), tally.business, tally.failed);
            let (p50, p99) = (tally.quantile_ms(0.5), tally.quantile_ms(0.99));
            lines += &format!(
                "second {second}: {name}: {calls} calls/s, {business} business errors, \
                 {failed} failed, p50 {p50:.2} ms, p99 {p99:.2} ms\n"
            );
        }
        self.out.write_all(lines.as_bytes())?;
        self.out.flush()
    }

    /// Shows what it came to.
    pub(super) fn end(&mut self, total: &Tally) -> io::Result<()> {
        let (calls, business, failed) = (total.calls(), total.business, total.failed);
        writeln!(
            self.out,
            "demo: {calls} calls, {business} business errors, {failed} failed; goes on serving"
        )?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tallies() -> [(&'static str, Tally); 1] {
        let mut tally = Tally::default();
        tally.count(&Ok(3), Duration::from_micros(1500));
        [("HTTP", tally)]
    }

    #[test]
    fn a_terminal_shows_one_table_and_a_file_gets_lines() {
        let mut screen = Screen { out: Vec::new(), is_terminal: true, seconds: 2, drawn: 0 };
        screen.show(1, &tallies()).unwrap();
        screen.show(2, &tallies()).unwrap();
        let drawn = String::from_utf8(screen.out).unwrap();
        let (first, second) = drawn.split_once("\u{1b}[2A\u{1b}[J").unwrap();
        assert!(first.starts_with("second 1 of 2") && first.ends_with("1.50\n"), "{first}");
        assert!(second.starts_with("second 2 of 2"), "{second}");

        let mut screen = Screen { out: Vec::new(), is_terminal: false, seconds: 2, drawn: 0 };
        screen.show(1, &tallies()).unwrap();
        assert_eq!(
            String::from_utf8(screen.out).unwrap(),
            "second 1: HTTP: 1 calls/s, 0 business errors, 0 failed, p50 1.50 ms, p99 1.50 ms\n"
        );
    }
}
