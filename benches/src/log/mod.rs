//! A line of log: ours against slog and tracing-subscriber.
//!
//! Every line is written whole to the same writer, behind a lock and a `dyn Write`, and carries a
//! time. The writer looks at what it is given and throws it away: what is left is what logging
//! costs, not what a disk does.

mod event;
mod ours;
mod peers;

use std::io;

use crate::harness::{
    Case, Goal, Options, Report, Rounds, Table, allocations::Allocations, compare::ratio,
    instructions::Instructions,
};

const NOTHING: &str = "nothing";
const JSON: &str = "oxkit, JSON";
const LOGFMT: &str = "oxkit, logfmt";
const LAYER: &str = "tracing through oxkit's layer, JSON";
const LAYER_SPAN: &str = "tracing through oxkit's layer, JSON, in a span of five fields";
const OFF: &str = "oxkit, disabled";
const SLOG: &str = "slog, JSON";
const SLOG_LINE: &str = "slog, JSON, one write a line";
const SLOG_OFF: &str = "slog, disabled";
const TRACING: &str = "tracing-subscriber, JSON";
const TRACING_SPAN: &str = "tracing-subscriber, JSON, in a span of five fields";
const COMPACT: &str = "tracing-subscriber, compact";
const TRACING_OFF: &str = "tracing-subscriber, disabled";

/// Those of the table, with what each is compared to.
const ROWS: [(&str, Option<&str>); 13] = [
    (JSON, Some(SLOG)),
    (LOGFMT, Some(COMPACT)),
    (SLOG, Some(SLOG)),
    (SLOG_LINE, Some(SLOG)),
    (LAYER, Some(TRACING)),
    (TRACING, Some(TRACING)),
    (COMPACT, Some(COMPACT)),
    (LAYER_SPAN, Some(TRACING_SPAN)),
    (TRACING_SPAN, Some(TRACING_SPAN)),
    (OFF, None),
    (SLOG_OFF, None),
    (TRACING_OFF, None),
    (NOTHING, None),
];

/// Every case there is.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut all = vec![Case::new(NOTHING, event::nothing)];
    all.extend(ours::cases());
    all.extend(peers::cases());
    all
}

/// Measures the lines.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    let allocations = Allocations::count("log");
    let mut cases = cases();
    cases.retain(|case| case.name == NOTHING || options.wants(&case.name));
    let instructions = if options.instructions {
        Instructions::count("log", cases.iter().map(|case| case.name.as_str()))?
    } else {
        Instructions::default()
    };
    let rounds = Rounds::measure(&mut cases, options)?;

    let mut report = Report::new("log");
    report.notes.push(format!(
        "One event: time, level, message and five fields (three texts, an integer, a float), lock \
         and dyn Write\nincluded. oxkit writes: {}",
        ours::sample()
    ));
    report.tables.push(("A line".to_owned(), table(&rounds, &allocations, &instructions)));
    report.goals = goals(&rounds, &allocations);
    report.noise = Some(rounds.noise);
    Ok(report)
}

fn table(rounds: &Rounds, allocations: &Allocations, instructions: &Instructions) -> Table {
    let mut table = Table::new(&["event", "ns", "allocations", "ratio", "to", "instructions"]);
    for (name, to) in ROWS {
        table.row(vec![
            name.to_owned(),
            rounds.of(name).show(1),
            allocations.show(name),
            to.map_or_else(|| "-".to_owned(), |to| ratio(rounds, name, to).show(3)),
            to.unwrap_or("-").to_owned(),
            instructions.show(name),
        ]);
    }
    table
}

fn goals(rounds: &Rounds, allocations: &Allocations) -> Vec<Goal> {
    let ratio = |of, to| ratio(rounds, of, to).median();
    let disabled = rounds.of(OFF).less(&rounds.of(NOTHING)).median();
    vec![
        Goal::at_most("a JSON line, of slog's", 0.8, ratio(JSON, SLOG), "x"),
        Goal::at_most("a JSON line, of tracing-subscriber's", 0.15, ratio(JSON, TRACING), "x"),
        Goal::at_most("a JSON line, allocations", 0.0, allocations.of(JSON), "a line"),
        Goal::at_most("through our tracing layer", 0.5, ratio(LAYER, TRACING), "x"),
        Goal::at_most("the same in a span", 0.5, ratio(LAYER_SPAN, TRACING_SPAN), "x"),
        Goal::at_most("a disabled event over nothing", 2.0, disabled, "ns"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_has_its_case_and_every_case_runs() {
        let mut cases = cases();
        for (name, to) in ROWS {
            for name in [Some(name), to].into_iter().flatten() {
                assert!(cases.iter().any(|case| case.name == name), "{name}");
            }
        }
        for case in &mut cases {
            (case.run)(3);
        }
    }

    #[test]
    fn our_line_holds_the_five_fields() {
        let line: serde_json::Value = serde_json::from_str(&ours::sample()).unwrap();
        let fields = ["method", "input", "output", "bytes", "took_us", "ts", "level", "msg"];
        for field in fields {
            assert!(!line[field].is_null(), "{field}");
        }
    }
}
