//! The recorded maps of fermipy 1.4.3 on a region that was simulated through the real response of the instrument.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

mod support;

use std::time::Instant;

use lat_io::FitsFile;
use ndarray::Array2;
use roi_estimators::{
    FindSourcesOptions, PsMapOptions, ResidMapOptions, TsMapOptions, find_sources, psmap, residmap, tsmap,
};
use roi_fit::{Quiet, climb};
use roi_model::{Parameter, Source, SourceType, SpatialModel, Spectrum};
use support::{recorded_analysis, recorded_analysis_with_response};

/// An image of a recorded file, by the number of its HDU.
fn recorded_image(file: &str, hdu: usize) -> Array2<f64> {
    let path = fixtures::real_data("fermitools-roi").unwrap().join("fermipy").join(file);
    let fits = FitsFile::open(path).unwrap();
    let pixels = fits.read_image_f32(&fits.hdus()[hdu]).unwrap().pixels;
    Array2::from_shape_vec((100, 100), pixels.iter().copied().map(f64::from).collect()).unwrap()
}

/// The largest difference, in units of what is allowed at the pixel, and where it is.
fn worst(theirs: &Array2<f64>, ours: &Array2<f64>, allowed: impl Fn(f64) -> f64) -> (f64, (usize, usize)) {
    assert_eq!(theirs.dim(), ours.dim());
    let differences = theirs.indexed_iter().map(|(at, theirs)| ((ours[at] - theirs).abs() / allowed(*theirs), at));
    differences
        .map(|(found, at)| (if found.is_nan() { f64::INFINITY } else { found }, at))
        .fold((0.0, (0, 0)), |most, found| if found.0 > most.0 { found } else { most })
}

fn met(what: &str, (found, at): (f64, (usize, usize))) {
    println!("{what}: worst {found:.4} of what is allowed, at {at:?}");
    assert!(found <= 1.0, "{what}: {found} of what is allowed, at {at:?}");
}

#[test]
fn residuals_are_those_of_fermipy() {
    let Some((_folder, analysis)) = recorded_analysis_with_response() else { return };
    let start = Instant::now();
    let map = residmap(&analysis, &ResidMapOptions::default(), &mut Quiet).unwrap();
    println!("residmap: {:?}", start.elapsed());
    let of = |hdu: usize| recorded_image("residmap.fits.gz", hdu);
    met("data", worst(&of(1), &map.data, |n| 1e-3 * n.abs()));
    met("excess", worst(&of(2), &map.excess, |n| 1e-3 * n.abs().max(10.0)));
    met("model", worst(&of(3), &map.model, |n| 1e-3 * n.abs()));
    met("sigma within 1e-3", worst(&of(0), &map.sigma, |_| 1e-3));
}

#[test]
fn ps_is_that_of_fermipy() {
    let Some((_folder, analysis)) = recorded_analysis_with_response() else { return };
    let start = Instant::now();
    let options = PsMapOptions::default().with_emax(3e5).with_nbinloge(30);
    let map = psmap(&analysis, &options, &mut Quiet).unwrap();
    println!("psmap: {:?}", start.elapsed());
    let theirs = recorded_image("psmap.fits.gz", 1);
    let off = theirs.iter().zip(&map.psmap).filter(|(a, b)| (**a - **b).abs() > 0.01 * a.abs()).count();
    println!("pixels off by more than 1 %: {off}; {:?} {:?}", map.psmax(), map.direction());
    met("PS within 1 %", worst(&theirs, &map.psmap, |ps| 0.01 * ps.abs()));
    met("PS in sigma", worst(&recorded_image("psmap.fits.gz", 0), &map.psmapsigma(), |sigma| 0.01 * sigma.abs()));
    assert_eq!(map.peak, Some((3, 28)));
}

#[test]
fn test_statistics_are_those_of_fermipy() {
    let Some((_folder, analysis)) = recorded_analysis_with_response() else { return };
    for (file, exclude) in [("tsmap.fits.gz", vec![]), ("tsmap_excl.fits.gz", vec!["src08".to_owned()])] {
        let start = Instant::now();
        let map = tsmap(&analysis, &TsMapOptions::default().with_exclude(exclude), &mut Quiet).unwrap();
        println!("{file}: {:?}", start.elapsed());
        met(file, worst(&recorded_image(file, 0), &map.ts, |ts| 0.02 + 1e-3 * ts));
        met("npred", worst(&recorded_image(file, 2), &map.npred, |n| 0.1 + 1e-3 * n));
        met("amplitude", worst(&recorded_image(file, 3), &map.amplitude, |n| 1e-14 + 1e-3 * n));
        assert!((map.loglike - 26370.625127160398).abs() < 0.01);
    }
}

/// Finds again the sources that are taken out, each within its r95 of where it was, and nothing else.
fn are_found_again(names: &[&str]) {
    let Some((_folder, mut analysis)) = recorded_analysis_with_response() else { return };
    let mut taken = Vec::new();
    for name in names {
        taken.push(analysis.delete_source(name).unwrap().direction().unwrap());
    }
    let start = Instant::now();
    let found = find_sources(&mut analysis, &FindSourcesOptions::default(), &mut Quiet).unwrap();
    println!("find_sources: {:?}, {} pixels, {} maps", start.elapsed(), found.computed_pixels, found.iterations);
    for peak in &found.peaks {
        println!("{peak:?}");
    }
    println!("{:?}", found.warnings);
    for source in &found.sources {
        println!("{} TS {} (map {}) {:?}", source.name, source.ts, source.sqrt_ts_of_map.powi(2), source.ellipse);
    }
    assert_eq!(found.sources.len(), taken.len());
    for place in taken {
        let nearest =
            found.sources.iter().min_by(|a, b| a.place.separation(&place).total_cmp(&b.place.separation(&place)));
        let source = nearest.unwrap();
        let r95 = source.ellipse.unwrap().r95;
        println!("{}: {} deg from the place, r95 {r95}", source.name, source.place.separation(&place));
        assert!(source.place.separation(&place) < r95 && source.fit_quality == 3);
    }
}

#[test]
fn sources_that_were_taken_out_are_found_again() {
    are_found_again(&["src03", "src08"]);
}

/// Where the likelihood falls much steeper on one side than on the other, steps overshoot, and second derivatives are soon those of elsewhere.
#[test]
fn a_soft_source_at_the_edge_of_the_map_is_found_again_with_its_position() {
    are_found_again(&["src05"]);
}

/// With likelihood weights a TS is twice the gain of a fit in the weighted likelihood.
#[test]
fn weights_are_obeyed() {
    let Some(analysis) = recorded_analysis("config_weighted_edisp0.yaml") else { return };
    let center = analysis.roi().center();
    let options = TsMapOptions::default().with_max_kernel_radius(20.0).with_local_psf(true);
    let options = options.with_map_skydir(Some(center)).with_map_size(Some(0.2)).with_exclude(vec!["src00".into()]);
    let map = tsmap(&analysis, &options, &mut Quiet).unwrap();
    assert_eq!(map.ts.dim(), (2, 2));
    for ((y, x), &ts) in map.ts.indexed_iter() {
        let place = map.grid.direction(2 * y + x).unwrap();
        let mut session = analysis.session().clone();
        session.roi_mut().remove_source("src00").unwrap();
        for model in session.roi_mut().sources_mut() {
            model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
        }
        let before = session.loglike().unwrap();
        let norm =
            Parameter::new("Prefactor", 100.0).unwrap().with_scale(1e-13).unwrap().with_bounds(0.0, 1e6).unwrap();
        let index = Parameter::new("Index", 2.0).unwrap().with_scale(-1.0).unwrap();
        let scale = Parameter::new("Scale", 1000.0).unwrap();
        let spectrum = Spectrum::new("PowerLaw", vec![norm.with_free(true), index, scale]).unwrap();
        let source = Source::new("one more", SourceType::Point, spectrum, SpatialModel::point(place).unwrap()).unwrap();
        let maps: Vec<_> = analysis.trial_makers().iter().map(|maker| maker.source_map(&source).unwrap()).collect();
        session.set_source_maps("one more", &maps).unwrap();
        session.roi_mut().add_source(source).unwrap();
        let expected = 2.0 * (climb(&mut session, None).unwrap().loglike - before);
        println!("({y}, {x}): TS {ts}, by a fit {expected}");
        assert!(ts > 100.0 && (ts - expected).abs() < 1e-3 + 1e-5 * expected);
    }
}
