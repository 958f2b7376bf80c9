//! A rate limiter's check: ours against governor's, by one thread and by two.

mod limiters;

use std::io;

use crate::harness::{
    Case, Goal, Options, Report, Rounds,
    compare::{Comparison, NOTHING, by_one_and_two, by_two, ratio},
};

const OUR_CLOCK: &str = "reading the runtime's clock";
const GOVERNOR_CLOCK: &str = "reading governor's clock, the counter";
const GIVEN: &str = "oxkit, an instant given";
const ARRIVAL: &str = "oxkit, the call's arrival";
const COUNTER: &str = "oxkit, the processor's counter";
const CLOCK: &str = "oxkit, the runtime's clock";
const REFUSED: &str = "oxkit, refused, an instant given";
const KEYED: &str = "oxkit, 1000 keys, the runtime's clock";
const KEYED_COUNTER: &str = "oxkit, 1000 keys, the counter";
const GOVERNOR: &str = "governor, the processor's counter";
const GOVERNOR_SYSTEM: &str = "governor, the system's clock";
const GOVERNOR_GIVEN: &str = "governor, a clock that stands";
const GOVERNOR_REFUSED: &str = "governor, refused, a clock that stands";
const GOVERNOR_KEYED: &str = "governor, 1000 keys, the counter";

/// Those of the table, with what each is compared to.
const ROWS: [(&str, Option<&str>); 16] = [
    (GIVEN, Some(GOVERNOR)),
    (ARRIVAL, Some(GOVERNOR)),
    (COUNTER, Some(GOVERNOR)),
    (CLOCK, Some(GOVERNOR)),
    (GOVERNOR, Some(GOVERNOR)),
    (CLOCK, Some(GOVERNOR_SYSTEM)),
    (GOVERNOR_SYSTEM, Some(GOVERNOR_SYSTEM)),
    (GIVEN, Some(GOVERNOR_GIVEN)),
    (REFUSED, Some(GOVERNOR_REFUSED)),
    (GOVERNOR_REFUSED, Some(GOVERNOR_REFUSED)),
    (KEYED_COUNTER, Some(GOVERNOR_KEYED)),
    (KEYED, Some(GOVERNOR_KEYED)),
    (GOVERNOR_KEYED, Some(GOVERNOR_KEYED)),
    (OUR_CLOCK, None),
    (GOVERNOR_CLOCK, None),
    (NOTHING, None),
];

const COMPARISON: Comparison = Comparison {
    name: "ratelimit",
    note: "One check of a limiter that all callers share, and that says yes unless it says refused.\n\
           Governor reads the processor's counter unless something else is said; ours read the clock\n\
           of the runtime, which is the system's and which a test can stop, unless told to read the\n\
           counter (the feature quanta).\n\
           Two threads, each on a core: the time that passed over the checks of both.",
    title: "A check",
    what: "limiter",
    rows: &ROWS,
    goals,
};

/// Every case there is.
#[must_use]
pub fn cases() -> Vec<Case> {
    by_one_and_two(limiters::all())
}

/// Measures the limiters.
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
    vec![
        goal("a check with the instant given, of governor's", 0.6, GIVEN, GOVERNOR),
        goal("a check at arrival, of governor's", 1.0, ARRIVAL, GOVERNOR),
        goal("a check that reads the counter, of governor's", 1.0, COUNTER, GOVERNOR),
        goal("the same by two threads", 1.0, &two(COUNTER), &two(GOVERNOR)),
        goal("a check that reads the clock, of governor's", 1.0, CLOCK, GOVERNOR),
        goal("the same by two threads", 1.0, &two(CLOCK), &two(GOVERNOR)),
        goal("on the same clock as governor", 1.0, CLOCK, GOVERNOR_SYSTEM),
        goal("the same by two threads", 1.0, &two(CLOCK), &two(GOVERNOR_SYSTEM)),
        goal("at arrival by two threads", 1.0, &two(ARRIVAL), &two(GOVERNOR)),
        goal("a check by the counter of one of 1000 keys", 1.0, KEYED_COUNTER, GOVERNOR_KEYED),
        goal("the same by two threads", 1.0, &two(KEYED_COUNTER), &two(GOVERNOR_KEYED)),
        goal("a check of one of 1000 keys, of governor's", 1.0, KEYED, GOVERNOR_KEYED),
        goal("the same by two threads", 1.0, &two(KEYED), &two(GOVERNOR_KEYED)),
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
