//! A rate limiter's check: ours against governor's, by one thread and by two.

mod limiters;

use std::io;

use crate::harness::{Case, Goal, Options, Report, Rounds, Sample, Table};

const NOTHING: &str = "the loop";
const OUR_CLOCK: &str = "reading our clock";
const GOVERNOR_CLOCK: &str = "reading governor's clock";
const GIVEN: &str = "oxkit, an instant given";
const ARRIVAL: &str = "oxkit, the call's arrival";
const CLOCK: &str = "oxkit, reading the clock";
const REFUSED: &str = "oxkit, refused";
const KEYED: &str = "oxkit, 1000 keys";
const GOVERNOR: &str = "governor";
const GOVERNOR_GIVEN: &str = "governor, a clock that stands";
const GOVERNOR_REFUSED: &str = "governor, refused, a clock that stands";
const GOVERNOR_KEYED: &str = "governor, 1000 keys";

/// Those of the table, with what each is compared to.
const ROWS: [(&str, Option<&str>); 12] = [
    (GIVEN, Some(GOVERNOR)),
    (ARRIVAL, Some(GOVERNOR)),
    (CLOCK, Some(GOVERNOR)),
    (GOVERNOR, Some(GOVERNOR)),
    (GIVEN, Some(GOVERNOR_GIVEN)),
    (REFUSED, Some(GOVERNOR_REFUSED)),
    (GOVERNOR_REFUSED, Some(GOVERNOR_REFUSED)),
    (KEYED, Some(GOVERNOR_KEYED)),
    (GOVERNOR_KEYED, Some(GOVERNOR_KEYED)),
    (OUR_CLOCK, None),
    (GOVERNOR_CLOCK, None),
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
    for (name, work) in limiters::all() {
        let alone = work.clone();
        cases.push(Case::new(name, move |calls| alone(calls)));
        cases.push(Case::on_two_cores(by_two(name), move |calls| work(calls)));
    }
    cases
}

/// Measures the limiters.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    let mut cases = cases();
    cases.retain(|case| options.wants(&case.name));
    let rounds = Rounds::measure(&mut cases, options)?;

    let mut report = Report::new("ratelimit");
    report.notes.push(
        "One check of a limiter that all callers share, and that says yes unless it says refused.\n\
         Two threads, each on a core: the time that passed over the checks of both."
            .to_owned(),
    );
    report.tables.push(("A check".to_owned(), table(&rounds)));
    report.goals = goals(&rounds);
    report.noise = Some(rounds.noise);
    Ok(report)
}

fn ratio(rounds: &Rounds, of: &str, to: &str) -> Sample {
    rounds.of(of).over(&rounds.of(to))
}

fn table(rounds: &Rounds) -> Table {
    let mut table = Table::new(&["limiter", "ns", "ratio", "two threads, ns", "ratio", "to"]);
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
    vec![
        goal("a check with the instant given, of governor's", 0.6, GIVEN, GOVERNOR),
        goal("a check at arrival, of governor's", 1.0, ARRIVAL, GOVERNOR),
        goal("a check that reads the clock, of governor's", 1.0, CLOCK, GOVERNOR),
        goal("the same by two threads", 1.0, &two(CLOCK), &two(GOVERNOR)),
        goal("at arrival by two threads", 1.0, &two(ARRIVAL), &two(GOVERNOR)),
        goal("a check of one of 1000 keys, of governor's", 1.0, KEYED, GOVERNOR_KEYED),
        goal("the same by two threads", 1.0, &two(KEYED), &two(GOVERNOR_KEYED)),
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
