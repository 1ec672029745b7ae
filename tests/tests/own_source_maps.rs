//! Source maps that no file holds: made when a region is opened, kept, and made anew only when what they were made from has changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use fixtures::{isotropic_xml, library_xml, point_source_xml, power_law_xml, write_drm, write_psf};
use lat_io::{CountsCubeFile, SourceMapFile};
use lat_response::{Exposure, ExposureLookup, Frame, Psf, SkyCube, SkyGrid, WcsHeader, plane_energies};
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array2, Array3};
use roi_fit::{Analysis, ComponentSpectrum, Event, MakeOptions, ModelMapOptions, Progress, Quiet, make_source_maps};

const CENTER: [f64; 2] = [30.0, 20.0];
const EDISP_OFF: &str = "gtlike: {edisp: false}\n";
const EDISP_WINDOW: &str = "gtlike: {edisp: true, edisp_bins: 1}\n";

fn axis() -> EnergyAxis {
    EnergyAxis::new((0..=4).map(|k| 1000.0 * 1.5f64.powi(k)).collect()).unwrap()
}

/// A region of 14 x 14 pixels with two point sources and isotropic emission, without source maps.
struct Region {
    directory: tempfile::TempDir,
}

impl Region {
    fn new() -> Self {
        let region = Self { directory: tempfile::tempdir().unwrap() };
        let header = WcsHeader::centered([14, 14], 0.2, Frame::Galactic, "CAR", CENTER);
        let counts = CountsCubeFile {
            cube: CountsCube::new(axis(), Array3::from_elem((4, 14, 14), 1.0)).unwrap(),
            grid: SkyGrid::wcs(header).unwrap(),
            gti: Vec::new(),
        };
        lat_io::write_counts_cube(&region.path("ccube_00.fits"), &counts).unwrap();
        region.write_exposure(1e11);
        let thetas: Vec<f64> = (0..200).map(|i| 5e-4 * f64::from(i * i)).collect();
        let energies = plane_energies(&axis(), 1).unwrap();
        let psf = Array2::from_shape_fn((energies.len(), thetas.len()), |(_, t)| {
            (-0.5 * (thetas[t] / 0.3f64).powi(2)).exp() / (2.0 * PI * 0.3f64.to_radians().powi(2))
        });
        write_psf(&region.path("psf_00.fits"), &Psf::new(energies, thetas, psf).unwrap());
        region.write_model(CENTER[0] + 0.5);
        region.configure(EDISP_OFF);
        region
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn maps(&self) -> PathBuf {
        self.path("srcmap_00.fits")
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.path("config.yaml"), text).unwrap();
    }

    fn write_exposure(&self, value: f32) {
        let energies = plane_energies(&axis(), 1).unwrap();
        let sky = SkyGrid::wcs(WcsHeader::centered([72, 36], 5.0, Frame::Celestial, "CAR", [0.0, 0.0])).unwrap();
        let planes = Array2::from_elem((energies.len(), 72 * 36), value);
        let cube = SkyCube::new("exposure", sky, energies, planes).unwrap();
        let cube = Exposure::new(cube, ExposureLookup::Fermitools).unwrap();
        lat_io::write_exposure(&self.path("bexpmap_00.fits"), &cube).unwrap();
    }

    /// The model, with the source `beta` at this longitude.
    fn write_model(&self, longitude: f64) {
        let spectrum = power_law_xml([1.0, 2.0, 2000.0], "1e-12", 0.01, false);
        let point = |name: &str, longitude: f64| {
            let direction = roi_model::SkyDirection::from_galactic(longitude, CENTER[1]).unwrap();
            point_source_xml(name, [direction.ra(), direction.dec()], &spectrum)
        };
        let text =
            library_xml(&[point("alpha", CENTER[0]), point("beta", longitude), isotropic_xml("isodiff", &spectrum)]);
        std::fs::write(self.path("srcmdl_00.xml"), text).unwrap();
    }

    /// Opens the region; the names of the sources whose maps were made, sorted.
    fn open(&self) -> Vec<String> {
        open(&self.path("config.yaml"))
    }

    fn map(&self, name: &str) -> SourceMap {
        SourceMapFile::open(&self.maps()).unwrap().read(name).unwrap()
    }
}

#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<String>>>);

impl Progress for Made {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if let Event::SourceMap { source, .. } = event {
            self.0.lock().unwrap().push(source.clone());
        }
        ControlFlow::Continue(())
    }
}

fn open(config: &Path) -> Vec<String> {
    let made = Made::default();
    Analysis::open_with(config, Box::new(made.clone())).unwrap();
    let mut made = made.0.lock().unwrap().clone();
    made.sort_unstable();
    made
}

/// What would show that a file was written again.
fn state(path: &Path) -> (Vec<u8>, std::time::SystemTime) {
    (std::fs::read(path).unwrap(), std::fs::metadata(path).unwrap().modified().unwrap())
}

#[test]
fn maps_are_not_convolved_when_the_configuration_says_so() {
    let region = Region::new();
    region.open();
    let spread = region.map("alpha");
    region.configure("gtlike: {edisp: false, convolve: false, resample: false}\n");
    // What had been made stands no more.
    assert_eq!(region.open(), ["alpha", "beta", "isodiff"]);
    for (plain, spread) in region.map("alpha").planes().outer_iter().zip(spread.planes().outer_iter()) {
        assert_eq!(plain.iter().filter(|value| **value > 0.0).count(), 1);
        approx::assert_relative_eq!(plain.sum(), spread.sum(), max_relative = 1e-3);
    }
}

/// The file of the source `beta` at this longitude, as it stands below `model.sources`.
fn beta_yaml(region: &Region, longitude: f64) -> PathBuf {
    let direction = roi_model::SkyDirection::from_galactic(longitude, CENTER[1]).unwrap();
    let (ra, dec) = (direction.ra(), direction.dec());
    let spectrum = "SpectrumType: PowerLaw, Prefactor: {value: 1, scale: 1e-12, min: 0.01, max: 1000, free: true}, \
                    Index: {value: 2, scale: -1, min: 0, max: 5, free: false}, \
                    Scale: {value: 2000, scale: 1, min: 2000, max: 2000, free: false}";
    let path = region.path("beta.yaml");
    std::fs::write(&path, format!("{{name: beta, ra: {ra:?}, dec: {dec:?}, {spectrum}}}")).unwrap();
    path
}

#[test]
fn a_source_that_is_added_has_the_map_of_one_that_was_there() {
    let region = Region::new();
    let config = region.path("config.yaml");
    let mut before = Analysis::open(&config).unwrap();
    let expected = before.loglike_report().unwrap();
    let (expected_map, beta) =
        (before.model_map(&ModelMapOptions::default()).unwrap(), beta_yaml(&region, CENTER[0] + 0.5));
    let mut analysis = Analysis::open(&config).unwrap();
    analysis.delete_source("beta").unwrap();
    // Its map of before must not be taken for that of a source elsewhere.
    let there = beta_yaml(&region, CENTER[0] - 0.7);
    assert_eq!(analysis.add_sources_of_file(&there).unwrap(), ["beta"]);
    let elsewhere = analysis.loglike_report().unwrap();
    assert_ne!(elsewhere.loglike, expected.loglike);
    let sum = |maps: &[ComponentSpectrum]| maps[0].model.iter().sum::<f64>();
    approx::assert_relative_eq!(
        sum(&analysis.model_map(&ModelMapOptions::default()).unwrap()),
        elsewhere.npred,
        max_relative = 1e-6
    );
    analysis.delete_source("beta").unwrap();
    beta_yaml(&region, CENTER[0] + 0.5);
    analysis.add_sources_of_file(&beta).unwrap();
    let found = analysis.loglike_report().unwrap();
    approx::assert_relative_eq!(found.loglike, expected.loglike, max_relative = 1e-12);
    assert_eq!(found.components[0].npred["beta"], expected.components[0].npred["beta"]);
    assert_eq!(analysis.properties("beta").unwrap().npred, before.properties("beta").unwrap().npred);
    assert_eq!(analysis.model_map(&ModelMapOptions::default()).unwrap(), expected_map);
    assert!(analysis.fit(&roi_fit::FitOptions::default()).unwrap().src_names.contains(&"beta".to_owned()));
}

#[test]
fn what_is_saved_with_an_added_source_is_taken_up_again_with_its_map() {
    let region = Region::new();
    let config = region.path("config.yaml");
    let mut analysis = Analysis::open(&config).unwrap();
    analysis.delete_source("beta").unwrap();
    let there = beta_yaml(&region, CENTER[0] - 0.7);
    let text = std::fs::read_to_string(&there).unwrap().replace("name: beta", "name: gamma");
    std::fs::write(&there, text).unwrap();
    analysis.add_sources_of_file(&there).unwrap();
    let loglike = analysis.loglike().unwrap();
    analysis.write_roi(region.path("saved")).unwrap();
    for name in ["saved.json", "saved_00.xml"] {
        let mut again = Analysis::open(&config).unwrap();
        again.load_model(&region.path(name)).unwrap();
        assert_eq!(again.loglike().unwrap(), loglike, "{name}");
        again.model_map(&ModelMapOptions::default()).unwrap();
    }
}

#[test]
fn a_source_outside_the_map_or_of_a_name_that_is_taken_is_refused() {
    let region = Region::new();
    let mut analysis = Analysis::open(region.path("config.yaml")).unwrap();
    let before = analysis.loglike().unwrap();
    let taken = analysis.add_sources_of_file(&beta_yaml(&region, CENTER[0])).unwrap_err().to_string();
    assert!(taken.contains("'beta' already"), "{taken}");
    analysis.delete_source("beta").unwrap();
    let without = analysis.loglike().unwrap();
    let outside = analysis.add_sources_of_file(&beta_yaml(&region, CENTER[0] + 4.0)).unwrap_err().to_string();
    assert!(outside.contains("outside the map") && outside.contains("model.sources"), "{outside}");
    // A disk that reaches in is seen, one that does not is not.
    let disk = |longitude: f64| {
        let path = beta_yaml(&region, longitude);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("name: beta,", "name: beta, SpatialModel: RadialDisk, Radius: 2.5,"))
            .unwrap();
        path
    };
    let far = analysis.add_sources_of_file(&disk(CENTER[0] + 6.0)).unwrap_err().to_string();
    assert!(far.contains("outside the map"), "{far}");
    assert_eq!(analysis.loglike().unwrap(), without);
    analysis.add_sources_of_file(&disk(CENTER[0] + 3.0)).unwrap();
    assert!(analysis.properties("beta").unwrap().npred > 0.0);
    assert_ne!(before, without);
}

#[test]
fn a_composite_source_predicts_what_its_members_do() {
    let region = Region::new();
    let npred = || Analysis::open(region.path("config.yaml")).unwrap().loglike_report().unwrap().npred;
    let apart = npred();
    let model = std::fs::read_to_string(region.path("srcmdl_00.xml")).unwrap();
    let members = model.replace("<source_library title=\"region\">", "<source_library>");
    let together = |members: &str| {
        let text = format!(
            r#"<source_library title="region"><source name="all" type="CompositeSource"><spectrum type="ConstantValue">
<parameter name="Value" value="1" scale="1" min="0" max="10" free="1"/></spectrum>{members}</source></source_library>"#
        );
        std::fs::write(region.path("srcmdl_00.xml"), text).unwrap();
    };
    together(&members);
    assert_eq!(region.open(), ["all"]);
    approx::assert_relative_eq!(npred(), apart, max_relative = 1e-6);
    // Its map stands, until the spectrum of a member changes.
    assert_eq!(region.open(), [""; 0]);
    together(&members.replace("name=\"Prefactor\" value=\"1\"", "name=\"Prefactor\" value=\"2\""));
    assert_eq!(region.open(), ["all"]);
    approx::assert_relative_eq!(npred(), 2.0 * apart, max_relative = 1e-6);
}

#[test]
fn maps_are_made_once() {
    let region = Region::new();
    assert_eq!(region.open(), ["alpha", "beta", "isodiff"]);
    assert_eq!(SourceMapFile::open(&region.maps()).unwrap().names(), ["alpha", "beta", "isodiff"]);
    // Exposure times the whole PSF, which the region holds all of.
    for plane in region.map("alpha").planes().outer_iter() {
        let sum: f64 = plane.iter().copied().map(f64::from).sum();
        assert!((sum / 1e11 - 1.0).abs() < 1e-3, "{sum}");
    }
    let before = state(&region.maps());
    assert_eq!(region.open(), [""; 0]);
    assert!(state(&region.maps()) == before, "the file was written again");
}

#[test]
fn only_what_has_changed_is_made_anew() {
    let region = Region::new();
    region.open();
    let (alpha, beta) = (region.map("alpha"), region.map("beta"));
    region.write_model(CENTER[0] - 0.5);
    assert_eq!(region.open(), ["beta"]);
    assert_eq!(region.map("alpha"), alpha);
    assert_ne!(region.map("beta"), beta);
    assert_eq!(region.open(), [""; 0]);

    region.write_exposure(2e11);
    assert_eq!(region.open(), ["alpha", "beta", "isodiff"]);
    let doubled = alpha.planes().mapv(|value| 2.0 * value);
    assert_eq!(region.map("alpha").planes(), &doubled);
    assert_eq!(region.open(), [""; 0]);
}

#[test]
fn accurate_maps_are_kept_as_they_are() {
    let region = Region::new();
    let mut options = MakeOptions::default();
    options.accurate = true;
    make_source_maps(&region.path("config.yaml"), &options, &mut Quiet).unwrap();
    let before = state(&region.maps());
    assert_eq!(region.open(), [""; 0]);
    assert!(state(&region.maps()) == before, "accurate maps were replaced");
    region.write_exposure(2e11);
    assert_eq!(region.open().len(), 3);
}

#[test]
fn the_file_of_another_program_is_completed_in_memory_only() {
    let region = Region::new();
    region.open();
    let counts = lat_io::read_counts_cube(&region.path("ccube_00.fits")).unwrap();
    let mut foreign = ["alpha", "isodiff"].map(|name| (name.to_owned(), region.map(name))).into_iter();
    lat_io::write_source_maps(&region.maps(), &counts, &mut foreign).unwrap();
    let before = state(&region.maps());
    for _ in 0..2 {
        assert_eq!(region.open(), ["beta"]);
        assert!(state(&region.maps()) == before, "the file of another program was touched");
    }
    // Its maps are taken as they are, whatever the exposure has become.
    region.write_exposure(2e11);
    assert_eq!(region.open(), ["beta"]);
}

#[test]
fn a_place_that_cannot_be_written_is_no_error() {
    let region = Region::new();
    std::fs::write(region.path("file"), "").unwrap();
    let files = "files: {ccube: ccube_00.fits, bexpmap: bexpmap_00.fits, psf: psf_00.fits, xml: srcmdl_00.xml}\n";
    region.configure(&format!("fileio: {{outdir: file/below}}\n{files}{EDISP_OFF}"));
    for _ in 0..2 {
        assert_eq!(region.open(), ["alpha", "beta", "isodiff"]);
    }
    assert!(!region.maps().exists());
}

#[test]
fn what_is_missing_is_named() {
    let region = Region::new();
    for (product, key) in [("psf_00.fits", "files: {psf: PATH}"), ("bexpmap_00.fits", "files: {bexpmap: PATH}")] {
        let hidden = region.path("hidden");
        std::fs::rename(region.path(product), &hidden).unwrap();
        let error = Analysis::open(region.path("config.yaml")).err().unwrap().to_string();
        assert!(error.contains(key) && error.contains("'alpha'"), "{error}");
        std::fs::rename(&hidden, region.path(product)).unwrap();
    }
}

#[test]
fn all_maps_can_be_made_into_another_file() {
    let region = Region::new();
    region.open();
    let before = state(&region.maps());
    let out = region.path("others.fits");
    let mut options = MakeOptions::default();
    let made = make_source_maps(&region.path("config.yaml"), &options, &mut Quiet).unwrap();
    assert!(made[0].made.is_empty() && made[0].kept == 3 && made[0].path == region.maps(), "{made:?}");
    (options.all, options.out) = (true, Some(out.clone()));
    let made = make_source_maps(&region.path("config.yaml"), &options, &mut Quiet).unwrap();
    assert!(made[0].made == ["alpha", "beta", "isodiff"] && made[0].kept == 0 && made[0].path == out, "{made:?}");
    assert_eq!(std::fs::read(&out).unwrap(), before.0, "the same maps make the same file");
}

#[test]
fn energy_dispersion_over_a_window_has_its_planes() {
    let region = Region::new();
    region.open();
    assert_eq!(region.map("alpha").planes().dim(), (5, 14, 14));
    let matrix: Vec<Vec<f32>> =
        (0..6).map(|row| (0..4).map(|column| if row == column + 1 { 0.9 } else { 0.02 }).collect()).collect();
    write_drm(&region.path("drm_00.fits"), &plane_energies(&axis(), 1).unwrap(), &matrix);
    region.configure(EDISP_WINDOW);
    assert_eq!(region.open(), ["alpha", "beta", "isodiff"]);
    assert_eq!(region.map("alpha").planes().dim(), (7, 14, 14));
    assert_eq!(region.open(), [""; 0]);
    // Nor does one where it does not apply to some sources: planes to spare do no harm.
    let before = state(&region.maps());
    let with_all = ["beta", "isodiff"].map(|name| region.map(name));
    region.configure(&EDISP_WINDOW.replace('}', ", edisp_disable: [isodiff, beta]}"));
    assert_eq!(region.open(), [""; 0]);
    // A configuration without energy dispersion takes the planes that it needs, so the two do not make each other's maps anew.
    region.configure(EDISP_OFF);
    assert_eq!(region.open(), [""; 0]);
    assert!(state(&region.maps()) == before, "the file was written again");

    // Where they are not needed they are not made.
    std::fs::remove_file(region.maps()).unwrap();
    region.configure(&EDISP_WINDOW.replace('}', ", edisp_disable: [isodiff, beta]}"));
    assert_eq!(region.open(), ["alpha", "beta", "isodiff"]);
    assert_eq!(region.map("alpha").planes().dim(), (7, 14, 14));
    for (name, with_all) in ["beta", "isodiff"].into_iter().zip(with_all) {
        assert_eq!(region.map(name).planes(), with_all.at_edges(5, 14, 14).unwrap(), "{name}");
    }
    region.configure(EDISP_WINDOW);
    assert_eq!(region.open(), ["beta", "isodiff"]);
}

#[test]
fn maps_whose_exposure_is_gone_are_used_with_a_warning() {
    let region = Region::new();
    region.open();
    std::fs::remove_file(region.path("bexpmap_00.fits")).unwrap();
    let analysis = Analysis::open(region.path("config.yaml")).unwrap();
    let told = |note: &String| note.contains("srcmap_00.fits") && note.contains("bexpmap");
    assert!(analysis.notes().iter().any(told), "{:?}", analysis.notes());
}

#[test]
fn the_file_is_the_same_for_any_number_of_threads() {
    let region = Region::new();
    let made = |threads: usize| {
        let out = region.path(&format!("maps_{threads}.fits"));
        let mut options = MakeOptions::default();
        (options.all, options.out) = (true, Some(out.clone()));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| make_source_maps(&region.path("config.yaml"), &options, &mut Quiet).unwrap());
        std::fs::read(out).unwrap()
    };
    let one = made(1);
    for threads in [2, 3, 8] {
        assert!(made(threads) == one, "{threads} threads");
    }
}

/// A folder of the real data, copied so that source maps can be written beside it, with the catalogs where its configuration looks for them.
fn copied(name: &str) -> Option<tempfile::TempDir> {
    let data = acceptance::data::directory_or_skip("own_source_maps")?;
    let directory = tempfile::tempdir().unwrap();
    for folder in [name, "catalogs"] {
        std::fs::create_dir(directory.path().join(folder)).unwrap();
        for entry in std::fs::read_dir(data.join(folder)).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), directory.path().join(folder).join(entry.file_name())).unwrap();
        }
    }
    Some(directory)
}

#[test]
fn the_galactic_centre_is_fitted_from_counts_exposure_and_psf() {
    let Some(directory) = copied("gc-3fhl") else { return };
    let config = directory.path().join("gc-3fhl/config.yaml");
    let mut analysis = Analysis::open(&config).unwrap();
    analysis.free_sources(&roi_fit::Selection::all(), roi_fit::Pars::Norm, false).unwrap();
    analysis.free_sources(&roi_fit::Selection::within(2.0), roi_fit::Pars::Norm, true).unwrap();
    analysis.free_sources_by_name(&["galdiff", "isodiff"], true, &roi_fit::Pars::Norm).unwrap();
    let fit = analysis.fit(&roi_fit::FitOptions::default()).unwrap();
    println!("{} free parameters, logL {}, {:?}", fit.values.len(), fit.loglike, analysis.timing());
    assert_eq!(fit.fit_quality, 3, "{}", fit.message);
    assert_eq!(open(&config), [""; 0]);
}

/// The region as it is configured: two components, point sources of the catalog, one isotropic file a component.
#[test]
fn two_components_are_opened_from_their_products() {
    let Some(directory) = copied("crab-400gev") else { return };
    let config = directory.path().join("crab-400gev/config.yaml");
    let made = open(&config);
    assert_eq!(made.iter().filter(|name| *name == "isodiff").count(), 2, "{made:?}");
    assert_eq!(open(&config), [""; 0]);
}
