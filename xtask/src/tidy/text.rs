//! Rules for the text of a file: its length, nothing unfinished, no path of one machine.

use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;

/// A Rust file that grows past this does more than one thing.
const MAX_LINES: usize = 450;

// Each pattern is written in two halves, or this file would break its own rules.
const UNFINISHED: &[(&str, &str)] = &[
    (concat!("to", "do!("), "unfinished code"),
    (concat!("unimple", "mented!("), "unfinished code"),
    (concat!("FIX", "ME"), "unfinished code"),
    (concat!("#[ig", "nore"), "a test that never runs"),
    (concat!("```ig", "nore"), "an example that is never compiled"),
    (concat!("```rust,ig", "nore"), "an example that is never compiled"),
];

const MACHINE_FOLDERS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/t", "mp/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];

pub(super) fn check(file: &TextFile) -> Vec<Finding> {
    let rust = file.has_extension("rs");
    let finding = |index: usize, message: String| Finding { path: file.path.clone(), line: index + 1, message };
    let mut findings = Vec::new();
    let length = file.text.lines().count();
    if rust && length > MAX_LINES {
        findings.push(finding(MAX_LINES, format!("{length} lines; a file of more than {MAX_LINES} does two things")));
    }
    for (index, line) in file.text.lines().enumerate() {
        if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_path(line, folder)) {
            findings.push(finding(index, format!("`{folder}` is a path of one machine; make it relative")));
        }
        for (pattern, what) in UNFINISHED.iter().filter(|(pattern, _)| rust && line.contains(pattern)) {
            findings.push(finding(index, format!("`{pattern}`: {what}")));
        }
    }
    findings
}

/// Whether an absolute path in `line` begins with `folder`, rather than a URL or a longer path that contains it.
fn names_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|start| start.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !"/._-~}>)".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rust_file_may_have_450_lines_and_no_more() {
        assert!(messages("a.rs", &"//\n".repeat(450)).is_empty());
        let found = messages("a.rs", &"//\n".repeat(451));
        assert!(found.len() == 1 && found[0].starts_with("a.rs:451: 451 lines"), "{found:?}");
        assert!(messages("a.json", &"{}\n".repeat(451)).is_empty());
    }

    #[test]
    fn every_unfinished_pattern_is_found_on_its_line_in_rust_only() {
        for (pattern, what) in UNFINISHED {
            let text = format!("fn f() {{}}\n    {pattern}\n");
            let found = messages("a.rs", &text);
            assert!(found.len() == 1 && found[0].starts_with("a.rs:2:") && found[0].ends_with(what), "{found:?}");
            assert!(messages("a.md", &text).is_empty());
        }
    }

    #[test]
    fn paths_of_a_machine_are_found_in_any_file() {
        for folder in MACHINE_FOLDERS {
            for text in
                [format!("{folder}x"), format!("see `{folder}x`"), format!("a={folder}x"), format!("\"{folder}\"")]
            {
                assert_eq!(messages("README.md", &text).len(), 1, "{text}");
            }
        }
    }

    #[test]
    fn longer_paths_and_urls_that_contain_such_a_folder_pass() {
        for folder in MACHINE_FOLDERS {
            for text in [format!("https://example.org{folder}"), format!("docs{folder}a"), format!("..{folder}")] {
                assert!(messages("README.md", &text).is_empty(), "{text}");
            }
        }
    }
}
