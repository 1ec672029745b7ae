//! Arrows between crates point down only, and what one crate is there to hide stays in it.

use super::manifest::dependencies;
use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;

/// A crate and the crates of the house that it may use, build scripts included; its tests may also use `SHARED_BY_TESTS`.
struct Layer {
    name: &'static str,
    floor: u8,
    uses: &'static [&'static str],
}

/// The floors of the house, the lowest first. docs/architecture.md draws the same picture.
const LAYERS: &[Layer] = &[
    Layer { name: "numerics", floor: 1, uses: &[] },
    Layer { name: "optimizers", floor: 1, uses: &[] },
    Layer { name: "roi-model", floor: 1, uses: &[] },
    Layer { name: "likelihood-core", floor: 2, uses: &["numerics", "roi-model"] },
    Layer { name: "lat-response", floor: 3, uses: &["numerics", "roi-model", "likelihood-core"] },
    Layer { name: "lat-io", floor: 4, uses: DATA },
    Layer { name: "lat-events", floor: 5, uses: FILES },
    // The defaults of section `optimizer` are those of the minimisers.
    Layer { name: "lat-dataset", floor: 6, uses: DATASETS },
    Layer { name: "roi-simulate", floor: 6, uses: EVENTS },
    Layer { name: "roi-fit", floor: 7, uses: BELOW_FITS },
    Layer { name: "roi-estimators", floor: 8, uses: FITS },
    Layer { name: "roi-batch", floor: 8, uses: &["roi-fit", "lat-dataset", "lat-io"] },
    Layer {
        name: "roi-report",
        floor: 9,
        uses: &["roi-estimators", "roi-fit", "roi-simulate", "lat-response", "roi-model"],
    },
    Layer { name: "roi-cli", floor: 10, uses: PROGRAM },
    Layer { name: "roi-py", floor: 10, uses: PACKAGE },
];

const DATA: &[&str] = &["numerics", "roi-model", "likelihood-core", "lat-response"];
const FILES: &[&str] = &["numerics", "roi-model", "likelihood-core", "lat-response", "lat-io"];
const EVENTS: &[&str] = &["numerics", "roi-model", "likelihood-core", "lat-response", "lat-io", "lat-events"];
const DATASETS: &[&str] =
    &["numerics", "optimizers", "roi-model", "likelihood-core", "lat-response", "lat-io", "lat-events"];
const BELOW_FITS: &[&str] = &[
    "numerics",
    "optimizers",
    "roi-model",
    "likelihood-core",
    "lat-response",
    "lat-io",
    "lat-dataset",
    "lat-events",
    "roi-simulate",
];
const FITS: &[&str] = &[
    "numerics",
    "optimizers",
    "roi-model",
    "likelihood-core",
    "lat-response",
    "lat-io",
    "lat-dataset",
    "lat-events",
    "roi-simulate",
    "roi-fit",
];
/// A program asks for verbs and prints what they return; what it needs of the floors below comes through these.
const PROGRAM: &[&str] = &["lat-events", "roi-simulate", "roi-fit", "roi-estimators", "roi-batch", "roi-report"];
/// The Python package offers the optimizers to those who know nothing of regions, too.
const PACKAGE: &[&str] =
    &["optimizers", "lat-events", "roi-simulate", "roi-fit", "roi-estimators", "roi-batch", "roi-report"];

/// What the tests of several crates share. It writes files and regions, so it stands on the crates of data.
const SHARED_BY_TESTS: &str = "fixtures";

/// Libraries that only some crates may know.
const KEPT_IN: &[(&str, &[&str])] = &[
    // FITS is read and written behind one facade.
    ("fitsio-pure", &["lat-io"]),
    // Dense linear algebra goes through `optimizers::linalg`; the final programs choose where LAPACK comes from.
    ("ndarray-linalg", &["optimizers", "roi-cli", "roi-py"]),
    // Words for a terminal belong to the program.
    ("clap", &["roi-cli"]),
    ("clap_complete", &["roi-cli"]),
    ("clap_mangen", &["roi-cli"]),
    ("indicatif", &["roi-cli"]),
    // Python sees the house through one door.
    ("pyo3", &["roi-py"]),
    ("numpy", &["roi-py"]),
    // HTML is written in one place.
    ("askama", &["roi-report"]),
    ("plotly", &["roi-report"]),
];

/// Features that choose a LAPACK for everyone below: for final programs only.
const LAPACK_SOURCES: &[&str] = &["openblas-system", "openblas-static", "netlib-", "intel-mkl-"];
const FINAL_PROGRAMS: &[&str] = &["roi-cli", "roi-py"];

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    files
        .iter()
        .filter_map(|file| Some((crate_of(&file.path)?, file)))
        .flat_map(|(name, file)| one(name, file))
        .collect()
}

/// The folder's name of `crates/NAME/Cargo.toml`, which is the crate's.
fn crate_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!name.contains('/')).then_some(name)
}

fn one(name: &str, file: &TextFile) -> Vec<Finding> {
    let finding = |line: usize, message: String| Finding { path: file.path.clone(), line, message };
    let below = match LAYERS.iter().find(|layer| layer.name == name) {
        Some(layer) => layer.uses,
        None if name == SHARED_BY_TESTS => FILES,
        None => {
            let message = format!("crate `{name}` has no place in the table of layers in xtask/src/tidy/layers.rs");
            return vec![finding(1, message)];
        }
    };
    let mut findings = Vec::new();
    for dependency in dependencies(&file.text) {
        let used = dependency.name.as_str();
        if let Some(layer) = LAYERS.iter().find(|layer| layer.name == used && !below.contains(&used)) {
            let message = format!("`{name}` may not use `{used}` of floor {}: arrows point down only", layer.floor);
            findings.push(finding(dependency.line, message));
        }
        if used == SHARED_BY_TESTS && !dependency.for_tests {
            findings.push(finding(dependency.line, format!("`{used}` is for tests: put it under [dev-dependencies]")));
        }
        if let Some((_, keepers)) = KEPT_IN.iter().find(|(library, _)| *library == used)
            && !keepers.contains(&name)
        {
            findings.push(finding(dependency.line, format!("only {} may use `{used}`", keepers.join(", "))));
        }
    }
    if !FINAL_PROGRAMS.contains(&name) {
        let lines = file.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
        for (index, source) in
            lines.filter_map(|(i, line)| Some((i, LAPACK_SOURCES.iter().find(|s| line.contains(**s))?)))
        {
            findings.push(finding(index + 1, format!("`{source}`: no library chooses a LAPACK, the program does")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(name: &str, manifest: &str) -> Vec<String> {
        let file = TextFile { path: format!("crates/{name}/Cargo.toml"), text: manifest.to_owned() };
        check(&[file]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn arrows_down_pass_and_arrows_up_or_sideways_do_not() {
        assert!(messages("lat-io", "[dependencies]\nroi-model.workspace = true\nserde = \"1\"\n").is_empty());
        for (name, used) in [("roi-model", "lat-io"), ("optimizers", "roi-model"), ("likelihood-core", "optimizers")] {
            let found = messages(name, &format!("[dev-dependencies]\n{used}.workspace = true\n"));
            let place = format!("crates/{name}/Cargo.toml:2:");
            assert!(found.len() == 1 && found[0].starts_with(&place) && found[0].contains(used), "{found:?}");
        }
    }

    #[test]
    fn every_arrow_of_the_table_points_to_a_lower_floor() {
        for layer in LAYERS {
            for used in layer.uses {
                let below = LAYERS.iter().find(|below| below.name == *used);
                assert!(below.is_some_and(|below| below.floor < layer.floor), "{} -> {used}", layer.name);
            }
        }
        assert!(LAYERS.is_sorted_by_key(|layer| layer.floor));
    }

    #[test]
    fn minimisers_and_models_stand_on_nothing() {
        for name in ["optimizers", "roi-model", "numerics"] {
            assert_eq!(messages(name, "[dependencies]\nnumerics.workspace = true\n").len(), 1, "{name}");
        }
        assert!(messages("likelihood-core", "[dependencies]\nnumerics.workspace = true\n").is_empty());
    }

    #[test]
    fn neighbours_on_a_floor_do_not_know_each_other() {
        for (name, used) in
            [("lat-dataset", "roi-simulate"), ("roi-simulate", "lat-dataset"), ("roi-estimators", "roi-batch")]
        {
            assert_eq!(messages(name, &format!("[dependencies]\n{used}.workspace = true\n")).len(), 1, "{name}");
        }
    }

    #[test]
    fn fixtures_are_for_tests_alone() {
        assert!(messages("optimizers", "[dev-dependencies]\nfixtures.workspace = true\n").is_empty());
        let found = messages("lat-io", "[dependencies]\nfixtures.workspace = true\n");
        assert!(found.len() == 1 && found[0].contains("[dev-dependencies]"), "{found:?}");
        assert!(messages("fixtures", "[dependencies]\nlat-io.workspace = true\n").is_empty());
        assert_eq!(messages("fixtures", "[dependencies]\nroi-fit.workspace = true\n").len(), 1);
    }

    #[test]
    fn terminal_python_and_html_each_have_one_place() {
        for (library, keeper) in
            [("clap", "roi-cli"), ("clap_mangen", "roi-cli"), ("pyo3", "roi-py"), ("askama", "roi-report")]
        {
            let manifest = format!("[dependencies]\n{library} = \"1\"\n");
            assert!(messages(keeper, &manifest).is_empty(), "{library}");
            assert_eq!(messages("roi-fit", &manifest).len(), 1, "{library}");
        }
    }

    #[test]
    fn what_a_crate_hides_stays_in_it() {
        assert!(messages("lat-io", "[dependencies]\nfitsio-pure.workspace = true\n").is_empty());
        let found = messages("roi-fit", "[dependencies]\nfitsio-pure.workspace = true\n");
        assert!(found.len() == 1 && found[0].ends_with("only lat-io may use `fitsio-pure`"), "{found:?}");
    }

    #[test]
    fn only_the_program_chooses_a_lapack() {
        let manifest = "[features]\nfast = [\"ndarray-linalg/openblas-system\"]\n";
        assert!(messages("roi-cli", manifest).is_empty());
        assert_eq!(messages("optimizers", manifest).len(), 1);
    }

    #[test]
    fn a_crate_without_a_place_is_found_and_other_manifests_are_not_read() {
        assert_eq!(messages("surprise", "[dependencies]\n").len(), 1);
        let acceptance =
            TextFile { path: "tests/Cargo.toml".to_owned(), text: "[dependencies]\nlat-io = \"1\"".to_owned() };
        assert!(check(&[acceptance]).is_empty());
    }
}
