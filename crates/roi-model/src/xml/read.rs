//! XML to sources.

use std::collections::HashSet;
use std::sync::Arc;

use roxmltree::{Attribute, Document, Node, ParsingOptions};

use super::library::SourceLibrary;
use super::tables::TableReader;
use crate::error::{BoxError, Error, Result, finite, nearest};
use crate::parameter::Parameter;
use crate::source::{Apply, MembersFile, Source, SourceType};
use crate::spatial::SpatialModel;
use crate::spectrum::{self, DarkMatterTable, EblTable, FileTable, Spectrum, Tables};

/// Reads a source library. `load` reads the table of the file that a spectrum names in `file` or `scaling_file`.
///
/// ```
/// let text = r#"<source_library title="demo">
///   <source name="a" type="PointSource">
///     <spectrum type="PowerLaw">
///       <parameter name="Prefactor" value="2.5" scale="1e-12" min="0.001" max="1000" free="1"/>
///       <parameter name="Index" value="2.1" scale="-1" min="0" max="5" free="1"/>
///       <parameter name="Scale" value="1000" scale="1" min="1000" max="1000" free="0"/>
///     </spectrum>
///     <spatialModel type="SkyDirFunction">
///       <parameter name="RA" value="83.1" scale="1" min="-360" max="360" free="0"/>
///       <parameter name="DEC" value="21.7" scale="1" min="-90" max="90" free="0"/>
///     </spatialModel>
///   </source>
/// </source_library>"#;
/// let library = roi_model::read_xml(text, &|file| Err(format!("no file {file}").into()))?;
/// assert_eq!(library.sources[0].spectrum().parameter("Index").map(|p| p.true_value()), Some(-2.1));
/// # Ok::<(), roi_model::Error>(())
/// ```
///
/// # Errors
/// [`Error::XmlSyntax`], or [`Error::InXml`] with line and column around what is wrong: an unknown element or type, a missing
/// attribute or parameter, a text that is no number, a value outside its bounds, a second source of the same name, a
/// file that `load` cannot read.
pub fn read_xml(text: &str, load: &dyn Fn(&str) -> std::result::Result<FileTable, BoxError>) -> Result<SourceLibrary> {
    read_xml_with(text, &load)
}

/// Reads a source library whose spectra may need tables of any kind; see [`read_xml`].
///
/// # Errors
/// As [`read_xml`].
pub fn read_xml_with(text: &str, tables: &dyn TableReader) -> Result<SourceLibrary> {
    let document = parse(text)?;
    let root = document.root_element();
    if root.tag_name().name() != "source_library" {
        let found = root.tag_name().name();
        return Err(at(root, Error::XmlSchema(format!("the root element is <{found}>; <source_library> is needed"))));
    }
    let mut attributes = Attributes::of(root);
    let title = attributes.optional("title").unwrap_or("source library").to_owned();
    let sources = read_sources(root, tables)?;
    Ok(SourceLibrary { title, sources, attributes: attributes.rest() })
}

/// Parses the text. A `DOCTYPE` that only names a file of declarations, as the sample models of the LAT tools have it, says nothing that is needed;
/// declarations of its own could be entities that expand without end.
fn parse(text: &str) -> Result<Document<'_>> {
    let allow_dtd = match doctype(text) {
        Some(declaration) if declaration.ends_with('[') => return Err(Error::Doctype),
        declaration => declaration.is_some(),
    };
    Document::parse_with_options(text, ParsingOptions { allow_dtd, ..ParsingOptions::default() })
        .map_err(Error::XmlSyntax)
}

/// The document type declaration before the first element, up to its end or to the `[` that opens declarations of its own.
fn doctype(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.get(rest.find('<')?..)?;
        if rest.starts_with("<!DOCTYPE") {
            break;
        }
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            return None;
        };
        rest = rest.get(rest.find(end)? + end.len()..)?;
    }
    let mut quote = None;
    let end = rest.char_indices().find(|&(_, c)| match quote {
        Some(open) => {
            quote = quote.filter(|_| c != open);
            false
        }
        None if c == '"' || c == '\'' => {
            quote = Some(c);
            false
        }
        None => c == '[' || c == '>',
    });
    rest.get(..=end?.0)
}

fn read_sources(library: Node<'_, '_>, tables: &dyn TableReader) -> Result<Vec<Source>> {
    let mut sources: Vec<Source> = Vec::new();
    let mut names = HashSet::new();
    for node in elements(library, &["source"])? {
        let source = read_source(node, tables)?;
        if !names.insert(source.name().to_owned()) {
            return Err(at(node, Error::DuplicateSource { name: source.name().to_owned() }));
        }
        sources.push(source);
    }
    Ok(sources)
}

fn read_source(node: Node<'_, '_>, tables: &dyn TableReader) -> Result<Source> {
    let mut attributes = Attributes::of(node);
    let name = attributes.required("name")?;
    let in_source = |error: Error| match error {
        Error::InXml { line, column, error } => Error::InXml { line, column, error: Box::new(error.in_source(name)) },
        other => at(node, other.in_source(name)),
    };
    let source_type: SourceType = attributes.required("type").and_then(str::parse).map_err(in_source)?;
    let is_composite = source_type == SourceType::Composite;
    let second_part = if is_composite { "source_library" } else { "spatialModel" };
    let on_source = if is_composite { attributes.optional("xmlFile") } else { None };
    let build = || {
        let [mut spectrum, mut second] = [None, None];
        for child in elements(node, &["spectrum", second_part])? {
            let place = if child.tag_name().name() == "spectrum" { &mut spectrum } else { &mut second };
            if place.replace(child).is_some() {
                let twice = format!("a second <{}>; keep one", child.tag_name().name());
                return Err(at(child, Error::XmlSchema(twice)));
            }
        }
        let missing = |what: &str| at(node, Error::XmlSchema(format!("<{what}> is missing")));
        let (spectrum, edisp) = read_spectrum(spectrum.ok_or_else(|| missing("spectrum"))?, tables)?;
        if let (true, None, Some(file)) = (is_composite, second, on_source) {
            let members = read_members_file(node, file, tables)?;
            let file = MembersFile { name: file.to_owned(), in_library: false };
            let source = Source::composite(name, spectrum, members).map(|source| source.with_members_file(Some(file)));
            return Ok((source, Apply { edisp, ..Apply::default() }));
        }
        let second = second.ok_or_else(|| missing(second_part))?;
        if is_composite {
            let file = second.attribute("xmlFile");
            let members = match file {
                Some(file) => read_members_file(node, file, tables)?,
                None => read_members(node, second, tables)?,
            };
            let file = file.map(|file| MembersFile { name: file.to_owned(), in_library: true });
            let source = Source::composite(name, spectrum, members).map(|source| source.with_members_file(file));
            return Ok((source, Apply { edisp, ..Apply::default() }));
        }
        let (spatial, psf, exposure) = read_spatial(second)?;
        Ok((Source::new(name, source_type, spectrum, spatial), Apply { edisp, psf, exposure }))
    };
    let (source, apply) = build().map_err(in_source)?;
    Ok(source.map_err(|error| at(node, error))?.with_xml(attributes.rest(), apply))
}

/// The members of a composite source; they may not be composite, so that reading them cannot go deeper and deeper.
fn read_members(composite: Node<'_, '_>, library: Node<'_, '_>, tables: &dyn TableReader) -> Result<Vec<Source>> {
    let nested = composite.ancestors().skip(1).any(|n| n.attribute("type") == Some("CompositeSource"));
    if nested {
        let reason = "a CompositeSource within a CompositeSource is not allowed".to_owned();
        return Err(at(composite, Error::XmlSchema(reason)));
    }
    read_sources(library, tables)
}

/// The members of a composite source that stand in a file of their own.
fn read_members_file(composite: Node<'_, '_>, file: &str, tables: &dyn TableReader) -> Result<Vec<Source>> {
    let load = |error| at(composite, Error::Load { file: file.to_owned(), error });
    let text = tables.library(file).map_err(load)?;
    let library = read_xml_with(&text, &WithoutLibraries(tables)).map_err(|error| load(error.into()))?;
    Ok(library.sources)
}

/// Reads tables but no further library, so that a file that names itself ends in an error.
struct WithoutLibraries<'a>(&'a dyn TableReader);

impl TableReader for WithoutLibraries<'_> {
    fn spectrum(&self, file: &str) -> std::result::Result<FileTable, BoxError> {
        self.0.spectrum(file)
    }
    fn library(&self, _: &str) -> std::result::Result<String, BoxError> {
        Err("a composite source within a composite source is not allowed".into())
    }
    fn ebl(&self, model: i64) -> std::result::Result<EblTable, BoxError> {
        self.0.ebl(model)
    }
    fn dark_matter(&self, file: Option<&str>) -> std::result::Result<DarkMatterTable, BoxError> {
        self.0.dark_matter(file)
    }
}

fn read_spectrum(node: Node<'_, '_>, tables: &dyn TableReader) -> Result<(Spectrum, Option<bool>)> {
    let mut attributes = Attributes::of(node);
    let type_name = attributes.required("type")?;
    let file = attributes.optional("file");
    let scaling_file = attributes.optional("scaling_file");
    let edisp = attributes.optional_flag("apply_edisp")?;
    let parameters = read_parameters(node)?;
    let loaded = |what: Option<&str>, error| Error::Load { file: what.unwrap_or(type_name).to_owned(), error };
    let build = || {
        let needs = spectrum::spectrum_needs(type_name)?;
        let mut found = Tables::default();
        if needs.spectrum {
            let reason = "it needs a file; name it in the attribute `file` of spectrum".to_owned();
            let file = file.ok_or_else(|| Error::File { function: type_name.to_owned(), reason })?;
            found.spectrum = Some(Arc::new(tables.spectrum(file).map_err(|error| loaded(Some(file), error))?));
        }
        if needs.dark_matter {
            found.dark_matter = Some(Arc::new(tables.dark_matter(file).map_err(|error| loaded(file, error))?));
        }
        if needs.ebl {
            found.ebl = Some(Arc::new(tables.ebl(ebl_model(&parameters)).map_err(|error| loaded(None, error))?));
        }
        found.file = file.filter(|_| needs.spectrum || needs.dark_matter).map(str::to_owned);
        let mut spectrum = Spectrum::with_tables(type_name, parameters, &found)?;
        if let Some(file) = scaling_file {
            let table = tables.spectrum(file).map_err(|error| loaded(Some(file), error))?;
            spectrum = spectrum.scaled_by(file, Arc::new(table));
        }
        Ok(spectrum)
    };
    let spectrum = build().map_err(|error| at(node, error))?;
    let unused_file = file.filter(|_| spectrum.file().is_none()).map(|file| ("file".to_owned(), file.to_owned()));
    Ok((spectrum.with_attributes(unused_file.into_iter().chain(attributes.rest()).collect()), edisp))
}

/// The number of the EBL model, cut to an integer as the reference does.
#[expect(clippy::cast_possible_truncation, reason = "an absurd number saturates, and no table answers to it")]
fn ebl_model(parameters: &[Parameter]) -> i64 {
    parameters.iter().find(|p| p.name() == "ebl_model").map_or(0, |p| p.true_value() as i64)
}

fn read_spatial(node: Node<'_, '_>) -> Result<(SpatialModel, Option<bool>, Option<bool>)> {
    let mut attributes = Attributes::of(node);
    let type_name = attributes.required("type")?;
    let file = attributes.optional("file").map(str::to_owned);
    let psf = attributes.optional_flag("apply_psf")?;
    let exposure = attributes.optional_flag("apply_exposure")?;
    let parameters = read_parameters(node)?;
    let spatial = type_name.parse().and_then(|kind| SpatialModel::new(kind, parameters, file));
    let spatial = spatial.map_err(|error| at(node, error))?;
    Ok((spatial.with_attributes(attributes.rest()), psf, exposure))
}

fn read_parameters(node: Node<'_, '_>) -> Result<Vec<Parameter>> {
    elements(node, &["parameter"])?.into_iter().map(read_parameter).collect()
}

fn read_parameter(node: Node<'_, '_>) -> Result<Parameter> {
    let mut attributes = Attributes::of(node);
    let name = attributes.required("name")?;
    let (value, scale) = (attributes.required_number("value")?, attributes.required_number("scale")?);
    let bounds = (attributes.optional_number("min")?, attributes.optional_number("max")?);
    let free = attributes.optional_flag("free")?.unwrap_or(false);
    let error = attributes.optional_number("error")?.unwrap_or(0.0);
    let (min, max) = match bounds {
        (Some(min), Some(max)) => (min, max),
        (None, None) => (0.0, 0.0),
        _ => {
            let reason = format!("parameter {name:?}: `min` or `max` is missing; give both, or neither for no bounds");
            return Err(at(node, Error::XmlSchema(reason)));
        }
    };
    let build = || Parameter::new(name, value)?.with_scale(scale)?.with_bounds(min, max)?.with_error(error);
    Ok(build().map_err(|error| at(node, error))?.with_free(free).with_attributes(attributes.rest()))
}

/// The child elements, each of which must have one of these names.
fn elements<'a, 'input>(node: Node<'a, 'input>, allowed: &[&str]) -> Result<Vec<Node<'a, 'input>>> {
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    match children.iter().find(|child| !allowed.contains(&child.tag_name().name())) {
        None => Ok(children),
        Some(&child) => {
            let (name, parent) = (child.tag_name().name(), node.tag_name().name());
            let hint = nearest(name, allowed.iter().copied()).join("> or <");
            let reason = format!("unexpected element <{name}> in <{parent}>; it may hold <{hint}>");
            Err(at(child, Error::XmlSchema(reason)))
        }
    }
}

/// Attributes of an element, taken one by one; what nobody takes is kept.
struct Attributes<'a, 'input> {
    node: Node<'a, 'input>,
    left: Vec<Attribute<'a, 'input>>,
}

impl<'a, 'input> Attributes<'a, 'input> {
    fn of(node: Node<'a, 'input>) -> Self {
        Self { node, left: node.attributes().collect() }
    }

    fn take(&mut self, name: &str) -> Option<Attribute<'a, 'input>> {
        let position = self.left.iter().position(|a| a.namespace().is_none() && a.name() == name)?;
        Some(self.left.remove(position))
    }

    fn optional(&mut self, name: &str) -> Option<&'a str> {
        self.take(name).map(|attribute| attribute.value())
    }

    fn required(&mut self, name: &str) -> Result<&'a str> {
        self.optional(name).ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> Error {
        let element = self.node.tag_name().name();
        let which = self.node.attribute("name").map_or_else(String::new, |n| format!(" of {element} {n:?}"));
        at(self.node, Error::XmlSchema(format!("attribute `{name}`{which} is missing in <{element}>")))
    }

    fn optional_number(&mut self, name: &str) -> Result<Option<f64>> {
        self.take(name).map(|attribute| self.number(attribute)).transpose()
    }

    fn required_number(&mut self, name: &str) -> Result<f64> {
        let attribute = self.take(name).ok_or_else(|| self.missing(name))?;
        self.number(attribute)
    }

    fn number(&self, attribute: Attribute<'a, 'input>) -> Result<f64> {
        let what = || format!("attribute `{}` of parameter {:?}", attribute.name(), self.parameter_name());
        let word = attribute.value().trim();
        let parsed = word.parse().map_err(|_| Error::XmlSchema(format!("{} is {word:?}, which is no number", what())));
        parsed.and_then(|x| finite(x, what)).map_err(|error| self.at(attribute, error))
    }

    /// `true`, `false`, `1` or `0` in any case; an empty text counts as absent.
    fn optional_flag(&mut self, name: &str) -> Result<Option<bool>> {
        let Some(attribute) = self.take(name) else { return Ok(None) };
        match attribute.value().trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "1" | "true" => Ok(Some(true)),
            "0" | "false" => Ok(Some(false)),
            _ => {
                let reason = format!("attribute `{name}` is {:?}; true or false is needed", attribute.value());
                Err(self.at(attribute, Error::XmlSchema(reason)))
            }
        }
    }

    fn parameter_name(&self) -> &'a str {
        self.node.attribute("name").unwrap_or("")
    }

    /// Names with a prefix bring its declaration along, wherever in the file that stood: a source may be written without what was
    /// around it.
    fn rest(self) -> Vec<(String, String)> {
        let text = self.node.document().input_text();
        let mut rest = Vec::with_capacity(self.left.len());
        let mut declared = HashSet::new();
        for attribute in &self.left {
            let name = text.get(attribute.range_qname()).unwrap_or(attribute.name());
            let prefix = name.split_once(':').map(|(prefix, _)| prefix).filter(|prefix| *prefix != "xml");
            if let (Some(prefix), Some(namespace)) = (prefix, attribute.namespace())
                && declared.insert(prefix)
            {
                rest.push((format!("xmlns:{prefix}"), namespace.to_owned()));
            }
            rest.push((name.to_owned(), attribute.value().to_owned()));
        }
        rest
    }

    fn at(&self, attribute: Attribute<'a, 'input>, error: Error) -> Error {
        at_position(self.node, attribute.range().start, error)
    }
}

/// The error, with line and column of the element.
fn at(node: Node<'_, '_>, error: Error) -> Error {
    at_position(node, node.range().start, error)
}

fn at_position(node: Node<'_, '_>, position: usize, error: Error) -> Error {
    let place = node.document().text_pos_at(position);
    Error::InXml { line: place.row, column: place.col, error: Box::new(error) }
}
