//! Loading whole regions: the real ones, and made-up ones in which one thing is wrong.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

mod common;

use std::path::Path;

use common::Load;
use fixtures::{CONFIG, MODEL, Region, drm_file, real_data, small_counts, small_maps};
use lat_dataset::Error;
use lat_dataset::Loaded;
use lat_dataset::load;
use lat_io::{CountsCubeFile, FitsWriter, Header};
use lat_response::{Frame, SkyGrid, WcsHeader};
use likelihood_core::{CountsCube, DispersionMode, EnergyAxis};
use roi_model::SkyDirection;

fn with_wcs(change: impl Fn(&mut WcsHeader)) -> CountsCubeFile {
    let mut counts = small_counts();
    if let SkyGrid::Wcs(grid) = &counts.grid {
        let mut header = grid.header().clone();
        change(&mut header);
        counts.grid = SkyGrid::wcs(header).unwrap();
    }
    counts
}

#[test]
fn a_region_is_found_by_fermipys_file_names() {
    let region = Region::new();
    let loaded = region.load().unwrap();
    let names: Vec<_> = loaded.roi.sources().iter().map(|source| source.name().to_owned()).collect();
    assert_eq!(names, ["4FGL J0000.0-0000", "isodiff"]);
    assert_eq!(loaded.roi.title(), "small");
    let [component] = loaded.observation.components.as_slice() else { panic!("one component") };
    assert_eq!(component.name, "00");
    assert_eq!(component.counts, small_counts());
    assert_eq!(component.products.srcmap, Some(region.path("srcmap_00.fits.gz")));
    let (name, map) = small_maps().remove(1);
    assert_eq!(component.stored_map(&name).unwrap(), map);
    let center = SkyDirection::from_galactic(0.3, -1.25).unwrap();
    assert!(loaded.roi.center().separation(&center) < 1e-12, "the centre is the cube's reference direction");
    assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
}

#[test]
fn the_centre_is_the_one_that_the_configuration_tells() {
    let region = Region::new();
    for (selection, ra, dec) in
        [("ra: 10, dec: -20", 10.0, -20.0), ("ra: 10, dec: -20, target: 4fglj0000.0-0000", 266.5, -29.5)]
    {
        region.write("config.yaml", &format!("selection: {{{selection}}}\n{CONFIG}"));
        let center = region.load().unwrap().roi.center();
        assert!(center.separation(&SkyDirection::new(ra, dec).unwrap()) < 1e-12, "{selection}");
    }
    region.write("config.yaml", &format!("selection: {{target: isodiff}}\n{CONFIG}"));
    region.fails_with(&["target 'isodiff'", "selection.ra"]);
}

#[test]
fn what_is_not_as_it_seems_is_noted() {
    let region = Region::new();
    std::fs::remove_file(region.path("ccube_00.fits")).unwrap();
    region.write(
        "config.yaml",
        &format!("selection: {{emin: 100, emax: 1000}}\nbinning: {{coordsys: CEL, binsz: 1}}\n{CONFIG}"),
    );
    let loaded = region.load().unwrap();
    assert_eq!(loaded.observation.components[0].counts, small_counts(), "the counts of the source map file");
    let notes = loaded.notes.join("\n");
    for words in [
        "the counts are those of the source map file",
        "selection.emax is 1000 MeV, the counts cube has 8000 MeV",
        "coordsys",
        "binsz ignored",
    ] {
        assert!(notes.contains(words), "{words} in {notes}");
    }
    assert!(!notes.contains("emin"), "{notes}");

    let mut other = small_counts();
    let doubled = other.cube.counts() * 2.0;
    other.cube = CountsCube::new(other.cube.axis().clone(), doubled).unwrap();
    lat_io::write_counts_cube(&region.path("ccube_00.fits"), &other).unwrap();
    let loaded = region.load().unwrap();
    assert_eq!(loaded.observation.components[0].counts, other, "the counts cube comes first");
    assert!(loaded.notes.iter().any(|note| note.contains("holds other counts")), "{:?}", loaded.notes);
}

#[test]
fn missing_files_are_named() {
    for (name, words) in [
        ("srcmap_00.fits.gz", &["component '00'", "no source map of", "bexpmap: PATH", "files: {srcmap: PATH}"][..]),
        ("srcmdl_00.xml", &["no source model", "srcmdl_00.xml", "files: {xml: PATH}"]),
        ("iso.txt", &["srcmdl_00.xml", "iso.txt"]),
        ("config.yaml", &["config.yaml", "does not exist"]),
    ] {
        let region = Region::new();
        std::fs::remove_file(region.path(name)).unwrap();
        region.fails_with(words);
    }
    let region = Region::new();
    std::fs::remove_file(region.path("iso.txt")).unwrap();
    let folder = std::fs::canonicalize(region.path("")).unwrap();
    region.fails_with(&["'iso.txt'", &format!("searched: '{}'", folder.display())]);
    let region = Region::new();
    region.write("config.yaml", &format!("files: {{ccube: nothing.fits}}\n{CONFIG}"));
    assert!(matches!(region.fails_with(&["nothing.fits"]), Error::NotFound { .. }));
    region.write("config.yaml", &format!("files: {{xml: .}}\n{CONFIG}"));
    region.fails_with(&["cannot read"]);
}

/// Edges of the true bins for the small counts cube, two bins more on either side.
const TRUE_EDGES: [f64; 8] = [16.0, 40.0, 100.0, 250.0, 1000.0, 8000.0, 64_000.0, 512_000.0];

#[test]
fn energy_dispersion_needs_a_matrix_and_planes_and_says_so() {
    let region = Region::new();
    region.write("config.yaml", "logging: {verbosity: 3}\n");
    let error =
        region.fails_with(&["drm_00.fits", "gtlike: {edisp: false}", "component '00'", "config.yaml", "edisp_bins -1"]);
    assert!(matches!(error, Error::NoResponse { .. }));
    region.write("config.yaml", "gtlike: {edisp: true, edisp_bins: 0}\n");
    assert!(region.load().unwrap().observation.components[0].settings.dispersion.is_none());

    std::fs::write(region.path("drm_00.fits"), drm_file(&TRUE_EDGES, &vec![vec![0.25; 3]; 7])).unwrap();
    region.write("config.yaml", "logging: {verbosity: 3}\n");
    let loaded = region.load().unwrap();
    let dispersion = loaded.observation.components[0].settings.dispersion.as_ref().unwrap();
    assert_eq!((dispersion.mode(), dispersion.n_extra()), (DispersionMode::Rescaling, 1));
    region.write("config.yaml", "gtlike: {edisp_bins: 3}\n");
    region.fails_with(&["drm_00.fits", "needs 3", "has 2"]);
    // isodiff has the planes of the edges alone.
    region.write("config.yaml", "gtlike: {edisp_bins: 2}\n");
    let error = region.fails_with(&["'isodiff'", "srcmap_00.fits.gz", "has 4 planes", "needs 8"]);
    assert!(matches!(error, Error::TooFewPlanes { found: 4, needed: 8, .. }));
    region.write("config.yaml", "gtlike: {edisp_bins: 2, edisp_disable: [isodiff, nobody]}\n");
    let loaded = region.load().unwrap();
    // Two of the seven true bins, all alike, lie beyond the window.
    let narrow = "with edisp_bins 2: of a flat spectrum (as many events in every bin) about 28.6 % of what is measured";
    assert!(loaded.notes.iter().any(|note| note.contains(narrow)), "{:?}", loaded.notes);
    let dispersion = loaded.observation.components[0].settings.dispersion.as_ref().unwrap();
    assert!(dispersion.excepts("isodiff") && !dispersion.excepts("4FGL J0000.0-0000"));
    assert!(loaded.notes.iter().any(|note| note.contains("'nobody'")), "{:?}", loaded.notes);
    // The model may except a source as well.
    region.write("config.yaml", "gtlike: {edisp_bins: 2}\n");
    region.write("srcmdl_00.xml", &MODEL.replace("file=\"iso.txt\"", "file=\"iso.txt\" apply_edisp=\"false\""));
    assert!(region.load().is_ok());
}

#[test]
fn weights_come_from_their_map_or_from_the_source_map_file() {
    let region = Region::new();
    region.write("config.yaml", "gtlike: {edisp: false, wmap: w.fits}\n");
    assert!(matches!(region.fails_with(&["w.fits"]), Error::NotFound { .. }));
    let weights = |value: f32| CountsCubeFile {
        cube: CountsCube::new(small_counts().cube.axis().clone(), ndarray::Array3::from_elem((3, 4, 5), value))
            .unwrap(),
        ..small_counts()
    };
    lat_io::write_counts_cube(&region.path("w.fits"), &weights(0.25)).unwrap();
    let of =
        |loaded: &Loaded| loaded.observation.components[0].settings.weights.as_ref().map(|w| w.values()[[2, 3, 4]]);
    assert_eq!(of(&region.load().unwrap()), Some(0.25));

    // A source map file with weights of its own: they are used when weights are asked for, and only then, and only when they are those that the
    // configuration names.
    let mut writer = FitsWriter::create(region.path("extension.fits")).unwrap();
    writer.image(&Header::default(), &ndarray::Array3::<f32>::zeros((1, 1, 1))).unwrap();
    let mut header = Header::default();
    header.set("EXTNAME", "__weights__", "");
    writer.image(&header, &ndarray::Array3::from_elem((3, 4, 5), 0.5f32)).unwrap();
    writer.finish().unwrap();
    std::fs::remove_file(region.path("srcmap_00.fits.gz")).unwrap();
    lat_io::write_source_maps(&region.path("srcmap_00.fits"), &small_counts(), &mut small_maps().into_iter()).unwrap();
    let extension = std::fs::read(region.path("extension.fits")).unwrap();
    let whole = [std::fs::read(region.path("srcmap_00.fits")).unwrap(), extension[2 * 2880..].to_vec()].concat();
    std::fs::write(region.path("srcmap_00.fits"), whole).unwrap();
    for (named, used, file) in [(0.25, 0.25, "holds others, which gtlike would take"), (0.501, 0.5, "srcmap_00.fits'")]
    {
        lat_io::write_counts_cube(&region.path("w.fits"), &weights(named)).unwrap();
        let loaded = region.load().unwrap();
        assert_eq!(of(&loaded), Some(used));
        let told = |note: &String| note.contains("weights are those of") && note.contains(file);
        assert!(loaded.notes.iter().any(told), "{:?}", loaded.notes);
    }
    // A map that is damaged, or was left behind when the files were moved.
    for spoil in [|path: &Path| std::fs::write(path, "no map"), |path: &Path| std::fs::remove_file(path)] {
        spoil(&region.path("w.fits")).unwrap();
        let loaded = region.load().unwrap();
        assert_eq!(of(&loaded), Some(0.5));
        let told = |note: &String| note.contains("srcmap_00.fits'") && note.contains("cannot be read");
        assert!(loaded.notes.iter().any(told), "{:?}", loaded.notes);
    }
    region.write("config.yaml", CONFIG);
    let loaded = region.load().unwrap();
    assert_eq!(of(&loaded), None);
    assert!(loaded.notes.iter().any(|note| note.contains("which are not used")), "{:?}", loaded.notes);
}

#[test]
fn corrections_of_the_exposure_multiply_the_source_maps() {
    let region = Region::new();
    region.write("config.yaml", "gtlike: {edisp: false, expscale: 0.5, src_expscale: {isodiff: 0.25}}\n");
    let loaded = region.load().unwrap();
    let component = &loaded.observation.components[0];
    for (name, factor) in [("isodiff", 0.25f32), ("4FGL J0000.0-0000", 0.5)] {
        let (plain, scaled) = (
            component.stored_map(name).unwrap(),
            component.source_map(loaded.roi.source(name).unwrap(), None).unwrap(),
        );
        assert_eq!(scaled.planes(), &plain.planes().mapv(|value| value * factor), "{name}");
    }
    region.write("config.yaml", CONFIG);
    let loaded = region.load().unwrap();
    let component = &loaded.observation.components[0];
    assert_eq!(
        component.source_map(loaded.roi.source("isodiff").unwrap(), None).unwrap(),
        component.stored_map("isodiff").unwrap()
    );
}

#[test]
fn products_that_disagree_are_both_named() {
    let edges = |edges: Vec<f64>| {
        let small = small_counts();
        let bins = edges.len() - 1;
        let counts = ndarray::Array3::zeros((bins, 4, 5));
        CountsCubeFile { cube: CountsCube::new(EnergyAxis::new(edges).unwrap(), counts).unwrap(), ..small }
    };
    for (counts, words) in [
        (edges(vec![100.0, 250.0, 1000.02, 8000.0]), "energy edge 2"),
        (edges(vec![100.0, 250.0, 1000.0]), "energy edges"),
        (with_wcs(|wcs| wcs.crval[1] += 0.01), "CRVAL2"),
        (with_wcs(|wcs| wcs.ctype1 = "GLON-AIT".into()), "GLON-AIT"),
        (
            CountsCubeFile {
                grid: SkyGrid::wcs(WcsHeader::centered([5, 4], 0.1, Frame::Celestial, "CAR", [0.3, -1.25])).unwrap(),
                ..small_counts()
            },
            "RA---CAR",
        ),
    ] {
        let region = Region::new();
        lat_io::write_counts_cube(&region.path("ccube_00.fits"), &counts).unwrap();
        region.fails_with(&["ccube_00.fits", "srcmap_00.fits.gz", words]);
    }
    let region = Region::new();
    lat_io::write_counts_cube(&region.path("ccube_00.fits"), &edges(vec![100.0, 250.0, 1000.005, 8000.0])).unwrap();
    assert!(region.load().is_ok(), "within the tolerance of 1e-5");
}

#[test]
fn a_source_without_map_is_named_with_the_nearest_one() {
    let region = Region::new();
    region.write("srcmdl_00.xml", &MODEL.replace("4FGL J0000.0-0000", "4FGL J0000.0-0001"));
    let error =
        region.fails_with(&["component '00'", "'4FGL J0000.0-0001'", "did you mean '4FGL J0000.0-0000'?", "gtsrcmaps"]);
    assert!(matches!(error, Error::MissingSourceMap { .. }));
}

#[test]
fn a_model_that_cannot_be_is_named() {
    for (from, to) in [
        ("PowerLaw", "PowerLawd"),
        (r#"value="2" scale="1e-12""#, r#"value="2000" scale="1e-12""#),
        ("4FGL J0000.0-0000", "isodiff"),
        ("</source_library>", ""),
    ] {
        let region = Region::new();
        region.write("srcmdl_00.xml", &MODEL.replace(from, to));
        assert!(matches!(region.fails_with(&["srcmdl_00.xml"]), Error::Model { .. }));
    }
    let region = Region::new();
    std::fs::write(region.path("srcmdl_00.xml"), b"<source_library>\xff").unwrap();
    region.fails_with(&["srcmdl_00.xml", "offset 16"]);
    region.write("srcmdl_00.xml", MODEL);
    region.write("iso.txt", "10 nothing\n");
    region.fails_with(&["srcmdl_00.xml", "iso.txt"]);
}

#[test]
fn components_have_their_own_files_and_share_one_model() {
    let region = Region::new();
    let copy = |name: &str, to: &str| std::fs::copy(region.path(name), region.path(to)).unwrap();
    copy("ccube_00.fits", "ccube_01.fits");
    copy("srcmap_00.fits.gz", "maps.fits.gz");
    copy("srcmdl_00.xml", "srcmdl_01.xml");
    region.write(
        "config.yaml",
        &format!("components: [{{selection: {{evtype: 4}}}}, {{files: {{srcmap: maps.fits.gz}}}}]\n{CONFIG}"),
    );
    let loaded = region.load().unwrap();
    let names: Vec<_> = loaded.observation.components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["00", "01"]);
    assert_eq!(loaded.observation.components[1].products.srcmap, Some(region.path("maps.fits.gz")));

    // What is not a template must be the same; the values are those of the first.
    region.write(
        "srcmdl_01.xml",
        &MODEL.replace("PowerLaw", "LogParabola").replace("Prefactor", "norm").replace("Index", "alpha").replace(
            "<parameter name=\"Scale\"",
            "<parameter name=\"beta\" value=\"0\" scale=\"1\"/><parameter name=\"Eb\"",
        ),
    );
    assert!(matches!(region.fails_with(&["4FGL J0000.0-0000", "LogParabola"]), Error::Unsupported { .. }));
    region.write("srcmdl_01.xml", &MODEL.replace("value=\"2\"", "value=\"3\""));
    let source = |loaded: &Loaded| loaded.roi.source("4FGL J0000.0-0000").unwrap().spectrum().parameters()[0].value();
    assert_eq!(source(&region.load().unwrap()), 2.0);
    region.write(
        "config.yaml",
        &format!("files: {{xml: srcmdl_00.xml}}\ncomponents: [{{}}, {{files: {{srcmap: maps.fits.gz}}}}]\n{CONFIG}"),
    );
    assert!(region.load().is_ok());
}

#[test]
fn templates_are_found_beside_the_model_and_in_the_diffuse_directory() {
    let region = Region::new();
    for folder in ["models", "diffuse"] {
        std::fs::create_dir(region.path(folder)).unwrap();
    }
    std::fs::rename(region.path("srcmdl_00.xml"), region.path("models/m.xml")).unwrap();
    let config = format!("files: {{xml: models/m.xml}}\nmodel: {{diffuse_dir: diffuse}}\n{CONFIG}");
    region.write("config.yaml", &config);
    assert!(region.load().is_ok(), "in the directory of the configuration");
    std::fs::rename(region.path("iso.txt"), region.path("models/iso.txt")).unwrap();
    assert!(region.load().is_ok(), "beside the model");
    std::fs::rename(region.path("models/iso.txt"), region.path("diffuse/iso.txt")).unwrap();
    assert!(region.load().is_ok(), "in the diffuse directory");
}

#[test]
fn the_real_regions_load() {
    for (config, sources, free, counts) in [
        ("gc-3fhl-srcmaps-small/config_fitA.yaml", 19, 9, 16514.0),
        ("gc-3fhl-srcmaps/config_fitC.yaml", 19, 33, 16514.0),
        ("fermitools-roi/config_edisp0.yaml", 22, 10, 293_129.0),
        ("fermitools-roi/config_allfree_edisp0.yaml", 22, 44, 293_129.0),
        ("fermitools-roi/config_edisp2.yaml", 22, 10, 293_129.0),
        ("fermitools-roi/config_edispm2.yaml", 22, 10, 293_129.0),
        ("fermitools-roi/config_weighted_edisp2.yaml", 22, 10, 293_129.0),
        ("crab-p7v6/config.yaml", 3, 4, 2211.0),
    ] {
        let Some(path) = real_data(config) else { continue };
        let loaded = load(&path).unwrap_or_else(|error| panic!("{config}: {error}"));
        assert_eq!(loaded.roi.sources().len(), sources, "{config}");
        assert_eq!(loaded.roi.free_parameters().len(), free, "{config}");
        let component = &loaded.observation.components[0];
        assert_eq!(component.counts.cube.total(), counts, "{config}");
        let (bins, ny, nx) = component.counts.cube.counts().dim();
        for source in loaded.roi.sources() {
            let map = component.stored_map(source.name()).unwrap();
            assert!(map.at_edges(bins + 1, ny, nx).is_ok(), "{config}: {}", source.name());
        }
    }
}

/// A region without source maps loads when there is something to make them from.
#[test]
fn a_real_region_without_source_maps_waits_for_them_to_be_made() {
    let Some(path) = real_data("gc-3fhl/config.yaml") else { return };
    let loaded = load(Path::new(&path)).unwrap();
    let component = &loaded.observation.components[0];
    assert!(component.source_maps.is_none());
    assert_eq!(component.unmade(loaded.roi.sources()).unwrap().len(), loaded.roi.sources().len());
    let error = component.stored_map("galdiff").unwrap_err().to_string();
    assert!(error.contains("galdiff") && error.contains("files: {srcmap: PATH}"), "{error}");
}

#[test]
fn without_a_model_file_section_model_is_used() {
    let region = Region::new();
    std::fs::rename(region.path("srcmdl_00.xml"), region.path("library.xml")).unwrap();
    region.write(
        "config.yaml",
        &format!("{CONFIG}selection: {{ra: 266.5, dec: -29.5}}\nmodel: {{catalogs: library.xml, src_radius: 1}}\n"),
    );
    let loaded = region.load().unwrap();
    let names: Vec<_> = loaded.roi.sources().iter().map(|source| source.name().to_owned()).collect();
    assert_eq!(names, ["4FGL J0000.0-0000", "isodiff"]);
    assert!(loaded.notes.iter().any(|note| note.contains("section 'model'")), "{:?}", loaded.notes);
}
