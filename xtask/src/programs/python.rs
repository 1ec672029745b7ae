//! The Python package: its wheel, and its tests. Both need a Python with `venv` and its package registry, once: what they install stays in
//! TARGET/python.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::repository::project::{self, Project};

/// What makes a wheel.
const TOOLS: &[&str] = &["maturin>=1.9.4,<2"];
/// What the package needs, and what its tests need.
const NEEDS: &[&str] = &[
    "numpy>=1.24",
    "astropy>=5.3",
    "PyYAML>=6",
    "matplotlib>=3.7",
    "distributed>=2023.5",
    "dask-jobqueue>=0.8.2",
    "tqdm>=4.60",
    "iminuit>=2.20",
    "pytest>=7",
    "mypy>=1.8",
    "types-PyYAML",
];
/// The oldest Python that the extension is made for.
const OLDEST: (u32, u32) = (3, 10);

const NO_PYTHON: Error = Error::Missing {
    what: "Python 3.10 or newer with venv",
    remedy: "install it (python3-venv on Debian), or let ROI_FIT_PYTHON name it",
};

/// `cargo xtask wheel`: a wheel in TARGET/wheels, tested in a virtual environment that has nothing else.
pub(crate) fn wheel(project: &Project, args: &[String]) -> Result<(), Error> {
    let profile = match args {
        [] => "release",
        [word] if word == "--dev" => "dev",
        words => return Err(Error::Usage(format!("wheel knows --dev, not `{}`", words.join(" ")))),
    };
    let python = interpreter(project).ok_or(NO_PYTHON)?;
    let wheel = build(project, &python, profile)?;
    let fresh = project.target().join("python/fresh");
    // There need not be one.
    let _ = fs::remove_dir_all(&fresh);
    let python = environment(project, &python, &fresh, NEEDS)?;
    check(project, &python, &wheel)?;
    println!("{}", wheel.display());
    Ok(())
}

/// A wheel to hand out, not tested.
pub(crate) fn release_wheel(project: &Project) -> Result<PathBuf, Error> {
    build(project, &interpreter(project).ok_or(NO_PYTHON)?, "release")
}

/// The tests of the package as part of `cargo xtask test`, where that fetches nothing or is asked for: where `cargo xtask wheel` has been before, or
/// `ROI_FIT_PYTHON` names a Python. Only a test that fails is a failure; where they cannot run, the reason is told.
pub(crate) fn tests(project: &Project) -> Result<(), Error> {
    let skipped = |why: &str| {
        eprintln!("xtask: Python tests SKIPPED: {why}");
        Ok(())
    };
    let fresh = project.target().join("python/fresh");
    if env::var_os("ROI_FIT_PYTHON").is_none() && !(tools(project).exists() && fresh.exists()) {
        return skipped("`cargo xtask wheel`, or ROI_FIT_PYTHON=python3, installs what they need and runs them");
    }
    let Some(python) = interpreter(project) else {
        return skipped("no Python 3.10 or newer with venv was found; ROI_FIT_PYTHON can name one");
    };
    let Ok(tested) = environment(project, &python, &fresh, NEEDS) else {
        return skipped("what they need could not be installed by pip");
    };
    // The profile of the program, with which it shares the crates.
    match build(project, &python, "release").and_then(|wheel| install(project, &tested, &wheel)) {
        Ok(()) => pytest(project, &tested),
        Err(error) => skipped(&format!("no wheel could be made and installed: {error}")),
    }
}

/// A Python that is new enough and makes virtual environments.
fn interpreter(project: &Project) -> Option<PathBuf> {
    let named = env::var_os("ROI_FIT_PYTHON").map(PathBuf::from);
    let usual = ["python3", "python"].map(PathBuf::from);
    let test = format!("import sys, venv, ensurepip; sys.exit(sys.version_info < ({}, {}))", OLDEST.0, OLDEST.1);
    let is_good = |python: &PathBuf| project::succeeds(project.command(python).args(["-c", &test]));
    match named {
        Some(named) => Some(named).filter(is_good),
        None => usual.into_iter().find(is_good),
    }
}

/// A virtual environment with some packages; nothing is fetched where it has them. Returns its Python.
fn environment(project: &Project, python: &Path, folder: &Path, packages: &[&str]) -> Result<PathBuf, Error> {
    let own = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !own.exists() {
        project::run(project.command(python).args(["-m", "venv"]).arg(folder))?;
    }
    // What is there is not asked of the registry, so this works without one from the second time on.
    let mut install = project.command(&own);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    project::run(&mut install)?;
    Ok(own)
}

fn tools(project: &Project) -> PathBuf {
    project.target().join("python/tools")
}

/// Makes the wheel.
fn build(project: &Project, python: &Path, profile: &str) -> Result<PathBuf, Error> {
    let tools = environment(project, python, &tools(project), TOOLS)?;
    let out = project.target().join("wheels");
    let mut maturin: Command = project.command(&tools);
    maturin.args(["-m", "maturin", "build", "--profile", profile, "--locked", "--interpreter"]).arg(&tools);
    maturin.arg("--out").arg(&out).arg("--target-dir").arg(project.target());
    maturin.current_dir(project.root().join("python"));
    project::run(&mut maturin)?;
    newest(&out)
}

/// The wheel that was made last.
fn newest(folder: &Path) -> Result<PathBuf, Error> {
    let failed = |source| Error::Read { path: folder.display().to_string(), source };
    let mut wheels = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "whl") {
            wheels.push((entry.metadata().and_then(|data| data.modified()).map_err(failed)?, path));
        }
    }
    let last = wheels.into_iter().max().map(|(_, path)| path);
    last.ok_or(Error::Missing { what: "a wheel in TARGET/wheels", remedy: "see what maturin said" })
}

/// Installs the wheel and runs the tests and the type checker on what is installed.
fn check(project: &Project, python: &Path, wheel: &Path) -> Result<(), Error> {
    install(project, python, wheel)?;
    pytest(project, python)?;
    let mut mypy = project.command(python);
    let config = project.root().join("python/pyproject.toml");
    mypy.args(["-m", "mypy", "--cache-dir"]).arg(project.target().join("python/mypy"));
    mypy.arg("--config-file").arg(config).args(["--package", "roifit"]);
    project::run(mypy.current_dir(project.root().join("python/tests")))
}

fn install(project: &Project, python: &Path, wheel: &Path) -> Result<(), Error> {
    let mut install = project.command(python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall", "--no-deps"]);
    project::run(install.arg(wheel))
}

/// Runs the tests on what is installed: what lies beside them must not be taken for it.
fn pytest(project: &Project, python: &Path) -> Result<(), Error> {
    let tests = project.root().join("python/tests");
    let mut pytest = project.command(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider"]).arg(&tests).current_dir(&tests);
    project::run(pytest.env("PYTHONDONTWRITEBYTECODE", "1"))
}
