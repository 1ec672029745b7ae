//! Source catalogs of the LAT, one file a family, and what a source library XML holds as one.
//!
//! A FITS catalog is told by its columns, its `CDS-NAME` keyword and, for FL8Y and FL16Y, the column `NickName`:
//!
//! | family | catalogs | what tells it |
//! |---|---|---|
//! | [`CatalogFamily::FourFglDr3`] | 4FGL-DR3, 4FGL-DR4, FL16Y | column `PLEC_IndexS` |
//! | [`CatalogFamily::Fl8y`] | FL8Y | column `PLEC_Index`, and column `NickName`, `CDS-NAME` of FL8Y, or one `Flux_Density` |
//! | [`CatalogFamily::FourFgl`] | 4FGL, 4FGL-DR2 | column `PLEC_Index` |
//! | [`CatalogFamily::Fhl`] | 2FHL, 3FHL | `CDS-NAME`, or the name of the table |
//! | [`CatalogFamily::ThreeFgl`] | 3FGL | `CDS-NAME`, or column `Cutoff` |
//!
//! Sources become point or extended sources with all parameters fixed, scaled and bounded as fermipy does it.

mod archives;
mod extended;
mod fhl;
mod fl8y;
mod four_fgl;
mod four_fgl_dr3;
mod law;
mod table;
mod three_fgl;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use roi_model::{SkyDirection, Source, SourceType, SpatialModel, normalized_name};

pub use archives::archive_folders;
pub use extended::{R68_OF_RADIUS, R68_OF_SIGMA};

use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu};
use archives::Archives;
use extended::{Extensions, Shape};
use law::Law;
use table::Table;

/// Columns whose names are other names of a source, as in fermipy.
const ALIAS_COLUMNS: [&str; 10] = [
    "ASSOC",
    "ASSOC1",
    "ASSOC2",
    "ASSOC_GAM",
    "1FHL_Name",
    "2FGL_Name",
    "3FGL_Name",
    "ASSOC_GAM1",
    "ASSOC_GAM2",
    "ASSOC_TEV",
];

/// The layouts of catalogs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatalogFamily {
    /// 3FGL.
    ThreeFgl,
    /// 2FHL and 3FHL.
    Fhl,
    /// FL8Y.
    Fl8y,
    /// 4FGL and 4FGL-DR2.
    FourFgl,
    /// 4FGL-DR3, 4FGL-DR4 and FL16Y.
    FourFglDr3,
    /// A source library XML.
    Xml,
}

/// A catalog in memory.
#[derive(Clone, Debug)]
pub struct Catalog {
    path: PathBuf,
    family: CatalogFamily,
    entries: Vec<Entry>,
    /// The file and its table, from which further columns are read when they are asked for.
    table: Option<Arc<(FitsFile, usize)>>,
    numbers: OnceLock<Vec<(String, Vec<f64>)>>,
}

/// A source of a catalog, not yet a model.
#[derive(Clone, Debug)]
pub struct Entry {
    name: String,
    direction: Option<SkyDirection>,
    associations: Vec<(String, String)>,
    aliases: Vec<String>,
    content: Content,
    row: usize,
}

#[derive(Clone, Debug)]
enum Content {
    Row { law: Law, shape: Option<Shape> },
    Model(Box<Source>),
}

impl Catalog {
    /// Reads a catalog: FITS (`.gz` too) of a known family.
    ///
    /// `xmatch` names text columns besides those of the aliases that are kept for [`Entry::association`].
    ///
    /// # Errors
    /// When the file is missing or damaged, is of no known family, lacks a column, or holds a source without name or position.
    ///
    /// ```no_run
    /// use lat_io::{Catalog, CatalogFamily};
    /// let catalog = Catalog::read("gll_psc_v27.fit.gz".as_ref(), &[])?;
    /// assert_eq!(catalog.family(), CatalogFamily::FourFgl);
    /// # Ok::<(), lat_io::Error>(())
    /// ```
    pub fn read(path: &Path, xmatch: &[String]) -> Result<Self> {
        let file = FitsFile::open(path)?;
        let hdu = source_table(&file)?;
        let family = guess(path, hdu)?;
        let table = Table::new(&file, hdu)?;
        let laws = match family {
            CatalogFamily::ThreeFgl => three_fgl::laws(&table)?,
            CatalogFamily::Fhl => fhl::laws(&table)?,
            CatalogFamily::Fl8y => fl8y::laws(&table)?,
            CatalogFamily::FourFgl => four_fgl::laws(&table)?,
            CatalogFamily::FourFglDr3 => four_fgl_dr3::laws(&table)?,
            CatalogFamily::Xml => return Err(unknown_family(path, hdu)),
        };
        let entries = entries(path, &table, laws, &Extensions::read(&file)?, xmatch)?;
        let index = hdu.index();
        Ok(Self {
            path: path.to_owned(),
            family,
            entries,
            table: Some(Arc::new((file, index))),
            numbers: OnceLock::new(),
        })
    }

    /// The sources of a library XML (see [`roi_model::read_xml`]) as a catalog; `path` names the file in messages. A source whose spatial model has
    /// no position is where the attributes `RA` and `DEC` of its element say, as the libraries of the LAT have them.
    pub fn from_sources(path: &Path, sources: Vec<Source>) -> Self {
        let entry = |mut source: Source| {
            if let (None, Some(center)) = (source.direction(), stated_position(&source)) {
                source.set_center(center);
            }
            Entry {
                name: source.name().to_owned(),
                direction: source.direction(),
                associations: Vec::new(),
                aliases: source.aliases().to_vec(),
                content: Content::Model(Box::new(source)),
                row: 0,
            }
        };
        let entries = sources.into_iter().map(entry).collect();
        let path = path.to_owned();
        Self { path, family: CatalogFamily::Xml, entries, table: None, numbers: OnceLock::new() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its layout.
    pub fn family(&self) -> CatalogFamily {
        self.family
    }

    /// Its sources in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the catalog has of a source in columns of one finite number a row, by the name of the column.
    pub fn values(&self, entry: &Entry) -> BTreeMap<String, f64> {
        let numbers =
            self.numbers.get_or_init(|| self.table.as_ref().map_or(Vec::new(), |table| numbers(&table.0, table.1)));
        let value = |(name, column): &(String, Vec<f64>)| Some((name.clone(), *column.get(entry.row)?));
        numbers.iter().filter_map(value).filter(|(_, value)| value.is_finite()).collect()
    }

    /// The position of the source of this name or alias, compared without regard to case and blanks.
    pub fn find(&self, name: &str) -> Option<SkyDirection> {
        let wanted = normalized_name(name);
        let is_it = |entry: &&Entry| {
            std::iter::once(&entry.name).chain(&entry.aliases).any(|name| normalized_name(name) == wanted)
        };
        self.entries.iter().find(is_it).and_then(Entry::direction)
    }

    /// The model of a source. Extended templates lie in the archive folder `extdir`, or in that of the catalog's file: there, or below in
    /// `Templates` or `Extended_*/Templates`. A template that is not there keeps its bare name.
    ///
    /// # Errors
    /// When a value of the catalog that the model needs is not finite, or cannot be.
    pub fn source(&self, entry: &Entry, extdir: Option<&Path>) -> Result<Source> {
        let (law, shape) = match &entry.content {
            Content::Model(source) => return Ok(source.as_ref().clone()),
            Content::Row { law, shape } => (law, shape.as_ref()),
        };
        let archives = Archives { roots: extdir.into_iter().chain(self.path.parent()).collect(), catalog: &self.path };
        let build = || -> roi_model::Result<Source> {
            let Some(direction) = entry.direction else {
                return Err(roi_model::Error::EmptyName { what: "position" });
            };
            let (kind, spatial) = match shape {
                None => (SourceType::Point, SpatialModel::point(direction)?),
                Some(shape) => (SourceType::Diffuse, shape.model(direction, &archives)?),
            };
            let mut source = Source::new(entry.name.as_str(), kind, law.spectrum()?, spatial)?;
            if shape.is_some() {
                source.set_center(direction);
            }
            entry.aliases.iter().for_each(|alias| source.add_alias(alias.as_str()));
            source.set_catalog_values(self.values(entry));
            Ok(source)
        };
        build().map_err(|source| Error::CatalogSource {
            path: self.path.clone(),
            name: entry.name.clone(),
            source: Box::new(source),
        })
    }
}

impl Entry {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its position or centre; only sources of an XML may have none.
    pub fn direction(&self) -> Option<SkyDirection> {
        self.direction
    }

    /// Its other names.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// Its name in another catalog, by the column that holds it.
    pub fn association(&self, column: &str) -> Option<&str> {
        self.associations.iter().find(|(name, _)| name == column).map(|(_, text)| text.as_str())
    }
}

/// The position that the attributes of a source of a library state.
fn stated_position(source: &Source) -> Option<SkyDirection> {
    let number = |wanted: &str| {
        let stated = source.attributes().iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        stated.and_then(|(_, text)| text.trim().parse::<f64>().ok())
    };
    SkyDirection::new(number("RA")?, number("DEC")?).ok()
}

/// The columns of one number a row.
fn numbers(file: &FitsFile, index: usize) -> Vec<(String, Vec<f64>)> {
    let Some(hdu) = file.hdus().get(index) else { return Vec::new() };
    let is_single = |name: &&str| file.column_repeat(hdu, name).is_ok_and(|repeat| repeat == 1);
    let read = |name: &str| Some((name.to_owned(), file.read_column(hdu, name).ok()?));
    hdu.column_names().filter(is_single).filter_map(read).collect()
}

/// The first table that looks like one of sources; its name differs between catalogs.
fn source_table(file: &FitsFile) -> Result<&Hdu> {
    let is_one = |hdu: &&Hdu| {
        let has = |name: &str| hdu.column_names().any(|column| column.eq_ignore_ascii_case(name));
        (has("Source_Name") || has("NickName")) && (has("SpectrumType") || has("Spectral_Index"))
    };
    match file.hdus().iter().find(is_one) {
        Some(hdu) => Ok(hdu),
        None => file.table("LAT_Point_Source_Catalog"),
    }
}

fn guess(path: &Path, hdu: &Hdu) -> Result<CatalogFamily> {
    let has = |name: &str| hdu.column_names().any(|column| column.eq_ignore_ascii_case(name));
    let designation = hdu.header().text("CDS-NAME").unwrap_or("").trim().to_ascii_uppercase();
    // The published 2FHL has no such keyword, but `2FHL Source Catalog` as the name of its table.
    let table = hdu.name().trim().to_ascii_uppercase();
    let is_fhl = designation.ends_with("FHL") || table.starts_with("2FHL") || table.starts_with("3FHL");
    if has("PLEC_IndexS") {
        Ok(CatalogFamily::FourFglDr3)
    } else if has("PLEC_Index") {
        let is_fl8y = has("NickName") || designation.contains("FL8Y") || !has("PL_Flux_Density");
        Ok(if is_fl8y { CatalogFamily::Fl8y } else { CatalogFamily::FourFgl })
    } else if is_fhl {
        Ok(CatalogFamily::Fhl)
    } else if designation.starts_with("3FGL") || has("Cutoff") {
        Ok(CatalogFamily::ThreeFgl)
    } else if designation.starts_with("4FGL") {
        // Whoever reads it names the column that it lacks.
        Ok(CatalogFamily::FourFgl)
    } else {
        Err(unknown_family(path, hdu))
    }
}

fn unknown_family(path: &Path, hdu: &Hdu) -> Error {
    let found = hdu.header().text("CDS-NAME").unwrap_or("missing").to_owned();
    Error::Keyword {
        path: path.to_owned(),
        hdu: hdu.label(),
        keyword: "CDS-NAME".into(),
        found,
        expected: "3FGL, 2FHL, 3FHL, FL8Y or 4FGL, or the columns of one of them (PLEC_Index, PLEC_IndexS, Cutoff), or a table named after 2FHL or 3FHL",
    }
}

fn entries(
    path: &Path,
    table: &Table<'_>,
    laws: Vec<Law>,
    extensions: &Extensions,
    xmatch: &[String],
) -> Result<Vec<Entry>> {
    let names = table.texts(table.name_column())?;
    let (ra, dec) = (table.numbers("RAJ2000")?, table.numbers("DEJ2000")?);
    let extended = table.optional_texts("Extended_Source_Name")?;
    let mut columns: Vec<(&str, Vec<String>)> = Vec::new();
    for column in ALIAS_COLUMNS.into_iter().chain(xmatch.iter().map(String::as_str)) {
        if columns.iter().all(|(known, _)| *known != column)
            && let Some(texts) = table.optional_texts(column)?
        {
            columns.push((column, texts));
        }
    }
    let mut entries = Vec::with_capacity(names.len());
    for (row, (((name, law), ra), dec)) in names.into_iter().zip(laws).zip(ra).zip(dec).enumerate() {
        if name.is_empty() {
            return Err(table.bad("Source_Name", format!("row {} has no name", row + 1)));
        }
        let direction = SkyDirection::new(ra, dec).map_err(|source| Error::CatalogSource {
            path: path.to_owned(),
            name: name.clone(),
            source: Box::new(source),
        })?;
        let extension = extended.as_ref().and_then(|texts| texts.get(row)).filter(|text| !text.is_empty());
        let shape = extension.map(|extension| extensions.get(table, &name, extension)).transpose()?;
        let associations: Vec<(String, String)> = columns
            .iter()
            .filter_map(|(column, texts)| Some(((*column).to_owned(), texts.get(row)?.clone())))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let mut aliases: Vec<String> = Vec::new();
        for (column, text) in &associations {
            if ALIAS_COLUMNS.contains(&column.as_str()) && *text != name && !aliases.contains(text) {
                aliases.push(text.clone());
            }
        }
        let content = Content::Row { law, shape };
        entries.push(Entry { name, direction: Some(direction), associations, aliases, content, row });
    }
    Ok(entries)
}
