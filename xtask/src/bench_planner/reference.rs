//! What is known of the given scenarios: a certified lower bound of others, what Karpenter 1.13 pays, and how
//! far above our own bound a plan may be.

/// The figures of one scenario, in dollars per hour.
pub(super) struct Reference {
    name: &'static str,
    /// A configuration LP by column generation in Python and HiGHS, or a covering LP for `anti_5000`. `None`
    /// where none is known that has to be matched.
    pub(super) lower_bound: Option<f64>,
    /// Karpenter's real provisioning scheduler, the cheapest offering of each node claim.
    pub(super) karpenter: f64,
    /// The most that a plan may cost above our bound, as a share of it.
    at_most: f64,
}

impl Reference {
    /// The figures of the scenario of this name.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        REFERENCES.iter().find(|one| one.name == name)
    }

    /// How far above our bound the plan may be. In the loop only one scenario has a figure to reach.
    pub(super) fn over_bound(&self, quick: bool) -> Option<f64> {
        match (quick, self.name) {
            (false, _) => Some(self.at_most),
            (true, "diverse_5000") => Some(0.05),
            (true, _) => None,
        }
    }

    /// How much of the known bound ours must reach. That of the GPU trace was stopped by its time limit.
    pub(super) fn share_of_bound(&self) -> f64 {
        if self.name == "openb_gpu" { 0.98 } else { 0.995 }
    }
}

const fn row(name: &'static str, lower_bound: Option<f64>, karpenter: f64, at_most: f64) -> Reference {
    Reference { name, lower_bound, karpenter, at_most }
}

const REFERENCES: [Reference; 17] = [
    row("generic_500", Some(13.427), 14.632, 0.05),
    row("generic_5000", Some(130.78), 148.89, 0.05),
    row("generic_all_5000", Some(82.57), 430.41, 0.01),
    row("deploysnc_500", Some(43.271), 53.632, 0.03),
    row("deploysnc_5000", Some(336.87), 378.64, 0.03),
    row("deploysnc_all_5000", Some(322.68), 1056.7, 0.03),
    row("deploysnc_spot_5000", Some(92.29), 131.43, 0.05),
    row("deploys_500", Some(43.27), 53.02, 0.03),
    row("deploys_5000", Some(336.91), 390.66, 0.03),
    row("zonespread_5000", Some(336.87), 382.68, 0.03),
    row("anti_5000", Some(336.87), 424.53, 0.12),
    row("wide_1000", Some(121.47), 151.44, 0.03),
    row("diverse_500", Some(14.56), 22.33, 0.03),
    row("diverse_5000", Some(145.26), 215.87, 0.03),
    row("basic_1000", Some(123.76), 129.12, 0.01),
    row("openb_cpu_only", Some(785.70), 852.96, 0.02),
    row("openb_gpu", Some(7104.0), 13498.0, 0.05),
];
