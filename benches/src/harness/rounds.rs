//! Interleaved rounds of small cases.

use std::{
    io,
    time::{Duration, Instant},
};

use super::{Noise, Options, Sample, on_core, undisturbed};

/// The core that small cases run on.
pub const CASE_CORE: usize = 1;

/// Something small that is called many times over.
pub struct Case {
    /// What it is called in the tables.
    pub name: String,
    /// Performs it so many times.
    pub run: Box<dyn FnMut(u32)>,
    /// Another process in which it is performed, if it is not this one.
    process: Option<u32>,
}

impl Case {
    /// A case that `run` performs as many times as it is told.
    pub fn new(name: impl Into<String>, run: impl FnMut(u32) + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run), process: None }
    }

    /// The same, performed by a process of ours besides this one: what that one uses is no noise.
    #[must_use]
    pub const fn in_process(mut self, process: u32) -> Self {
        self.process = Some(process);
        self
    }

    /// How many calls take about `long`, found by doubling.
    fn calls_within(&mut self, long: Duration) -> u32 {
        let mut calls = 64;
        loop {
            // The shortest of three: where threads have to wake up first, one alone may tell of
            // nothing else.
            let took = (0..3)
                .map(|_| {
                    let started = Instant::now();
                    (self.run)(calls);
                    started.elapsed()
                })
                .min()
                .expect("there are three");
            if took * 4 >= long || calls > u32::MAX / 8 {
                let factor = long.as_secs_f64() / took.as_secs_f64().max(1e-9);
                return (f64::from(calls) * factor).clamp(1.0, f64::from(u32::MAX)) as u32;
            }
            calls *= 2;
        }
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Nanoseconds a call of every case in every round.
#[derive(Debug, Clone, Default)]
pub struct Rounds {
    names: Vec<String>,
    samples: Vec<Sample>,
    /// How undisturbed the rounds were.
    pub noise: Noise,
}

impl Rounds {
    /// Measures all cases: on one core, in turn, with another first one in every round.
    ///
    /// # Errors
    ///
    /// `/proc` cannot be read, so nothing is known of the noise.
    pub fn measure(cases: &mut [Case], options: &Options) -> io::Result<Self> {
        let peers: Vec<u32> = cases.iter().filter_map(|case| case.process).collect();
        on_core(CASE_CORE, || {
            let calls: Vec<u32> =
                cases.iter_mut().map(|case| case.calls_within(options.case())).collect();
            let mut noise = Noise::default();
            let mut nanos = vec![Vec::new(); cases.len()];
            for round in 0..options.rounds() {
                let (figures, seen) = undisturbed(options.repeats(), &peers, || {
                    let mut figures = vec![0.0; cases.len()];
                    for index in rotated(cases.len(), round) {
                        let started = Instant::now();
                        (cases[index].run)(calls[index]);
                        let took = started.elapsed();
                        figures[index] = took.as_secs_f64() * 1e9 / f64::from(calls[index]);
                    }
                    Ok(figures)
                })?;
                noise.add(seen);
                for (all, one) in nanos.iter_mut().zip(figures) {
                    all.push(one);
                }
            }
            Ok(Self {
                names: cases.iter().map(|case| case.name.clone()).collect(),
                samples: nanos.into_iter().map(Sample::new).collect(),
                noise,
            })
        })
    }

    /// What was measured of the case of this name; empty if it was not asked for.
    #[must_use]
    pub fn of(&self, name: &str) -> Sample {
        self.names
            .iter()
            .position(|case| case == name)
            .map(|index| self.samples[index].clone())
            .unwrap_or_default()
    }
}

/// The numbers below `count`, beginning with another one in every round.
pub fn rotated(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| (index + round) % count)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    #[test]
    fn every_case_is_first_in_some_round_and_runs_in_each() {
        for round in 0..3 {
            let mut order: Vec<usize> = rotated(3, round).collect();
            assert_eq!(order[0], round);
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2]);
        }
    }

    #[test]
    fn every_round_measures_every_case_beginning_with_another_one() {
        let ran = Rc::new(RefCell::new(Vec::new()));
        let case = |name: &'static str| {
            let ran = ran.clone();
            Case::new(name, move |calls| {
                ran.borrow_mut().push(name);
                for call in 0..calls {
                    std::hint::black_box(call);
                }
            })
        };
        let options = Options { quick: true, ..Options::default() };
        let rounds = Rounds::measure(&mut [case("a"), case("b")], &options).unwrap();
        assert!(rounds.of("a").median() > 0.0);
        assert!(rounds.of("absent").median().is_nan());
        // What came before were the attempts that found out how many calls fill a round.
        let ran = ran.borrow();
        let measured = &ran[ran.len() - 2 * options.rounds()..];
        assert_eq!(&measured[..4], ["a", "b", "b", "a"]);
    }
}
