//! What a terminal shows: a row for each second.

use std::time::Duration;

use crate::{
    second::{End, Second, Share},
    story::Phase,
};

/// Calls for each cell of a bar.
const CELL: u32 = 10;
/// The longest bar.
const WIDTH: usize = 50;

/// Makes the rows.
#[derive(Debug)]
pub struct Rows<'a> {
    story: &'a [Phase],
    color: bool,
}

/// How an end looks: its cell, and its colour of the sixteen that every terminal has.
const fn look(end: End) -> (char, u8) {
    match end {
        End::Answered => ('█', 32),
        End::Failed => ('▓', 31),
        End::Broken => ('·', 35),
        End::Shed => ('░', 36),
        End::Limited => ('▒', 33),
    }
}

const BOLD: u8 = 1;

impl<'a> Rows<'a> {
    /// Rows of this story, in colour or not.
    #[must_use]
    pub const fn new(story: &'a [Phase], color: bool) -> Self {
        Self { story, color }
    }

    /// What comes before the first row.
    #[must_use]
    pub fn head(&self) -> String {
        let legend = End::ALL.map(|end| {
            let (cell, color) = look(end);
            format!("{} {}", self.paint(color, &cell.to_string()), end.name())
        });
        let (legend, load) = (legend.join("   "), "calls a second");
        format!(
            "\nA cell is {CELL} calls:   {legend}\n\n  s  {load:WIDTH$}  users  batch     p50     \
             p99  limit  breaker\n"
        )
    }

    /// The row of a second; the first of a phase comes with its heading.
    #[must_use]
    pub fn row(&self, second: &Second) -> String {
        let phase = &self.story[second.phase];
        let before: u32 = self.story[..second.phase].iter().map(|phase| phase.seconds).sum();
        let heading = if second.number == before {
            let name = self.paint(BOLD, phase.name);
            format!("{name}: {}\n", phase.tells)
        } else {
            String::new()
        };
        let number = second.number + 1;
        let (bar, length) = self.bar(second);
        let pad = WIDTH.saturating_sub(length);
        let (users, batch) = (percent(second.users), percent(second.batch));
        let (median, p99) = (millis(second.median), millis(second.p99));
        let breaker = self.breaker(second);
        format!(
            "{heading}{number:3}  {bar}{:pad$}  {users:>5}  {batch:>5}  {median:>6}  {p99:>6}  \
             {:>5}  {breaker}\n",
            "", second.limit
        )
    }

    /// What comes after the last row.
    #[must_use]
    pub fn foot(&self, seconds: &[Second]) -> String {
        let sum = |of: fn(&Second) -> u32| seconds.iter().map(of).sum::<u32>();
        let (users, batch) = (sum(|s| s.users.answered), sum(|s| s.batch.answered));
        let (all_users, all_batch) = (sum(|s| s.users.ended), sum(|s| s.batch.ended));
        let (reached, offered) = (sum(|s| s.reached), sum(|s| s.offered));
        format!(
            "\nAnswered: {users} of {all_users} calls of users, {batch} of {all_batch} of the batch \
             job.\nOf {offered} calls {reached} reached the backend.\n"
        )
    }

    /// The bar and how many cells it has.
    fn bar(&self, second: &Second) -> (String, usize) {
        let mut bar = String::new();
        // Ends are rounded so that the whole bar is as long as all of them are.
        let (mut calls, mut cells) = (0, 0);
        for (end, count) in End::ALL.into_iter().zip(second.ends) {
            calls += count;
            let upto = ((calls + CELL / 2) / CELL) as usize;
            let (cell, color) = look(end);
            let part: String = std::iter::repeat_n(cell, upto - cells).collect();
            if !part.is_empty() {
                bar.push_str(&self.paint(color, &part));
            }
            cells = upto;
        }
        (bar, cells)
    }

    fn breaker(&self, second: &Second) -> String {
        let mut states: Vec<_> = second.changes.iter().map(|(_, to)| to.name()).collect();
        if states.is_empty() {
            states.push(second.breaker.name());
        } else {
            states.insert(0, "");
        }
        states.join(" → ").trim_start().to_owned()
    }

    fn paint(&self, code: u8, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn percent(share: Share) -> String {
    share.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{:.0} %", ratio * 100.0))
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| format!("{} ms", time.as_millis()))
}
