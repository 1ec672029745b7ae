//! Writes the validation table: `parity docs/validation.md`, or checks with `--check` that every bar is met without writing.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use acceptance::comparison::markdown;
use acceptance::parity;

const HEAD: &str = "# Validation

Each comparison of this system with a recorded answer of another: what, theirs, ours, the difference, and the bar that it must meet.
The table is made by `cargo xtask parity`, which also fails when a bar is not met; the acceptance tests assert the same comparisons.
Where a line stands for many values, it shows the worst of them. The data are not part of the repository: the command
needs them where `ROI_FIT_TEST_DATA` says.
Predicted counts beside gammapy's, with and without its integration over energy, are in [differences.md](differences.md).

In short:

| data | whose answer | what agrees |
|---|---|---|
| Galactic centre, real counts, 9 norms (fit A) and 33 norms and shapes (fit C) | a Newton iteration in another language, with exact Hessians, run until nothing moved | logL, gradient and predicted counts to 1e-13; values, errors, MINOS errors and TS to the tolerance of the fit |
| simulated region of 20 sources, maps by gtsrcmaps | the C++ likelihood and its NEWMINUIT, without and with energy dispersion and weights | logL and derivatives at the start to 1e-13; every fit ends as high or higher. Where values differ by some percent of an error, theirs ended short of the maximum |
| Crab, Pass 7, 2012 | the published gtlike fit | all parameters to hundredths of an error, from counts and response functions alone |
| Crab, 400 GeV-2.5 TeV; Galactic centre | gammapy's predicted counts | within 1 % with integration over energy like its own |

Bars in `sigma` are chosen so that what remains is far below the statistical error. Not compared with another program:
whole-sky HEALPix maps, and catalogs other than those of the reference data. Pulls of simulated
truth are checked by the acceptance test `closure`.

Measures: `relative` |ours/theirs - 1|; `absolute` |ours - theirs|; `sigma` |ours - theirs| over the recorded error; `below` how much
ours lies below theirs (being above is as good as can be).
";

#[expect(clippy::print_stderr, reason = "this is a command-line tool")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let path = arguments.iter().find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let Some(directory) = fixtures::data_directory() else {
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
        let note = if group.note.is_empty() { String::new() } else { format!("{}\n\n", group.note) };
        write!(text, "\n## {}\n\n{note}{}\n", group.title, markdown(&comparisons))?;
    }
    if let (Some(path), false) = (path, check) {
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
