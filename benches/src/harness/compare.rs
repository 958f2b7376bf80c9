//! Small things side by side with a peer's, done by one thread and by two.

use std::{hint::black_box, io, sync::Arc};

use super::{Case, Goal, Options, Report, Rounds, Sample, Table};

/// What the loop itself costs. It is measured whatever was asked for.
pub const NOTHING: &str = "the loop";

/// What is done so many times, by one thread or by two.
pub type Work = Arc<dyn Fn(u32) + Send + Sync>;

/// Does `ask` as often as it is told, and takes care that what it says is looked at.
pub fn often<T>(ask: impl Fn(u32) -> T + Send + Sync + 'static) -> Work {
    Arc::new(move |calls| {
        for call in 0..calls {
            black_box(ask(black_box(call)));
        }
    })
}

/// What a case is called when two threads do it.
#[must_use]
pub fn by_two(name: &str) -> String {
    format!("{name}, two threads")
}

/// Two cases of each: one thread does it, and two on two cores.
#[must_use]
pub fn by_one_and_two(all: Vec<(&'static str, Work)>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, work) in all {
        let alone = work.clone();
        cases.push(Case::new(name, move |calls| alone(calls)));
        cases.push(Case::on_two_cores(by_two(name), move |calls| work(calls)));
    }
    cases
}

/// What a case takes over what another one takes, round by round.
#[must_use]
pub fn ratio(rounds: &Rounds, of: &str, to: &str) -> Sample {
    rounds.of(of).over(&rounds.of(to))
}

/// A benchmark of such things.
#[derive(Debug)]
pub struct Comparison {
    /// Its name on the command line.
    pub name: &'static str,
    /// What should be known when reading it.
    pub note: &'static str,
    /// The title of its table.
    pub title: &'static str,
    /// What each row of the table is.
    pub what: &'static str,
    /// The cases that have a row, with what each is compared to.
    pub rows: &'static [(&'static str, Option<&'static str>)],
    /// What must be reached.
    pub goals: fn(&Rounds) -> Vec<Goal>,
}

impl Comparison {
    /// Measures those of the cases that were asked for.
    ///
    /// # Errors
    ///
    /// `/proc` cannot be read.
    pub fn measure(&self, mut cases: Vec<Case>, options: &Options) -> io::Result<Report> {
        cases.retain(|case| case.name == NOTHING || options.wants(&case.name));
        let rounds = Rounds::measure(&mut cases, options)?;

        let mut report = Report::new(self.name);
        report.notes.push(self.note.to_owned());
        report.tables.push((self.title.to_owned(), side_by_side(self.what, self.rows, &rounds)));
        report.goals = (self.goals)(&rounds);
        report.noise = Some(rounds.noise);
        Ok(report)
    }
}

/// A line for each of the rows.
fn side_by_side(what: &str, rows: &[(&str, Option<&str>)], rounds: &Rounds) -> Table {
    let mut table = Table::new(&[what, "ns", "ratio", "two threads, ns", "ratio", "to"]);
    for &(name, to) in rows {
        let show = |of: &str, to: Option<String>| {
            to.map_or_else(|| "-".to_owned(), |to| ratio(rounds, of, &to).show(2))
        };
        table.row(vec![
            name.to_owned(),
            rounds.of(name).show(1),
            show(name, to.map(str::to_owned)),
            rounds.of(&by_two(name)).show(1),
            show(&by_two(name), to.map(by_two)),
            to.unwrap_or("-").to_owned(),
        ]);
    }
    table
}

/// Runs every case a few times; whether all rows have theirs.
#[cfg(test)]
pub(crate) fn check(rows: &[(&str, Option<&str>)], mut cases: Vec<Case>) {
    for &(name, to) in rows {
        for name in [Some(name), to].into_iter().flatten() {
            for name in [name.to_owned(), by_two(name)] {
                assert!(cases.iter().any(|case| case.name == name), "{name}");
            }
        }
    }
    for case in &mut cases {
        (case.run)(3);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;

    #[test]
    fn each_is_done_as_often_by_one_thread_as_by_two() {
        let count = Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        let work = often(move |_| counted.fetch_add(1, SeqCst));
        let mut cases = by_one_and_two(vec![("count", work)]);
        assert_eq!(cases[1].name, by_two("count"));
        for case in &mut cases {
            (case.run)(10);
            assert_eq!(count.swap(0, SeqCst), 10, "{}", case.name);
        }
    }

    #[test]
    fn what_was_not_measured_is_a_line_all_the_same() {
        let table = side_by_side("it", &[("ours", Some("theirs"))], &Rounds::default());
        assert_eq!(table.rows()[1], ["ours", "-", "-", "-", "-", "theirs"]);
    }
}
