//! Chains of middlewares: what a layer costs a call, against the same in tower.
//!
//! Everything is called through the one box at the seam, as a router or a balancer holds it, and
//! once more with a leaf that is pending: a chain that the optimiser can see through costs nothing
//! whatever its design, so such figures are not taken at all.

pub(crate) mod chain;
pub(crate) mod message;
pub(crate) mod ours;
pub(crate) mod realistic;
pub(crate) mod tower_written;

use std::io;

use crate::harness::{
    Goal, Options, Report, Rounds, Sample, Table, allocations::Allocations,
    instructions::Instructions,
};
use chain::{Chain, id};

/// The designs, in the order of the table.
const HOOKS: &str = "oxkit, hooks";
const ASYNC: &str = "oxkit, async fn call";
const FROM_FN: &str = "oxkit, from_fn";
const WRITTEN: &str = "tower, as users write it";
const BY_HAND: &str = "tower, by hand, BoxCloneService";

/// What tower's ten layers take, in ns, on the machine for which the goals in ns were set.
const THERE: f64 = 274.0;

const DESIGNS: [&str; 5] = [HOOKS, ASYNC, FROM_FN, WRITTEN, BY_HAND];

/// Every chain there is.
#[must_use]
pub fn chains() -> Vec<Chain> {
    let mut all = Vec::new();
    all.extend(ours::chains());
    all.extend(tower_written::chains());
    all.extend(realistic::chains());
    all
}

/// Measures the chains.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    let chains: Vec<Chain> =
        chains().into_iter().filter(|chain| options.wants(chain.name())).collect();
    let sizes: Vec<(String, usize)> =
        chains.iter().map(|chain| (chain.name().to_owned(), chain.future)).collect();
    let allocations = Allocations::count("endpoint");
    let instructions = if options.instructions {
        Instructions::count("endpoint", sizes.iter().map(|(name, _)| name.as_str()))?
    } else {
        Instructions::default()
    };
    let mut cases: Vec<_> = chains.into_iter().map(|chain| chain.case).collect();
    let rounds = Rounds::measure(&mut cases, options)?;

    let mut report = Report::new("endpoint");
    report.notes.push(
        "One call of a chain, boxed once at the seam; message of 24 bytes by value, error an enum.\n\
         Pending: the leaf is pending twice. tower is made ready and cloned for every call.\n\
         The goals in ns were set on one machine: they are told of this one, and of what it would take\n\
         on that, where tower's ten, as users write them, take 274 ns."
            .to_owned(),
    );
    report.tables.push(("Pass-through layers, ns a call".to_owned(), passing(&rounds)));
    report.tables.push((
        "The same with 10 layers".to_owned(),
        ten(&rounds, &allocations, &sizes, &instructions),
    ));
    report.tables.push((
        "Realistic: outcome and duration taken down, panic boundary, concurrency limit, timeout, map".to_owned(),
        realistic(&rounds, &allocations, &sizes),
    ));
    report.goals = goals(&rounds, &allocations, &sizes);
    report.noise = Some(rounds.noise);
    Ok(report)
}

fn passing(rounds: &Rounds) -> Table {
    let mut table = Table::new(&["design", "0", "1", "5", "10", "10 pending"]);
    for design in DESIGNS {
        let cell = |layers, pending| rounds.of(&id(design, layers, pending)).show(1);
        table.row(vec![
            design.to_owned(),
            cell(0, false),
            cell(1, false),
            cell(5, false),
            cell(10, false),
            cell(10, true),
        ]);
    }
    table
}

fn ten(
    rounds: &Rounds,
    allocations: &Allocations,
    sizes: &[(String, usize)],
    instructions: &Instructions,
) -> Table {
    let mut table = Table::new(&[
        "design",
        "allocations a call",
        "future, bytes",
        "x tower as users write it",
        "x the same, pending",
        "instructions",
    ]);
    for design in DESIGNS {
        let name = id(design, 10, false);
        table.row(vec![
            design.to_owned(),
            allocations.show(&name),
            size(sizes, &name),
            over_written(rounds, design, false).show(2),
            over_written(rounds, design, true).show(2),
            instructions.show(&name),
        ]);
    }
    table
}

fn realistic(rounds: &Rounds, allocations: &Allocations, sizes: &[(String, usize)]) -> Table {
    let mut table = Table::new(&[
        "design",
        "ns a call",
        "pending, ns",
        "allocations a call",
        "future, bytes",
        "x tower",
    ]);
    let tower = rounds.of(&id(realistic::TOWER, 5, false));
    for design in [realistic::OURS, realistic::TOWER] {
        let name = id(design, 5, false);
        table.row(vec![
            design.to_owned(),
            rounds.of(&name).show(1),
            rounds.of(&id(design, 5, true)).show(1),
            allocations.show(&name),
            size(sizes, &name),
            rounds.of(&name).over(&tower).show(2),
        ]);
    }
    table
}

fn over_written(rounds: &Rounds, design: &str, pending: bool) -> Sample {
    let of = |design| rounds.of(&id(design, 10, pending));
    of(design).over(&of(WRITTEN))
}

fn size(sizes: &[(String, usize)], name: &str) -> String {
    sizes
        .iter()
        .find(|(chain, _)| chain == name)
        .map_or_else(|| "-".to_owned(), |(_, bytes)| bytes.to_string())
}

fn goals(rounds: &Rounds, allocations: &Allocations, sizes: &[(String, usize)]) -> Vec<Goal> {
    let mut goals = Vec::new();
    let there = format!("time where tower's take {THERE} ns");
    for design in [ASYNC, FROM_FN] {
        let name = id(design, 10, false);
        let ns = rounds.of(&name).median();
        let ratio = over_written(rounds, design, false).median();
        let future = sizes.iter().find(|(chain, _)| *chain == name);
        let future = future.map_or(f64::NAN, |(_, bytes)| *bytes as f64);
        let what = |what: &str| format!("ten pass-through layers ({design}), {what}");
        goals.push(Goal::at_most(what("time"), 60.0, ns, "ns"));
        goals.push(Goal::at_most(what(&there), 60.0, ratio * THERE, "ns"));
        let count = allocations.of(&name);
        goals.push(Goal::at_most(what("allocations"), 1.0, count, "a call"));
        goals.push(Goal::at_most(what("of tower's as users write them"), 0.25, ratio, "x"));
        goals.push(Goal::at_most(what("future"), 1023.0, future, "bytes"));
    }
    let hooks = rounds.of(&id(HOOKS, 10, false)).median();
    goals.push(Goal::at_most("ten hooks, time", 30.0, hooks, "ns"));
    let hooks = over_written(rounds, HOOKS, false).median() * THERE;
    goals.push(Goal::at_most(format!("ten hooks, {there}"), 30.0, hooks, "ns"));
    // The empty chain is an allocation and a call, and takes 19 ns there.
    let of = |layers| rounds.of(&id(HOOKS, layers, false));
    let added = of(10).less(&of(0)).median();
    goals.push(Goal::at_most("ten hooks, more than none", 30.0 - 19.0, added, "ns"));
    goals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_design_has_its_chains_and_every_chain_answers() {
        let mut chains = chains();
        for design in DESIGNS {
            for (layers, pending) in [(1, false), (5, false), (10, false), (10, true)] {
                let name = id(design, layers, pending);
                assert_eq!(chains.iter().filter(|chain| chain.name() == name).count(), 1, "{name}");
            }
        }
        for chain in &mut chains {
            // Asserts by itself that the answer is one.
            (chain.case.run)(3);
        }
    }

    #[test]
    fn a_layer_is_in_the_future_of_the_chains_that_have_one() {
        let chains = chains();
        let future = |layers| {
            let name = id(ASYNC, layers, false);
            chains.iter().find(|chain| chain.name() == name).map(|chain| chain.future)
        };
        assert!(future(10) > future(5) && future(5) > future(1));
    }
}
