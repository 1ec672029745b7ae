//! Source library XML: what is read can be written, and reads back as the same.

use roi_model::{BoxError, EblTable, FileTable, SourceLibrary, Spectrum, TableReader};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let library = match roi_model::read_xml_with(text, &MadeUp) {
        Ok(library) => library,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    evaluate(&library);
    let written = library.to_xml().unwrap_or_else(|error| panic!("read but not written: {error}\n{text}"));
    let again = read_again(&written);
    assert_eq!(format!("{library:?}"), format!("{again:?}"), "not the same after writing:\n{text}\n{written}");
    assert_eq!(again.to_xml().ok().as_ref(), Some(&written), "a second writing differs");
}

/// What was written can be read.
pub(crate) fn read_again(written: &str) -> SourceLibrary {
    roi_model::read_xml_with(written, &MadeUp)
        .unwrap_or_else(|error| panic!("written but not read: {error}\n{written}"))
}

/// Spectra may refuse an energy, but not panic.
pub(crate) fn evaluate(library: &SourceLibrary) {
    for source in &library.sources {
        let spectrum = source.spectrum();
        for energy in [0.0, 1e-300, 30.0, 1234.5, 1e6, 1e300] {
            let _ = spectrum.dnde(energy);
            let _ = spectrum.log_slope(energy);
        }
        let wanted: Vec<usize> = (0..spectrum.parameters().len().min(8)).collect();
        let mut out = vec![0.0; 2 * wanted.len() * wanted.len()];
        let _ = spectrum.hessian(&[30.0, 1e5], &wanted, &mut out);
        let _ = source.direction();
    }
}

/// Any file is the same small table.
struct MadeUp;

impl TableReader for MadeUp {
    fn spectrum(&self, file: &str) -> Result<FileTable, BoxError> {
        if file.is_empty() {
            return Err("no name".into());
        }
        Ok(FileTable::new(vec![30.0, 1000.0, 1e6], vec![1e-8, 0.0, 1e-18])?)
    }

    fn ebl(&self, _: i64) -> Result<EblTable, BoxError> {
        Ok(EblTable::new(vec![1e4, 1e6], vec![0.0, 1.0], vec![vec![0.0, 0.1], vec![1.0, 2.0]])?)
    }
}

/// One source of every spectrum and every kind of spatial model, and what stands around them in files of other programs.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let point = spatial("SkyDirFunction", "", &["RA", "DEC"]);
    let law = r#"<spectrum type="PowerLaw">
<parameter name="Prefactor" value="2.5" scale="1e-12" min="0.001" max="1000" free="1" error="0.1"/>
<parameter name="Index" value="2.1" scale="-1" min="0" max="5" free="true"/>
<parameter name="Scale" value="1000" scale="1" free="0"/></spectrum>"#;
    let table = r#"<spectrum type="FileFunction" file="iso.txt" apply_edisp="false" scaling_file="s">
<parameter name="Normalization" value="1" scale="1" min="0.01" max="100" free="1"/></spectrum>"#;
    let namespaces = r#"<source_library xmlns:x="u" title="t">"#;
    let odd = r#"xml:lang="e" x:y="1&#10;2&#9;3&#13;&quot;""#;
    let head = "<?xml version=\"1.0\" ?>\n<!-- c -->\n";
    let library = |inner: &str| format!("<source_library title=\"t\">\n{inner}\n</source_library>\n");
    let cube = r#"file="$(D)/m.fits" map_based_integral="true""#;
    let member = source("m", "PointSource", "", &format!("{law}{point}"));
    let mut seeds = vec![
        format!("{head}{}", library(&source("a &amp; &#176;", "PointSource", "TS=\"7\"", &format!("{law}{point}")))),
        format!("{namespaces}{}</source_library>", source("a", "PointSource", odd, &format!("{law}{point}"))),
        library(&source("c", "CompositeSource", "", &format!("{law}{}", library(&member)))),
        "<!DOCTYPE a [<!ENTITY b \"&c;&c;\"><!ENTITY c \"d\">]><source_library>&b;</source_library>".to_owned(),
    ];
    let shapes = [
        spatial("ConstantValue", "", &["Value"]),
        spatial("MapCubeFunction", cube, &["Normalization"]),
        spatial("SpatialMap", "file=\"m.fits\"", &["Prefactor"]),
        spatial("RadialDisk", "", &["RA", "DEC", "Radius"]),
        spatial("RadialGaussian", "", &["RA", "DEC", "Sigma"]),
    ];
    seeds.extend(shapes.iter().map(|shape| library(&source("d", "DiffuseSource", "", &format!("{table}{shape}")))));
    for name in roi_model::spectrum_types() {
        let Ok(spectrum) = Spectrum::with_defaults(name) else { continue };
        let all = spectrum.parameters().iter().map(|p| parameter(p.name(), &p.true_value().to_string()));
        let spectrum = format!("<spectrum type=\"{name}\">\n{}</spectrum>", all.collect::<Vec<_>>().concat());
        seeds.push(library(&source("s", "PointSource", "", &format!("{spectrum}{point}"))));
    }
    seeds.into_iter().map(String::into_bytes).collect()
}

fn source(name: &str, kind: &str, attributes: &str, inner: &str) -> String {
    format!("<source name=\"{name}\" type=\"{kind}\" {attributes}>\n{inner}\n</source>\n")
}

fn spatial(kind: &str, attributes: &str, parameters: &[&str]) -> String {
    let parameters: Vec<_> = parameters.iter().map(|name| parameter(name, "1.5")).collect();
    format!("<spatialModel type=\"{kind}\" {attributes}>\n{}</spatialModel>", parameters.concat())
}

fn parameter(name: &str, value: &str) -> String {
    format!("<parameter name=\"{name}\" value=\"{value}\" scale=\"1\" free=\"0\"/>\n")
}

pub(crate) const WORDS: &[&str] = &[
    "<source_library>",
    "</source_library>",
    "<source name=\"b\" type=\"PointSource\">",
    "</source>",
    "<spectrum type=\"PowerLaw\">",
    "</spectrum>",
    "<spatialModel type=\"SkyDirFunction\">",
    "</spatialModel>",
    "<parameter name=\"Index\" ",
    "/>",
    "CompositeSource",
    "DiffuseSource",
    "RadialDisk",
    "RadialGaussian",
    "RadialProfile",
    "SpatialMap",
    "MapCubeFunction",
    "ConstantValue",
    "EblAtten::",
    "ScaleFactor::",
    "EnergyBand::",
    "MultipleBrokenPowerLaw",
    "PiecewisePowerLaw",
    "DMFitFunction",
    " file=\"f\"",
    " scaling_file=\"f\"",
    " free=\"1\"",
    " value=\"1\"",
    " scale=\"0\"",
    " min=\"0\"",
    " max=\"0\"",
    " error=\"1\"",
    " apply_edisp=\"false\"",
    " apply_psf=\"\"",
    " xmlns=\"u\"",
    " xmlns:x=\"u\"",
    " x:y=\"z\"",
    " xml:space=\"preserve\"",
    "<x:source",
    "&amp;",
    "&lt;",
    "&quot;",
    "&#10;",
    "&#x9;",
    "&#0;",
    "&#xFFFE;",
    "&a;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version=\"1.1\" encoding=\"latin-1\"?>",
    "<?p",
    "?>",
    "<!DOCTYPE a [",
    "<!ENTITY a \"&a;\">",
    "]>",
    "\u{feff}",
    "\u{fffd}",
    "\r\n",
    "\t",
    "NaN",
    "inf",
    "1e400",
    "-0",
    "5e-324",
];
