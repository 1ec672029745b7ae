//! Every optimizer of the registry finds the same maximum of real likelihoods, with the same errors.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use acceptance::data;
use roi_fit::{Analysis, FitOptions, FitResult};

fn fit(config: &std::path::Path, optimizer: &str) -> FitResult {
    let mut options = FitOptions::default();
    options.optimizer = optimizer.into();
    options.update = false;
    Analysis::open(config).unwrap().fit(&options).unwrap()
}

#[test]
fn all_agree_on_real_regions() {
    let Some(directory) = data::directory_or_skip("all_agree_on_real_regions") else { return };
    for config in
        ["gc-3fhl-srcmaps-small/config_fitA.yaml", "gc-3fhl-srcmaps-small/config_fitC.yaml", "crab-p7v6/config.yaml"]
    {
        let config = directory.join(config);
        let reference = fit(&config, "NEWTON");
        assert_eq!(reference.fit_quality, 3, "{}", reference.message);
        for optimizer in optimizers::registry().names() {
            let what = format!("{optimizer} on {}", config.display());
            let result = fit(&config, optimizer);
            assert!(result.fit_success && result.fit_quality == 3, "{what}: {}", result.message);
            assert!(reference.loglike - result.loglike < 1e-3, "{what}: logL {}", result.loglike);
            for row in 0..result.values.len() {
                let pull = (result.values[row] - reference.values[row]) / reference.errors[row];
                assert!(pull.abs() < 0.05, "{what}: {} off by {pull} sigma", result.par_names[row]);
                approx::assert_relative_eq!(result.errors[row], reference.errors[row], max_relative = 5e-3);
            }
        }
    }
}
