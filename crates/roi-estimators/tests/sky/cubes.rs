//! TS cubes: against a source that is added at the place, and with priors on what lies behind it.

use ndarray::Array2;
use roi_estimators::{SedOptions, TsCube, TsCubeOptions, TsMapOptions, sed, tscube, tsmap};
use roi_fit::{Analysis, FitOptions, Quiet};
use roi_model::{Parameter, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

use crate::region::SkyRegion;
use crate::{ONE, TWO, hidden};

#[test]
fn a_cube_has_the_ts_of_the_whole_and_the_spectrum_of_a_source_at_the_place() {
    let region = SkyRegion::new(&TWO);
    let options = TsCubeOptions::default().with_map_skydir(Some(hidden())).with_map_size(Some(0.5));
    let cube = tscube(&region.analysis, &options, &mut Quiet).unwrap();
    let whole = TsMapOptions::default().with_refit_background(true);
    let whole = whole.with_map_skydir(Some(hidden())).with_map_size(Some(0.5));
    let map = tsmap(&region.analysis, &whole, &mut Quiet).unwrap();
    assert_eq!(cube.ts, map.ts);
    assert_eq!(cube.amplitude, map.amplitude);
    let ((y, x), ts) = cube.ts.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert!(*ts > 25.0);

    // A source added there, its norm fitted with the others: the same error, and the bins of its SED.
    let [_, nx] = cube.grid.shape();
    let place = cube.grid.direction(y * nx + x).unwrap();
    let mut other = SkyRegion::new(&TWO);
    let analysis = &mut other.analysis;
    let norm = Parameter::new("Prefactor", 1.0).unwrap().with_scale(1e-13).unwrap().with_bounds(0.0, 1e5).unwrap();
    let spectrum = Spectrum::new(
        "PowerLaw",
        vec![
            norm.with_free(true),
            Parameter::new("Index", 2.0).unwrap().with_scale(-1.0).unwrap(),
            Parameter::new("Scale", 1000.0).unwrap(),
        ],
    );
    let source =
        Source::new("there", SourceType::Point, spectrum.unwrap(), SpatialModel::point(place).unwrap()).unwrap();
    for model in analysis.roi_mut().sources_mut() {
        let norm = model.spectrum().norm_index();
        let parameters = model.spectrum_mut().parameters_mut().iter_mut().enumerate();
        parameters.for_each(|(index, parameter)| parameter.set_free(parameter.is_free() && norm == Some(index)));
    }
    analysis.add_sources(&[source]).unwrap();
    let fitted = analysis.fit(&FitOptions::default()).unwrap();
    assert!(fitted.fit_success);
    let row = fitted.src_names.iter().position(|name| name == "there").unwrap();
    let error = 1e-13 * fitted.errors[row];
    assert!((cube.amplitude_err[[y, x]] / error - 1.0).abs() < 1e-3, "{} {error}", cube.amplitude_err[[y, x]]);
    let of_bins = SedOptions::default().with_free_pars(vec!["Prefactor".into()]);
    let points = sed(analysis.session(), "there", &of_bins).unwrap();
    for (bin, point) in points.bins.iter().enumerate() {
        let (ts, dnde) = (cube.bin_ts[bin][[y, x]], cube.bin_dnde[bin][[y, x]]);
        println!("bin {bin}: TS {ts} {}, dN/dE {dnde}", point.ts);
        assert!((ts - point.ts).abs() < 1e-3 + 1e-4 * point.ts);
        assert!(
            (dnde - point.norm.unwrap() * point.reference.dnde).abs()
                < 1e-3 * point.norm_err.unwrap() * point.reference.dnde
        );
    }

    // With priors on the background less is known of the norm than with it held, and no more than with it free.
    let wide = tscube(&region.analysis, &options.clone().with_cov_scale(Some(3.0)), &mut Quiet).unwrap();
    assert_eq!(wide.ts, cube.ts);
    assert_ne!(wide.bin_ts, cube.bin_ts);
    let narrow =
        tscube(&region.analysis, &options.with_cov_scale_bb(Some(1e-6)).with_do_sed(false), &mut Quiet).unwrap();
    assert!(narrow.bin_ts.is_empty() && narrow.amplitude_err[[y, x]] < cube.amplitude_err[[y, x]]);
    let held = tsmap(&region.analysis, &whole_held(), &mut Quiet).unwrap();
    assert!((narrow.ts[[y, x]] / held.ts[[y, x]] - 1.0).abs() < 0.1);
}

/// Adds a source like the known one, its norm free.
fn add_one(analysis: &mut Analysis, name: &str, [ra, dec]: [f64; 2]) {
    let spectrum = analysis.roi().source("known").unwrap().spectrum().clone();
    let place = SpatialModel::point(SkyDirection::new(ra, dec).unwrap()).unwrap();
    analysis.add_sources(&[Source::new(name, SourceType::Point, spectrum, place).unwrap()]).unwrap();
    analysis.free_norm(name, true).unwrap();
}

#[test]
fn priors_of_a_cube_are_those_of_the_norms_whatever_their_names() {
    let mut region = SkyRegion::new(&ONE);
    let analysis = &mut region.analysis;
    // One that stands behind the test source by its name.
    add_one(analysis, "zeta", [82.8, 21.5]);
    assert!(analysis.fit(&FitOptions::default()).unwrap().fit_success);
    let options = TsCubeOptions::default().with_map_skydir(Some(hidden())).with_map_size(Some(0.3));
    let cube = |options: &TsCubeOptions| tscube(&region.analysis, options, &mut Quiet).unwrap();
    let largest = |one: &TsCube, other: &TsCube| {
        let differ = |(one, other): (&Array2<f64>, &Array2<f64>)| {
            let differences = one.iter().zip(other).map(|(one, other)| (one - other).abs());
            differences.fold(0.0, f64::max)
        };
        one.bin_ts.iter().zip(&other.bin_ts).map(differ).fold(0.0, f64::max)
    };
    let held = cube(&options);
    // Priors without width hold the norms.
    let narrow = cube(&options.clone().with_cov_scale(Some(1e-6)));
    assert!(largest(&narrow, &held) < 1e-4, "{}", largest(&narrow, &held));
    // Those of the whole range are not those of the bins.
    let both = cube(&options.clone().with_cov_scale_bb(Some(1e-6)).with_cov_scale(Some(1e3)));
    let wide = cube(&options.clone().with_cov_scale_bb(Some(1e-6)));
    assert!(largest(&both, &wide) > 0.01, "{}", largest(&both, &wide));
}

#[test]
fn a_norm_that_no_bin_sees_leaves_the_others_their_priors() {
    let mut region = SkyRegion::new(&ONE);
    let analysis = &mut region.analysis;
    add_one(analysis, "alpha", [83.2, 21.6]);
    analysis.set_source_spectrum("alpha", "FileFunction", &[]).unwrap();
    let energies = analysis.roi().source("alpha").unwrap().spectrum().file_tables()[0].energies().len();
    analysis.set_source_dnde("alpha", &vec![0.0; energies]).unwrap();
    let options = TsCubeOptions::default().with_map_skydir(Some(hidden())).with_map_size(Some(0.3));
    let with_priors = tscube(&region.analysis, &options.with_cov_scale(Some(3.0)), &mut Quiet).unwrap();
    assert!(with_priors.amplitude_err.iter().all(|error| error.is_finite() && *error > 0.0));
}

/// The background held where it stands.
fn whole_held() -> TsMapOptions {
    let options = TsMapOptions::default().with_local_psf(true).with_max_kernel_radius(20.0);
    options.with_map_skydir(Some(hidden())).with_map_size(Some(0.5))
}
