//! What a benchmark hands back: tables, goals, and how far to believe them.

use std::{fmt, io, path::Path};

use serde_json::{Value, json};

use super::{Goal, Noise, Table};

/// The figures of one benchmark.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// Its name on the command line.
    pub name: &'static str,
    /// What was measured, and what should be known when reading it.
    pub notes: Vec<String>,
    /// The tables, each with its title.
    pub tables: Vec<(String, Table)>,
    /// What must be reached.
    pub goals: Vec<Goal>,
    /// How undisturbed it was; `None` where noise does not matter.
    pub noise: Option<Noise>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Whether every goal was measured and reached.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.goals.iter().all(|goal| goal.is_reached() == Some(true))
    }

    /// Writes reports to a file, for other programs.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn save(reports: &[Self], file: &Path) -> io::Result<()> {
        let all: Vec<Value> = reports.iter().map(Self::to_json).collect();
        std::fs::write(file, serde_json::to_vec_pretty(&all)?)
    }

    fn to_json(&self) -> Value {
        let tables = self
            .tables
            .iter()
            .map(|(title, table)| json!({ "title": title, "rows": table.rows() }))
            .collect::<Vec<_>>();
        json!({
            "name": self.name,
            "quiet": self.noise.as_ref().is_none_or(Noise::is_quiet),
            "tables": tables,
            "goals": self.goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "== {} ==", self.name)?;
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        for (title, table) in &self.tables {
            write!(f, "\n{title}\n{table}")?;
        }
        if !self.goals.is_empty() {
            writeln!(f, "\nGoals")?;
        }
        for goal in &self.goals {
            writeln!(f, "{goal}")?;
        }
        if let Some(noise) = &self.noise {
            writeln!(f, "\nNoise: {noise}")?;
        }
        Ok(())
    }
}
