//! The Galactic centre, real counts: one evaluation and three fits, ours and gammapy's in turn.
//!
//! Both sides have the same counts, sources, start and free parameters. They integrate differently (see the Python file), so their
//! likelihoods have maxima of their own: each is held against its own reference, ours against the certified optimum, gammapy's against what a
//! recorded run of it reached.

use std::path::Path;
use std::time::Instant;

use benchmarks::open;
use likelihood_core::Workspace;
use serde_json::Value;

use crate::gammapy::Gammapy;
use crate::table::{Bar, head, median, row};
use crate::{Failure, Setting, program};

/// A fit of the comparison.
struct Case {
    /// Its name on the Python side.
    name: &'static str,
    what: &'static str,
    config: &'static str,
    /// Options of `roi-fit fit` besides those of all cases.
    options: &'static [&'static str],
    bar: Bar,
}

impl Case {
    /// Options of `roi-fit fit`.
    fn all_options(&self) -> Vec<&'static str> {
        [&["--no-update"], self.options].concat()
    }
}

const CASES: [Case; 3] = [
    Case { name: "A", what: "fit A, 9 norms", config: "config_fitA.yaml", options: &[], bar: Bar::Ratio(500.0) },
    Case {
        name: "B",
        what: "fit B, 14: A, 4 shapes, the isotropic norm",
        config: "config_fitA.yaml",
        options: &[
            "--free=isodiff:Normalization",
            "--free=galdiff:Index",
            "--free=3FHL J1745.6-2900:Index",
            "--free=3FHL J1745.8-3028e:Index",
            "--free=3FHL J1746.2-2852:Index",
        ],
        bar: Bar::None,
    },
    Case {
        name: "C",
        what: "fit C, 33: 15 sources, diffuse, shapes too",
        config: "config_fitC.yaml",
        options: &[],
        bar: Bar::Ratio(200.0),
    },
];

/// How often the likelihood is evaluated.
const EVALUATIONS: usize = 20;
/// How near to its reference a side must end, in logL.
const NEAR: f64 = 0.02;

/// Runs and prints the comparison.
///
/// # Errors
/// When the program fails. What gammapy cannot do is told and left out.
pub(crate) fn compare(setting: &Setting, python: &Path) -> Result<(), Failure> {
    let folder = setting.data.join("gc-3fhl-srcmaps");
    if !folder.is_dir() {
        println!("\nSKIPPED the Galactic centre: {} is not there", folder.display());
        return Ok(());
    }
    // Our own failures must not look like a peer that is missing. These runs warm the file cache too.
    for case in &CASES {
        program::fit(&setting.program, &folder.join(case.config), &case.all_options())?;
    }
    let mut gammapy = match Gammapy::start(python, &setting.data) {
        Ok(gammapy) => gammapy,
        Err(reason) => {
            println!("\nSKIPPED gammapy on the Galactic centre: {reason}");
            return Ok(());
        }
    };
    head("gammapy");
    if let Err(reason) = evaluations(&folder, &mut gammapy) {
        println!("SKIPPED one evaluation: {reason}");
    }
    let mut checks = Vec::new();
    for case in &CASES {
        match fits(setting, &folder, case, &mut gammapy) {
            Ok(found) => checks.extend(found),
            Err(reason) => println!("SKIPPED {}: {reason}", case.what),
        }
    }
    println!(
        "\nFits: ours is `timing.fit` of the program with its default optimizer, gammapy's is `Fit.run`; both with covariance."
    );
    println!("logL of both ends, the gain from the start, and how far each is from its reference (near: {NEAR}):");
    for check in &checks {
        println!("  {check}");
    }
    Ok(())
}

/// One value of the likelihood after all nine norms have changed.
fn evaluations(folder: &Path, gammapy: &mut Gammapy) -> Result<(), Failure> {
    let (roi, data) = open(&folder.join("config_fitA.yaml"))?;
    let mut work = Workspace::new(&data, &roi, &[])?;
    let start = roi.free_values();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for i in 0..EVALUATIONS {
        let factor = if i % 2 == 0 { 1.001 } else { 1.0 };
        let values: Vec<f64> = start.iter().map(|value| value * factor).collect();
        let clock = Instant::now();
        std::hint::black_box(data.value(&values, &mut work)?);
        ours.push(clock.elapsed().as_secs_f64());
        theirs.push(seconds(&gammapy.ask("value")?)?);
    }
    row("one logL, 9 norms changed", median(&ours), median(&theirs), Bar::None);
    Ok(())
}

fn fits(setting: &Setting, folder: &Path, case: &Case, gammapy: &mut Gammapy) -> Result<Vec<String>, Failure> {
    let options = case.all_options();
    let (mut ours, mut theirs, mut last) = (Vec::new(), Vec::new(), None);
    for _ in 0..setting.repeats {
        let run = program::fit(&setting.program, &folder.join(case.config), &options)?;
        ours.push(run.fit);
        let answer = gammapy.ask(case.name)?;
        if let Some(limit) = answer.get("stopped").and_then(Value::as_f64) {
            // The ratio is then a lower limit; asking again would only cost as much time again.
            row(&format!("{} (gammapy: stopped)", case.name), median(&ours), limit, case.bar);
            return Ok(vec![format!("{}, gammapy: stopped after {limit} s without a result", case.name)]);
        }
        theirs.push(seconds(&answer)?);
        last = Some((run, answer));
    }
    row(case.what, median(&ours), median(&theirs), case.bar);
    let Some((run, answer)) = last else { return Ok(Vec::new()) };
    let number = |key: &str| answer.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    if number("free") != run.free as f64 {
        return Err(format!("{} parameters are free here, {} in gammapy", run.free, number("free")).into());
    }
    let certified = reference(&folder.join("reference.json"), &format!("/fits/{}/newton/logL", case.name));
    let recorded = reference(
        &setting.data.join("reference/gammapy-gc.json"),
        match case.name {
            "A" => "/fit_a_tight/total_stat",
            "B" => "/fit_b14/stat",
            _ => "",
        },
    )
    .map(|stat| -0.5 * stat);
    Ok(vec![
        format!(
            "{}, ours:    {:.4}, gain {:.4}, quality {}; {}",
            case.name,
            run.loglike,
            run.gain,
            run.quality,
            apart("the certified optimum", run.loglike, certified)
        ),
        format!(
            "{}, gammapy: {:.4}, gain {:.4}, {} calls, npred {:.1} of {} counts; {}",
            case.name,
            number("loglike"),
            number("loglike") - number("initial"),
            number("calls"),
            number("npred"),
            number("counts"),
            apart("its recorded run", number("loglike"), recorded)
        ),
    ])
}

/// How far an end is from its reference, in words.
fn apart(what: &str, found: f64, reference: Option<f64>) -> String {
    match reference {
        None => format!("{what} does not cover this fit"),
        Some(expected) => {
            let difference = found - expected;
            let verdict = if difference.abs() <= NEAR { "near" } else { "NOT NEAR" };
            format!("{difference:+.2e} from {what}: {verdict}")
        }
    }
}

/// A number of a reference file, if it has it.
fn reference(path: &Path, pointer: &str) -> Option<f64> {
    let text = std::fs::read_to_string(path).ok()?;
    let whole: Value = serde_json::from_str(&text).ok()?;
    whole.pointer(pointer).and_then(Value::as_f64)
}

fn seconds(answer: &Value) -> Result<f64, Failure> {
    Ok(answer.get("seconds").and_then(Value::as_f64).ok_or("gammapy: an answer without seconds")?)
}
