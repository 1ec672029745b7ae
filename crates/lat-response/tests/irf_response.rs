//! Exposure, mean PSF and detector response from made-up response functions, against analytic values.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::f64::consts::PI;
use std::slice::from_ref;

use lat_response::{
    AzimuthDependence, CosineBins, DispersionForm, EffectiveArea, Efficiency, EnergyDispersion, Error, Frame,
    HealpixGrid, HealpixOrdering, Irf, IrfGrid, KingParameters, LivetimeCube, ObservedExposure, ObservedIrfs,
    ObservedPsf, OnAxisWidth, PointSpread, PsfScaling, Recipe, SkyGrid, WcsGrid, WcsHeader, response_matrix,
};
use ndarray::Array2;
use roi_model::SkyDirection;

const BINS: CosineBins = CosineBins { n: 20, minimum: 0.0, square_root: true };

fn pixels() -> HealpixGrid {
    HealpixGrid::new(4, HealpixOrdering::Nested, Frame::Celestial).unwrap()
}

fn grid() -> IrfGrid {
    IrfGrid::new(&[10.0, 100.0, 1e3, 1e4], &[100.0, 1e3, 1e4, 1e6], &[0.2, 0.5, 0.8], &[0.5, 0.8, 1.0]).unwrap()
}

/// Effective area that grows with energy and cosine.
fn sloping_area() -> Vec<f64> {
    grid()
        .cosines()
        .iter()
        .flat_map(|c| grid().log_energies().iter().map(|l| 0.1 * l * c).collect::<Vec<_>>())
        .collect()
}

fn psf(scale: f64) -> PointSpread {
    let all = |value: f64| vec![value; grid().n_bins()];
    let parameters = KingParameters {
        core_norm: all(1.0),
        tail_norm: all(0.2),
        core_width: (0..grid().n_bins()).map(|i| scale * (0.5 + 0.02 * i as f64)).collect(),
        tail_width: all(1.2),
        core_slope: all(2.2),
        tail_slope: all(1.7),
    };
    PointSpread::new(&grid(), &parameters, PsfScaling { c0: 0.06, c1: 0.0008, index: -0.8 }).unwrap()
}

fn pass8(width: f64) -> EnergyDispersion {
    let column = |value: f64, slope: f64| (0..grid().n_bins()).map(|i| value + slope * i as f64).collect::<Vec<_>>();
    let columns = [
        column(0.7, 0.01),
        column(0.6, 0.01),
        column(1.1, -0.01),
        column(-0.05, 0.002),
        column(1.7, 0.01),
        column(1.4, 0.02),
        column(0.8, 0.01),
        column(0.1, 0.002),
        column(1.1, 0.01),
    ];
    let scaling = [0.02, 0.06, -0.2, -0.2, 0.04, 0.56].map(|c| c * width);
    EnergyDispersion::new(grid(), scaling, &DispersionForm::Pass8 { columns }).unwrap()
}

fn pass7() -> EnergyDispersion {
    let column = |value: f64, slope: f64| (0..grid().n_bins()).map(|i| value + slope * i as f64).collect::<Vec<_>>();
    let columns = [column(0.8, 0.03), column(0.6, 0.02), column(-0.1, 0.01), column(0.3, 0.01), column(0.2, 0.01)];
    let form = DispersionForm::Pass7 { columns, p1: 1.6, p2: 0.6, t0: 1.5 };
    EnergyDispersion::new(grid(), [0.021, 0.058, -0.207, -0.213, 0.042, 0.564], &form).unwrap()
}

fn irf(area: &[f64], efficiency: Option<Efficiency>, dispersion: Option<EnergyDispersion>) -> Irf {
    let effective_area = EffectiveArea::new(grid(), area, efficiency).unwrap();
    Irf { event_type: "FRONT".into(), effective_area, psf: psf(1.0), dispersion }
}

/// Livetime that differs from pixel to pixel and from bin to bin; the weighted one is 0.9 of it.
fn livetime() -> LivetimeCube {
    let times = Array2::from_shape_fn((192, 20), |(pixel, bin)| (100 + pixel % 7 * 30 + bin * 11) as f32);
    let weighted = times.mapv(|time| 0.9 * time);
    LivetimeCube::new(pixels(), BINS, times, Some(weighted)).unwrap()
}

fn crab() -> SkyDirection {
    SkyDirection::new(83.63, 22.01).unwrap()
}

#[test]
fn the_exposure_of_a_flat_area_is_the_livetime_times_it() {
    let livetime = livetime();
    let seen: f64 =
        livetime.at(&crab()).unwrap().times().zip(livetime.cosines()).filter(|(_, c)| **c >= 0.2).map(|(t, _)| t).sum();
    let flat = irf(&vec![0.8; grid().n_bins()], None, None);
    let both = [flat.clone(), flat];
    let exposure = ObservedExposure::new(ObservedIrfs::new(&livetime, &both), &[50.0, 3e3, 1e7]).unwrap();
    for value in exposure.at(&crab()).unwrap() {
        approx::assert_relative_eq!(value, 2.0 * 0.8e4 * seen, max_relative = 1e-6);
    }
}

#[test]
fn the_correction_for_the_trigger_rate_is_that_of_the_first_event_type_or_of_each() {
    let livetime = livetime();
    let rows = [[0.0, -0.5, 0.0, 2.0, 0.0, 4.0], [0.0, 1.5, 0.0, 2.0, 0.0, 4.0]];
    let area = vec![0.8; grid().n_bins()];
    let (plain, corrected) = (irf(&area, None, None), irf(&area, Efficiency::from_rows(&rows).unwrap(), None));
    let with = |irfs: &[Irf], recipe: Recipe| {
        let observed = ObservedIrfs::new(&livetime, irfs).with_recipe(recipe);
        ObservedExposure::new(observed, &[1e3]).unwrap().at(&crab()).unwrap()[0]
    };
    let at = |irfs: &[Irf]| with(irfs, Recipe::accurate());
    // 1.5 - 0.5 x 0.9.
    approx::assert_relative_eq!(at(from_ref(&corrected)) / at(from_ref(&plain)), 1.05, max_relative = 1e-6);
    let both = [plain.clone(), corrected.clone()];
    approx::assert_relative_eq!(at(&both) / at(from_ref(&plain)), 2.05, max_relative = 1e-6);
    // The tools: none where the first has none, that of the first for both otherwise.
    let tools = |irfs: &[Irf]| with(irfs, Recipe::fermitools()) / at(from_ref(&plain));
    approx::assert_relative_eq!(tools(&both), 2.0, max_relative = 1e-6);
    let both = [corrected.clone(), plain.clone()];
    approx::assert_relative_eq!(tools(&both), 2.1, max_relative = 1e-6);
    let psf = ObservedPsf::new(ObservedIrfs::new(&livetime, &both), &crab(), &[1e3]).unwrap();
    approx::assert_relative_eq!(psf.exposure[0] / at(from_ref(&plain)), 2.1, max_relative = 1e-6);
    let times = Array2::from_elem((192, 20), 1.0);
    let unweighted = LivetimeCube::new(pixels(), BINS, times, None).unwrap();
    assert!(matches!(
        ObservedExposure::new(ObservedIrfs::new(&unweighted, &[corrected]), &[1e3]),
        Err(Error::NoWeightedLivetime)
    ));
}

/// A response whose area depends on the azimuth, differently in every bin.
fn square() -> (Irf, AzimuthDependence) {
    let n = grid().n_bins();
    let q0: Vec<f64> = (0..n).map(|bin| -0.5 + 0.03 * bin as f64).collect();
    let azimuth = AzimuthDependence::new(grid(), &q0, &vec![2.0; n]).unwrap();
    let mut irf = irf(&sloping_area(), None, Some(pass8(1.0)));
    irf.effective_area = irf.effective_area.with_azimuth(Some(azimuth.clone()));
    (irf, azimuth)
}

/// The livetime of [`livetime`] distributed over bins of azimuth.
fn distributed(shares: &[f32]) -> LivetimeCube {
    let table = |scale: f32| {
        Array2::from_shape_fn((192, 20 * shares.len()), |(pixel, bin)| {
            scale * shares[bin / 20] * (100 + pixel % 7 * 30 + bin % 20 * 11) as f32
        })
    };
    LivetimeCube::by_azimuth(pixels(), BINS, shares.len(), table(1.0), Some(table(0.9))).unwrap()
}

#[test]
fn livetime_that_does_not_depend_on_the_azimuth_needs_no_bins_of_it() {
    let irfs = [square().0];
    let energies = [50.0, 500.0, 3e4];
    let exposure = |livetime: &LivetimeCube| {
        ObservedExposure::new(ObservedIrfs::new(livetime, &irfs), &energies).unwrap().at(&crab())
    };
    let psf =
        |livetime: &LivetimeCube| ObservedPsf::new(ObservedIrfs::new(livetime, &irfs), &crab(), &energies).unwrap();
    let (plain, uniform) = (livetime(), distributed(&[0.002; 500]));
    // The sum over bins of azimuth is the mean of the factor to the square of a bin's width.
    for (found, expected) in exposure(&uniform).unwrap().into_iter().zip(exposure(&plain).unwrap()) {
        approx::assert_relative_eq!(found, expected, max_relative = 2e-5);
    }
    let (found, expected) = (psf(&uniform), psf(&plain));
    for (found, expected) in found.psf.values().iter().zip(expected.psf.values()) {
        approx::assert_relative_eq!(*found, *expected, max_relative = 1e-4);
    }
    for (found, expected) in found.exposure.iter().zip(&exposure(&uniform).unwrap()) {
        approx::assert_relative_eq!(*found, *expected, max_relative = 1e-12);
    }
}

#[test]
fn livetime_at_one_azimuth_sees_the_area_there() {
    let (irf, azimuth) = square();
    let energies = [50.0, 500.0, 3e4];
    let of = |livetime: &LivetimeCube, irf: &Irf| {
        ObservedExposure::new(ObservedIrfs::new(livetime, from_ref(irf)), &energies).unwrap().at(&crab()).unwrap()
    };
    let corner = distributed(&[0.0, 0.0, 0.0, 1.0]);
    let times = corner.at(&crab()).by_inclination();
    for (found, energy) in of(&corner, &irf).into_iter().zip(energies) {
        let expected: f64 = times
            .iter()
            .zip(corner.cosines())
            .map(|(time, &c)| {
                let factor = azimuth.factor(energy, c, 39.375f64.to_radians());
                time * irf.effective_area.value(energy, c) * factor
            })
            .sum();
        approx::assert_relative_eq!(found, expected, max_relative = 1e-6);
    }
    // At the corner the area is above its mean at 50 MeV, whose amplitude is negative at all cosines.
    assert!(of(&corner, &irf)[0] > 1.05 * of(&livetime(), &irf)[0]);
    // The matrix of energies takes the mean over the azimuth, whatever the cube has.
    let matrix = |livetime: &LivetimeCube| {
        response_matrix(ObservedIrfs::new(livetime, from_ref(&irf)), &crab(), &energies, 1).unwrap()
    };
    for (found, expected) in matrix(&corner).iter().zip(&matrix(&livetime())) {
        approx::assert_relative_eq!(*found, *expected, max_relative = 1e-6);
    }
}

#[test]
fn cubes_hold_the_exposure_of_their_pixels_and_do_not_depend_on_threads() {
    let livetime = livetime();
    let header = WcsHeader::centered([40, 30], 3.0, Frame::Galactic, "CAR", [30.0, 10.0]);
    let sky = SkyGrid::Wcs(WcsGrid::new(header).unwrap());
    let irfs = [irf(&sloping_area(), None, Some(pass8(1.0)))];
    let energies = [50.0, 500.0, 3e4];
    let exposure = ObservedExposure::new(ObservedIrfs::new(&livetime, &irfs), &energies).unwrap();
    let results = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let psf = ObservedPsf::new(ObservedIrfs::new(&livetime, &irfs), &crab(), &energies).unwrap().psf;
            let matrix = response_matrix(ObservedIrfs::new(&livetime, &irfs), &crab(), &energies, 1).unwrap();
            (exposure.cube(sky.clone()).unwrap().planes().clone(), psf.values().clone(), matrix)
        })
    };
    let single = results(1);
    assert_eq!(single, results(3));
    for pixel in [0, 617, 1199] {
        let direct = exposure.at(&sky.direction(pixel).unwrap()).unwrap();
        for (plane, expected) in direct.into_iter().enumerate() {
            approx::assert_relative_eq!(f64::from(single.0[[plane, pixel]]), expected, max_relative = 1e-7);
        }
    }
}

#[test]
fn the_mean_psf_is_normalised_and_lies_between_those_it_is_the_mean_of() {
    let livetime = livetime();
    let energies = [30.0, 300.0, 2e4, 1e6];
    let narrow = irf(&sloping_area(), None, None);
    let broad = Irf { psf: psf(1.5), ..narrow.clone() };
    let of = |irfs: &[Irf]| ObservedPsf::new(ObservedIrfs::new(&livetime, irfs), &crab(), &energies).unwrap();
    let (one, two, both) = (of(from_ref(&narrow)), of(from_ref(&broad)), of(&[narrow.clone(), broad.clone()]));
    for (index, &energy) in energies.iter().enumerate() {
        let at = |mean: &ObservedPsf| mean.psf.at_energy(energy).unwrap();
        approx::assert_relative_eq!(at(&both).integral(70.0), 1.0, max_relative = 1e-12);
        approx::assert_relative_eq!(both.exposure[index], 2.0 * one.exposure[index], max_relative = 1e-12);
        // Of equal exposure, so the mean (but for what each loses beyond 70 deg).
        let mean = f64::midpoint(at(&one).value(0.3), at(&two).value(0.3));
        approx::assert_relative_eq!(at(&both).value(0.3), mean, max_relative = 2e-4);
        assert!(at(&one).peak() > at(&both).peak() && at(&both).peak() > at(&two).peak());
    }
    assert_eq!(both.psf.thetas().len(), 401);
    assert_eq!(both.psf.thetas()[0], 0.0);
    approx::assert_relative_eq!(both.psf.thetas()[1], 1e-4, max_relative = 1e-12);
    approx::assert_relative_eq!(both.psf.thetas()[400], 70.0, max_relative = 1e-12);
}

#[test]
fn the_mean_psf_of_one_inclination_is_the_psf_there() {
    // All the time in one bin, whose centre has the cosine 1 - 0.225^2.
    let times = Array2::from_shape_fn((192, 20), |(_, bin)| if bin == 4 { 1000.0 } else { 0.0 });
    let livetime = LivetimeCube::new(pixels(), BINS, times, None).unwrap();
    let irf = irf(&sloping_area(), None, None);
    let mean = ObservedPsf::new(ObservedIrfs::new(&livetime, from_ref(&irf)), &crab(), &[700.0]).unwrap().psf;
    let mean = mean.at_energy(700.0).unwrap();
    let (thetas, values) = mean.nodes();
    let cosine: f64 = 1.0 - 0.225f64.powi(2);
    let ratio = values[0] / irf.psf.value(0.0, 700.0, cosine);
    // The part within 70 deg is 1.
    assert!((1.0..1.01).contains(&ratio), "{ratio}");
    for (theta, value) in thetas.iter().zip(values) {
        approx::assert_relative_eq!(*value, ratio * irf.psf.value(*theta, 700.0, cosine), max_relative = 1e-10);
    }
}

#[test]
fn without_exposure_there_is_no_psf_and_no_response() {
    let livetime = LivetimeCube::new(pixels(), BINS, Array2::zeros((192, 20)), None).unwrap();
    let irfs = [irf(&sloping_area(), None, Some(pass7()))];
    let mean = ObservedPsf::new(ObservedIrfs::new(&livetime, &irfs), &crab(), &[100.0, 200.0]).unwrap();
    assert_eq!(mean.exposure, [0.0, 0.0]);
    assert!(mean.psf.values().iter().all(|&value| value == 0.0));
    let matrix = response_matrix(ObservedIrfs::new(&livetime, &irfs), &crab(), &[100.0, 200.0, 400.0], 0).unwrap();
    assert!(matrix.iter().all(|&p| p == 0.0));
}

/// Sum of the density over a range.
fn integral(dispersion: &EnergyDispersion, energy: f64, cosine: f64, low: f64, high: f64) -> f64 {
    let n = 40_000;
    let step = (high - low) / f64::from(n);
    (0..n)
        .map(|i| {
            dispersion.density(low + (f64::from(i) + 0.5) * step, energy, cosine, OnAxisWidth::LastCenter).unwrap()
                * step
        })
        .sum()
}

#[test]
fn dispersions_integrate_to_one_and_to_their_cumulative_probabilities() {
    for (name, dispersion) in [("Pass 7", pass7()), ("Pass 8", pass8(1.0))] {
        for (energy, cosine) in [(40.0, 0.3), (800.0, 0.93), (5e4, 0.66)] {
            let edges = [0.1 * energy, 0.7 * energy, 0.95 * energy, 1.02 * energy, 1.6 * energy, 10.0 * energy];
            let cumulative = dispersion.cumulative(energy, cosine, &edges, OnAxisWidth::LastCenter).unwrap();
            for (edge, p) in edges.windows(2).zip(cumulative.windows(2)) {
                let numerical = integral(&dispersion, energy, cosine, edge[0], edge[1]);
                approx::assert_relative_eq!(p[1] - p[0], numerical, epsilon = 1e-8, max_relative = 1e-6);
            }
            let all =
                dispersion.cumulative(energy, cosine, &[-1e3 * energy, 1e3 * energy], OnAxisWidth::LastCenter).unwrap();
            assert!(all[0].abs() < 1e-9 && (all[1] - 1.0).abs() < 1e-9, "{name} {all:?}");
            let range = cumulative[5] - cumulative[0];
            assert!((range - 1.0).abs() < if name == "Pass 7" { 1e-12 } else { 0.05 }, "{name}: {range}");
        }
    }
}

#[test]
fn a_narrow_dispersion_leaves_every_photon_in_its_bin() {
    let irfs = [irf(&sloping_area(), None, Some(pass8(1e-4)))];
    let edges = [100.0, 200.0, 400.0, 800.0, 1600.0];
    let matrix = response_matrix(ObservedIrfs::new(&livetime(), &irfs), &crab(), &edges, 2).unwrap();
    assert_eq!(matrix.dim(), (8, 4));
    for ((l, k), &p) in matrix.indexed_iter() {
        let expected = if l == k + 2 { 1.0 } else { 0.0 };
        assert!((p - expected).abs() < 1e-9, "{l}, {k}: {p}");
    }
}

#[test]
fn rows_of_the_response_sum_to_the_probability_inside_the_range() {
    let irfs = [irf(&sloping_area(), None, Some(pass8(1.0))), irf(&vec![0.5; grid().n_bins()], None, Some(pass7()))];
    let edges: Vec<f64> = (0..=12).map(|i| 100.0 * 1.5f64.powi(i)).collect();
    let matrix = response_matrix(ObservedIrfs::new(&livetime(), &irfs), &crab(), &edges, 2).unwrap();
    let range = response_matrix(ObservedIrfs::new(&livetime(), &irfs), &crab(), &[edges[0], edges[12]], 0).unwrap();
    assert_eq!(range.dim(), (1, 1));
    let sums: Vec<f64> = matrix.rows().into_iter().map(|row| row.sum()).collect();
    for (l, row) in matrix.rows().into_iter().enumerate() {
        assert!(row.iter().all(|&p| (0.0..=1.0).contains(&p)) && sums[l] <= 1.0 + 1e-12, "{l}: {row}");
    }
    // In the middle next to nothing is lost, half at the edges, most two bins beyond them.
    assert!(sums[7] > 0.97 && (0.4..0.9).contains(&sums[2]) && sums[0] < 0.3, "{sums:?}");

    // One event type at one inclination: the probability of the range itself.
    let times = Array2::from_shape_fn((192, 20), |(_, bin)| if bin == 7 { 10.0 } else { 0.0 });
    let one = LivetimeCube::new(pixels(), BINS, times, None).unwrap();
    let matrix = response_matrix(ObservedIrfs::new(&one, &irfs[..1]), &crab(), &edges, 1).unwrap();
    let extended = likelihood_core::EnergyAxis::new(edges.clone()).unwrap().extended(1).unwrap().edges().to_vec();
    let cosine = 1.0 - 0.375f64.powi(2);
    for (row, pair) in matrix.rows().into_iter().zip(extended.windows(2)) {
        let energy = (pair[0] * pair[1]).sqrt();
        let p = pass8(1.0).cumulative(energy, cosine, &[edges[0], edges[12]], OnAxisWidth::LastCenter).unwrap();
        approx::assert_relative_eq!(row.sum(), p[1] - p[0], max_relative = 1e-9);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let area = sloping_area();
    let bare = [irf(&area, None, None)];
    let edges = [100.0, 200.0];
    let error = response_matrix(ObservedIrfs::new(&livetime(), &bare), &crab(), &edges, 0).unwrap_err();
    assert!(matches!(error, Error::NoDispersion { .. }), "{error}");
    for edges in [&[][..], &[100.0], &[200.0, 100.0], &[0.0, 1.0], &[f64::NAN, 1.0], &[1.0, f64::INFINITY]] {
        assert!(response_matrix(ObservedIrfs::new(&livetime(), &bare), &crab(), edges, 1).is_err(), "{edges:?}");
    }
    assert!(ObservedExposure::new(ObservedIrfs::new(&livetime(), &bare), &[-1.0]).is_err());
    assert!(ObservedExposure::new(ObservedIrfs::new(&livetime(), &bare), &[f64::NAN]).is_err());

    let all = |value: f64| vec![value; grid().n_bins()];
    let form = |s1: f64| DispersionForm::Pass8 {
        columns: [all(0.5), all(s1), all(1.0), all(0.0), all(1.5), all(0.5), all(1.0), all(0.0), all(1.5)],
    };
    let scaling = [0.0, 0.0, 0.0, 0.0, 0.0, 0.1];
    assert!(EnergyDispersion::new(grid(), scaling, &form(0.5)).is_ok());
    assert!(EnergyDispersion::new(grid(), scaling, &form(0.0)).is_err());
    assert!(EnergyDispersion::new(grid(), [f64::NAN; 6], &form(0.5)).is_err());
    let without_width = EnergyDispersion::new(grid(), [0.0; 6], &form(0.5)).unwrap();
    assert!(
        without_width
            .cumulative(100.0, 0.5, &[100.0], OnAxisWidth::OwnCosine)
            .unwrap_err()
            .to_string()
            .contains("scaling")
    );
    assert!(without_width.density(100.0, -1.0, 0.5, OnAxisWidth::OwnCosine).is_err());
    assert!(pass8(1.0).cumulative(100.0, 0.5, &[f64::NAN], OnAxisWidth::OwnCosine).is_err());
}

#[test]
fn a_gaussian_of_pass_8_has_the_probabilities_of_a_gaussian() {
    // p = 2, k = 1: exp(-(u/s)^2), a Gaussian of standard deviation s / sqrt 2.
    let all = |value: f64| vec![value; grid().n_bins()];
    let columns = [all(1.0), all(2f64.sqrt()), all(1.0), all(0.0), all(2.0), all(1.0), all(1.0), all(0.0), all(1.0)];
    let form = DispersionForm::Pass8 { columns };
    let dispersion = EnergyDispersion::new(grid(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.1], &form).unwrap();
    let p = dispersion.cumulative(1000.0, 0.7, &[800.0, 900.0, 1000.0, 1100.0], OnAxisWidth::OwnCosine).unwrap();
    for (found, expected) in p.iter().zip([0.022_750_131_948, 0.158_655_253_931, 0.5, 0.841_344_746_069]) {
        assert!((found - expected).abs() < 1e-10, "{found} {expected}");
    }
    approx::assert_relative_eq!(
        dispersion.density(1000.0, 1000.0, 0.7, OnAxisWidth::OwnCosine).unwrap(),
        1.0 / (100.0 * (2.0 * PI).sqrt()),
        max_relative = 1e-9
    );
}

#[test]
fn near_the_axis_the_width_is_that_of_the_last_centre_or_its_own() {
    // A narrow peak whose width falls by half from the last centre, 0.9, to the axis.
    let all = |value: f64| vec![value; grid().n_bins()];
    let columns = [all(1.0), all(2f64.sqrt()), all(1.0), all(0.0), all(2.0), all(1.0), all(1.0), all(0.0), all(1.0)];
    let scaling = [0.0, 0.0, 0.0, -0.5, 0.0, 0.55];
    let dispersion = EnergyDispersion::new(grid(), scaling, &DispersionForm::Pass8 { columns }).unwrap();
    let last = *grid().cosines().last().unwrap();
    let width = |cosine: f64| 0.55 - 0.5 * cosine;
    // Below one standard deviation of a Gaussian.
    let below = |cosine: f64, on_axis: OnAxisWidth| {
        dispersion.cumulative(1000.0, cosine, &[1000.0 * (1.0 - width(cosine))], on_axis).unwrap()[0]
    };
    let one_sigma = 0.158_655_253_931;
    for cosine in [0.3, last, 0.5 * (1.0 + last), 1.0] {
        assert!((below(cosine, OnAxisWidth::OwnCosine) - one_sigma).abs() < 1e-10, "{cosine}");
    }
    assert!((below(last, OnAxisWidth::LastCenter) - one_sigma).abs() < 1e-10);
    // On the axis the shape is that of a deviation scaled anew with the width at the last centre.
    let stretched = dispersion
        .cumulative(1000.0, 0.3, &[1000.0 * (1.0 - width(0.3) * width(1.0) / width(last))], OnAxisWidth::OwnCosine)
        .unwrap()[0];
    assert!(stretched > one_sigma + 0.01);
    approx::assert_relative_eq!(below(1.0, OnAxisWidth::LastCenter), stretched, max_relative = 1e-9);
    let half_way = below(0.5 * (1.0 + last), OnAxisWidth::LastCenter);
    approx::assert_relative_eq!(half_way, f64::midpoint(one_sigma, stretched), max_relative = 1e-9);
}
