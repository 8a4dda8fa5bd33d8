//! Agreement by plugin, and the differences.

use std::collections::BTreeMap;
use std::fmt;

use planner::Refusal;

use super::case::{Case, Verdict};

/// How the two implementations are called.
const IMPLEMENTATIONS: [&str; 2] = ["rules", "check"];

/// Cases where the scheduler differs from its documentation: ours may follow either.
const QUIRK: &str = "h-quirk-";

/// What has been compared.
#[derive(Default)]
pub(super) struct Report {
    /// By the plugin that refuses first (`fits` where none does): verdicts, and how many each
    /// implementation agrees with.
    by_plugin: BTreeMap<String, (usize, [usize; 2])>,
    different: Vec<String>,
    quirks: Vec<String>,
    cases: usize,
}

impl Report {
    pub(super) fn add(&mut self, case: &Case) {
        self.cases += 1;
        for (at, said) in [case.by_rules(), case.by_check()].iter().enumerate() {
            self.compare(case, at, said);
        }
    }

    fn compare(&mut self, case: &Case, implementation: usize, said: &[Option<Refusal>]) {
        for (at, verdict) in case.verdicts.iter().enumerate() {
            let plugin = if verdict.fits { "fits" } else { &verdict.plugin };
            let ours = said.get(at);
            let agrees = ours.is_some_and(|ours| agrees(case, verdict, ours.as_ref()));
            let (verdicts, agreeing) = self.by_plugin.entry(plugin.to_owned()).or_default();
            *verdicts += usize::from(implementation == 0);
            agreeing[implementation] += usize::from(agrees);
            if agrees {
                continue;
            }
            let ours = match ours {
                None => "nothing, there is no such node".to_owned(),
                Some(None) => "fits".to_owned(),
                Some(Some(refusal)) => refusal.to_string(),
            };
            let (id, note, node) = (&case.id, &case.note, &verdict.node);
            let who = IMPLEMENTATIONS[implementation];
            let line = format!("{id} ({note}), node {node}: the scheduler says {plugin}, {who} says {ours}");
            let list = if id.starts_with(QUIRK) { &mut self.quirks } else { &mut self.different };
            list.push(line);
        }
    }

    /// How many verdicts differ, quirks aside.
    pub(super) fn differences(&self) -> usize {
        self.different.len()
    }
}

/// Whether we say the same, and name a plugin that refuses. Where the pod is refused as a whole the
/// scheduler asks no further plugins, so that ours may be another.
fn agrees(case: &Case, verdict: &Verdict, ours: Option<&Refusal>) -> bool {
    match ours {
        None => verdict.fits,
        Some(_) if verdict.fits => false,
        Some(_) if case.is_prefiltered => true,
        Some(refusal) => {
            let plugin = refusal.rule.plugin();
            verdict.plugin == plugin || verdict.also.iter().any(|also| also.plugin == plugin)
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:>10}{:>10}{:>10}", "first to refuse", "verdicts", "rules", "check")?;
        let mut all = (0, [0; 2]);
        for (plugin, (verdicts, [rules, check])) in &self.by_plugin {
            writeln!(f, "{plugin:<24}{verdicts:>10}{rules:>10}{check:>10}")?;
            all = (all.0 + verdicts, [all.1[0] + rules, all.1[1] + check]);
        }
        writeln!(f, "{:<24}{:>10}{:>10}{:>10}", "all", all.0, all.1[0], all.1[1])?;
        for line in &self.different {
            writeln!(f, "different: {line}")?;
        }
        for line in &self.quirks {
            writeln!(f, "quirk, not counted: {line}")?;
        }
        writeln!(f, "{} situations, {} differences", self.cases, self.differences())
    }
}
