//! What the FITS tables of a saved analysis hold of the catalog and of the configuration.

use std::collections::BTreeMap;

use lat_io::FitsFile;
use roi_fit::Analysis;
use roi_simulate::{SimulationOptions, simulate};

#[test]
fn tables_hold_error_ellipses_and_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let options = SimulationOptions::default().with_sources(3).with_npix(24).with_ebins(6);
    let config = simulate(&options).unwrap().write(directory.path()).unwrap();
    // No FITS text can hold this name as it is.
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\nroiopt: {{skip: [\"caf\u{e9}\"]}}\n")).unwrap();
    let mut analysis = Analysis::open(&config).unwrap();
    let is_point = |s: &&roi_model::Source| s.spatial().is_point();
    let name = analysis.roi().sources().iter().find(is_point).unwrap().name().to_owned();
    let ellipse = [("Conf_68_SemiMajor", 0.03), ("Conf_95_PosAng", -41.5)];
    let values: BTreeMap<String, f64> = ellipse.iter().map(|&(column, value)| (column.to_owned(), value)).collect();
    analysis.roi_mut().source_mut(&name).unwrap().set_catalog_values(values);
    let prefix = directory.path().join("saved");
    analysis.write_roi(&prefix).unwrap();

    let file = FitsFile::open(prefix.with_extension("fits")).unwrap();
    let catalog = file.table("CATALOG").unwrap();
    let row = file.read_text_column(catalog, "name").unwrap().iter().position(|n| *n == name).unwrap();
    let cell = |column: &str| file.read_column(catalog, column).unwrap()[row];
    for (column, value) in ellipse {
        assert_eq!(cell(column), value);
    }
    assert!(cell("Conf_68_PosAng").is_nan());

    let table = file.table("CONFIG").unwrap();
    let sections = file.read_text_column(table, "section").unwrap();
    let contents = file.read_text_column(table, "json").unwrap();
    let expected = roi_fit::resolved_config(&config).unwrap();
    let section = |name: &str| -> serde_json::Value {
        let row = sections.iter().position(|section| section == name).unwrap();
        serde_json::from_str(&contents[row]).unwrap()
    };
    assert_eq!(section("selection"), expected["selection"]);
    assert_eq!(section("roiopt")["skip"], expected["roiopt"]["skip"]);
    assert_eq!(section("roiopt")["skip"][0], "caf\u{e9}");
}
