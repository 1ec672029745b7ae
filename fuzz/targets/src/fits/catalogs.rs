//! Source catalogs: what a row becomes can be evaluated, and written as XML.

use std::path::Path;

use lat_io::{Catalog, Column, ColumnValues, FitsWriter, Header};
use roi_model::SourceLibrary;

use crate::text::xml;
use crate::with_file::{bytes_of, named, with_file};

/// Reads a catalog and makes a source of each row.
pub(crate) fn run(data: &[u8]) {
    with_file(data, |path| {
        let Some(catalog) = named(Catalog::read(path, &["CLASS1".to_owned()])) else { return };
        for entry in catalog.entries() {
            assert!(!entry.name().is_empty(), "a source without name");
            let _ = (entry.direction(), entry.association("CLASS1"), catalog.find(entry.name()), catalog.values(entry));
            let Some(source) = named(catalog.source(entry, None)) else { continue };
            let library = SourceLibrary { title: String::new(), sources: vec![source], attributes: Vec::new() };
            xml::evaluate(&library);
            let written = library.to_xml();
            let text = written.unwrap_or_else(|error| panic!("a source of a catalog that is not written: {error}"));
            xml::read_again(&text);
        }
    });
}

const NAMED: &[&str] = &["RAJ2000", "DEJ2000"];
const FOUR_FGL: &[&str] = &[
    "Pivot_Energy",
    "PL_Flux_Density",
    "LP_Flux_Density",
    "PLEC_Flux_Density",
    "PL_Index",
    "LP_Index",
    "LP_beta",
    "PLEC_Index",
    "PLEC_Expfactor",
    "PLEC_Exp_Index",
];
const FOUR_FGL_DR3: &[&str] = &[
    "Pivot_Energy",
    "PL_Flux_Density",
    "LP_Flux_Density",
    "PLEC_Flux_Density",
    "PL_Index",
    "LP_Index",
    "LP_beta",
    "PLEC_IndexS",
    "PLEC_ExpfactorS",
    "PLEC_Exp_Index",
];
const FL8Y: &[&str] = &[
    "Pivot_Energy",
    "Flux_Density",
    "PL_Index",
    "LP_Index",
    "LP_beta",
    "PLEC_Index",
    "PLEC_Expfactor",
    "PLEC_Exp_Index",
];
const THREE_FGL: &[&str] = &["Flux_Density", "Spectral_Index", "Pivot_Energy", "beta", "Cutoff", "Exp_Index"];
const THREE_FHL: &[&str] = &["Flux_Density", "Spectral_Index", "Pivot_Energy", "beta"];
const TWO_FHL: &[&str] = &["Flux50", "Spectral_Index"];

/// A catalog of each family, with extended sources and without.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let families = [
        (FOUR_FGL, "4FGL"),
        (FOUR_FGL_DR3, "4FGL-DR3"),
        (FL8Y, "FL8Y"),
        (THREE_FGL, "3FGL"),
        (THREE_FHL, "3FHL"),
        (TWO_FHL, "2FHL"),
    ];
    let seeds = families.iter().flat_map(|(columns, name)| {
        [false, true].map(|is_extended| bytes_of(&|path| write(path, columns, name, is_extended)))
    });
    seeds.collect()
}

fn write(path: &Path, numbers: &[&str], family: &str, is_extended: bool) -> lat_io::Result<()> {
    let column = |name: &str, values| Column { name: name.into(), unit: String::new(), values };
    let texts = |name: &str, texts: [&str; 4]| column(name, ColumnValues::Text(texts.map(str::to_owned).to_vec()));
    let kinds = ["PowerLaw", "LogParabola", if family == "3FHL" { "PowerLaw" } else { "PLSuperExpCutoff" }, "PowerLaw"];
    let mut columns = vec![
        texts("Source_Name", ["A", "B", "C d", "E"]),
        texts("SpectrumType", kinds),
        texts("ASSOC1", ["", "x", "y", "z"]),
        texts("CLASS1", ["psr", "BLL", "", "snr"]),
        texts("Extended_Source_Name", if is_extended { ["", "Disk", "Gauss", "Map"] } else { [""; 4] }),
    ];
    columns.extend(NAMED.iter().map(|name| column(name, ColumnValues::Float(vec![10.0, 20.0, 30.0, 40.0]))));
    let values = vec![1e-12, 1.5, 1000.0, 1e-9];
    columns.extend(numbers.iter().map(|name| column(name, ColumnValues::Double(values.clone()))));
    let mut header = Header::default();
    header.set("CDS-NAME", family, "");
    let mut writer = FitsWriter::create(path)?;
    writer.table("LAT_Point_Source_Catalog", &header, &columns)?;
    if is_extended {
        let text = |name: &str, texts: [&str; 3]| column(name, ColumnValues::Text(texts.map(str::to_owned).to_vec()));
        let shapes = [
            text("Source_Name", ["Disk", "Gauss", "Map"]),
            text("Spatial_Function", ["RadialDisk", "RadialGauss", "SpatialMap"]),
            text("Spatial_Filename", ["", "", "map.fits"]),
            column("Model_SemiMajor", ColumnValues::Float(vec![0.5, 0.3, 1.0])),
        ];
        writer.table("ExtendedSources", &Header::default(), &shapes)?;
    }
    writer.finish()
}
