//! A good call through a closed breaker: ours against recloser's, by one thread and by two.

mod breakers;

use std::io;

use crate::harness::{Case, Goal, Options, Report, Rounds, Sample, Table};

const NOTHING: &str = "the loop";
const CLOCK: &str = "reading the clock";
const IN_A_ROW: &str = "oxkit, failures in a row";
const OF_CALLS: &str = "oxkit, ratio of the last 100 calls";
const OF_TIME: &str = "oxkit, ratio of the last 10 s";
const SLOW: &str = "oxkit, slow calls of the last 100";
const KEYED: &str = "oxkit, failures in a row, 1000 keys";
const REFUSED: &str = "oxkit, open";
const RECLOSER: &str = "recloser, ratio of the last 100 calls";
const RECLOSER_REFUSED: &str = "recloser, open";

/// Those of the table, with what each is compared to.
const ROWS: [(&str, Option<&str>); 10] = [
    (IN_A_ROW, Some(RECLOSER)),
    (OF_CALLS, Some(RECLOSER)),
    (OF_TIME, Some(RECLOSER)),
    (SLOW, Some(RECLOSER)),
    (KEYED, Some(RECLOSER)),
    (RECLOSER, Some(RECLOSER)),
    (REFUSED, Some(RECLOSER_REFUSED)),
    (RECLOSER_REFUSED, Some(RECLOSER_REFUSED)),
    (CLOCK, None),
    (NOTHING, None),
];

/// What a case is called when two threads do it.
fn by_two(name: &str) -> String {
    format!("{name}, two threads")
}

/// Every case there is.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, work) in breakers::all() {
        let alone = work.clone();
        cases.push(Case::new(name, move |calls| alone(calls)));
        cases.push(Case::on_two_cores(by_two(name), move |calls| work(calls)));
    }
    cases
}

/// Measures the breakers.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    let mut cases = cases();
    cases.retain(|case| options.wants(&case.name));
    let rounds = Rounds::measure(&mut cases, options)?;

    let mut report = Report::new("circuitbreaker");
    report.notes.push(
        "One call through a breaker that all callers share, without an endpoint: it asks, and tells\n\
         that all went well, unless it says open.\n\
         Two threads, each on a core: the time that passed over the calls of both."
            .to_owned(),
    );
    report.tables.push(("A call".to_owned(), table(&rounds)));
    report.goals = goals(&rounds);
    report.noise = Some(rounds.noise);
    Ok(report)
}

fn ratio(rounds: &Rounds, of: &str, to: &str) -> Sample {
    rounds.of(of).over(&rounds.of(to))
}

fn table(rounds: &Rounds) -> Table {
    let mut table = Table::new(&["breaker", "ns", "ratio", "two threads, ns", "ratio", "to"]);
    for (name, to) in ROWS {
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

fn goals(rounds: &Rounds) -> Vec<Goal> {
    let goal =
        |what, limit, of, to| Goal::at_most(what, limit, ratio(rounds, of, to).median(), "x");
    let two = |name| by_two(name);
    let in_a_row = rounds.of(IN_A_ROW).median();
    vec![
        Goal::at_most("a closed breaker of failures in a row", 5.0, in_a_row, "ns"),
        goal("a window of calls, of recloser's", 1.0, OF_CALLS, RECLOSER),
        goal("a window of time, of recloser's of calls", 1.0, OF_TIME, RECLOSER),
        goal("a window of calls by two threads", 0.2, &two(OF_CALLS), &two(RECLOSER)),
        goal("a window of time by two threads", 0.2, &two(OF_TIME), &two(RECLOSER)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_has_its_cases_and_every_case_runs() {
        let mut cases = cases();
        for (name, to) in ROWS {
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
}
