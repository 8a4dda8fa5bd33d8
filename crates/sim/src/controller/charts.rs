//! Helm releases, as far as the server sees them: which are there. They make no pods here.

use std::collections::BTreeMap;

use super::action::{ChartRelease, ChartUpsert};
use super::execute::Outcome;

/// Releases by namespace and name, with the versions they had.
#[derive(Debug, Default)]
pub(super) struct Charts(BTreeMap<(String, String), Vec<String>>);

impl Charts {
    pub(super) fn upsert(&mut self, chart: &ChartUpsert) -> Outcome {
        let source = &chart.chart_source;
        for (field, value) in
            [("repoUrl", &source.repo_url), ("name", &source.name), ("version", &source.version)]
        {
            if value.is_empty() {
                return Err(format!("validating chart source: {field}: chart field is not set"));
            }
        }
        let key = (chart.namespace.clone(), chart.release_name.clone());
        self.0.entry(key).or_default().push(source.version.clone());
        Ok(())
    }

    pub(super) fn uninstall(&mut self, release: &ChartRelease) -> Outcome {
        let ChartRelease { namespace, release_name, .. } = release;
        match self.0.remove(&(namespace.clone(), release_name.clone())) {
            Some(_) => Ok(()),
            None => Err(format!(
                "chart uninstall failed, name={release_name}, namespace={namespace}: uninstall: \
                 Release not loaded: {release_name}: release: not found"
            )),
        }
    }

    /// Goes one version back, if `version` is that of the cluster; otherwise there is nothing to do.
    pub(super) fn rollback(&mut self, release: &ChartRelease, cluster_version: &str) -> Outcome {
        let ChartRelease { namespace, release_name, version } = release;
        if version != cluster_version {
            return Ok(());
        }
        let Some(versions) = self.0.get_mut(&(namespace.clone(), release_name.clone())) else {
            return Err(format!(
                "chart rollback failed, name={release_name}, namespace={namespace}: release: not found"
            ));
        };
        if versions.len() > 1 {
            versions.pop();
        }
        Ok(())
    }
}
