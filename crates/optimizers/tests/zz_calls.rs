#![allow(warnings)]
mod support;
use ndarray::Array2;
use optimizers::*;
use support::classics::cases;
use support::{Exact, Formula, Number, OFFERS, bounded, fit, minimize, unbounded};
#[path = "truth/random_likelihoods.rs"]
mod random_likelihoods;
#[test]
fn zz_calls() {
    for tol in [1e-3, 1e-7] {
        let options = Options::default().with_tol(tol).with_max_calls(30_000).with_max_iterations(10_000);
        for name in ["MINUIT", "NEWMINUIT", "NEWTON", "LBFGS", "DRMNGB", "DRMNFB", "SIMPLEX"] {
            for offers in OFFERS {
                for (k, case) in cases().iter().enumerate() {
                    let m = fit(name, case.classic, offers, &case.problem, &options);
                    println!(
                        "C mgh{tol:e} {name} {offers:?} {k} {} q{} {:e}",
                        m.calls.total(),
                        u8::from(m.quality),
                        m.fval
                    );
                }
                if tol == 1e-3 && name != "SIMPLEX" && name != "DRMNFB" {
                    for seed in 0..100 {
                        let (strip, problem) = random_likelihoods::Strip::drawn(seed);
                        let m = fit(name, &strip, offers, &problem, &options);
                        println!(
                            "C like {name} {offers:?} {seed} {} q{} {:e}",
                            m.calls.total(),
                            u8::from(m.quality),
                            m.fval
                        );
                    }
                }
            }
        }
    }
}
