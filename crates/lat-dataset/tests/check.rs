//! `check` tells all that is wrong at once, and what would be made.

use fixtures::{CONFIG, MODEL, Region};
use lat_dataset::{Config, Error, Reason, Report, Subject, check, load};

fn report(region: &Region) -> Report {
    check(&region.path("config.yaml"))
}

fn messages(report: &Report) -> String {
    report.problems.iter().map(|problem| problem.error.to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_region_with_all_its_maps_has_no_problem_and_nothing_to_make() {
    let region = Region::new();
    let report = report(&region);
    assert!(report.is_usable(), "{}", messages(&report));
    let model = report.model.unwrap();
    assert_eq!((model.sources, model.free_parameters), (2, 2));
    let component = &report.components[0];
    assert_eq!(component.name, "00");
    let (maps, counts) = (component.maps.as_ref().unwrap(), component.counts.unwrap());
    assert_eq!((maps.kept, maps.to_make.len(), &maps.file), (2, 0, &None));
    let loaded = load(&region.path("config.yaml")).unwrap();
    let cube = &loaded.observation.components[0].counts.cube;
    assert_eq!((counts.total, counts.energy_bins), (cube.total(), cube.axis().n_bins()));
    let planes: usize =
        loaded.roi.sources().iter().map(|source| loaded.observation.components[0].n_planes(source)).sum();
    assert_eq!(maps.bytes, (4 * planes * counts.pixels) as u64);
    let products: Vec<&str> = component.files.iter().map(|file| file.product).collect();
    assert_eq!(products, ["ccube", "srcmap", "xml"]);
    assert!(component.files.iter().all(|file| file.bytes.unwrap() > 0 && !file.is_named));
}

#[test]
fn all_wrong_keys_and_values_are_told_at_once() {
    let region = Region::new();
    region.write(
        "config.yaml",
        "gtlike: {edisp: false, rfactr: 3, minbinsz: -1}\nselection: {emin: fast, ra: 3}\noptimizer: {tol: -1}\nmoddel: {}\n",
    );
    let report = report(&region);
    let text = messages(&report);
    for wrong in ["'rfactr'", "gtlike.minbinsz", "selection.emin", "selection.ra", "optimizer.tol", "'moddel'"] {
        assert!(text.contains(wrong), "no {wrong} in:\n{text}");
    }
    assert_eq!(report.problems.len(), 6, "{text}");
    assert!(report.problems.iter().all(|problem| problem.subject == Subject::Configuration));
    // What is not touched by them is looked at all the same.
    assert_eq!(report.components[0].maps.as_ref().unwrap().kept, 2);
    // Where the first problem ends it, it is the first one here.
    let first = Config::read(&region.path("config.yaml")).unwrap_err();
    assert_eq!(first.to_string(), report.problems[0].error.to_string());
}

#[test]
fn what_files_lack_is_told_at_once() {
    let region = Region::new();
    region.write("bad.fits", "no FITS file");
    region.write(
        "config.yaml",
        "files: {bexpmap: bad.fits, psf: gone.fits, wmap: none.fits, ltcube: bad.fits}\ngtlike: {edisp: true}\n",
    );
    let second =
        MODEL[MODEL.find("  <source name=\"4FGL").unwrap()..MODEL.find("</source_library>").unwrap()].to_owned();
    let cube = second.replace("4FGL J0000.0-0000", "cube").replace("PointSource", "DiffuseSource");
    let spatial = cube[cube.find("<spatialModel").unwrap()..cube.find("</spatialModel>").unwrap()].to_owned();
    let map = r#"<spatialModel type="MapCubeFunction" file="gone_cube.fits">
      <parameter name="Normalization" value="1" scale="1" min="0" max="10" free="0"/>
    "#;
    let other = second.replace("4FGL J0000.0-0000", "other");
    let model = MODEL.replace("</source_library>", &format!("{}{other}</source_library>", cube.replace(&spatial, map)));
    region.write("srcmdl_00.xml", &model);
    let report = report(&region);
    let text = messages(&report);
    for wrong in ["bad.fits", "gone.fits", "none.fits", "gone_cube.fits", "'cube'", "'other'", "detector response"] {
        assert!(text.contains(wrong), "no {wrong} in:\n{text}");
    }
    let about = |product: &str| {
        report.problems.iter().any(|p| matches!(&p.subject, Subject::File { product: name, .. } if *name == product))
    };
    for product in ["bexpmap", "psf", "wmap", "ltcube"] {
        assert!(about(product), "no problem of {product}: {:?}", report.problems);
    }
    let written = serde_json::to_value(&report).unwrap();
    let first = &written["problems"][0];
    assert!(first["subject"]["kind"].is_string() && first["message"].is_string(), "{first}");
}

#[test]
fn maps_that_are_missing_or_stale_are_planned_with_their_size() {
    let region = Region::new();
    std::fs::remove_file(region.path("srcmap_00.fits.gz")).unwrap();
    let report = report(&region);
    assert!(messages(&report).contains("no source map of"), "{}", messages(&report));
    let maps = report.components[0].maps.as_ref().unwrap();
    let (planes, pixels) = (maps.to_make[0].planes, report.components[0].counts.unwrap().pixels);
    assert_eq!(maps.to_make.len(), 2);
    assert!(maps.to_make.iter().all(|map| map.reason == Reason::Missing && map.bytes == (4 * planes * pixels) as u64));
    assert_eq!(maps.bytes, (2 * 4 * planes * pixels) as u64);
    assert!(maps.memory > maps.bytes);
    assert_eq!(maps.file.as_deref(), Some(region.path("srcmap_00.fits").as_path()));
}

#[test]
fn all_sources_of_a_region_that_cannot_be_built_are_told() {
    let region = Region::new();
    std::fs::remove_file(region.path("srcmdl_00.xml")).unwrap();
    region.write(
        "config.yaml",
        &format!(
            "{CONFIG}selection: {{ra: 266.4, dec: -28.9}}\nmodel:\n  isodiff: gone.txt\n  galdiff: nowhere.fits\n  catalogs: [none.fit]\n  sources:\n  - {{name: a, SpectrumType: FileFunction, Spectrum_Filename: no.txt}}\n  - {{name: b}}\n",
        ),
    );
    let report = report(&region);
    let text = messages(&report);
    for wrong in ["gone.txt", "nowhere.fits", "none.fit", "no.txt", "source 'b'"] {
        assert!(text.contains(wrong), "no {wrong} in:\n{text}");
    }
}

#[test]
fn a_configuration_that_is_none_is_one_problem() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.yaml");
    let gone = check(&path);
    assert!(matches!(gone.problems[..], [ref problem] if matches!(problem.error, Error::File(_))), "{gone:?}");
    std::fs::write(&path, "[1").unwrap();
    assert_eq!(check(&path).problems.len(), 1);
    assert!(check(&path).components.is_empty());
}
