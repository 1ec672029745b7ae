//! Source library XML: what is read can be written, and reads back as the same.

use roi_model::error::BoxError;
use roi_model::spectrum::{EblTable, FileTable};
use roi_model::xml::{self, SourceLibrary, TableReader};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let library = match xml::read_with(text, &MadeUp) {
        Ok(library) => library,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    evaluate(&library);
    let written = library.to_xml().unwrap_or_else(|error| panic!("read but not written: {error}\n{text}"));
    let again =
        xml::read_with(&written, &MadeUp).unwrap_or_else(|error| panic!("written but not read: {error}\n{written}"));
    assert_eq!(format!("{library:?}"), format!("{again:?}"), "not the same after writing:\n{text}\n{written}");
    assert_eq!(again.to_xml().ok().as_ref(), Some(&written), "a second writing differs");
}

/// Spectra may refuse an energy, but not panic.
fn evaluate(library: &SourceLibrary) {
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

/// One source of every spectrum and every spatial model, a composite, and what stands around them in files of other programs.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let point = r#"<spatialModel type="SkyDirFunction"><parameter name="RA" value="83.1" scale="1" min="-360" max="360" free="0"/>
<parameter name="DEC" value="21.7" scale="1" min="-90" max="90" free="0"/></spatialModel>"#;
    let law = r#"<spectrum type="PowerLaw"><parameter name="Prefactor" value="2.5" scale="1e-12" min="0.001" max="1000" free="1" error="0.1"/>
<parameter name="Index" value="2.1" scale="-1" min="0" max="5" free="true"/>
<parameter name="Scale" value="1000" scale="1" free="0"/></spectrum>"#;
    let source = |kind: &str, inner: String| {
        format!(
            "<source_library title=\"t\">\n<source name=\"a\" type=\"{kind}\">\n{inner}\n</source></source_library>\n"
        )
    };
    let mut seeds = vec![
        format!(
            "<?xml version=\"1.0\" ?>\n<!-- c -->\n<source_library title=\"demo\" x=\"y\"><source name=\"a &amp; &#176;\" type=\"PointSource\" \
             TS=\"7\">{law}{point}</source><source name=\"b\" type=\"PointSource\">{law}{point}</source></source_library>"
        ),
        format!("<source_library xmlns:x=\"u\" title=\"t\"><source name=\"a\" type=\"PointSource\" xml:lang=\"e\" x:y=\"1&#10;2&#9;3&#13;&quot;\">{law}{point}</source></source_library>"),
        source("CompositeSource", format!("{law}<source_library><source name=\"m\" type=\"PointSource\">{law}{point}</source></source_library>")),
        "<!DOCTYPE a [<!ENTITY b \"&c;&c;\"><!ENTITY c \"d\">]><source_library>&b;</source_library>".to_owned(),
        source("DiffuseSource", format!("{law}<spatialModel type=\"MapCubeFunction\" file=\"$(D)/m.fits\" map_based_integral=\"true\"><parameter name=\"Normalization\" value=\"1\" scale=\"1\" min=\"0\" max=\"0\" free=\"0\"/></spatialModel>")),
        source("DiffuseSource", format!("{law}<spatialModel type=\"RadialDisk\"><parameter name=\"RA\" value=\"84\" scale=\"1\" min=\"-360\" max=\"360\"/><parameter name=\"DEC\" value=\"2\" scale=\"1\" min=\"-90\" max=\"90\"/><parameter name=\"Radius\" value=\"0.4\" scale=\"1\" min=\"0\" max=\"180\"/></spatialModel>")),
        source("DiffuseSource", "<spectrum type=\"FileFunction\" file=\"iso.txt\" apply_edisp=\"false\" scaling_file=\"s\"><parameter name=\"Normalization\" value=\"1\" scale=\"1\" min=\"0.01\" max=\"100\" free=\"1\"/></spectrum><spatialModel type=\"ConstantValue\"><parameter name=\"Value\" value=\"1\" scale=\"1\" free=\"0\"/></spatialModel>".to_owned()),
    ];
    for name in roi_model::spectrum::types() {
        let Ok(spectrum) = roi_model::spectrum::Spectrum::with_defaults(name) else { continue };
        let parameters: String = spectrum
            .parameters()
            .iter()
            .map(|p| {
                format!("<parameter name=\"{}\" value=\"{}\" scale=\"1\" free=\"0\"/>\n", p.name(), p.true_value())
            })
            .collect();
        seeds.push(source("PointSource", format!("<spectrum type=\"{name}\">\n{parameters}</spectrum>{point}")));
    }
    seeds.into_iter().map(String::into_bytes).collect()
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
