//! What real files and newcomers stumbled over: each law with the input that broke it, where that is at hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use fixtures::{MODEL, Region, real_data, write_drm};
use lat_dataset::{Config, Error, build_region, check, load};
use roi_model::Source;

/// A folder of the real inputs, copied to where it may be changed.
fn fault(name: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let from = real_data(&format!("faults/{name}"))?;
    let to = tempfile::tempdir().unwrap();
    copy(&from, to.path());
    let path = to.path().to_owned();
    Some((to, path))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&place).unwrap();
            copy(&entry.path(), &place);
        } else {
            std::fs::write(&place, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

fn sources(config: &Path) -> Vec<Source> {
    build_region(&Config::read(config).unwrap()).unwrap().roi.sources().to_vec()
}

#[test]
fn a_configuration_means_the_same_however_its_path_is_spelled() {
    let Some((_keep, path)) = fault("relative-config-path") else { return };
    let config = path.join("region/config.yaml");
    let spelled = path.join("region/../region/./config.yaml");
    let [one, other] = [config, spelled].map(|path| load(&path).unwrap());
    assert_eq!(one.config.path, other.config.path);
    assert!(one.config.path.is_absolute());
    let files = |sources: &[Source]| -> Vec<Option<String>> {
        sources.iter().map(|source| source.spatial().file().map(str::to_owned)).collect()
    };
    assert_eq!(files(one.roi.sources()), files(other.roi.sources()));
    assert!(files(one.roi.sources()).iter().flatten().all(|file| Path::new(file).is_absolute()));
}

#[test]
fn catalogs_are_known_by_name_and_by_what_they_hold() {
    if let Some((_keep, path)) = fault("catalog-fl16y-name") {
        let [by_name, by_file] = ["config.yaml", "config_by_file.yaml"].map(|config| sources(&path.join(config)).len());
        assert!(by_name > 0 && by_name == by_file, "{by_name} {by_file}");
    }
    if let Some((_keep, path)) = fault("catalog-2fhl") {
        let sources = sources(&path.join("config.yaml"));
        assert_eq!(sources.len(), 3);
        assert!(sources.iter().all(|source| source.spectrum().type_name() == "PowerLaw2"));
    }
}

#[test]
fn the_archive_beside_a_catalog_has_its_templates() {
    let Some((_keep, path)) = fault("catalog-extended-dir") else { return };
    let catalog = path.join("data/catalogs/gll_psc_v35.fit");
    let text =
        format!("selection: {{ra: 83.63, dec: 22.01}}\nmodel: {{src_roiwidth: 16, catalogs: [{}]}}", catalog.display());
    let config = Config::parse(&path.join("config.yaml"), &text).unwrap();
    let roi = build_region(&config).unwrap().roi;
    let files: Vec<&str> = roi.sources().iter().filter_map(|source| source.spatial().file()).collect();
    assert!(!files.is_empty() && files.iter().all(|file| Path::new(file).is_file()), "{files:?}");
}

#[test]
fn a_library_as_catalog_needs_no_templates_of_far_sources() {
    let Some((_keep, path)) = fault("catalog-xml-templates") else { return };
    let names: Vec<String> = sources(&path.join("config.yaml")).iter().map(|source| source.name().to_owned()).collect();
    assert_eq!(names, ["Near"]);
}

#[test]
fn a_template_in_the_old_projection_is_read() {
    let Some((_keep, path)) = fault("template-gls") else { return };
    let map = lat_io::open_map_cube(&path.join("disk.fits")).unwrap();
    // The reference pixel is where the header says, whatever the name of the projection.
    let grid = map.grid();
    let center = grid.reference_direction().unwrap();
    assert!(grid.pixel(&center).is_some());
}

#[test]
fn a_doctype_that_names_a_file_is_no_obstacle_and_others_are_told() {
    let plain = r#"<source_library title="a"></source_library>"#;
    let reads = |text: &str| roi_model::read_xml(text, &|file| Err(format!("no file {file}").into()));
    assert!(
        reads(&format!(
            "<?xml version=\"1.0\"?>\n<!-- <!DOCTYPE a [ -->\n<!DOCTYPE source_library SYSTEM \"a>b.dtd\" >\n{plain}"
        ))
        .is_ok()
    );
    let own = reads(&format!("<!DOCTYPE source_library [<!ENTITY a \"b\">]>{plain}")).unwrap_err();
    assert!(own.to_string().contains("DOCTYPE"), "{own}");
    if let Some((_keep, path)) = fault("xml-doctype") {
        let library = reads(&std::fs::read_to_string(path.join("m.xml")).unwrap()).unwrap();
        assert_eq!(library.sources.len(), 1);
    }
}

#[test]
fn a_key_twice_and_an_empty_entry_are_told_in_the_words_of_a_user() {
    let error = |text: &str| Config::parse("config.yaml".as_ref(), text).unwrap_err().to_string();
    let twice = error("selection:\n  zmax: 90\n  emin: 100\n  zmax: 90\n");
    assert!(twice.contains("'zmax' stands twice") && !twice.contains("Policy"), "{twice}");
    let empty = error("model:\n  catalogs:\n  - a.fit\n  -\n");
    assert!(empty.contains("an empty entry"), "{empty}");
}

#[test]
fn names_and_a_centre_without_effect_are_told() {
    let region = Region::new();
    region.write(
        "config.yaml",
        "gtlike: {edisp: false, src_expscale: {isodif: 0.5, '4fglj0000.0-0000': 2}}\nselection: {ra: 10, dec: 50}\nmodel: {sources: [{name: extra, ra: 1, dec: 2}]}\n",
    );
    let loaded = load(&region.path("config.yaml")).unwrap();
    let notes = loaded.notes.join("\n");
    for words in ["src_expscale names 'isodif'", "did you mean 'isodiff'", "off the counts cube", "lacks extra"] {
        assert!(notes.contains(words), "no '{words}' in {notes}");
    }
    assert!(!notes.contains("4fglj0000"), "{notes}");
    // A name that is written otherwise counts all the same.
    assert_eq!(loaded.observation.components[0].exposure.of("4FGL J0000.0-0000"), Some(2.0));
}

#[test]
fn a_file_without_source_maps_is_none() {
    let region = Region::new();
    region.write("config.yaml", "gtlike: {edisp: false}\nfiles: {srcmap: ccube_00.fits}\n");
    let error = load(&region.path("config.yaml")).unwrap_err();
    assert!(matches!(&error, Error::NoSourceMaps { .. }), "{error}");
}

#[test]
fn what_is_missing_is_told_with_each_way_out() {
    let region = Region::new();
    region.write("config.yaml", "gtlike: {edisp: true}\n");
    let text = load(&region.path("config.yaml")).unwrap_err().to_string();
    assert!(text.lines().count() > 4 && text.lines().all(|line| line.len() < 400), "{text}");
    for way in ["gtdrm", "files: {drm: PATH}", "edisp: false", "ltcube"] {
        assert!(text.contains(way), "no '{way}' in {text}");
    }
    let empty = tempfile::tempdir().unwrap();
    let config = empty.path().join("config.yaml");
    std::fs::write(&config, "data: {evfile: events.txt}\n").unwrap();
    let text = load(&config).unwrap_err().to_string();
    assert!(text.contains("no counts cube") && text.contains("events.txt"), "{text}");
}

#[test]
fn a_template_that_is_nowhere_is_told_with_the_folders() {
    let region = Region::new();
    let spatial = &MODEL[MODEL.rfind("<spatialModel").unwrap()..MODEL.rfind("</spatialModel>").unwrap()];
    let map = "<spatialModel type=\"SpatialMap\" file=\"S147.fits\"><parameter name=\"Prefactor\" value=\"1\" scale=\"1\" min=\"0\" max=\"10\" free=\"0\"/>";
    region.write("srcmdl_00.xml", &MODEL.replace(spatial, map).replace("PointSource", "DiffuseSource"));
    let report = check(&region.path("config.yaml"));
    let text: String = report.problems.iter().map(|problem| problem.error.to_string()).collect();
    assert!(text.contains("'S147.fits'") && text.contains("model: {extdir: PATH}"), "{text}");
    assert!(!text.contains("''"), "{text}");
}

#[test]
fn a_matrix_that_measures_more_than_there_is_is_told_with_its_numbers() {
    let region = Region::new();
    region.write("config.yaml", "gtlike: {edisp: true, edisp_bins: -1}\n");
    let told = |middle: f32| {
        let matrix = [[0.1, 0.0, 0.0], [0.8, 0.1, 0.0], [0.2, middle, 0.0], [0.0, 0.1, 0.8], [0.0, 0.0, 0.1]];
        let edges = [40.0, 100.0, 250.0, 1000.0, 8000.0, 64_000.0];
        write_drm(&region.path("drm_00.fits"), &edges, &matrix.map(|row| row.to_vec()));
        load(&region.path("config.yaml")).unwrap().notes.into_iter().find(|note| note.contains("response matrix"))
    };
    let note = told(1.1).unwrap();
    for word in ["drm_00.fits", "1 row(s)", "1.3000", "row 3", "250.0000 to 1000.0000 MeV", "gtdrm"] {
        assert!(note.contains(word), "no '{word}' in: {note}");
    }
    // What rounding does is no remark.
    assert_eq!(told(0.8), None);
}
