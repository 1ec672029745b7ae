//! The report in a browser: the page that `roi-fit demo` writes, opened, used and looked at by a program.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::repository::project::{self, Project};

/// The names that a headless browser of this kind has where it is installed.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What is missing where the test cannot run.
pub(crate) const NEEDS: &str =
    "it needs Node.js, Chromium (ROI_FIT_CHROMIUM can name it), and `npm install` once in tests/browser";

/// The test, where everything that it needs is there: it fetches nothing.
pub(crate) fn command(project: &Project) -> Option<Command> {
    let tests = project.root().join("tests/browser");
    let has_packages = ["playwright-core", "axe-core", "html-validate"]
        .iter()
        .all(|package| tests.join("node_modules").join(package).exists());
    let browser = browser(project).filter(|_| has_packages)?;
    if !project::succeeds(project.command("node").arg("--version")) {
        return None;
    }
    let mut command = project.command("node");
    let pictures = project.target().join("browser");
    command.arg(tests.join("report.mjs")).arg(browser).arg(project.release_program()).arg(pictures);
    Some(command)
}

/// The browser that is named, or one of those that are usual.
fn browser(project: &Project) -> Option<PathBuf> {
    let is_there = |path: &PathBuf| project::succeeds(project.command(path).arg("--version"));
    match env::var_os("ROI_FIT_CHROMIUM") {
        Some(named) => Some(PathBuf::from(named)).filter(is_there),
        None => BROWSERS.iter().map(PathBuf::from).find(is_there),
    }
}
