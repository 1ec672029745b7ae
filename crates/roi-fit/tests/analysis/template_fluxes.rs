//! Fluxes of sources whose template is a file.

use std::f64::consts::PI;
use std::path::PathBuf;

use lat_response::{Frame, SkyCube, SkyGrid, WcsHeader};
use ndarray::Array2;
use roi_fit::{Analysis, FitOptions, Pars, Selection};
use roi_simulate::{SimulationOptions, simulate};

const CUBE: &str = "galdiff_simulated.fits";
const MEAN: f64 = 3e-4;

/// A cube over the whole sky that is the same in all directions, and `MEAN (E / 1 GeV)^-2.3` in energy.
fn flat_cube() -> SkyCube {
    let grid = SkyGrid::wcs(WcsHeader::centered([90, 45], 4.0, Frame::Galactic, "CAR", [0.0, 0.0])).unwrap();
    let energies: Vec<f64> = (0..13).map(|k| 50.0 * 10f64.powf(f64::from(k) / 3.0)).collect();
    #[expect(clippy::cast_possible_truncation, reason = "maps are kept in 32-bit floats")]
    let planes =
        Array2::from_shape_fn((13, grid.n_pixels()), |(k, _)| (MEAN * (energies[k] / 1000.0).powf(-2.3)) as f32);
    SkyCube::new("flat", grid, energies, planes).unwrap()
}

/// A simulated region whose Galactic template is the flat cube.
fn region() -> (tempfile::TempDir, PathBuf, String) {
    let directory = tempfile::tempdir().unwrap();
    let options = SimulationOptions::default().with_sources(3).with_npix(24).with_ebins(6);
    let config = simulate(&options).unwrap().write(directory.path()).unwrap();
    lat_io::write_map_cube(&directory.path().join(CUBE), &flat_cube(), "").unwrap();
    let analysis = Analysis::open(&config).unwrap();
    let cube = analysis.roi().sources().iter().find(|s| s.spatial().type_name() == "MapCubeFunction").unwrap();
    let name = cube.name().to_owned();
    (directory, config, name)
}

/// Sum over 100 log-spaced energies, as the LAT tools do it, of `4 pi` times map times spectrum times `E^power`.
fn expected(analysis: &Analysis, name: &str, power: i32) -> f64 {
    let spectrum = analysis.roi().source(name).unwrap().spectrum();
    let (emin, emax) = analysis.energy_range();
    let step = (emax / emin).ln() / 99.0;
    let height = |i: i32| {
        let energy = emin * (f64::from(i) * step).exp();
        let map = MEAN * (energy / 1000.0).powf(-2.3);
        4.0 * PI * map * spectrum.dnde(energy.min(emax)).unwrap() * energy.powi(power + 1)
    };
    (0..99).map(|i| 0.5 * step * (height(i) + height(i + 1))).sum()
}

#[test]
fn the_flux_of_a_flat_cube_is_its_intensity_over_the_sphere() {
    let (_directory, config, name) = region();
    let mut analysis = Analysis::open(&config).unwrap();
    let all = analysis.all_properties().unwrap();
    for (key, power) in [("flux", 0), ("eflux", 1)] {
        // 32-bit pixels.
        approx::assert_relative_eq!(
            all[&name].number(key).unwrap(),
            expected(&analysis, &name, power),
            max_relative = 1e-6
        );
    }
    assert_eq!(analysis.notes(), Vec::<String>::new());
}

#[test]
fn a_fit_gives_the_flux_of_a_cube_its_error_and_limit() {
    let (_directory, config, name) = region();
    let mut analysis = Analysis::open(&config).unwrap();
    analysis.free_sources(&Selection::all(), Pars::All, false).unwrap();
    analysis.free_sources_by_name(std::slice::from_ref(&name), true, &Pars::Norm).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    let properties = &result.sources[&name];
    let source = analysis.roi().source(&name).unwrap();
    let norm = &source.spectrum().parameters()[source.spectrum().norm_index().unwrap()];
    for (key, power) in [("flux", 0), ("eflux", 1)] {
        let flux = properties.fluxes[key];
        approx::assert_relative_eq!(flux.value.unwrap(), expected(&analysis, &name, power), max_relative = 1e-6);
        // Two quadratures: 100 and 1000 points.
        let relative = flux.error.unwrap() / flux.value.unwrap();
        approx::assert_relative_eq!(relative, norm.error() / norm.value(), max_relative = 2e-3);
        let limit = properties.norm_limits.unwrap().ul.unwrap() / norm.value();
        approx::assert_relative_eq!(flux.ul95.unwrap() / flux.value.unwrap(), limit, max_relative = 1e-9);
    }
    let scan = properties.scan.as_ref().unwrap();
    let slope = |i: usize| scan.flux[i] / scan.xvals[i];
    approx::assert_relative_eq!(slope(0), slope(19), max_relative = 1e-9);
    approx::assert_relative_eq!(slope(0), expected(&analysis, &name, 0) / norm.value(), max_relative = 1e-6);
}

#[test]
fn a_template_that_is_missing_leaves_no_flux_and_a_note() {
    let (directory, config, name) = region();
    std::fs::remove_file(directory.path().join(CUBE)).unwrap();
    let mut analysis = Analysis::open(&config).unwrap();
    for _ in 0..2 {
        assert_eq!(analysis.all_properties().unwrap()[&name].number("flux"), None);
        assert!(analysis.properties(&name).unwrap().number("dnde").is_some());
        let [note] = analysis.notes() else { unreachable!("{:?}", analysis.notes()) };
        assert!(note.contains(CUBE) && note.contains(&name), "{note}");
    }
}
