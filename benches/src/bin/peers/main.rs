//! The program beside its peers, in one run: gammapy with iminuit where they are installed, and the recorded times of the C++
//! fermitools. `cargo xtask bench --peers` installs the peers and calls this.
//!
//! ```text
//! peers PROGRAM DATA REPEATS [PYTHON]
//! ```
#![expect(clippy::print_stdout, reason = "a table for people is what this program makes")]

mod galactic_center;
mod gammapy;
mod program;
mod recorded;
mod table;

use std::path::PathBuf;

type Failure = Box<dyn std::error::Error>;

/// What a comparison needs.
struct Setting {
    /// The release program `roi-fit`.
    program: PathBuf,
    /// The folder of the reference data.
    data: PathBuf,
    /// How often each side runs.
    repeats: usize,
    /// An interpreter that has gammapy.
    python: Option<PathBuf>,
}

impl Setting {
    fn from_arguments() -> Result<Self, Failure> {
        let mut words = std::env::args().skip(1);
        let usage = "usage: peers PROGRAM DATA REPEATS [PYTHON]";
        let (Some(program), Some(data), Some(repeats)) = (words.next(), words.next(), words.next()) else {
            return Err(usage.into());
        };
        let repeats = repeats.parse().map_err(|error| format!("REPEATS '{repeats}': {error}; {usage}"))?;
        if repeats == 0 {
            return Err(format!("REPEATS must be 1 or more; {usage}").into());
        }
        Ok(Self { program: program.into(), data: data.into(), repeats, python: words.next().map(PathBuf::from) })
    }
}

fn main() -> Result<(), Failure> {
    let setting = Setting::from_arguments()?;
    println!("Medians of {} interleaved runs (value: 20), seconds; ratio: peer over ours.", setting.repeats);
    match &setting.python {
        Some(python) => galactic_center::compare(&setting, python)?,
        None => println!("\nSKIPPED gammapy on the Galactic centre: it is not installed"),
    }
    recorded::compare(&setting)
}
