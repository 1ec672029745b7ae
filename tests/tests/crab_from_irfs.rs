//! One week of the Crab from counts, livetime and response functions: exposure, PSF and source maps are our own.
//!
//! The model of the Galactic diffuse emission behind the published fit was not distributed, so its map alone is the LAT tools'.
//!
//! The fit is of 2012, and its map of the Crab was not kept. It comes out as if that map had held a few percent more below 300 MeV than
//! today's tools would put there, 5 % at 100 MeV, the less the higher the energy: just what a mean PSF does whose integral is 1 out to some
//! 20 deg, where today's tools, and this library, take 70 deg. With 70 deg the Crab's flux is a quarter of its error higher.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use acceptance::data;
use lat_response::Parity;
use lat_response::build::{ObservationPsf, PsfAt};
use lat_response::{
    Exposure, ExposureLookup, Frame, ObservedExposure, Psf, Response, ResponsePsf, SkyGrid, SourceMapBuilder,
    SourceMapOptions, WcsGrid, WcsHeader,
};
use likelihood_core::{BinnedLikelihood, JointLikelihood, SourceMap};
use roi_fit::{Analysis, FitOptions};
use roi_model::sky::SkyDirection;
use serde::Deserialize;

const GALACTIC: &str = "Galactic_diffuse";

#[derive(Deserialize)]
struct Reference {
    nll: f64,
    params: BTreeMap<String, (f64, f64)>,
}

/// How far out the mean PSF is normalised, degrees, and how near to the published parameters the fit comes with it, in units of their errors.
const NORMALISATIONS: [(f64, f64); 2] = [(70.0, 0.3), (20.0, 0.1)];

/// A PSF normalised out to a separation.
struct Normalised {
    psf: ResponsePsf,
    radius: f64,
}

impl PsfAt for Normalised {
    fn psf(&self, direction: &SkyDirection) -> lat_response::Result<Psf> {
        let psf = self.psf.psf(direction)?;
        let mut values = psf.values().clone();
        for (energy, mut row) in psf.energies().iter().zip(values.rows_mut()) {
            row /= psf.at_energy(*energy)?.integral(self.radius);
        }
        Psf::new(psf.energies().to_vec(), psf.thetas().to_vec(), values)
    }
}

/// Our source maps of the point source and the isotropic emission, by name.
fn maps(folder: &Path, loaded: &lat_io::Loaded, parity: Parity, radius: f64) -> Vec<(String, SourceMap)> {
    let counts = &loaded.observation.components[0].counts;
    let livetime = Arc::new(lat_io::livetime::read(&folder.join("ltcube.fits.gz")).unwrap());
    let irfs: Arc<[_]> = lat_io::irf::read_set(folder, "P7SOURCE_V6", 3).unwrap().into();
    let energies = counts.cube.axis().edges().to_vec();
    // As fine as the exposure map of the published fit, and wide enough for what the PSF brings in from outside the counts map.
    let around = WcsHeader::centered([100, 100], 0.5, Frame::Galactic, "CAR", [184.5575, -5.7844]);
    let cube = ObservedExposure::new(&livetime, &irfs, &energies)
        .and_then(|exposure| exposure.cube(SkyGrid::Wcs(WcsGrid::new(around)?)))
        .unwrap();
    let response = Response {
        exposure: Exposure::new(cube, ExposureLookup::Fermitools).unwrap(),
        psf: ObservationPsf::Computed(Arc::new(Normalised { psf: ResponsePsf::new(livetime, irfs, energies), radius })),
    };
    let grid = counts.grid.clone();
    let mut options = SourceMapOptions::default();
    options.parity = parity;
    let builder = SourceMapBuilder::new(&grid, counts.cube.axis(), 0, response, options).unwrap();
    let sources: Vec<_> = loaded.roi.sources().iter().filter(|source| source.name() != GALACTIC).collect();
    let maps = builder.build_all(&sources, &(), &|_| ()).unwrap();
    sources.iter().map(|source| source.name().to_owned()).zip(maps).collect()
}

#[test]
fn the_published_fit_is_met_without_a_source_map_of_its_sources() {
    let Some(directory) = data::directory_or_skip("crab_from_irfs") else { return };
    let folder = directory.join("crab-p7v6");
    let reference: Reference = data::json(&folder.join("p7v6_gtlike_reference.json")).unwrap();
    let loaded = lat_io::load(&folder.join("config.yaml")).unwrap();
    let component = &loaded.observation.components[0];
    for ((radius, bar), parity) in
        NORMALISATIONS.into_iter().flat_map(|pair| [Parity::Fermitools, Parity::Accurate].map(|parity| (pair, parity)))
    {
        let maps = maps(&folder, &loaded, parity, radius);
        let mut likelihood = BinnedLikelihood::new("00", &component.counts.cube);
        for (name, map) in &maps {
            likelihood.add_source_map(name, map).unwrap();
        }
        likelihood.add_source_map(GALACTIC, &component.source_maps.as_ref().unwrap().read(GALACTIC).unwrap()).unwrap();
        let likelihood = JointLikelihood::new(vec![likelihood]).unwrap();
        let mut analysis = Analysis::new(loaded.roi.clone(), likelihood).unwrap();
        let fit = analysis.fit(&FitOptions::default()).unwrap();
        let case = format!("{parity:?}, PSF normalised to {radius} deg");
        println!("{case}: -lnL {:.3}, published {:.3}", -fit.loglike, reference.nll);
        assert_eq!(fit.fit_quality, 3);
        assert!((-fit.loglike - reference.nll).abs() < 1.0, "{case}: {}", -fit.loglike);
        for (theirs, source, parameter) in [
            ("Crab:Integral(1e-7)", "Crab", "Integral"),
            ("Crab:Index", "Crab", "Index"),
            ("Extragal:Normalization", "Extragal_diffuse", "Normalization"),
            ("Galactic:Value", GALACTIC, "Value"),
        ] {
            let (value, error) = reference.params[theirs];
            let row = (0..fit.values.len()).find(|&i| fit.src_names[i] == source && fit.par_names[i] == parameter);
            let found = fit.values[row.unwrap()];
            let sigmas = (found - value) / error;
            println!("{case}: {theirs} {found:.5}, published {value:.5}: {sigmas:+.3} of its error");
            assert!(sigmas.abs() < bar, "{case}: {theirs} {found}");
        }
    }
}

/// As a user has it: the configuration names counts, livetime and response functions, and the source map file holds the two diffuse maps only.
/// No exposure, no PSF.
#[test]
fn a_configuration_without_exposure_and_psf_meets_the_published_fit() {
    let Some(directory) = data::directory_or_skip("crab_from_irfs") else { return };
    let reference: Reference = data::json(&directory.join("crab-p7v6/p7v6_gtlike_reference.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(directory.join("crab-p7v6")).unwrap() {
        let (name, path) = entry.map(|entry| (entry.file_name(), entry.path())).unwrap();
        let kept = ["aeff", "psf", "edisp", "cntmap", "crab_model", "isotrop", "ltcube", "srcmap.fits"];
        if kept.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            std::fs::copy(path, folder.path().join(name)).unwrap();
        }
    }
    let config = "\
gtlike: {irfs: P7SOURCE_V6, edisp: false}
data: {ltcube: ltcube.fits.gz}
files: {ccube: cntmap.fits.gz, srcmap: srcmap.fits.gz, irfs: ., xml: crab_model.xml}
";
    std::fs::write(folder.path().join("config.yaml"), config).unwrap();
    let mut analysis = Analysis::open(folder.path().join("config.yaml")).unwrap();
    let fit = analysis.fit(&FitOptions::default()).unwrap();
    println!("-lnL {:.3}, published {:.3}", -fit.loglike, reference.nll);
    assert_eq!(fit.fit_quality, 3);
    assert!((-fit.loglike - reference.nll).abs() < 1.0, "{}", -fit.loglike);
    for (theirs, source, parameter, bar) in [
        ("Crab:Integral(1e-7)", "Crab", "Integral", 0.3),
        ("Crab:Index", "Crab", "Index", 0.2),
        ("Extragal:Normalization", "Extragal_diffuse", "Normalization", 0.2),
        ("Galactic:Value", GALACTIC, "Value", 0.2),
    ] {
        let (value, error) = reference.params[theirs];
        let row = (0..fit.values.len()).find(|&i| fit.src_names[i] == source && fit.par_names[i] == parameter);
        let sigmas = (fit.values[row.unwrap()] - value) / error;
        println!("{theirs}: {sigmas:+.3} of its error");
        assert!(sigmas.abs() < bar, "{theirs}: {sigmas}");
    }
}
