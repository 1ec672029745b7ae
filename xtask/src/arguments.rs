//! The command line of `cargo xtask`.

use crate::error::Error;

pub(crate) const USAGE: &str = "\
cargo xtask COMMAND [OPTIONS] [ARGS]

  test [ARGS]          build the program, run every doctest and test, those of Python where `wheel` has been; with ARGS: the test runner alone, with them
  demo [ARGS]          build the program and run `roi-fit demo ARGS`
  bench [NAME] [ARGS]  run the benchmarks, or the one called NAME; ARGS go to Criterion
  bench --peers [N]    run gammapy and iminuit (from PyPI) beside us, N times each, and print ratios
  parity [--check]     regenerate docs/validation.md, or check that it is up to date
  calibrate [--short]  draw from known truths, fit, and write pulls, coverage and test statistics to docs/calibration.md (minutes; --draws FACTOR: more
                       or fewer); with --short few draws that must obey their laws, and no page
  closure [N]          draw N photon lists (200), prepare and fit them, and print the pulls: the long acceptance test of the way from photons
  faults [every]       make 40 calls of each kind of read, write and rename of the program fail, or every one, kill it 200 times, run it twice at once,
                       and look at what is left (needs strace)
  fuzz [TARGET] [--runs N]
                       fuzz the readers of files with a million inputs each, or N (needs cargo-fuzz)
  wheel [--dev]        make a wheel of the Python package in target/wheels and test it in a fresh virtual environment;
                       with --dev quickly, not optimized
  ci [STEP]...         every check of continuous integration, or the named ones
  tidy                 check layers of crates, circles of files, lengths of files and functions, folders, names, unfinished code; links of pages,
                       and that the commands which they tell to type exist
  api [--check]        regenerate the listings of the public interfaces, docs/api/CRATE.txt, or check that they are up to date
  package              check that every library and the program can be published: what is told of it, and what is packed
  docs [--check]       regenerate docs/configuration.md and docs/results.md (or check that they are up to date), and check the map
  docs --site          make the documentation site in target/site, with mdBook (from crates.io, once)
  dist [PART]...       make what is handed out in target/dist: source, program, completions, man, licenses, archive, sbom, wheel,
                       checksums; or the named parts of it
  help                 this text

Options, before or after COMMAND:
  --lapack             test, demo, bench: linear algebra by the system's OpenBLAS, if it is found
  --install-openblas   install OpenBLAS first, where apt-get can (as root, or by `sudo -n`); may stand alone

Environment:
  ROI_FIT_TEST_DATA    folder of the real LAT data that some tests read (default: ../shared/data)
  ROI_FIT_PYTHON       the Python of `wheel` and of the Python tests (default: python3)
  ROI_FIT_NO_LAPACK    set to 1: behave as if OpenBLAS were absent
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Test,
    Demo,
    Bench,
    Parity,
    Calibrate,
    Closure,
    Faults,
    Fuzz,
    Wheel,
    Ci,
    Tidy,
    Docs,
    Api,
    Package,
    Dist,
    InstallOpenBlas,
    Help,
}

impl Command {
    /// Every command by its name.
    pub(crate) const NAMES: &[(&'static str, Self)] = &[
        ("test", Self::Test),
        ("demo", Self::Demo),
        ("bench", Self::Bench),
        ("parity", Self::Parity),
        ("calibrate", Self::Calibrate),
        ("closure", Self::Closure),
        ("faults", Self::Faults),
        ("fuzz", Self::Fuzz),
        ("wheel", Self::Wheel),
        ("ci", Self::Ci),
        ("tidy", Self::Tidy),
        ("docs", Self::Docs),
        ("api", Self::Api),
        ("package", Self::Package),
        ("dist", Self::Dist),
        ("help", Self::Help),
    ];

    fn named(name: &str) -> Option<Self> {
        let name = if matches!(name, "--help" | "-h") { "help" } else { name };
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, command)| *command)
    }

    fn takes_lapack(self) -> bool {
        matches!(self, Self::Test | Self::Demo | Self::Bench)
    }

    fn takes_arguments(self) -> bool {
        !matches!(self, Self::Tidy | Self::Package | Self::InstallOpenBlas | Self::Help)
    }
}

/// A command line, taken apart.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) lapack: bool,
    pub(crate) install_openblas: bool,
    /// What belongs to the program that the command runs.
    pub(crate) rest: Vec<String>,
}

impl Arguments {
    /// Options of xtask are recognised anywhere before a `--`; the rest passes through in its order.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, Error> {
        let mut command = None;
        let (mut lapack, mut install_openblas, mut literal) = (false, false, false);
        let mut rest = Vec::new();
        for word in words {
            match word.as_str() {
                "--lapack" if !literal => lapack = true,
                "--install-openblas" if !literal => install_openblas = true,
                name if command.is_none() => {
                    let known = Command::named(name);
                    command = Some(known.ok_or_else(|| Error::Usage(format!("unknown command `{name}`")))?);
                }
                "--" if !literal => literal = true,
                _ => rest.push(word),
            }
        }
        let command = command.unwrap_or(if install_openblas { Command::InstallOpenBlas } else { Command::Help });
        if lapack && !command.takes_lapack() {
            return Err(Error::Usage("--lapack belongs to test, demo and bench".to_owned()));
        }
        if let (Some(word), false) = (rest.first(), command.takes_arguments()) {
            return Err(Error::Usage(format!("unexpected argument `{word}`")));
        }
        Ok(Self { command, lapack, install_openblas, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Error> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn own_options_are_taken_and_the_rest_passes_through_in_order() {
        let arguments = parse("demo --out DIR --lapack --threads 2").unwrap();
        assert_eq!(arguments.command, Command::Demo);
        assert!(arguments.lapack && !arguments.install_openblas);
        assert_eq!(arguments.rest, ["--out", "DIR", "--threads", "2"]);
    }

    #[test]
    fn after_two_dashes_nothing_is_an_option_of_xtask() {
        let arguments = parse("demo -- --lapack --").unwrap();
        assert!(!arguments.lapack);
        assert_eq!(arguments.rest, ["--lapack", "--"]);
    }

    #[test]
    fn without_a_command_it_helps_or_installs() {
        assert_eq!(parse("").unwrap().command, Command::Help);
        assert_eq!(parse("--install-openblas").unwrap().command, Command::InstallOpenBlas);
    }

    #[test]
    fn a_wrong_line_is_a_usage_error_that_names_the_culprit() {
        for (line, culprit) in [("tset", "tset"), ("parity --lapack", "--lapack"), ("tidy now", "now")] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
            assert!(error.to_string().contains(culprit), "{error}");
        }
    }

    #[test]
    fn the_usage_tells_every_command() {
        for (name, _) in Command::NAMES {
            assert!(USAGE.lines().any(|line| line.trim_start().starts_with(name)), "{name}");
        }
    }
}
