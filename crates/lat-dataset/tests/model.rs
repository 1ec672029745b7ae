//! Regions built from section `model` of a configuration: catalogs, diffuse components, what is refused.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::Path;

use fixtures::real_data;
use lat_dataset::{Config, Error};
use roi_model::Roi;

fn build(dir: &Path, text: &str) -> lat_dataset::Result<Roi> {
    Ok(lat_dataset::build_region(&Config::parse(&dir.join("config.yaml"), text)?)?.roi)
}

const LIBRARY: &str = r#"<source_library title="two">
  <source name="NAME" type="PointSource">
    <spectrum type="PowerLaw">
      <parameter name="Prefactor" value="VALUE" scale="1e-12" min="1e-5" max="1000" free="0"/>
      <parameter name="Index" value="2" scale="-1" min="0" max="5" free="0"/>
      <parameter name="Scale" value="1000" scale="1" min="1000" max="1000" free="0"/>
    </spectrum>
    <spatialModel type="SkyDirFunction">
      <parameter name="RA" value="10.8" scale="1" min="-360" max="360" free="0"/>
      <parameter name="DEC" value="60" scale="1" min="-90" max="90" free="0"/>
    </spatialModel>
  </source>
</source_library>
"#;

fn library(dir: &Path, file: &str, name: &str, value: &str) {
    std::fs::write(dir.join(file), LIBRARY.replace("NAME", name).replace("VALUE", value)).unwrap();
}

#[test]
fn catalog_sources_lie_in_the_circle_and_in_the_square() {
    let Some(catalog) = real_data("catalogs/gll_psc_v27.fit.gz") else { return };
    let dir = tempfile::tempdir().unwrap();
    let count = |limits: &str| {
        let text = format!(
            "selection: {{glon: 0, glat: 30}}\nbinning: {{coordsys: GAL}}\nmodel: {{catalogs: {}, {limits}}}",
            catalog.display()
        );
        build(dir.path(), &text).unwrap().sources().len()
    };
    // The number of fermipy's own test.
    assert_eq!(count("src_radius: 20"), 140);
    let square = count("src_roiwidth: 20");
    assert!(count("src_radius: 10") < square && square < count("src_radius: 14.5"));
    assert!(count("src_radius: 10, src_roiwidth: 20") < square, "both limits hold");
}

#[test]
fn extended_templates_come_from_the_archive() {
    let Some(catalog) = real_data("catalogs/gll_psc_v27.fit.gz") else { return };
    let dir = tempfile::tempdir().unwrap();
    let templates = dir.path().join("ext/Extended_archive_v18/Templates");
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(templates.join("W3.fits"), "").unwrap();
    let text =
        format!("selection: {{target: W 3}}\nmodel: {{catalogs: {}, extdir: ext, src_radius: 6}}", catalog.display())
            .replace("W 3", "4FGL J0222.4+6156e");
    let roi = build(dir.path(), &text).unwrap();
    let file = |name: &str| roi.source(name).unwrap().spatial().file().map(str::to_owned);
    assert_eq!(file("4FGL J0222.4+6156e"), Some(templates.join("W3.fits").display().to_string()));
    // HB 3, beside it, is a disk by its size.
    assert_eq!(roi.source("4FGL J0221.4+6241e").unwrap().spatial().type_name(), "RadialDisk");
}

#[test]
fn diffuse_components_are_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("templates")).unwrap();
    std::fs::write(dir.path().join("templates/iso_v1.txt"), "100 1e-6\n1000 1e-8\n").unwrap();
    std::fs::write(dir.path().join("gll.fits"), "").unwrap();
    let start = "selection: {ra: 10, dec: 60}\nmodel: {diffuse_dir: templates, ";
    let roi =
        build(dir.path(), &format!("{start} galdiff: gll.fits, isodiff: {{name: iso, file: iso_v1.txt}}}}")).unwrap();
    let iso = roi.source("iso_v1").unwrap();
    assert_eq!((iso.name(), iso.spectrum().type_name()), ("iso", "FileFunction"));
    assert_eq!(iso.spectrum().parameters()[0].bounds(), (1e-3, 1e3));
    let galactic = roi.source("galdiff").unwrap();
    assert_eq!(galactic.spatial().type_name(), "MapCubeFunction");
    assert_eq!(galactic.aliases(), ["gll"]);
    assert!(!galactic.is_free());
    let roi = build(dir.path(), &format!("{start} isodiff: [iso_v1.txt, iso_v1.txt]}}")).unwrap();
    let names: Vec<_> = roi.sources().iter().map(|source| source.name().to_owned()).collect();
    assert_eq!(names, ["isodiff00", "isodiff01"]);
    let missing = build(dir.path(), &format!("{start} isodiff: no.txt}}"));
    assert!(matches!(missing, Err(Error::File(lat_io::Error::NotFound { .. }))));
}

#[test]
fn a_source_of_two_catalogs_is_one() {
    let dir = tempfile::tempdir().unwrap();
    library(dir.path(), "a.xml", "PSR A", "1");
    library(dir.path(), "b.xml", "psr a", "3");
    let roi = |more: &str| {
        let text = format!("selection: {{ra: 10, dec: 60}}\nmodel: {{catalogs: [a.xml, b.xml]{more}}}");
        build(dir.path(), &text).unwrap()
    };
    let value = |roi: &Roi| roi.source("PSRA").unwrap().spectrum().parameters()[0].value();
    let (merged, kept) = (roi(""), roi(", merge_sources: false"));
    assert_eq!((merged.sources().len(), value(&merged)), (1, 3.0), "the later one wins");
    assert_eq!((kept.sources().len(), value(&kept)), (1, 1.0));
}

#[test]
fn what_cannot_be_built_is_told() {
    let dir = tempfile::tempdir().unwrap();
    library(dir.path(), "a.xml", "PSR A", "1");
    for (text, word) in [
        ("model: {catalogs: a.xml}", "without centre"),
        ("selection: {target: PSR B}\nmodel: {catalogs: a.xml}", "no catalog knows"),
        ("selection: {ra: 1, dec: 1}\nmodel: {catalogs: a.xml, src_radius: -1}", "above 0"),
        ("selection: {ra: 1, dec: 1}\nmodel: {galdiff: {name: x}}", "file"),
        ("selection: {ra: 1, dec: 1}\nmodel: {catalogs: none.fits}", "does not exist"),
    ] {
        let found = build(dir.path(), text).unwrap_err().to_string();
        assert!(found.contains(word), "{text}: {found}");
    }
}

#[test]
fn the_model_of_the_crab_has_its_own_isotropic_table_by_component() {
    let Some(path) = real_data("crab-400gev/config.yaml") else { return };
    let config = Config::read(&path).unwrap();
    let region = lat_dataset::build_region(&config).unwrap();
    let shared = region.roi.source("isodiff").unwrap();
    let files: Vec<String> = region
        .components
        .iter()
        .map(|component| component.source(shared).unwrap().spectrum().file().unwrap().to_owned())
        .collect();
    assert!(files[0].ends_with("PSF0_v1.txt") && files[1].ends_with("PSF1_v1.txt"), "{files:?}");
    let crab = region.roi.source("4FGL J0534.5+2200").unwrap();
    assert!(region.roi.id_of("Crab Pulsar").is_ok() || !crab.aliases().is_empty());
    assert!(region.components.iter().all(|component| !component.has_own_spectrum(crab.name())));
}

#[test]
fn published_catalogs_are_found_by_their_names() {
    let Some(root) = real_data("") else { return };
    let dir = tempfile::tempdir().unwrap();
    let count = |name: &str, radius: u32| {
        let text = format!(
            "selection: {{glon: 0, glat: 30}}\nmodel: {{catalogs: [{name}], diffuse_dir: '{}', src_radius: {radius}}}",
            root.display()
        );
        build(dir.path(), &text).unwrap().sources().len()
    };
    assert_eq!(count("4FGL-DR2", 20), 140);
    assert_eq!(count("3FHL", 180), 1556);
    // Merging: nearly all sources of 3FHL there are in 4FGL, but under another name and without 3FGL association.
    let both = count("3FHL, 4FGL-DR2", 20);
    assert!((140..=140 + count("3FHL", 20)).contains(&both), "{both}");
}
