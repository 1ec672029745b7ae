//! The dependencies of a Cargo.toml, as far as a reader of lines can tell them.

/// A dependency, by the name of its package.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// Whether only tests, examples and benchmarks have it.
    pub(super) for_tests: bool,
}

/// The dependencies of every kind: normal, of tests, of build scripts, of one platform.
pub(super) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut section = Section::Other;
    let mut for_tests = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = Section::of(header);
            for_tests = header.contains("dev-dependencies");
            if let Section::One(name) = &section {
                found.push(Dependency { name: name.clone(), line: index + 1, for_tests });
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        match section {
            Section::Table => {
                let name = key.split('.').next().map_or("", unquoted);
                // One dependency may take several lines: `name.workspace = true`, then `name.features = [...]`.
                let name = package(value).unwrap_or(name);
                if found.last().is_none_or(|last| last.name != name || last.for_tests != for_tests) {
                    found.push(Dependency { name: name.to_owned(), line: index + 1, for_tests });
                }
            }
            Section::One(_) if key.trim() == "package" => {
                if let Some(last) = found.last_mut() {
                    unquoted(value).clone_into(&mut last.name);
                }
            }
            Section::One(_) | Section::Other => {}
        }
    }
    found
}

enum Section {
    /// `[dependencies]`
    Table,
    /// `[dependencies.name]`
    One(String),
    Other,
}

impl Section {
    fn of(header: &str) -> Self {
        let is_table = |name: &str| name.rsplit('.').next().is_some_and(|last| last.ends_with("dependencies"));
        if is_table(header) {
            return Self::Table;
        }
        match header.rsplit_once('.') {
            Some((table, name)) if is_table(table) => Self::One(unquoted(name).to_owned()),
            _ => Self::Other,
        }
    }
}

/// The package behind a renamed dependency: `{ package = "name", ... }`.
fn package(value: &str) -> Option<&str> {
    let fields = value.trim().strip_prefix('{')?.split([',', '}']);
    fields.filter_map(|field| field.split_once('=')).find(|(key, _)| key.trim() == "package").map(|(_, v)| unquoted(v))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(manifest: &str) -> Vec<String> {
        dependencies(manifest).into_iter().map(|dependency| dependency.name).collect()
    }

    #[test]
    fn every_way_to_write_a_dependency_is_read() {
        let manifest = r#"
            [package]
            name = "not-a-dependency"
            [dependencies]
            plain = "1"
            inherited.workspace = true
            inherited.features = ["x"]
            inline = { path = "crates/inline", features = [
                "several", "lines",
            ] }
            alias = { version = "1", package = "renamed" }
            # commented = "1"
            [dev-dependencies]
            tester = "1"
            [target.'cfg(unix)'.build-dependencies]
            builder = "1"
            [dependencies.sectioned]
            version = "1"
            [dev-dependencies.other]
            package = "sectioned-renamed"
            [features]
            default = ["dep:plain"]
        "#;
        let expected =
            ["plain", "inherited", "inline", "renamed", "tester", "builder", "sectioned", "sectioned-renamed"];
        assert_eq!(names(manifest), expected);
    }

    #[test]
    fn a_dependency_knows_its_line_and_whether_it_is_for_tests() {
        let manifest = "[dependencies]\n\nx = \"1\"\n[dev-dependencies]\nx = \"1\"\n[target.'cfg(unix)'.dev-dependencies.y]\n[build-dependencies]\nz = \"1\"\n";
        let found: Vec<_> = dependencies(manifest).into_iter().map(|one| (one.name, one.line, one.for_tests)).collect();
        let expected = [("x", 3, false), ("x", 5, true), ("y", 6, true), ("z", 8, false)];
        assert_eq!(found, expected.map(|(name, line, for_tests)| (name.to_owned(), line, for_tests)));
    }
}
