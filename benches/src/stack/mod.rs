//! The usual middlewares around an endpoint: what they add to a call, against tower and Go kit.
//!
//! Five: instrument (a counter, a histogram, calls in flight), check the deadline, limit the rate,
//! break the circuit, limit the time. A whole stack is the same with a line of JSON for each call.
//! Nothing is refused, and nothing is shared with another core.

pub(crate) mod layers;
mod ours;
mod tower;

use std::{cell::Cell, io, rc::Rc};

use crate::{
    endpoint::{chain::Chain, realistic::timers},
    gokit::{self, Calls},
    harness::{
        Case, Goal, Options, Report, Rounds, Table, allocations::Allocations, compare::ratio,
    },
};

const ALONE: &str = "oxkit, the endpoint alone";
const FIVE: &str = "oxkit, five";
const FOUR: &str = "oxkit, the same by four, for a timeout checks the deadline";
const RECEIVED: &str = "oxkit, the endpoint alone, context of a transport";
const FIVE_ARRIVED: &str = "oxkit, five, arrival known";
const WHOLE: &str = "oxkit, whole stack, context of a transport";
const LOGGING: &str = "a line of JSON";
const LOGGING_OFF: &str = "a line that is filtered out";
const MEASURE: &str = "metrics";
const DEADLINE: &str = "deadline";
const LIMITER: &str = "rate limit, now";
const LIMITER_ARRIVED: &str = "rate limit, at arrival";
const BREAKER: &str = "breaker";
const TIMEOUT: &str = "timeout";
const SPAN_UNHEARD: &str = "span, nobody listens";
const SPAN_UNSAMPLED: &str = "span, the caller's trace is not sampled";
const SPAN_DECIDES: &str = "span, not sampled from here on";
const TOWER: &str = "tower, five, one BoxCloneService";
const TOWER_AXUM: &str = "tower, five, as axum's Router::layer holds them";
const GO_ALONE: &str = "Go kit, the endpoint alone";
const GO_FIVE: &str = "Go kit, five";
const GO_WHOLE: &str = "Go kit, whole stack";

/// Those of the table, with what each is around of.
const ROWS: [(&str, Option<&str>); 11] = [
    (ALONE, None),
    (FIVE, Some(ALONE)),
    (FIVE_ARRIVED, Some(ALONE)),
    (FOUR, Some(ALONE)),
    (TOWER, None),
    (TOWER_AXUM, None),
    (GO_ALONE, None),
    (GO_FIVE, Some(GO_ALONE)),
    (RECEIVED, None),
    (WHOLE, Some(RECEIVED)),
    (GO_WHOLE, Some(GO_ALONE)),
];

/// The layers one by one, with the context of a transport.
const LAYERS: [&str; 11] = [
    SPAN_UNHEARD,
    SPAN_UNSAMPLED,
    SPAN_DECIDES,
    LOGGING,
    LOGGING_OFF,
    MEASURE,
    DEADLINE,
    LIMITER,
    LIMITER_ARRIVED,
    BREAKER,
    TIMEOUT,
];

/// The peers in Go: the program's name of each, and ours.
const GO: [(&str, &str); 3] = [("leaf", GO_ALONE), ("five", GO_FIVE), ("whole", GO_WHOLE)];

/// The name of a case, of one with a leaf that is pending if it `waits`.
fn pending(name: &str, waits: bool) -> String {
    if waits { format!("{name}, pending") } else { name.to_owned() }
}

/// Every chain there is in this process.
#[must_use]
pub fn chains() -> Vec<Chain> {
    let runtime = timers();
    let mut all = ours::chains(&runtime);
    all.extend(ours::one_by_one(&runtime));
    all.extend(tower::chains(&runtime));
    all
}

/// What is known of a case besides its time.
#[derive(Default)]
struct Known {
    allocations: Allocations,
    futures: Vec<(String, usize)>,
    go: Vec<(&'static str, Rc<Cell<f64>>)>,
}

/// Measures the chains.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    let mut report = Report::new("stack");
    report.notes.push(
        "One call through middlewares that let it pass, boxed once at the seam; message of 24 bytes \
         by value.\nFive: instrument, deadline, limit, breaker, timeout. Whole stack: a span that is \
         not sampled, a line of JSON\nto a sink, instrument, limit, breaker, timeout; Go kit's has no \
         span. Pending: the endpoint is pending twice,\nso that timers are set. tower's are \
         prometheus, governor and recloser in layers written by hand, cloned and\nmade ready for \
         every call; axum's router boxes the route, layers it, and boxes it again."
            .to_owned(),
    );
    let mut known = Known { allocations: Allocations::count("stack"), ..Known::default() };
    let mut cases = Vec::new();
    for chain in chains() {
        known.futures.push((chain.name().to_owned(), chain.future));
        cases.push(chain.case);
    }
    cases.extend(go(&mut known, &mut report));
    cases.retain(|case| options.wants(&case.name));
    let rounds = Rounds::measure(&mut cases, options)?;
    report.tables.push(("A call".to_owned(), table(&rounds, &known)));
    report.tables.push((
        "What one layer adds to the endpoint with the context of a transport".to_owned(),
        one_by_one(&rounds, &known),
    ));
    report.goals = goals(&rounds, &known);
    report.noise = Some(rounds.noise);
    Ok(report)
}

/// The peers in Go, where they can be built.
fn go(known: &mut Known, report: &mut Report) -> Vec<Case> {
    let mut cases = Vec::new();
    for (endpoint, name) in GO {
        match Calls::start(endpoint) {
            Ok(calls) => {
                let (case, allocations) = calls.into_case(name);
                cases.push(case);
                known.go.push((name, allocations));
            }
            Err(error) => {
                report.notes.push(gokit::left_out(&error));
                break;
            }
        }
    }
    cases
}

impl Known {
    fn future(&self, name: &str) -> Option<usize> {
        self.futures.iter().find(|(chain, _)| chain == name).map(|(_, bytes)| *bytes)
    }

    fn allocations(&self, name: &str) -> f64 {
        let in_go = self.go.iter().find(|(case, _)| *case == name);
        let count = in_go.map_or_else(|| self.allocations.of(name), |(_, count)| count.get());
        // What happens once in a run is not of a call.
        (count * 10.0).round() / 10.0
    }
}

fn table(rounds: &Rounds, known: &Known) -> Table {
    let mut table = Table::new(&[
        "chain",
        "ns",
        "over the endpoint, ns",
        "pending, ns",
        "allocations",
        "pending",
        "future, bytes",
    ]);
    let count = |name: &str| {
        let count = known.allocations(name);
        if count.is_nan() { "-".to_owned() } else { count.to_string() }
    };
    for (name, around) in ROWS {
        table.row(vec![
            name.to_owned(),
            rounds.of(name).show(1),
            around.map_or_else(
                || "-".to_owned(),
                |alone| rounds.of(name).less(&rounds.of(alone)).show(1),
            ),
            rounds.of(&pending(name, true)).show(1),
            count(name),
            count(&pending(name, true)),
            known.future(name).map_or_else(|| "-".to_owned(), |bytes| bytes.to_string()),
        ]);
    }
    table
}

fn one_by_one(rounds: &Rounds, known: &Known) -> Table {
    let mut table = Table::new(&["layer", "ns more", "allocations more", "future, bytes more"]);
    let of = |name| known.future(name).unwrap_or_default();
    for name in LAYERS {
        let allocations = known.allocations(name) - known.allocations(RECEIVED);
        table.row(vec![
            name.to_owned(),
            rounds.of(name).less(&rounds.of(RECEIVED)).show(1),
            if allocations.is_nan() { "-".to_owned() } else { allocations.to_string() },
            of(name).saturating_sub(of(RECEIVED)).to_string(),
        ]);
    }
    table
}

fn goals(rounds: &Rounds, known: &Known) -> Vec<Goal> {
    let ratio = |of: &str, to: &str| ratio(rounds, of, to).median();
    let (waiting, tower) = (pending(FIVE_ARRIVED, true), pending(TOWER_AXUM, true));
    let arrived = "five as a transport calls them, of tower's as axum holds them";
    let over = |name| rounds.of(name).less(&rounds.of(RECEIVED)).median();
    let added = rounds.of(WHOLE).less(&rounds.of(RECEIVED)).median();
    let more = known.allocations(WHOLE) - known.allocations(RECEIVED);
    let future = known.future(FIVE).map_or(f64::NAN, |bytes| bytes as f64);
    vec![
        Goal::at_most(arrived, 0.5, ratio(FIVE_ARRIVED, TOWER_AXUM), "x"),
        Goal::at_most("five that read the clock, of tower's", 0.5, ratio(FIVE, TOWER_AXUM), "x"),
        Goal::at_most(
            "five with a pending endpoint, of tower's",
            0.5,
            ratio(&waiting, &tower),
            "x",
        ),
        Goal::at_most("five, of Go kit's", 0.2, ratio(FIVE, GO_FIVE), "x"),
        Goal::at_most("five, allocations", 1.0, known.allocations(FIVE), "a call"),
        Goal::at_most("five, future", 320.0, future, "bytes"),
        Goal::at_most("what the whole stack adds", 800.0, added, "ns"),
        Goal::at_most("what it allocates more", 2.0, more, "a call"),
        Goal::at_most("a span that nobody listens to", 5.0, over(SPAN_UNHEARD), "ns"),
        Goal::at_most("a span that is not sampled", 5.0, over(SPAN_UNSAMPLED), "ns"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_but_those_of_go_has_its_chain_and_every_chain_answers() {
        let mut chains = chains();
        for (name, around) in ROWS {
            for name in [Some(name), around].into_iter().flatten() {
                let in_go = GO.iter().any(|(_, go)| *go == name);
                assert!(in_go || chains.iter().any(|chain| chain.name() == name), "{name}");
            }
        }
        for name in LAYERS {
            assert!(chains.iter().any(|chain| chain.name() == name), "{name}");
        }
        for chain in &mut chains {
            // Asserts by itself that the answer is one.
            (chain.case.run)(3);
        }
    }

    #[test]
    fn the_future_of_five_middlewares_is_small() {
        let chains = chains();
        let five = chains.iter().find(|chain| chain.name() == FIVE).expect("it is there");
        assert!(five.future <= 320, "{} bytes", five.future);
    }
}
