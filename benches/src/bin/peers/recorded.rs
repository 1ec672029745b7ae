//! The simulated region of the fermitools: our times of now beside the times that the C++ code needed on another machine of this kind.
//!
//! The C++ code is not run here: its times are recorded ones, on one core (it has one thread), of a machine with two cores. The ratio
//! is therefore one of different machines, unlike that of gammapy.

use std::time::Instant;

use benchmarks::open;
use likelihood_core::Workspace;

use crate::table::{Bar, head, median, row};
use crate::{Failure, Setting, program};

/// Prints our times beside the recorded ones.
///
/// # Errors
/// When the program fails on data that are there.
pub(crate) fn compare(setting: &Setting) -> Result<(), Failure> {
    let folder = setting.data.join("fermitools-roi");
    if !folder.is_dir() {
        println!("\nSKIPPED fermitools-roi: {} is not there", folder.display());
        return Ok(());
    }
    println!("\nC++ fermitools 2.5.0: RECORDED ELSEWHERE, one core of a 2-core machine; not run here.");
    head("fermitools");
    evaluation(&folder.join("config_edisp0.yaml"), "10 free", [0.0026, 0.0073], Bar::Ratio(20.0))?;
    evaluation(&folder.join("config_allfree_edisp0.yaml"), "44 free", [0.0098, 0.0326], Bar::None)?;

    let (mut ten, mut all, mut minos, mut process) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut qualities = Vec::new();
    let scratch = std::env::temp_dir().join(format!("roi-fit-peers-{}.xml", std::process::id()));
    let xml = scratch.to_string_lossy().into_owned();
    let [config, free] = ["config_edisp0.yaml", "config_allfree_edisp0.yaml"].map(|name| folder.join(name));
    for _ in 0..setting.repeats {
        let run = |config, options: &[&str]| program::fit(&setting.program, config, options);
        let alone = run(&config, &["--no-update"])?;
        let with_minos = run(&config, &["--no-update", "--minos"])?;
        let whole = run(&config, &["--xml", &xml])?;
        let many = run(&free, &["--no-update"])?;
        ten.push(alone.fit);
        minos.push(with_minos.fit - alone.fit);
        process.push(whole.process);
        all.push(many.fit);
        qualities = [alone, with_minos, whole, many].map(|run| run.quality).to_vec();
    }
    let _ = std::fs::remove_file(&scratch);
    row("fit, 10 free (theirs: NEWMINUIT with HESSE)", median(&ten), 0.85, Bar::Ratio(50.0));
    row("MINOS of the 10", median(&minos), 3.6, Bar::Ratio(50.0));
    row("fit, 44 free (theirs ended with status 156)", median(&all), 25.4, Bar::Ratio(200.0));
    row("process start to written result, 10 free", median(&process), 5.0, Bar::Seconds(0.5));
    println!("qualities of our four fits: {qualities:?}; MINOS is the fit with it less the fit without.");
    edisp(setting, &folder.join("config_edisp2.yaml"));
    Ok(())
}

/// The same with energy dispersion, where the program has it.
fn edisp(setting: &Setting, config: &std::path::Path) {
    let runs: Result<Vec<_>, _> =
        (0..setting.repeats).map(|_| program::fit(&setting.program, config, &["--no-update"])).collect();
    match runs {
        Ok(runs) => {
            let times: Vec<f64> = runs.iter().map(|run| run.fit).collect();
            row("fit, 10 free, edisp_bins 2", median(&times), 2.5, Bar::None);
        }
        Err(reason) => println!("SKIPPED edisp_bins 2: {reason}"),
    }
}

/// One value, and one value with the gradient.
fn evaluation(config: &std::path::Path, free: &str, recorded: [f64; 2], bar: Bar) -> Result<(), Failure> {
    const EVALUATIONS: usize = 50;
    let (roi, data) = open(config)?;
    let mut work = Workspace::new(&data, &roi, &[])?;
    let start = roi.free_values();
    let mut gradient = vec![0.0; start.len()];
    let (mut value, mut both) = (Vec::new(), Vec::new());
    for i in 0..EVALUATIONS {
        let factor = if i % 2 == 0 { 1.0001 } else { 1.0 };
        let values: Vec<f64> = start.iter().map(|value| value * factor).collect();
        let clock = Instant::now();
        std::hint::black_box(data.value(&values, &mut work)?);
        value.push(clock.elapsed().as_secs_f64());
        let clock = Instant::now();
        std::hint::black_box(data.gradient(&values, &mut work, &mut gradient)?);
        both.push(clock.elapsed().as_secs_f64());
    }
    row(&format!("one logL, {free}"), median(&value), recorded[0], Bar::None);
    row(&format!("logL and gradient, {free}"), median(&both), recorded[1], bar);
    Ok(())
}
