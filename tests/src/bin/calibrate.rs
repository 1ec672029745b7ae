//! Draws from known truths, fits, and writes what comes of it: `calibrate docs/calibration.md`, with `--draws FACTOR` more or fewer draws than usual; with
//! `--short` few draws, which must obey their laws, and nothing is written without a path.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use acceptance::calibration::draws::Sizes;
use acceptance::calibration::page::Calibration;

const USAGE: &str = "calibrate [--short] [--draws FACTOR] [PAGE]";

/// What was asked for.
struct Asked {
    short: bool,
    factor: f64,
    page: Option<PathBuf>,
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked { short: false, factor: 1.0, page: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--short" => asked.short = true,
            "--draws" => {
                let factor = words.next().and_then(|factor| factor.parse::<f64>().ok());
                let is_possible = |factor: &f64| (1e-3..=1e3).contains(factor);
                asked.factor = factor.filter(is_possible).ok_or("--draws takes a factor from 0.001 to 1000")?;
            }
            _ if !word.starts_with("--") && asked.page.is_none() => asked.page = Some(word.into()),
            _ => return Err(format!("`{word}` is not known: {USAGE}")),
        }
    }
    Ok(asked)
}

#[expect(clippy::print_stderr, reason = "this is a command-line tool")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    let asked = asked()?;
    let sizes = if asked.short { Sizes::short() } else { Sizes::long() }.times(asked.factor);
    let start = Instant::now();
    let found =
        Calibration::measure(sizes, |what| eprintln!("calibrate: {:6.1} s, {what}", start.elapsed().as_secs_f64()))?;
    eprintln!("calibrate: {:6.1} s in all", start.elapsed().as_secs_f64());
    let broken = found.broken();
    for law in &broken {
        eprintln!("  NOT MET: {law}");
    }
    if let Some(page) = &asked.page {
        found.write(page, &sizes.words())?;
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
