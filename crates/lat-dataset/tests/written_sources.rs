//! Sources written out in `model.sources`, and the further diffuse components.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::Path;

use approx::assert_relative_eq;
use lat_dataset::Config;
use roi_model::{Parameter, Roi, Source, SourceType};

fn build(dir: &Path, model_section: &str) -> lat_dataset::Result<Roi> {
    let text = format!("selection: {{ra: 10, dec: 60}}\nmodel: {{{model_section}}}");
    Ok(lat_dataset::build_region(&Config::parse(&dir.join("config.yaml"), &text)?)?.roi)
}

fn one(entry: &str) -> Roi {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), &format!("sources: [{entry}]")).unwrap()
}

fn numbers(p: &Parameter) -> [f64; 4] {
    [p.value(), p.scale(), p.min(), p.max()]
}

#[test]
fn numbers_alone_are_split_into_value_and_scale() {
    // The numbers of fermipy's own test of its dictionary sources.
    let roi = one(
        "{name: A, ra: 252.367, dec: 52.6356, SpectrumType: PowerLaw, SpatialModel: PointSource, Prefactor: 1.3e-15, Scale: 1452, Index: 2.3}",
    );
    let source = roi.source("a").unwrap();
    let [prefactor, index, scale] = source.spectrum().parameters() else { panic!("three parameters") };
    assert_relative_eq!(prefactor.value(), 1.3, max_relative = 1e-15);
    assert_eq!((prefactor.scale(), prefactor.min(), prefactor.max()), (1e-15, 1e-5, 1000.0));
    assert_eq!(numbers(index), [2.3, -1.0, 0.0, 5.0]);
    assert_eq!(numbers(scale), [1.452, 1000.0, 0.001, 1000.0]);
    assert_eq!([prefactor, index, scale].map(Parameter::is_free), [true, false, false], "the norm alone is free");
    assert_eq!(source.source_type(), SourceType::Point);
    assert_relative_eq!(source.direction().unwrap().ra(), 252.367, max_relative = 1e-14);
    let dnde = source.spectrum().dnde(14_520.0).unwrap();
    assert_relative_eq!(dnde, 1.3e-15 * 10f64.powf(-2.3), max_relative = 1e-13);
}

#[test]
fn what_is_left_out_is_usual() {
    let roi = one("{name: A}");
    let source = roi.source("A").unwrap();
    assert_eq!(source.spectrum().type_name(), "PowerLaw");
    let values: Vec<f64> = source.spectrum().parameters().iter().map(Parameter::true_value).collect();
    assert_relative_eq!(values[0], 1e-12, max_relative = 1e-15);
    assert_eq!(values[1..], [-2.0, 1000.0]);
    assert!(source.direction().unwrap().separation(&roi.center()) < 1e-12, "at the centre of the region");
    let roi = one("{name: A, SpectrumType: LogParabola, norm: 2e-11, glon: 120, glat: -3}");
    let source = roi.source("A").unwrap();
    let values: Vec<f64> = source.spectrum().parameters().iter().map(Parameter::true_value).collect();
    assert_relative_eq!(values[0], 2e-11, max_relative = 1e-15);
    assert_eq!(values[1..], [2.0, 0.0, 1000.0]);
    let (l, b) = source.direction().unwrap().to_galactic();
    assert!((l - 120.0).abs() < 1e-9 && (b + 3.0).abs() < 1e-9);
}

#[test]
fn a_mapping_with_a_scale_stands_as_it_is() {
    let roi = one(
        "{name: A, ra: 1, dec: 2, Prefactor: {value: 13, scale: 1e-16, min: 1, max: 20, free: 0}, Index: {value: 7, free: true, error: 0.5}}",
    );
    let [prefactor, index, _] = roi.source("A").unwrap().spectrum().parameters() else { panic!("three parameters") };
    assert_eq!(numbers(prefactor), [13.0, 1e-16, 1.0, 20.0]);
    assert!(!prefactor.is_free() && index.is_free());
    assert_eq!((numbers(index), index.error()), ([7.0, -1.0, 0.0, 7.0], 0.5), "bounds are widened");
    let pars = "spectral_pars: {Prefactor: {name: Prefactor, value: 2, scale: 1.0e-13, min: 0, max: 9, error: .nan, free: '0'}}";
    let roi = one(&format!("{{name: A, ra: 1, dec: 2, {}}}", pars.replace(".nan", "'nan'")));
    let prefactor = &roi.source("A").unwrap().spectrum().parameters()[0];
    assert_eq!((numbers(prefactor), prefactor.is_free()), ([2.0, 1e-13, 0.0, 9.0], false));
}

#[test]
fn extended_sources_have_their_size_from_the_containment_radius() {
    for (kind, size, width, expected) in [
        ("RadialGaussian", "Sigma", 0.5, 0.5 / 1.509_592_185_451_663_6),
        ("RadialDisk", "Radius", 0.5, 0.5 / 0.824_621_125_123_532_1),
    ] {
        let roi = one(&format!("{{name: A, ra: 1, dec: 2, SpatialModel: {kind}, SpatialWidth: {width}}}"));
        let source = roi.source("A").unwrap();
        assert_eq!((source.spatial().type_name(), source.source_type()), (kind, SourceType::Diffuse));
        assert_relative_eq!(source.spatial().parameter(size).unwrap().value(), expected, max_relative = 1e-15);
        let roi = one(&format!("{{name: A, ra: 1, dec: 2, SpatialModel: {kind}, {size}: 0.7}}"));
        assert_eq!(roi.source("A").unwrap().spatial().parameter(size).unwrap().value(), 0.7);
    }
    // 68 % of a Gaussian lie within r68, and of a disk too.
    let sigma: f64 = 1.0 / 1.509_592_185_451_663_6;
    assert!((1.0 - (-0.5 / (sigma * sigma)).exp() - 0.68).abs() < 1e-3);
    assert!((0.824_621_125_123_532_1f64.powi(2) - 0.68).abs() < 1e-3);
}

#[test]
fn files_are_found_and_every_spatial_model_described() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["map.fits", "profile.txt"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    std::fs::write(dir.path().join("table.txt"), "100 1e-6\n1000 1e-8\n").unwrap();
    let roi = build(
        dir.path(),
        "sources: [{name: A, SpatialModel: SpatialMap, Spatial_Filename: map.fits, ra: 12, dec: 61},
            {name: B, SpatialModel: RadialProfile, Spatial_Filename: profile.txt},
            {name: C, SpatialModel: MapCubeFunction, Spatial_Filename: map.fits},
            {name: D, SpatialModel: ConstantValue, SpectrumType: FileFunction, Spectrum_Filename: table.txt}]",
    )
    .unwrap();
    let path = |name: &str| Some(dir.path().join(name).display().to_string());
    let file = |name: &str| roi.source(name).unwrap().spatial().file().map(str::to_owned);
    assert_eq!(
        [file("A"), file("B"), file("C"), file("D")],
        [path("map.fits"), path("profile.txt"), path("map.fits"), None]
    );
    assert_eq!(roi.source("A").unwrap().direction().unwrap().dec(), 61.0);
    assert_eq!(roi.source("B").unwrap().direction().unwrap().dec(), 60.0);
    assert!(roi.source("C").unwrap().direction().is_none());
    let table = roi.source("D").unwrap().spectrum();
    assert_eq!(table.file().map(str::to_owned), path("table.txt"));
    assert_relative_eq!(table.dnde(100.0).unwrap(), 1e-6, max_relative = 1e-14);
}

#[test]
fn what_cannot_be_is_told_with_source_and_key() {
    let dir = tempfile::tempdir().unwrap();
    for (entry, words) in [
        ("{ra: 1, dec: 2}", vec!["model.sources[0].name"]),
        ("3", vec!["model.sources[0]", "mapping"]),
        ("{name: A, Indx: 2}", vec!["'Indx'", "'A'", "'Index'"]),
        ("{name: A, SpectrumType: PowerLow}", vec!["A", "PowerLow", "PowerLaw"]),
        ("{name: A, SpatialModel: RadialDsk}", vec!["A", "RadialDsk", "RadialDisk"]),
        ("{name: A, SpatialModel: RadialDisk}", vec!["A", "SpatialWidth"]),
        ("{name: A, SpatialModel: SpatialMap}", vec!["A", "Spatial_Filename"]),
        ("{name: A, SpectrumType: FileFunction}", vec!["A", "table of its file"]),
        ("{name: A, ra: 3}", vec!["model.sources[0].dec"]),
        ("{name: A, ra: 3, dec: 100}", vec!["A", "100"]),
        ("{name: A, Prefactor: low}", vec!["model.sources[0].Prefactor", "'low'"]),
        ("{name: A, Prefactor: {valeu: 1}}", vec!["model.sources[0].Prefactor"]),
        ("{name: A, Prefactor: {value: 1, scale: 0}}", vec!["A", "scale"]),
    ] {
        let found = build(dir.path(), &format!("sources: [{entry}]")).unwrap_err().to_string();
        for word in words {
            assert!(found.contains(word), "{entry}: no '{word}' in {found}");
        }
    }
}

#[test]
fn the_further_diffuse_components_have_their_names_and_order() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["iso.txt", "limb.txt", "more.txt"] {
        std::fs::write(dir.path().join(name), "100 1e-6\n1000 1e-8\n").unwrap();
    }
    std::fs::write(dir.path().join("cube.fits.gz"), "").unwrap();
    let library = roi_model::write_xml(
        "two",
        build(dir.path(), "sources: [{name: P, ra: 11, dec: 60}], diffuse: [{name: far, file: cube.fits.gz}]")
            .unwrap()
            .sources(),
    )
    .unwrap();
    std::fs::write(dir.path().join("extra.xml"), library).unwrap();
    let section = "isodiff: iso.txt, limbdiff: [limb.txt], diffuse: [more.txt, cube.fits.gz], diffuse_xml: extra.xml";
    let roi = build(dir.path(), section).unwrap();
    let names: Vec<&str> = roi.sources().iter().map(Source::name).collect();
    assert_eq!(names, ["diffuse00", "diffuse01", "far", "isodiff", "limbdiff"], "the point source is not taken");
    assert_eq!(roi.source("limb").unwrap().name(), "limbdiff");
    assert_eq!(roi.source("diffuse01").unwrap().spatial().type_name(), "MapCubeFunction");
    let found = build(dir.path(), "diffuse: {nmae: x, file: iso.txt}").unwrap_err().to_string();
    assert!(found.contains("'nmae'") && found.contains("'name'"), "{found}");
}

#[test]
fn a_written_source_replaces_that_of_a_catalog() {
    let dir = tempfile::tempdir().unwrap();
    let library = roi_model::write_xml("one", one("{name: PSR A, ra: 10, dec: 60}").sources()).unwrap();
    std::fs::write(dir.path().join("a.xml"), library).unwrap();
    let section = "catalogs: a.xml, sources: [{name: psr a, Index: 3}]";
    let index = |more: &str| {
        let roi = build(dir.path(), &format!("{section}{more}")).unwrap();
        assert_eq!(roi.sources().len(), 1);
        roi.sources()[0].spectrum().parameters()[1].value()
    };
    assert_eq!((index(""), index(", merge_sources: false")), (3.0, 2.0));
}

#[test]
fn optical_depths_come_from_a_file_of_the_users() {
    let dir = tempfile::tempdir().unwrap();
    let entry = |model: u32| {
        format!(
            "sources: [{{name: A, SpectrumType: 'EblAtten::PowerLaw2', redshift: 0.5, ebl_model: {model}, tau_norm: 1}}]"
        )
    };
    let missing = build(dir.path(), &entry(4)).unwrap_err().to_string();
    assert!(missing.contains("'A'") && missing.contains("opdep_4.dat"), "{missing}");
    // tau is 2 at 10 GeV and redshift 0.5; models 14 and 15 are tabulated in MeV.
    for (model, unit) in [(4, 1.0), (14, 1000.0)] {
        let rows = [1.0, 10.0, 100.0].map(|e| format!("{} 1.0 2.0 4.0\n", e * unit)).concat();
        std::fs::write(dir.path().join(format!("opdep_{model}.dat")), format!("redshifts below:0.1,0.5,1.0\n{rows}"))
            .unwrap();
        let roi = build(dir.path(), &entry(model)).unwrap();
        let dimmed = roi.source("A").unwrap().spectrum().dnde(10_000.0).unwrap();
        let plain = build(dir.path(), "sources: [{name: A, SpectrumType: PowerLaw2}]").unwrap();
        // The LAT tools' own default parameters stand behind the wrapper; only the ratio at equal parameters matters.
        let mut plain = plain.source("A").unwrap().spectrum().clone();
        for (to, from) in plain.parameters_mut().iter_mut().zip(roi.source("A").unwrap().spectrum().parameters()) {
            to.set_bounds(0.0, 0.0).unwrap();
            to.set_scale(from.scale()).unwrap();
            to.set_value(from.value()).unwrap();
        }
        assert_relative_eq!(dimmed, plain.dnde(10_000.0).unwrap() * (-2f64).exp(), max_relative = 1e-12);
    }
}
