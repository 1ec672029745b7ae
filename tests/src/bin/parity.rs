//! Writes the validation table: `parity docs/validation.md`, or checks with `--check` that every bar is met without writing.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use acceptance::comparison::markdown;
use acceptance::{data, parity};

const HEAD: &str = "# Validation

Each comparison of this system with a recorded answer of another: what, theirs, ours, the difference, and the bar that it must meet.
The table is made by `cargo xtask parity`, which also fails when a bar is not met; the acceptance tests assert the same comparisons.
Where a line stands for many values, it shows the worst of them. The data and their origin are not part of the repository.
Predicted counts beside gammapy's, with and without its integration over energy, are in [differences.md](differences.md).

Measures: `relative` |ours/theirs - 1|; `absolute` |ours - theirs|; `sigma` |ours - theirs| over the recorded error; `below` how much
ours lies below theirs (being above is as good as can be).
";

#[expect(clippy::print_stderr, reason = "this is a command-line tool")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let path = arguments.iter().find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let Some(directory) = data::directory() else {
        eprintln!("parity: no reference data, nothing compared; set ROI_FIT_TEST_DATA to their directory");
        return Ok(if check { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    let mut text = String::from(HEAD);
    let mut missed = 0;
    for group in parity::groups() {
        eprintln!("parity: {}", group.title);
        let comparisons = (group.run)(&directory)?;
        for comparison in comparisons.iter().filter(|c| !c.passes()) {
            eprintln!("  NOT MET: {comparison:?}");
            missed += 1;
        }
        write!(text, "\n## {}\n\n{}\n", group.title, markdown(&comparisons))?;
    }
    if let (Some(path), false) = (path, check) {
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
