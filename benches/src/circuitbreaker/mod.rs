//! A good call through a closed breaker: ours against recloser's, by one thread and by two.

mod breakers;

use std::io;

use crate::harness::{
    Case, Goal, Options, Report, Rounds,
    compare::{Comparison, NOTHING, by_one_and_two, by_two, ratio},
};

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

const COMPARISON: Comparison = Comparison {
    name: "circuitbreaker",
    note: "One call through a breaker that all callers share, without an endpoint: it asks, and tells\n\
           that all went well, unless it says open.\n\
           Two threads, each on a core: the time that passed over the calls of both.",
    title: "A call",
    what: "breaker",
    rows: &ROWS,
    goals,
};

/// Every case there is.
#[must_use]
pub fn cases() -> Vec<Case> {
    by_one_and_two(breakers::all())
}

/// Measures the breakers.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    COMPARISON.measure(cases(), options)
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
    use crate::harness::compare::check;

    #[test]
    fn every_row_of_the_table_has_its_cases_and_every_case_runs() {
        check(&ROWS, cases());
    }
}
