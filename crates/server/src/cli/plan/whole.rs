//! A whole cluster: gather, ask, show.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Result, ensure};
use cloud::PriceBook;
use cluster::ClusterState;
use model::{Clock as _, Node};
use planner::{NodeIndex, PlanningInput, Policies, Question};

use super::report::PlanReport;
use super::{PlanArgs, PlanFormat, ask, explain, manifest, policies, text};
use crate::app::planning::{Facts, Pools};
use crate::cli::cluster::NotListed;
use crate::cli::host::SystemClock;
use crate::cli::output::{Style, print_value};

/// A cluster, and what the planner is asked with.
pub(super) struct Whole {
    pub(super) state: ClusterState,
    pub(super) prices: PriceBook,
    pub(super) input: PlanningInput,
    pub(super) not_listed: Vec<NotListed>,
}

/// Plans and writes; whether the plan changes anything.
pub(super) async fn run(args: &PlanArgs, out: &mut dyn Write) -> Result<bool> {
    let changes = manifest::read(&args.manifest)?;
    let whole = gather(args).await?;
    if let Some(changes) = changes {
        return manifest::run(&whole, changes, args, out);
    }
    let question = Question::Rebalance { nodes: chosen(args, &whole.input)? };
    let subjects = explain::subjects(&args.explain, &whole.input)?;
    let answer = ask::ask(&whole.input, &question, args)?;
    if let Some(path) = &args.certificate {
        ask::write_certificate(&whole.input, &answer.plan, path)?;
    }
    if subjects.is_empty() {
        let report = PlanReport::new(&whole, &answer);
        match args.output {
            PlanFormat::Table => text::write(&report, Style::for_stdout(), out)?,
            format => print_value(out, format.into(), &report)?,
        }
    } else {
        explain::write(&whole.input, &answer.plan, &subjects, args.output, out)?;
    }
    let plan = &answer.plan;
    Ok(!plan.removed.is_empty()
        || !plan.moves.is_empty()
        || plan.nodes.len() != whole.input.cluster.nodes.len())
}

async fn gather(args: &PlanArgs) -> Result<Whole> {
    let prices = args.prices.book()?;
    let house = policies::read(args.policies.as_deref())?;
    let reading = args.cluster.read().await?;
    let not_listed = reading.not_listed.clone();
    let state = reading.finish();
    let nodes: Vec<Arc<Node>> = args.prices.placed(&state).collect();
    ensure!(!nodes.is_empty(), "there are no nodes in it, so there is nothing to plan");
    let policies =
        Policies { spot: args.spot.map_or(house.policies.spot, Into::into), ..house.policies.clone() };
    let mut pools = match house.own_templates_only {
        true => Pools { templates: Vec::new(), of_nodes: vec![None; nodes.len()] },
        false => Pools::of(&nodes, prices.catalog(), policies.spot),
    };
    house.change(&mut pools.templates);
    let facts = Facts {
        state: &state,
        nodes,
        prices: &prices,
        pools,
        policies,
        commitments: house.commitments.clone(),
        now: SystemClock.now(),
    };
    let input = facts.planning_input();
    Ok(Whole { state, prices, input, not_listed })
}

/// The nodes that may go; `None` for all.
fn chosen(args: &PlanArgs, input: &PlanningInput) -> Result<Option<Vec<NodeIndex>>> {
    let Some(selector) = &args.only_nodes else { return Ok(None) };
    let nodes = input.cluster.nodes.iter().enumerate();
    let chosen: Vec<NodeIndex> =
        nodes.filter(|(_, owned)| selector.matches(&owned.node.labels)).map(|(index, _)| index).collect();
    ensure!(!chosen.is_empty(), "--only-nodes selects none of the {} nodes", input.cluster.nodes.len());
    Ok(Some(chosen))
}
