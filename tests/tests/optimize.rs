//! `optimize` on real counts from the Galactic centre.

use acceptance::data;
use roi_fit::{Analysis, OptimizeOptions};

#[test]
fn optimize_climbs_and_leaves_the_flags_alone() {
    let Some(directory) = data::directory_or_skip("optimize_climbs_and_leaves_the_flags_alone") else { return };
    for optimizer in ["MINUIT", "NEWTON"] {
        let mut analysis = Analysis::open(directory.join("gc-3fhl-srcmaps-small/config_fitA.yaml")).unwrap();
        let free = analysis.roi().free_parameters();
        let mut options = OptimizeOptions::default();
        options.fit.optimizer = optimizer.into();

        let first = analysis.optimize(&options).unwrap();
        assert!(first.loglike1 > first.loglike0, "{optimizer}: {} -> {}", first.loglike0, first.loglike1);
        let mut last = first.loglike0;
        for step in &first.steps {
            assert!(step.fit_success, "{optimizer}: {step:?}");
            assert!(step.loglike >= last - 1e-12 * last.abs(), "{optimizer} lost logL: {step:?}");
            last = step.loglike;
        }
        assert_eq!(analysis.roi().free_parameters(), free, "{optimizer}");

        let second = analysis.optimize(&options).unwrap();
        assert!(second.dloglike >= 0.0 && second.dloglike < first.dloglike, "{optimizer}: {}", second.dloglike);
    }
}
