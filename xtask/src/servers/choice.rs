//! Which servers are meant.

use testing_servers::{RECIPES, Recipe};

/// A choice of servers: all, or those that were named, without those that were left out.
#[derive(Debug, Default, Clone)]
pub(crate) struct Choice {
    only: Vec<&'static str>,
    without: Vec<&'static str>,
}

impl Choice {
    /// Names one.
    pub(crate) fn only(&mut self, name: &str) -> Result<(), lexopt::Error> {
        self.only.push(known(name)?);
        Ok(())
    }

    /// Leaves one out.
    pub(crate) fn without(&mut self, name: &str) -> Result<(), lexopt::Error> {
        self.without.push(known(name)?);
        Ok(())
    }

    /// Those that are chosen, in the order of their names.
    pub(crate) fn recipes(&self) -> impl Iterator<Item = &'static Recipe> {
        RECIPES.iter().filter(|recipe| {
            let name = recipe.set.name;
            let named = self.only.is_empty() || self.only.contains(&name);
            named && !self.without.contains(&name)
        })
    }

    /// The names of those that were left out, in the order of their names.
    pub(crate) fn left_out(&self) -> Vec<&'static str> {
        let names = RECIPES.iter().map(|recipe| recipe.set.name);
        names.filter(|name| self.without.contains(name)).collect()
    }

    /// What a test program is told so that it leaves out the tests that need what is left out.
    pub(crate) fn skips(&self) -> Vec<String> {
        let left_out = RECIPES.iter().filter(|recipe| self.without.contains(&recipe.set.name));
        // The colons keep the module of one server from being the beginning of another's.
        left_out
            .flat_map(|recipe| ["--skip".to_owned(), format!("{}::", recipe.set.module())])
            .collect()
    }
}

fn known(name: &str) -> Result<&'static str, lexopt::Error> {
    let mut names = RECIPES.iter().map(|recipe| recipe.set.name);
    names.clone().find(|known| *known == name).ok_or_else(|| {
        let first = names.next().unwrap_or_default().to_owned();
        let all = names.fold(first, |all, name| all + ", " + name);
        format!("there is no server '{name}'; there are {all}").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_skipped_by_the_module_its_tests_stand_in() {
        let mut choice = Choice::default();
        assert!(choice.skips().is_empty() && choice.left_out().is_empty());
        choice.without("victoria-metrics").unwrap();
        choice.without("influxdb").unwrap();
        choice.without("influxdb").unwrap();
        let skips = ["--skip", "with_influxdb::", "--skip", "with_victoria_metrics::"];
        assert_eq!(choice.skips(), skips);
        assert_eq!(choice.left_out(), ["influxdb", "victoria-metrics"]);
    }

    #[test]
    fn a_name_that_nobody_has_is_told_with_those_there_are() {
        let error = Choice::default().without("rdis").unwrap_err().to_string();
        assert!(error.contains("'rdis'") && error.contains("influxdb, "), "{error}");
    }
}
