//! The choice of the linear algebra: pure Rust by default, the system's OpenBLAS on request.
//!
//! A machine without OpenBLAS never fails: everything is built without it, and a line says so.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::repository::project::{self, Project};

const PACKAGE: &str = "libopenblas-dev";

/// The linear algebra that a build uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    PureRust,
    OpenBlas,
}

impl Backend {
    /// Arguments of a cargo call that selects the package `roi-cli`, alone or with others.
    pub(crate) fn cargo_features(self) -> &'static [&'static str] {
        match self {
            Self::PureRust => &[],
            Self::OpenBlas => &["--features", "roi-cli/openblas-system"],
        }
    }
}

/// An OpenBLAS that programs can be linked against.
pub(crate) struct OpenBlas {
    /// Its version, or the file where it lies.
    description: String,
}

impl OpenBlas {
    /// Asks pkg-config, then the C compiler, which knows the library folders of this system.
    pub(crate) fn find() -> Option<Self> {
        if hidden() {
            return None;
        }
        if let Some(version) = project::output(Command::new("pkg-config").args(["--modversion", "openblas"])) {
            return Some(Self { description: format!("OpenBLAS {version}") });
        }
        ["libopenblas.so", "libopenblas.dylib", "libopenblas.a"].into_iter().find_map(|file| {
            let path = project::output(Command::new("cc").arg(format!("-print-file-name={file}")))?;
            // A library that the compiler does not know comes back as its bare name.
            Path::new(&path).is_absolute().then(|| Self { description: format!("OpenBLAS in {path}") })
        })
    }
}

fn hidden() -> bool {
    env::var_os("ROI_FIT_NO_LAPACK").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Chooses the backend and says which, and how to get the other.
pub(crate) fn choose(found: Option<&OpenBlas>, wanted: bool) -> Backend {
    let (backend, line) = decide(found, wanted);
    eprintln!("xtask: linear algebra: {line}");
    backend
}

fn decide(found: Option<&OpenBlas>, wanted: bool) -> (Backend, String) {
    match (found, wanted) {
        (Some(library), true) => (Backend::OpenBlas, format!("{}; without --lapack: pure Rust", library.description)),
        (Some(library), false) => {
            (Backend::PureRust, format!("pure Rust; --lapack takes {} instead", library.description))
        }
        (None, true) => (Backend::PureRust, format!("pure Rust, for no OpenBLAS was found; {}", how_to_install())),
        (None, false) => (
            Backend::PureRust,
            format!("pure Rust; no OpenBLAS was found, and none is needed; for --lapack: {}", how_to_install()),
        ),
    }
}

fn how_to_install() -> String {
    format!("install {PACKAGE} (`cargo xtask --install-openblas` does it where apt-get can)")
}

/// Installs OpenBLAS with apt-get where that needs no password. Never fails: the pure Rust backend needs nothing.
pub(crate) fn install(project: &Project) {
    if let Some(library) = OpenBlas::find() {
        eprintln!("xtask: {} is here already", library.description);
        return;
    }
    if hidden() {
        eprintln!("xtask: ROI_FIT_NO_LAPACK is set: nothing is installed");
        return;
    }
    let Some(prefix) = administrator(project) else {
        eprintln!("xtask: cannot install {PACKAGE} here: that takes apt-get, and root or a sudo without password");
        return;
    };
    let apt_get = |args: &[&str]| {
        let words =
            [prefix, &["apt-get", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30"], args].concat();
        let (program, args) = words.split_first().unwrap_or((&"apt-get", &[]));
        project::run(project.command(program).args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let outcome =
        apt_get(&["update"]).and_then(|()| apt_get(&["install", "--yes", "--no-install-recommends", PACKAGE]));
    if let Err(error) = outcome {
        eprintln!("xtask: {PACKAGE} could not be installed: {error}");
    }
}

/// What to write before `apt-get` to run it as root; `None` where that is impossible.
fn administrator(project: &Project) -> Option<&'static [&'static str]> {
    if !project::succeeds(project.command("apt-get").arg("--version")) {
        return None;
    }
    if project::output(project.command("id").arg("-u")).as_deref() == Some("0") {
        return Some(&[]);
    }
    project::succeeds(project.command("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openblas_is_used_only_when_it_is_wanted_and_found() {
        let library = OpenBlas { description: "OpenBLAS 1.2".to_owned() };
        let decided = |found, wanted| decide(found, wanted).0;
        assert_eq!(decided(Some(&library), true), Backend::OpenBlas);
        assert_eq!(decided(Some(&library), false), Backend::PureRust);
        assert_eq!(decided(None, true), Backend::PureRust);
        assert_eq!(decided(None, false), Backend::PureRust);
    }

    #[test]
    fn every_choice_says_how_to_get_the_other() {
        let library = OpenBlas { description: "OpenBLAS 1.2".to_owned() };
        for (found, wanted, words) in [
            (Some(&library), true, "without --lapack"),
            (Some(&library), false, "--lapack takes OpenBLAS 1.2"),
            (None, true, PACKAGE),
            (None, false, PACKAGE),
        ] {
            let (_, line) = decide(found, wanted);
            assert!(line.contains(words), "{line}");
        }
    }

    #[test]
    fn the_default_build_names_no_feature() {
        assert!(Backend::PureRust.cargo_features().is_empty());
        assert_eq!(Backend::OpenBlas.cargo_features(), ["--features", "roi-cli/openblas-system"]);
    }
}
