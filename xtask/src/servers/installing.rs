//! Installs servers, and says what it does while it does it.

use std::{path::Path, thread, time::Instant};

use testing_servers::{Recipe, Source, place};

use super::Choice;
use crate::{
    Result, disk,
    install::{self, Had},
};

/// Installs what is chosen and not there. One that cannot be had keeps no other from being
/// installed.
///
/// # Errors
///
/// If one cannot be had; says which and why, in a line each.
pub(crate) fn install(choice: &Choice) -> Result<()> {
    let place = place();
    // The network is slow and so is pip: the two kinds do not wait for each other.
    let (debian, others): (Vec<_>, Vec<_>) =
        choice.recipes().partition(|recipe| matches!(recipe.set.source, Source::Debian { .. }));
    let mut failures = thread::scope(|scope| {
        let beside = scope.spawn(|| install_all(&others, &place));
        let mut failures = install_all(&debian, &place);
        failures.extend(beside.join().unwrap_or_else(|_| vec!["installing panicked".to_owned()]));
        failures
    });
    failures.sort();
    match failures.len() {
        0 => Ok(()),
        _ => Err(failures.join("\n       ").into()),
    }
}

fn install_all(recipes: &[&Recipe], place: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    for recipe in recipes {
        let name = recipe.set.name;
        let begin = Instant::now();
        match install::server(&recipe.set, place) {
            Ok(Had::Own(file)) => println!("{name} is on the PATH: {file}"),
            Ok(Had::Before) => println!("{name} is installed"),
            Ok(Had::Installed) => {
                println!("{name} was installed in {:.1} s", begin.elapsed().as_secs_f64());
            }
            // What to do about a full disk is said once, for all of them.
            Err(error) if disk::says_full(&error.to_string()) => {
                failures.push(format!("{name} cannot be had: {error}"));
            }
            Err(error) => failures.push(format!(
                "{name} cannot be had: {error} (leave its tests out: cargo xtask test --without {name})"
            )),
        }
    }
    failures
}
