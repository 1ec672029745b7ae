//! XML to sources.

use std::collections::HashSet;
use std::sync::Arc;

use roxmltree::{Attribute, Document, Node};

use super::SourceLibrary;
use crate::error::{BoxError, Error, Result, finite, nearest};
use crate::parameter::Parameter;
use crate::source::{Apply, Source, SourceType};
use crate::spatial::SpatialModel;
use crate::spectrum::{FileTable, Spectrum};

/// Reads the table of the file that a spectrum names.
type Load<'a> = &'a dyn Fn(&str) -> std::result::Result<FileTable, BoxError>;

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
/// let library = roi_model::xml::read(text, &|file| Err(format!("no file {file}").into()))?;
/// assert_eq!(library.sources[0].spectrum().parameter("Index").map(|p| p.true_value()), Some(-2.1));
/// # Ok::<(), roi_model::Error>(())
/// ```
///
/// # Errors
/// [`Error::XmlSyntax`], or [`Error::InXml`] with line and column around what is wrong: an unknown element or type, a missing
/// attribute or parameter, a text that is no number, a value outside its bounds, a second source of the same name, a
/// file that `load` cannot read.
pub fn read(text: &str, load: Load<'_>) -> Result<SourceLibrary> {
    let document = Document::parse(text).map_err(Error::XmlSyntax)?;
    let root = document.root_element();
    if root.tag_name().name() != "source_library" {
        let found = root.tag_name().name();
        return Err(at(root, Error::XmlSchema(format!("the root element is <{found}>; <source_library> is needed"))));
    }
    let mut attributes = Attributes::of(root);
    let title = attributes.optional("title").unwrap_or("source library").to_owned();
    let mut sources: Vec<Source> = Vec::new();
    let mut names = HashSet::new();
    for node in elements(root, &["source"])? {
        let source = read_source(node, load)?;
        if !names.insert(source.name().to_owned()) {
            return Err(at(node, Error::DuplicateSource { name: source.name().to_owned() }));
        }
        sources.push(source);
    }
    Ok(SourceLibrary { title, sources, attributes: attributes.rest() })
}

fn read_source(node: Node<'_, '_>, load: Load<'_>) -> Result<Source> {
    let mut attributes = Attributes::of(node);
    let name = attributes.required("name")?;
    let in_source = |error: Error| match error {
        Error::InXml { line, column, error } => Error::InXml { line, column, error: Box::new(error.in_source(name)) },
        other => at(node, other.in_source(name)),
    };
    let source_type = match attributes.required("type").map_err(in_source)? {
        "PointSource" => SourceType::Point,
        "DiffuseSource" => SourceType::Diffuse,
        other => {
            let known = "the types are PointSource and DiffuseSource";
            return Err(in_source(Error::XmlSchema(format!("unknown source type {other:?}; {known}"))));
        }
    };
    let parts = || {
        let [mut spectrum, mut spatial] = [None, None];
        for child in elements(node, &["spectrum", "spatialModel"])? {
            let place = if child.tag_name().name() == "spectrum" { &mut spectrum } else { &mut spatial };
            if place.replace(child).is_some() {
                let second = format!("a second <{}>; keep one", child.tag_name().name());
                return Err(at(child, Error::XmlSchema(second)));
            }
        }
        let missing = |what: &str| at(node, Error::XmlSchema(format!("<{what}> is missing")));
        let (spectrum, edisp) = read_spectrum(spectrum.ok_or_else(|| missing("spectrum"))?, load)?;
        let (spatial, psf, exposure) = read_spatial(spatial.ok_or_else(|| missing("spatialModel"))?)?;
        Ok((spectrum, spatial, Apply { edisp, psf, exposure }))
    };
    let (spectrum, spatial, apply) = parts().map_err(in_source)?;
    let source = Source::new(name, source_type, spectrum, spatial).map_err(|error| at(node, error))?;
    Ok(source.with_xml(attributes.rest(), apply))
}

fn read_spectrum(node: Node<'_, '_>, load: Load<'_>) -> Result<(Spectrum, Option<bool>)> {
    let mut attributes = Attributes::of(node);
    let type_name = attributes.required("type")?;
    let file = attributes.optional("file");
    let scaling_file = attributes.optional("scaling_file");
    let edisp = attributes.optional_flag("apply_edisp")?;
    let mut parameters = read_parameters(node)?;
    let table = |file: &str| {
        let loaded = load(file).map_err(|error| Error::Load { file: file.to_owned(), error });
        loaded.map(Arc::new)
    };
    let build = || {
        let mut spectrum = if type_name == "FileFunction" {
            let reason = "it needs a file; name it in the attribute `file` of spectrum".to_owned();
            let file = file.ok_or_else(|| Error::File { function: type_name.to_owned(), reason })?;
            match (parameters.pop(), parameters.is_empty()) {
                (Some(norm), true) => Spectrum::file_function(norm, file, table(file)?)?,
                _ => return Err(Error::XmlSchema("FileFunction needs one parameter, Normalization".to_owned())),
            }
        } else {
            Spectrum::new(type_name, parameters)?
        };
        if let Some(file) = scaling_file {
            spectrum = spectrum.scaled_by(file, table(file)?);
        }
        Ok(spectrum)
    };
    let spectrum = build().map_err(|error| at(node, error))?;
    let unused_file = file.filter(|_| spectrum.file().is_none()).map(|file| ("file".to_owned(), file.to_owned()));
    Ok((spectrum.with_attributes(unused_file.into_iter().chain(attributes.rest()).collect()), edisp))
}

fn read_spatial(node: Node<'_, '_>) -> Result<(SpatialModel, Option<bool>, Option<bool>)> {
    let mut attributes = Attributes::of(node);
    let type_name = attributes.required("type")?;
    let file = attributes.optional("file").map(str::to_owned);
    let psf = attributes.optional_flag("apply_psf")?;
    let exposure = attributes.optional_flag("apply_exposure")?;
    let spatial = SpatialModel::new(type_name, read_parameters(node)?, file).map_err(|error| at(node, error))?;
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
        self.optional(name).ok_or_else(|| {
            let element = self.node.tag_name().name();
            let which = self.node.attribute("name").map_or_else(String::new, |n| format!(" of {element} {n:?}"));
            at(self.node, Error::XmlSchema(format!("attribute `{name}`{which} is missing in <{element}>")))
        })
    }

    fn optional_number(&mut self, name: &str) -> Result<Option<f64>> {
        self.take(name).map(|attribute| self.number(attribute)).transpose()
    }

    fn required_number(&mut self, name: &str) -> Result<f64> {
        self.required(name)?;
        self.node.attribute_node(name).map_or(Ok(f64::NAN), |attribute| self.number(attribute))
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

    fn rest(self) -> Vec<(String, String)> {
        let text = self.node.document().input_text();
        let qualified = |a: &Attribute<'a, 'input>| text.get(a.range_qname()).unwrap_or(a.name()).to_owned();
        self.left.iter().map(|a| (qualified(a), a.value().to_owned())).collect()
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
