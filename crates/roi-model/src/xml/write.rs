//! Sources to XML.

use std::io::Write;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use super::library::SourceLibrary;
use crate::error::{Error, Result};
use crate::parameter::Parameter;
use crate::source::{Source, SourceType};

/// A source library as XML, sources in the order given. An error of a parameter is written when it is above zero.
///
/// # Errors
/// [`Error::XmlSchema`] when a name holds a character that XML cannot hold.
pub fn write_xml(title: &str, sources: &[Source]) -> Result<String> {
    write_library(title, sources, &[])
}

impl SourceLibrary {
    /// The library as XML, with the attributes of its root element; see [`write_xml`].
    ///
    /// # Errors
    /// As [`write_xml`].
    pub fn to_xml(&self) -> Result<String> {
        write_library(&self.title, &self.sources, &self.attributes)
    }
}

fn write_library(title: &str, sources: &[Source], attributes: &[(String, String)]) -> Result<String> {
    let mut xml = Xml { writer: Writer::new_with_indent(Vec::new(), b' ', 2) };
    xml.writer.write_event(Event::Decl(BytesDecl::new("1.0", None, None)))?;
    xml.open("source_library", [("title", title)], attributes)?;
    for source in sources {
        xml.source(source).map_err(|error| error.in_source(source.name()))?;
    }
    xml.close("source_library")?;
    let mut bytes = xml.writer.into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|error| Error::XmlWrite(std::io::Error::other(error)))
}

struct Xml<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> Xml<W> {
    fn source(&mut self, source: &Source) -> Result<()> {
        let apply = source.apply();
        let type_name = source.source_type().as_str();
        let file = source.members_file();
        let on_source = file.filter(|file| !file.in_library).map(|file| ("xmlFile", file.name.as_str()));
        let known = [("name", source.name()), ("type", type_name)].into_iter().chain(on_source);
        self.open("source", known, source.attributes())?;

        let spectrum = source.spectrum();
        let known = [("type", spectrum.type_name())].into_iter();
        let files = [("file", spectrum.file()), ("scaling_file", spectrum.scaling_file())];
        let known = known.chain(files.into_iter().filter_map(|(name, file)| Some((name, file?))));
        self.open("spectrum", known.chain(flag("apply_edisp", apply.edisp)), spectrum.attributes())?;
        self.parameters(spectrum.parameters())?;
        self.close("spectrum")?;

        if source.source_type() == SourceType::Composite {
            if on_source.is_none() {
                self.open("source_library", file.map(|file| ("xmlFile", file.name.as_str())), &[])?;
                // Members in a file of their own stay there.
                for member in source.members().iter().filter(|_| file.is_none()) {
                    self.source(member).map_err(|error| error.in_source(member.name()))?;
                }
                self.close("source_library")?;
            }
            return self.close("source");
        }

        let spatial = source.spatial();
        let known = [("type", spatial.type_name())].into_iter().chain(spatial.file().map(|file| ("file", file)));
        let known = known.chain(flag("apply_psf", apply.psf)).chain(flag("apply_exposure", apply.exposure));
        self.open("spatialModel", known, spatial.attributes())?;
        self.parameters(spatial.parameters())?;
        self.close("spatialModel")?;
        self.close("source")
    }

    fn parameters(&mut self, parameters: &[Parameter]) -> Result<()> {
        for p in parameters {
            let free = if p.is_free() { "1" } else { "0" };
            let numbers = [p.value(), p.scale(), p.min(), p.max(), p.error()].map(|x| format!("{x:?}"));
            let [value, scale, min, max, error] = numbers.each_ref().map(String::as_str);
            let known =
                [("name", p.name()), ("value", value), ("scale", scale), ("min", min), ("max", max), ("free", free)];
            let error = (p.error() > 0.0).then_some(("error", error));
            let element = element("parameter", known.into_iter().chain(error), p.attributes())?;
            self.writer.write_event(Event::Empty(element))?;
        }
        Ok(())
    }

    fn open<'a>(
        &mut self,
        name: &'a str,
        known: impl IntoIterator<Item = (&'a str, &'a str)>,
        attributes: &'a [(String, String)],
    ) -> Result<()> {
        Ok(self.writer.write_event(Event::Start(element(name, known, attributes)?))?)
    }

    fn close(&mut self, name: &str) -> Result<()> {
        Ok(self.writer.write_event(Event::End(BytesEnd::new(name)))?)
    }
}

fn element<'a>(
    name: &'a str,
    known: impl IntoIterator<Item = (&'a str, &'a str)>,
    attributes: &'a [(String, String)],
) -> Result<BytesStart<'a>> {
    let mut element = BytesStart::new(name);
    let unknown = attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (key, value) in known.into_iter().chain(unknown) {
        // XML 1.0, production [2]: these cannot appear in a document, not even escaped.
        let forbidden =
            |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
        if value.contains(forbidden) {
            return Err(Error::XmlSchema(format!("{key} {value:?} holds a character that XML cannot hold")));
        }
        element.push_attribute((key, value));
    }
    Ok(element)
}

fn flag(name: &'static str, value: Option<bool>) -> Option<(&'static str, &'static str)> {
    value.map(|value| (name, if value { "true" } else { "false" }))
}
