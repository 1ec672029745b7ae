//! `cargo xtask bench --peers`: gammapy and iminuit beside us, in one run, and the recorded times of the C++ fermitools.
//!
//! The peers come from the Python package index into a virtual environment in the target directory. Where Python, the index or the data
//! are missing, what that leaves out is told, and the rest runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::error::Error;
use crate::programs::openblas::Backend;
use crate::programs::test;
use crate::repository::project::{self, Project};

/// The versions that the comparison is made for. regions 0.12 breaks the import of gammapy 2.1.
const PEERS: [&str; 3] = ["gammapy==2.1", "regions==0.11", "iminuit==2.33.0"];
/// How often each side runs, unless a number is given.
const REPEATS: &str = "3";

/// Builds and installs what is needed and runs the comparisons; `args` may hold the number of runs of each side.
pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    let repeats = match args {
        [] => REPEATS,
        [number] if number.parse().is_ok_and(|n: u32| n > 0) => number,
        _ => return Err(Error::Usage("bench --peers [N]: N is how often each side runs, 1 or more".to_owned())),
    };
    project::run(&mut test::build_program(project, backend))?;
    let python = install(project);
    if let Err(reason) = &python {
        println!("SKIPPED gammapy and iminuit: {reason}");
    }
    match project.test_data() {
        Some(data) => {
            let mut command = project.cargo(["run", "--release", "--package", "benchmarks", "--bin", "peers", "--"]);
            command.arg(project.release_program()).arg(data).arg(repeats).args(python.as_deref().ok());
            project::run(&mut command)?;
        }
        None => println!("SKIPPED real regions: no reference data; ROI_FIT_TEST_DATA can name their folder"),
    }
    python.map_or(Ok(()), |python| problems(project, &python))
}

/// MINUIT of the `optimizers` crate beside iminuit on the problems of the literature.
fn problems(project: &Project, python: &Path) -> Result<(), Error> {
    let path = folder(project).join("problems.jsonl");
    let shown = path.display().to_string();
    let file = |result: std::io::Result<File>| result.map_err(|source| Error::Read { path: shown.clone(), source });
    let mut ours = project.cargo(["run", "--release", "--package", "optimizers", "--example", "peer_problems"]);
    project::run(ours.stdout(Stdio::from(file(File::create(&path))?)))?;
    println!("\nMINUIT of the optimizers crate and iminuit (C++ Minuit2), problem by problem:");
    let mut theirs = project.command(python);
    theirs.arg("benches/peers/compare_iminuit.py").stdin(Stdio::from(file(File::open(&path))?));
    project::run(&mut theirs)
}

/// The interpreter of a virtual environment that has the peers, or why there is none.
fn install(project: &Project) -> Result<PathBuf, String> {
    let venv = folder(project).join("venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if has_peers(project, &python) {
        return Ok(python);
    }
    fs::create_dir_all(folder(project)).map_err(|error| format!("{}: {error}", folder(project).display()))?;
    let made = project::run(project.command("python3").args(["-m", "venv", "--clear"]).arg(&venv));
    made.map_err(|error| format!("no virtual environment: {error}"))?;
    let mut pip = project.command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PEERS);
    project::run(&mut pip).map_err(|error| format!("pip could not install {}: {error}", PEERS.join(", ")))?;
    if has_peers(project, &python) { Ok(python) } else { Err(format!("{} do not import", PEERS.join(", "))) }
}

/// Whether an interpreter has the peers in the right versions.
fn has_peers(project: &Project, python: &Path) -> bool {
    let conditions: Vec<String> = PEERS
        .iter()
        .filter_map(|peer| peer.split_once("=="))
        .map(|(name, version)| format!("__import__('{name}').__version__ == '{version}'"))
        .collect();
    let script = format!("import sys; sys.exit(not ({}))", conditions.join(" and "));
    python.is_file() && project::succeeds(project.command(python).args(["-c", &script]))
}

fn folder(project: &Project) -> PathBuf {
    project.target().join("peers")
}
