//! From photons and spacecraft rows to a fit, without the tools of the LAT, beside what these made of the same real files (3C 279, 13 hours of 2018).

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};

use acceptance::data;
use lat_io::SourceMapFile;
use lat_response::{Exposure, ExposureLookup, ObservedExposure, ObservedIrfs, SkyCube};
use ndarray::{ArrayView2, Axis};
use roi_fit::{
    Analysis, FitOptions, FitResult, PrepareOptions, Prepared, ProductState, Quiet, SliceMaps, SliceOptions,
    TimeSlices, prepare,
};

const IRFS: &str = "P8R3_SOURCE_V3";

/// The data, and a folder for what is made of them.
struct Region {
    data: PathBuf,
    folder: tempfile::TempDir,
}

impl Region {
    fn new(test: &str) -> Option<Self> {
        let data = data::directory_or_skip(test)?.canonicalize().unwrap();
        if !data.join("events-3c279").exists() {
            fixtures::skipped("no events-3c279 in the reference data");
            return None;
        }
        Some(Self { data, folder: tempfile::tempdir().unwrap() })
    }

    fn tools(&self, name: &str) -> PathBuf {
        self.data.join("events-3c279").join(name)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The parameters that the tools were given.
    fn configure(&self, name: &str, files: &str) -> PathBuf {
        let text = format!(
            "data: {{evfile: {photons}, scfile: {spacecraft}}}\n\
             selection: {{ra: 194.0465, dec: -5.7893, radius: 10, emin: 100, emax: 100000, zmax: 90, evclass: 128, evtype: 3, \
             tmin: 538032601, tmax: 538079602, filter: 'DATA_QUAL>0 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52', roicut: 'no'}}\n\
             binning: {{npix: 100, binsz: 0.1, enumbins: 24, proj: AIT, coordsys: CEL}}\n\
             gtlike: {{irfs: {IRFS}, edisp: false, minbinsz: 0.1}}\n\
             files: {{xml: {xml}, irfs: {irfs}, {files}}}\n",
            photons = self.tools("photons.fits.gz").display(),
            spacecraft = self.tools("spacecraft.fits.gz").display(),
            xml = self.tools("model.xml").display(),
            irfs = self.data.join("irfs-p8r3-source-v3").display(),
        );
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn states(prepared: &Prepared) -> Vec<ProductState> {
    prepared.products.iter().map(|product| product.state).collect()
}

/// The largest relative difference of two maps.
fn largest_ratio(found: &SkyCube, expected: &SkyCube) -> f64 {
    assert_eq!(found.planes().dim(), expected.planes().dim());
    let ratios = found.planes().iter().zip(expected.planes()).filter(|(a, b)| a != b);
    ratios.map(|(a, b)| (f64::from(*a) / f64::from(*b) - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn what_is_prepared_is_what_the_tools_make_and_is_made_once() {
    let Some(region) = Region::new("what_is_prepared_is_what_the_tools_make") else { return };
    let config = region.configure("config.yaml", "");
    let plan = prepare(&config, &PrepareOptions::default().with_dry_run(true), &mut Quiet).unwrap();
    assert_eq!(states(&plan), [ProductState::Missing; 7]);
    assert_eq!(std::fs::read_dir(region.folder.path()).unwrap().count(), 1, "a dry run writes nothing");
    let made = prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap();
    assert_eq!(states(&made), [ProductState::Missing; 7]);
    println!("prepared in {:.2} s", made.seconds);
    for (product, planned) in made.products.iter().zip(&plan.products) {
        let bytes = std::fs::metadata(&product.path).unwrap().len();
        println!("{}: planned {} bytes, {bytes} made", product.path.display(), planned.bytes);
    }

    let [ours, theirs] = [region.path("ccube_00.fits"), region.tools("gtbin_ccube.fits.gz")]
        .map(|path| lat_io::read_counts_cube(&path).unwrap());
    assert!(ours.cube.counts() == theirs.cube.counts() && ours.cube.total() > 0.0);
    assert_eq!(ours.grid.difference(&theirs.grid), None);
    assert_eq!(ours.cube.axis().edges(), theirs.cube.axis().edges());

    let irfs = lat_io::read_irf_set(&region.data.join("irfs-p8r3-source-v3"), IRFS, 3).unwrap();
    let livetime = lat_io::read_livetime_cube(&region.path("ltcube_00.fits")).unwrap();
    for name in ["gtexpcube2.fits.gz", "gtexpcube2_ccube.fits.gz"] {
        let theirs = lat_io::read_exposure(&region.tools(name)).unwrap();
        let exposure = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), theirs.cube().energies()).unwrap();
        let worst = largest_ratio(&exposure.cube(theirs.cube().grid().clone()).unwrap(), theirs.cube());
        println!("exposure beside {name}: {worst:.1e}");
        assert!(worst < 1e-5, "{name}: {worst}");
    }
    // The file in the pixels of the counts, as it was written.
    let [ours, theirs] = [region.path("bexpmap_roi_00.fits"), region.tools("gtexpcube2_ccube.fits.gz")]
        .map(|path| lat_io::read_exposure(&path).unwrap());
    assert_eq!(ours.cube().grid().difference(theirs.cube().grid()), None);
    let worst = largest_ratio(ours.cube(), theirs.cube());
    println!("bexpmap_roi_00 beside gtexpcube2_ccube: {worst:.1e}");
    assert!(worst < 1e-5, "{worst}");
    // The model that was asked for, as an XML.
    let [ours, theirs] = [region.path("srcmdl_00.xml"), region.tools("model.xml")].map(|path| {
        let config = lat_dataset::Config::read(&config).unwrap();
        lat_dataset::read_model_file(&config, &path).unwrap().1
    });
    assert_eq!(ours.len(), 3);
    for (found, expected) in ours.iter().zip(&theirs) {
        let values = |source: &roi_model::Source| -> Vec<(String, f64)> {
            source.spectrum().parameters().iter().map(|p| (p.name().to_owned(), p.true_value())).collect()
        };
        assert_eq!((found.name(), values(found)), (expected.name(), values(expected)));
    }
    // The file of all the sky, beside the same from the tools' livetime.
    let ours = lat_io::read_exposure(&region.path("bexpmap_00.fits")).unwrap();
    let theirs = lat_io::read_livetime_cube(&region.tools("gtltcube.fits.gz")).unwrap();
    let theirs = ObservedExposure::new(ObservedIrfs::new(&theirs, &irfs), ours.cube().energies()).unwrap();
    let worst = largest_ratio(ours.cube(), &theirs.cube(ours.cube().grid().clone()).unwrap());
    println!("bexpmap_00 beside the tools' livetime: {worst:.1e}");
    assert!(worst < 1e-5, "{worst}");

    // A second run makes nothing; another cut makes all of it anew, another model the source maps alone.
    let before = contents(region.folder.path());
    assert_eq!(states(&prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap()), [ProductState::Current; 7]);
    assert!(contents(region.folder.path()) == before);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("zmax: 90", "zmax: 85")).unwrap();
    let plan = prepare(&config, &PrepareOptions::default().with_dry_run(true), &mut Quiet).unwrap();
    assert_eq!(states(&plan)[..6], [ProductState::Stale; 6]);
    std::fs::write(&config, text.replace("npix: 100", "npix: 90")).unwrap();
    let prepared = prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap();
    let expected = [ProductState::Current, ProductState::Current, ProductState::Stale, ProductState::Current];
    assert_eq!(states(&prepared)[..4], expected);
    assert_eq!(lat_io::read_counts_cube(&region.path("ccube_00.fits")).unwrap().grid.shape(), [90, 90]);
}

/// The files of a folder and what they hold.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut files: Vec<_> = paths.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn source_maps_of_prepared_products_are_those_of_gtsrcmaps() {
    let Some(region) = Region::new("source_maps_of_prepared_products") else { return };
    // gtsrcmaps looks the exposure up in the pixels of this file.
    let exposure = region.tools("gtexpcube2.fits.gz");
    let config = region.configure("config.yaml", &format!("bexpmap: {}", exposure.display()));
    prepare(&config, &PrepareOptions::default(), &mut Quiet).unwrap();
    let [ours, theirs] = [region.path("srcmap_00.fits"), region.tools("gtsrcmaps.fits.gz")]
        .map(|path| SourceMapFile::open(&path).unwrap());
    assert_eq!(theirs.names().len(), 3);
    for name in theirs.names() {
        let [found, expected] = [&ours, &theirs].map(|file| file.read(name).unwrap());
        let planes = found.planes().axis_iter(Axis(0)).zip(expected.planes().axis_iter(Axis(0)));
        let worst = planes.map(|(a, b)| difference_of_peak(&a, &b)).fold(0.0, f32::max);
        println!("source map of {name}: {worst:.1e} of the peak of its plane");
        assert!(worst < 1e-4, "{name}: {worst}");
    }
}

fn difference_of_peak(found: &ArrayView2<'_, f32>, expected: &ArrayView2<'_, f32>) -> f32 {
    let peak = expected.iter().fold(0.0f32, |most, value| most.max(*value));
    found.iter().zip(expected).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / peak
}

#[test]
fn the_fit_from_photons_is_the_fit_from_the_tools_products() {
    let Some(region) = Region::new("the_fit_from_photons") else { return };
    let tools = |name: &str| region.tools(name).display().to_string();
    let counts = tools("gtbin_ccube.fits.gz");
    // Everything is prepared by the fit itself.
    let own = fitted(&region.configure("own/config.yaml", ""));
    let of_livetime = format!("ccube: {counts}, ltcube: {}", tools("gtltcube.fits.gz"));
    let of_livetime = fitted(&region.configure("livetime/config.yaml", &of_livetime));
    assert_same_fit("from the tools' counts and livetime", &own, &of_livetime);

    // gtsrcmaps looked the exposure up in pixels of two degrees: the same pixels for ours.
    let exposure = tools("gtexpcube2.fits.gz");
    let of_maps = format!("ccube: {counts}, srcmap: {}, bexpmap: {exposure}", tools("gtsrcmaps.fits.gz"));
    let of_maps = fitted(&region.configure("maps/config.yaml", &of_maps));
    let pixels = lat_io::read_exposure(&region.tools("gtexpcube2.fits.gz")).unwrap();
    let irfs = lat_io::read_irf_set(&region.data.join("irfs-p8r3-source-v3"), IRFS, 3).unwrap();
    let livetime = lat_io::read_livetime_cube(&region.path("own/ltcube_00.fits")).unwrap();
    let made = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), pixels.cube().energies()).unwrap();
    let made = Exposure::new(made.cube(pixels.cube().grid().clone()).unwrap(), ExposureLookup::Fermitools).unwrap();
    let path = region.path("exposure.fits");
    lat_io::write_exposure(&path, &made).unwrap();
    let same = fitted(&region.configure("same/config.yaml", &format!("bexpmap: {}", path.display())));
    assert_same_fit("from gtsrcmaps' source maps", &same, &of_maps);
    let (shift, gain) = (largest_shift(&own, &of_maps), own.loglike - of_maps.loglike);
    eprintln!("exposure in pixels of one degree in place of two: {shift:.1e} of an error, logL {gain:+.4}");
}

/// The largest difference of a parameter in units of its error.
fn largest_shift(found: &FitResult, expected: &FitResult) -> f64 {
    assert_eq!(found.par_names, expected.par_names);
    let shifts = found.values.iter().zip(&expected.values).zip(&expected.errors);
    shifts.map(|((a, b), error)| ((a - b) / error).abs()).fold(0.0, f64::max)
}

fn assert_same_fit(what: &str, ours: &FitResult, theirs: &FitResult) {
    let worst = largest_shift(ours, theirs);
    eprintln!("the fit {what}: {worst:.1e} of an error, logL {:.6} and {:.6}", ours.loglike, theirs.loglike);
    assert!(worst < 1e-3, "{what}: {worst}");
    assert!((ours.loglike - theirs.loglike).abs() < 0.01, "{what}: {} {}", ours.loglike, theirs.loglike);
}

fn fitted(config: &Path) -> FitResult {
    let mut analysis = Analysis::open(config).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success, "{}", result.message);
    result
}

/// Four components, one a type of the PSF, in two time bins and in one over all.
#[test]
fn time_bins_of_psf_types_add_up_component_by_component() {
    let Some(region) = Region::new("time_bins_of_psf_types_add_up") else { return };
    let config = region.configure("types/config.yaml", "");
    let text = std::fs::read_to_string(&config).unwrap();
    let mut text = text
        .replace("evtype: 3, ", "")
        .replace("npix: 100, binsz: 0.1, enumbins: 24", "npix: 40, binsz: 0.25, enumbins: 6");
    text.push_str("components:\n");
    text.extend([4, 8, 16, 32].map(|evtype| format!("  - selection: {{evtype: {evtype}}}\n")));
    std::fs::write(&config, text).unwrap();
    let mut analysis = Analysis::open(&config).unwrap();
    let loglike = analysis.loglike().unwrap();
    let of_whole: Vec<Vec<f64>> = counts(&analysis.session().clone());
    assert!(of_whole.len() == 4 && of_whole.iter().all(|counts| counts.iter().sum::<f64>() > 10.0), "{of_whole:?}");
    let (start, stop) = (538_032_601.0, 538_079_602.0);
    let open = |bins: &[(f64, f64)], maps| {
        let options = SliceOptions::default().with_source_maps(maps);
        let slices = TimeSlices::open(&analysis, bins, &options, &mut Quiet).unwrap();
        (0..bins.len()).map(|bin| slices.slice(bin).unwrap().session.unwrap()).collect::<Vec<_>>()
    };
    for maps in [SliceMaps::Exact, SliceMaps::Scaled] {
        let [mut whole] = <[_; 1]>::try_from(open(&[(start, stop)], maps)).unwrap();
        assert_eq!(counts(&whole), of_whole);
        let found = whole.loglike().unwrap();
        assert!((found / loglike - 1.0).abs() < 2e-7, "{maps}: {found} beside {loglike}");

        let middle = start + 17_000.0;
        let halves = open(&[(start, middle), (middle, stop)], maps);
        let [one, other] = [0, 1].map(|bin| counts(&halves[bin]));
        let sums: Vec<Vec<f64>> =
            one.iter().zip(&other).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect();
        assert_eq!(sums, of_whole);
        assert!([&one, &other].iter().all(|bin| bin.iter().all(|counts| counts.iter().sum::<f64>() > 0.0)));
        // A map that is scaled is linear in the exposure; an exact one has the PSF of its bin, of which a little more or less falls into the region.
        let relative = if maps == SliceMaps::Exact { 2e-2 } else { 1e-5 };
        for (index, component) in whole.data().components().iter().enumerate() {
            for source in whole.roi().sources() {
                let of = |session: &roi_fit::Session| -> f64 {
                    session.data().components()[index].npred(source).unwrap().iter().sum()
                };
                let (sum, all) = (halves.iter().map(of).sum::<f64>(), of(&whole));
                assert!(
                    (sum / all - 1.0).abs() < relative,
                    "{maps} {} {}: {sum} {all}",
                    component.name(),
                    source.name()
                );
            }
        }
    }
}

/// Counts a bin of each component.
fn counts(session: &roi_fit::Session) -> Vec<Vec<f64>> {
    session.data().components().iter().map(|component| component.counts_spectrum().to_vec()).collect()
}
