//! A Markdown page, read: its links, the anchors that a link can name, its code, the cells of its tables.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::repository::text_file::TextFile;

/// A page and what the checks ask of it.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) links: Vec<Said>,
    /// As GitHub and mdBook make them of headings.
    pub(super) anchors: BTreeSet<String>,
    /// Spans of code, and blocks of code line by line.
    pub(super) code: Vec<Said>,
    /// The code of each cell below the heading of a table, row by row.
    pub(super) rows: Vec<Row>,
}

/// A text of a page and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) text: String,
}

/// A row of a table: the spans of code of each of its cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: Vec<Vec<String>>,
}

impl Page {
    pub(super) fn of(file: &TextFile) -> Self {
        let mut page = Self {
            path: file.path.clone(),
            links: Vec::new(),
            anchors: BTreeSet::new(),
            code: Vec::new(),
            rows: Vec::new(),
        };
        let starts: Vec<usize> = file.text.match_indices('\n').map(|(at, _)| at).collect();
        let mut headings = Headings::default();
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
        for (event, range) in Parser::new_ext(&file.text, options).into_offset_iter() {
            let line = 1 + starts.partition_point(|start| *start < range.start);
            if let Some(anchor) = headings.after(&event) {
                page.anchors.insert(anchor);
            }
            page.take(&event, line);
        }
        page.code.extend(blocks_of_code(&file.text));
        page
    }

    fn take(&mut self, event: &Event<'_>, line: usize) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.links.push(Said { line, text: dest_url.to_string() });
            }
            Event::Start(Tag::TableRow) => self.rows.push(Row { line, cells: Vec::new() }),
            Event::Start(Tag::TableCell) => {
                if let Some(row) = self.rows.last_mut().filter(|row| row.line == line) {
                    row.cells.push(Vec::new());
                }
            }
            Event::Code(text) => {
                self.code.push(Said { line, text: text.to_string() });
                if let Some(cell) =
                    self.rows.last_mut().filter(|row| row.line == line).and_then(|row| row.cells.last_mut())
                {
                    cell.push(text.to_string());
                }
            }
            _ => {}
        }
    }
}

/// The lines of blocks of code. The parser joins or cuts their text, so they are taken from the source between its bounds.
fn blocks_of_code(text: &str) -> Vec<Said> {
    let mut lines = Vec::new();
    for (event, range) in Parser::new(text).into_offset_iter() {
        if let Event::Start(Tag::CodeBlock(_)) = event {
            let first = 1 + text.get(..range.start).map_or(0, |before| before.matches('\n').count());
            let block = text.get(range).unwrap_or("").lines().enumerate();
            lines.extend(block.map(|(index, line)| Said { line: first + index, text: line.to_owned() }));
        }
    }
    lines
}

/// The heading that is being read, and how often each anchor was there.
#[derive(Default)]
struct Headings {
    open: Option<String>,
    seen: BTreeMap<String, usize>,
}

impl Headings {
    /// The anchor of a heading, once it is whole.
    fn after(&mut self, event: &Event<'_>) -> Option<String> {
        match event {
            Event::Start(Tag::Heading { .. }) => self.open = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut self.open {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&self.open.take()?);
                let seen = self.seen.entry(anchor.clone()).or_default();
                *seen += 1;
                return Some(if *seen == 1 { anchor } else { format!("{anchor}-{}", *seen - 1) });
            }
            _ => {}
        }
        None
    }
}

/// `Files that are looked for` -> `files-that-are-looked-for`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || "_-".contains(*c) || c.is_whitespace());
    kept.map(|c| if c.is_whitespace() { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::pages) fn page(path: &str, text: &str) -> Page {
        Page::of(&TextFile { path: path.to_owned(), text: text.to_owned() })
    }

    fn said(line: usize, text: &str) -> Said {
        Said { line, text: text.to_owned() }
    }

    #[test]
    fn links_are_read_as_a_browser_would_and_code_holds_none() {
        let text =
            "[a](b.md#c) and `[x](y)`\n\n![picture](p.png) <https://x.org> [d][e]\n\n```\n[n](m)\n```\n\n[e]: f.md\n";
        let found = page("a.md", text).links;
        assert_eq!(found, [said(1, "b.md#c"), said(3, "p.png"), said(3, "https://x.org"), said(3, "f.md")]);
    }

    #[test]
    fn anchors_are_those_of_headings_with_a_number_where_they_repeat() {
        let text = "# The `fit`, twice\n## localize --joint\n## Options\n## Options\n\n```\n# no heading\n```\n";
        let found: Vec<String> = page("a.md", text).anchors.into_iter().collect();
        assert_eq!(found, ["localize---joint", "options", "options-1", "the-fit-twice"]);
    }

    #[test]
    fn code_has_its_lines() {
        let text = "Say `roi-fit fit`.\n\n```text\none\ntwo\n```\n";
        assert_eq!(
            page("a.md", text).code,
            [said(1, "roi-fit fit"), said(3, "```text"), said(4, "one"), said(5, "two"), said(6, "```")]
        );
    }

    #[test]
    fn rows_of_tables_have_the_code_of_their_cells() {
        let rows = page("a.md", "| a | `b` |\n|---|---|\n| `c`, `d` | e |\n| | `f\\|g` |\n").rows;
        let cells = |cells: &[&[&str]]| -> Vec<Vec<String>> {
            cells.iter().map(|cell| cell.iter().map(|code| (*code).to_owned()).collect()).collect()
        };
        assert_eq!(
            rows,
            [Row { line: 3, cells: cells(&[&["c", "d"], &[]]) }, Row { line: 4, cells: cells(&[&[], &["f|g"]]) }]
        );
    }
}
