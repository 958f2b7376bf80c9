//! What a hello-world service pulls in, and how large its binary is.
//!
//! Each service is a package in a workspace of its own, written to the target folder: as members of
//! one workspace they would share the features of what they depend on, and the lightest of them
//! would be built with those of the heaviest. The lock file is the workspace's, so the versions are
//! those that everything else is tested with.

mod package;

use std::io;

use crate::harness::{Goal, Options, Report, Table};
use package::{Package, Weight};

const PACKAGES: [Package; 4] = [
    Package {
        name: "hyper",
        what: "hyper, by hand",
        manifest: include_str!("../../weight/hyper.toml"),
        program: include_str!("../../weight/hyper.rs"),
    },
    Package {
        name: "oxkit",
        what: "oxkit straight on hyper",
        manifest: include_str!("../../weight/oxkit.toml"),
        program: include_str!("../../weight/oxkit.rs"),
    },
    Package {
        name: "axum",
        what: "axum",
        manifest: include_str!("../../weight/axum.toml"),
        program: include_str!("../../weight/axum.rs"),
    },
    Package {
        name: "oxkit-axum",
        what: "oxkit mounted in axum",
        manifest: include_str!("../../weight/oxkit-axum.toml"),
        program: include_str!("../../weight/oxkit-axum.rs"),
    },
];

/// Builds and weighs the services.
///
/// # Errors
///
/// One of them does not build.
pub fn run(options: &Options) -> io::Result<Report> {
    let mut report = Report::new("weight");
    report.notes.push(
        "A service that answers JSON with JSON, default release profile, stripped. Crates are those \
         of\n`cargo tree -e normal,build`, each version once, without the service itself."
            .to_owned(),
    );
    let mut weights = Vec::new();
    for package in PACKAGES.iter().filter(|package| options.wants(package.name)) {
        println!("building hello on {} ...", package.what);
        let weight = package.weigh()?;
        for other in &weight.not_locked {
            report.notes.push(format!("not in our lock file: {other}, for {}", package.what));
        }
        weights.push((package, weight));
    }
    println!();
    report.tables.push(("Hello in JSON".to_owned(), table(&weights)));
    report.goals = goals(&weights);
    let core = package::core_crates()? as f64;
    report.goals.push(Goal::at_most("oxkit-core, crates from elsewhere", 2.0, core, "crates"));
    Ok(report)
}

fn table(weights: &[(&Package, Weight)]) -> Table {
    let mut table = Table::new(&["service", "crates", "binary, KiB", "x axum's"]);
    let axum = find(weights, "axum").1;
    for (package, weight) in weights {
        table.row(vec![
            package.what.to_owned(),
            weight.crates.to_string(),
            format!("{:.0}", weight.bytes as f64 / 1024.0),
            format!("{:.2}", weight.bytes as f64 / axum),
        ]);
    }
    table
}

fn goals(weights: &[(&Package, Weight)]) -> Vec<Goal> {
    let (ours, axum, mounted) =
        (find(weights, "oxkit"), find(weights, "axum"), find(weights, "oxkit-axum"));
    vec![
        Goal::at_most("straight on hyper, crates", 42.0, ours.0, "crates"),
        Goal::at_most("straight on hyper, binary over axum's", 1.0, ours.1 / axum.1, "x"),
        Goal::at_most("mounted in axum, crates more than axum", 8.0, mounted.0 - axum.0, "crates"),
    ]
}

/// Crates and bytes; not numbers if it was not weighed.
fn find(weights: &[(&Package, Weight)], name: &str) -> (f64, f64) {
    let found = weights.iter().find(|(package, _)| package.name == name);
    found.map_or((f64::NAN, f64::NAN), |(_, weight)| (weight.crates as f64, weight.bytes as f64))
}
