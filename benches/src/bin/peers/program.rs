//! Our side: the release program, a fresh process for every run.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::Failure;

/// One run of `roi-fit fit`.
pub(crate) struct Run {
    /// The fit alone, without start, files and update, seconds.
    pub(crate) fit: f64,
    /// From the start of the process to its end, results written, seconds.
    pub(crate) process: f64,
    /// The maximum of `logL`.
    pub(crate) loglike: f64,
    /// The gain from the start.
    pub(crate) gain: f64,
    /// Number of free parameters.
    pub(crate) free: usize,
    /// Quality of the fit, 0 to 3.
    pub(crate) quality: u64,
}

/// Runs `roi-fit fit CONFIG OPTIONS --json -`.
///
/// # Errors
/// When the program cannot start, fails, or prints what is no result.
pub(crate) fn fit(program: &Path, config: &Path, options: &[&str]) -> Result<Run, Failure> {
    let mut command = Command::new(program);
    command.arg("fit").arg(config).args(options).args(["--json", "-"]);
    let start = Instant::now();
    let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
    let process = start.elapsed().as_secs_f64();
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("roi-fit fit {}: {}", config.display(), reason.trim()).into());
    }
    let result: Value = serde_json::from_slice(&output.stdout)?;
    let number = |pointer: &str| {
        let missing = || format!("roi-fit fit {}: no {pointer} in the result", config.display());
        result.pointer(pointer).and_then(Value::as_f64).ok_or_else(missing)
    };
    Ok(Run {
        fit: number("/timing/fit")?,
        process,
        loglike: number("/loglike")?,
        gain: number("/dloglike")?,
        free: result["values"].as_array().map_or(0, Vec::len),
        quality: result["fit_quality"].as_u64().unwrap_or(0),
    })
}
