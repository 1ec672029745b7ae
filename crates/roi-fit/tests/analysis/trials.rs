//! Many fits of the same data at once: each gets what it would get alone.

use rayon::prelude::*;
use roi_fit::{FitOptions, Quiet, Session};
use roi_simulate::{SimulationOptions, simulate};

/// Everything that a fit from another start says.
fn trial(session: &Session, options: &FitOptions, number: usize) -> String {
    let mut session = session.clone();
    let mut values = session.roi().free_values();
    let moved = number % values.len();
    values[moved] *= 1.0 + 2e-3 * number as f64;
    session.roi_mut().set_free_values(&values).unwrap();
    let mut result = roi_fit::fit(&mut session, options, &mut Quiet).unwrap();
    result.timing = roi_fit::Timing::default();
    // Debug output of floating-point numbers tells every bit.
    format!("{result:?} {:?} {:?}", session.roi().free_values(), session.loglike().unwrap())
}

#[test]
fn sixty_four_fits_from_a_pool_have_the_bits_of_fits_one_after_the_other() {
    let options = SimulationOptions::default().with_npix(24).with_ebins(6).with_sources(3).with_components(2);
    let simulated = simulate(&options).unwrap();
    let mut session = Session::new(simulated.start.clone(), simulated.likelihood().unwrap());
    session.loglike().unwrap();
    for optimizer in ["NEWTON", "MINUIT"] {
        let mut options = FitOptions::default();
        options.optimizer = optimizer.into();
        let serial: Vec<String> = (0..64).map(|number| trial(&session, &options, number)).collect();
        assert!(serial.windows(2).all(|pair| pair[0] != pair[1]), "every trial is another one");
        let alone = session.clone().on_one_thread();
        for threads in [1, 2, 4] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for session in [&session, &alone] {
                let all = || (0..64).into_par_iter().map(|number| trial(session, &options, number)).collect();
                let side_by_side: Vec<String> = pool.install(all);
                assert_eq!(side_by_side, serial, "{optimizer}, {threads} threads");
            }
        }
    }
}
