//! `cargo xtask fuzz`: the coverage-guided fuzz targets, where cargo-fuzz is installed.

use std::path::Path;

use crate::error::Error;
use crate::repository::project::{self, Project};

/// The targets with the longest input worth trying, in bytes, as `fuzz/targets/src/lib.rs` has them.
const TARGETS: &[(&str, &str)] = &[
    ("xml", "4096"),
    ("yaml", "4096"),
    ("filter", "4096"),
    ("spectrum_table", "4096"),
    ("priors", "4096"),
    ("state", "24576"),
    ("journal", "4096"),
    ("bin_records", "24576"),
    ("fits_header", "14400"),
    ("fits_table", "46080"),
    ("responses", "46080"),
    ("catalogs", "46080"),
    ("selections", "46080"),
];
const FOLDER: &str = "fuzz";
const RUNS: u64 = 1_000_000;

/// Runs the named target, or all of them one after the other: `[TARGET] [--runs N]`.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    let (targets, runs) = chosen(args)?;
    if !project::succeeds(&mut project.cargo(["fuzz", "--version"])) {
        return Err(Error::Missing {
            what: "cargo-fuzz",
            remedy: "cargo install cargo-fuzz (libFuzzer needs a C++ compiler as well, such as g++); without it, \
                     `cargo test -p fuzz-targets` runs the same targets over changed seeds",
        });
    }
    project::run(&mut project.cargo(["run", "--package", "fuzz-targets", "--bin", "fuzz-seeds", "--", FOLDER]))?;
    for (name, longest) in targets {
        let mut command = project.cargo(["fuzz", "run", "--fuzz-dir", FOLDER, "--sanitizer", "none", name, "--"]);
        command.args([format!("-runs={runs}"), format!("-max_len={longest}")]);
        command.args(["-rss_limit_mb=1024", "-timeout=10", "-print_final_stats=1"]);
        // libFuzzer runs in the folder of its crate or ours, by the version of cargo-fuzz.
        let dictionary = project.root().join(FOLDER).join("dictionaries").join(format!("{name}.dict"));
        command.arg(format!("-dict={}", shown(&dictionary)));
        // cargo-fuzz asks the compiler for the counters of coverage by flags that only a nightly one takes openly.
        command.env("RUSTC_BOOTSTRAP", "1");
        project::run(&mut command)?;
    }
    Ok(())
}

fn shown(path: &Path) -> std::borrow::Cow<'_, str> {
    path.to_string_lossy()
}

type Chosen = (Vec<(&'static str, &'static str)>, u64);

fn chosen(args: &[String]) -> Result<Chosen, Error> {
    let mut targets = Vec::new();
    let mut runs = RUNS;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--runs" {
            let number = words.next().and_then(|number| number.parse().ok());
            runs = number.ok_or_else(|| Error::Usage("--runs needs a number of inputs".to_owned()))?;
        } else {
            let known = TARGETS.iter().find(|(name, _)| name == word).ok_or_else(|| {
                let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
                Error::Usage(format!("unknown fuzz target `{word}`; the targets are {}", names.join(", ")))
            })?;
            targets.push(*known);
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    Ok((targets, runs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Chosen, Error> {
        chosen(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn all_targets_or_the_named_ones_with_any_number_of_runs() {
        assert_eq!(parse("").unwrap(), (TARGETS.to_vec(), RUNS));
        assert_eq!(parse("yaml --runs 12").unwrap(), (vec![("yaml", "4096")], 12));
        for (line, culprit) in [("yml", "yml"), ("yaml --runs", "--runs"), ("--runs many", "--runs")] {
            let error = parse(line).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains(culprit), "{error}");
        }
    }

    #[test]
    fn the_targets_are_those_of_the_fuzz_crate() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER);
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let library = std::fs::read_to_string(root.join("targets/src/lib.rs")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        assert_eq!(
            library.matches("    of_text(\"").count() + library.matches("    of_fits(\"").count(),
            TARGETS.len()
        );
        for (name, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
            assert!(library.contains(&format!("(\"{name}\", ")), "{name}");
        }
    }
}
