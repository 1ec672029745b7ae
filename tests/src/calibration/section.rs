//! A part of the page, and the tables that it has.

use comfy_table::{CellAlignment, Table as Plain, presets};

/// A part of the page.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What it says, in Markdown.
    pub text: String,
    /// A picture: the name of its file, what it shows, and the SVG.
    pub picture: Option<(&'static str, &'static str, String)>,
}

/// A table in Markdown.
#[derive(Debug)]
pub struct Table(Plain);

impl Table {
    /// With these headings.
    pub fn new(head: &[&str]) -> Self {
        let mut table = Plain::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(head.to_vec());
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        Self(table)
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.0.add_row(cells);
    }

    /// As text.
    pub fn markdown(&self) -> String {
        self.0.to_string()
    }
}
