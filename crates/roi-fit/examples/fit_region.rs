//! Open a region, free what is near its centre, fit, and look at the result.
//!
//! `cargo run --release -p roi-fit --example fit_region [config.yaml]`; without an argument a region is simulated first.

use roi_fit::{Analysis, FitOptions, Pars, Selection};
use roi_simulate::{SimulationOptions, simulate};

#[expect(clippy::print_stdout, reason = "an example shows its results")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = match std::env::args_os().nth(1) {
        Some(path) => path.into(),
        None => simulate(&SimulationOptions::default())?.write(&std::env::temp_dir().join("roi-fit-example"))?,
    };

    let mut roi = Analysis::open(config)?;
    roi.free_sources(&Selection::within(3.0), Pars::Norm, true)?;
    println!("{}", roi.print_params(false));

    let o = roi.fit(&FitOptions::default())?;
    println!("{}", roi.print_params(false));
    println!("quality {} ({}), logL {:.3}, gain {:.3}", o.fit_quality, o.message, o.loglike, o.dloglike);

    // Values and errors are in units of `value`, as in the XML; the scale is applied in the true ones.
    for row in 0..o.values.len() {
        let (value, error) = (o.true_values()[row], o.true_errors()[row]);
        println!("{} {}: {value:.4e} +/- {error:.1e}", o.src_names[row], o.par_names[row]);
    }
    for (name, source) in &o.sources {
        println!("{name}: TS {:.1}, npred {:.1}", source.ts.unwrap_or(f64::NAN), source.npred);
    }
    Ok(())
}
