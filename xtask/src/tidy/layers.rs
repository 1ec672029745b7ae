//! Arrows between crates point down only, and what one crate is there to hide stays in it.

use super::manifest::dependencies;
use crate::finding::Finding;
use crate::text_file::TextFile;

/// Which crates a crate may use, of those under `crates/`, tests and build scripts included.
/// docs/architecture.md draws the same picture.
const LAYERS: &[(&str, &[&str])] = &[
    ("optimizers", &[]),
    ("roi-model", &[]),
    ("likelihood-core", &["roi-model"]),
    ("lat-response", &["likelihood-core", "roi-model"]),
    ("lat-io", &["lat-response", "likelihood-core", "roi-model"]),
    ("lat-events", &["lat-io", "lat-response", "likelihood-core", "roi-model"]),
    ("roi-fit", &["lat-io", "lat-response", "likelihood-core", "roi-model", "optimizers"]),
    ("roi-cli", &["roi-fit"]),
    ("roi-py", &["roi-fit"]),
];

/// Libraries that only some crates may know.
const KEPT_IN: &[(&str, &[&str])] = &[
    // FITS is read and written behind one facade.
    ("fitsio-pure", &["lat-io"]),
    // Dense linear algebra goes through `optimizers::linalg`; the final programs choose where LAPACK comes from.
    ("ndarray-linalg", &["optimizers", "roi-cli", "roi-py"]),
    // Words for a terminal belong to the program.
    ("clap", &["roi-cli"]),
    ("indicatif", &["roi-cli"]),
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
    let Some((_, below)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        return vec![finding(
            1,
            format!("crate `{name}` has no place in the table of layers in xtask/src/tidy/layers.rs"),
        )];
    };
    let mut findings = Vec::new();
    for dependency in dependencies(&file.text) {
        let used = dependency.name.as_str();
        if LAYERS.iter().any(|(layer, _)| *layer == used) && !below.contains(&used) {
            findings.push(finding(dependency.line, format!("`{name}` may not use `{used}`: arrows point down only")));
        }
        if let Some((_, keepers)) =
            KEPT_IN.iter().find(|(library, keepers)| *library == used && !keepers.contains(&name))
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
    fn a_layer_uses_only_layers_that_stand_before_it() {
        for (index, (name, below)) in LAYERS.iter().enumerate() {
            for used in *below {
                // roi-fit stands on everything before it; the order of the table is the order of the house.
                assert!(LAYERS[..index].iter().any(|(layer, _)| layer == used), "{name} -> {used}");
            }
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
