//! The licenses of the crates that the program is made of: each crate with its license, and each text once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::handout::{Dist, printed, written};
use crate::error::Error;

const FILE: &str = "THIRD-PARTY-LICENSES.txt";
const PROGRAM: &str = "roi-cli";
/// How files begin that hold a license or what it asks to be told.
const NAMES: &[&str] = &["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

pub(super) fn make(dist: &Dist<'_>) -> Result<String, Error> {
    let mut cargo = dist.project.cargo(["metadata", "--locked", "--format-version", "1", "--filter-platform"]);
    let text = printed(cargo.arg(&dist.linkage.target), "cargo metadata")?;
    let unreadable = |why: String| Error::Failed { program: "cargo metadata".to_owned(), status: why };
    let metadata: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let crates = dependencies(&metadata).ok_or_else(|| unreadable("it does not tell what it should".to_owned()))?;
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for used in &crates {
        for text in used.texts()? {
            texts.entry(text).or_default().insert(used.title());
        }
    }
    written(&dist.in_bundle("")?.join(FILE), &page(&crates, &texts))?;
    let told: BTreeSet<&String> = texts.values().flatten().collect();
    let silent: Vec<String> = crates.iter().map(Dependency::title).filter(|title| !told.contains(title)).collect();
    let remark =
        if silent.is_empty() { String::new() } else { format!("; WITHOUT a text of their own: {}", silent.join(", ")) };
    Ok(format!("{FILE}: {} crates, {} texts{remark}", crates.len(), texts.len()))
}

/// A crate of others that is compiled into the program.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    name: String,
    version: String,
    license: String,
    manifest: String,
}

impl Dependency {
    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The texts that stand beside its manifest, in the order of their names.
    fn texts(&self) -> Result<Vec<String>, Error> {
        let folder = Path::new(&self.manifest).parent().unwrap_or(Path::new(""));
        let failed = |source| Error::Read { path: folder.display().to_string(), source };
        let mut paths = Vec::new();
        for entry in folder.read_dir().map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().to_uppercase()).unwrap_or_default();
            if path.is_file() && NAMES.iter().any(|begin| name.starts_with(begin)) {
                paths.push(path);
            }
        }
        paths.sort();
        let read = |path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).trim().replace("\r\n", "\n"));
        paths.iter().map(|path| read(path).map_err(failed)).collect()
    }
}

/// The crates that the program is compiled of, but for our own: without those that only build scripts and tests use.
fn dependencies(metadata: &Value) -> Option<Vec<Dependency>> {
    let packages = metadata.get("packages")?.as_array()?;
    let nodes = metadata.get("resolve")?.get("nodes")?.as_array()?;
    let id = |value: &'_ Value| -> Option<String> { Some(value.get("id")?.as_str()?.to_owned()) };
    let program = packages.iter().find(|package| package.get("name").and_then(Value::as_str) == Some(PROGRAM))?;
    let (mut open, mut seen) = (vec![id(program)?], BTreeSet::new());
    while let Some(next) = open.pop() {
        if seen.insert(next.clone()) {
            let node = nodes.iter().find(|node| id(node).as_ref() == Some(&next))?;
            open.extend(
                node.get("deps")?
                    .as_array()?
                    .iter()
                    .filter(|used| is_compiled_in(used))
                    .filter_map(|used| Some(used.get("pkg")?.as_str()?.to_owned())),
            );
        }
    }
    let used = packages.iter().filter(|package| id(package).is_some_and(|id| seen.contains(&id)));
    // Our own have no source.
    let of_others = used.filter(|package| package.get("source").is_some_and(|source| !source.is_null()));
    let text = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut crates: Vec<Dependency> = of_others
        .map(|package| {
            let license = text(package, "license").unwrap_or_else(|| "see its text".to_owned());
            Some(Dependency {
                name: text(package, "name")?,
                version: text(package, "version")?,
                license,
                manifest: text(package, "manifest_path")?,
            })
        })
        .collect::<Option<_>>()?;
    crates.sort();
    Some(crates)
}

/// Whether a dependency is a normal one: those of tests and of build scripts have a kind.
fn is_compiled_in(dependency: &Value) -> bool {
    let kinds = dependency.get("dep_kinds").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind.get("kind").is_none_or(Value::is_null)))
}

fn page(crates: &[Dependency], texts: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut page = "roi-fit is made of these crates of others, each under its license:\n\n".to_owned();
    let width = crates.iter().map(|used| used.title().len()).max().unwrap_or(0);
    for used in crates {
        let _ = writeln!(page, "{:<width$}  {}", used.title(), used.license);
    }
    for (text, titles) in texts {
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let _ = write!(page, "\n{}\n{}\n\n{text}\n", "-".repeat(80), titles.join(", "));
    }
    page
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, source: Option<&str>) -> Value {
        json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT", "source": source, "manifest_path": "x/Cargo.toml"})
    }

    fn node(name: &str, deps: &[(&str, &[Option<&str>])]) -> Value {
        let dependency = |(name, kinds): &(&str, &[Option<&str>])| json!({"pkg": name, "dep_kinds": kinds.iter().map(|kind| json!({"kind": kind})).collect::<Vec<_>>()});
        json!({"id": name, "deps": deps.iter().map(dependency).collect::<Vec<_>>()})
    }

    #[test]
    fn crates_of_others_that_are_compiled_in_are_told_and_no_more() {
        let of_others = Some("registry");
        let metadata = json!({
            "packages": [package("roi-cli", None), package("roi-fit", None), package("b", of_others), package("a", of_others),
                package("test-only", of_others), package("build-only", of_others), package("both", of_others), package("stranger", of_others)],
            "resolve": {"nodes": [
                node("roi-cli", &[("roi-fit", &[None]), ("test-only", &[Some("dev")]), ("both", &[Some("build"), None])]),
                node("roi-fit", &[("b", &[None]), ("build-only", &[Some("build")])]),
                node("b", &[("a", &[None])]),
                node("a", &[("b", &[None])]),
                node("both", &[]), node("test-only", &[]), node("build-only", &[]), node("stranger", &[]),
            ]},
        });
        let names: Vec<String> = dependencies(&metadata).unwrap().into_iter().map(|used| used.name).collect();
        assert_eq!(names, ["a", "b", "both"]);
        assert_eq!(dependencies(&json!({})), None);
    }

    #[test]
    fn a_text_stands_once_with_all_who_have_it() {
        let used = |name: &str| Dependency {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: "MIT".to_owned(),
            manifest: String::new(),
        };
        let titles: BTreeSet<String> = ["a 1.0.0".to_owned(), "b 1.0.0".to_owned()].into();
        let page = page(&[used("a"), used("b")], &BTreeMap::from([("Permission is granted".to_owned(), titles)]));
        assert_eq!(page.matches("Permission is granted").count(), 1);
        assert!(page.contains("\na 1.0.0, b 1.0.0\n") && page.contains("a 1.0.0  MIT"), "{page}");
    }
}
