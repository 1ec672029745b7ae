//! Light curves: laws that hold on any region in time bins.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

#[path = "support/time_slices.rs"]
mod time_slices;

use roi_estimators::{LightCurve, LightCurveOptions, LightCurveRun, TimeData, light_curve};
use roi_fit::Quiet;
use time_slices::{Observed, Sky};

fn curve_of(observed: &Observed, options: &LightCurveOptions) -> LightCurve {
    curve(observed, &observed.slices, options)
}

fn curve(observed: &Observed, data: &dyn TimeData, options: &LightCurveOptions) -> LightCurve {
    light_curve(&observed.whole, &observed.name, data, options, LightCurveRun::new(&mut Quiet)).unwrap()
}

#[test]
fn a_flare_is_recovered_in_its_bins_and_no_others() {
    let sky = Sky::new(2.0);
    println!("{} counts of the source", sky.expected_of_source());
    let factors = [1.0, 1.0, 1.0, 1.0, 6.0, 6.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let observed = sky.observe(&factors, 3);
    let start = std::time::Instant::now();
    let found = curve_of(&observed, &LightCurveOptions::default());
    println!("{:?}", start.elapsed());
    for bin in &found.bins {
        println!(
            "{:?} {:?} {} {:?} {:?}",
            bin.status,
            bin.number("flux"),
            bin.message,
            bin.number("ts"),
            bin.fixed.as_ref().map(|f| (f.ratio, f.ratio_err, f.loglike_fixed - f.loglike_const, f.excluded.clone()))
        );
    }
    println!("{:?} {:?}", found.variability, found.blocks);
}
