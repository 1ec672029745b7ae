//! Maps of the sky and new sources: against the likelihood itself, and against a source that is known to be there.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

mod anywhere;
mod cubes;
mod model_cubes;
mod region;

use std::ops::ControlFlow;

use ndarray::Array2;
use region::{CENTER, HIDDEN, Pixels, SkyRegion};
use roi_estimators::{
    Error, FindSourcesOptions, PeakStatus, PsMapOptions, ResidMapOptions, TestSource, TrialShape, TsMapOptions,
    find_sources, psmap, residmap, tsmap,
};
use roi_fit::{Analysis, Event, FitOptions, Progress, Quiet, climb};
use roi_model::{Parameter, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

const ONE: [Pixels; 1] = [Pixels::Image(40, 0.15)];
const TWO: [Pixels; 2] = [Pixels::Image(40, 0.15), Pixels::Image(30, 0.2)];

fn hidden() -> SkyDirection {
    SkyDirection::new(HIDDEN[0], HIDDEN[1]).unwrap()
}

/// TS of a source at a place and its amplitude in units of 1e-13, by a fit of its norm in the whole likelihood; the free parameters of the
/// others are held, or their norms fitted with it.
fn by_fit(analysis: &Analysis, place: SkyDirection, refit: bool) -> (f64, f64) {
    let spectrum = Spectrum::new(
        "PowerLaw",
        vec![
            Parameter::new("Prefactor", 1.0)
                .unwrap()
                .with_scale(1e-13)
                .unwrap()
                .with_bounds(0.0, 1e5)
                .unwrap()
                .with_free(true),
            Parameter::new("Index", 2.0).unwrap().with_scale(-1.0).unwrap(),
            Parameter::new("Scale", 1000.0).unwrap(),
        ],
    );
    let source =
        Source::new("one more", SourceType::Point, spectrum.unwrap(), SpatialModel::point(place).unwrap()).unwrap();
    let maps: Vec<_> = analysis.trial_makers().iter().map(|maker| maker.source_map(&source).unwrap()).collect();
    let mut session = analysis.session().clone();
    for model in session.roi_mut().sources_mut() {
        let norm = model.spectrum().norm_index();
        let parameters = model.spectrum_mut().parameters_mut().iter_mut().enumerate();
        parameters.for_each(|(index, parameter)| parameter.set_free(refit && norm == Some(index)));
    }
    let before = climb(&mut session, None).unwrap().loglike;
    session.set_source_maps("one more", &maps).unwrap();
    session.roi_mut().add_source(source).unwrap();
    let after = climb(&mut session, None).unwrap().loglike;
    (2.0 * (after - before), session.roi().source("one more").unwrap().spectrum().parameters()[0].value())
}

/// Places of some pixels, TS and amplitude beside those of the fits.
fn check_against_fits(analysis: &Analysis, options: &TsMapOptions, refit: bool) {
    let map = tsmap(analysis, options, &mut Quiet).unwrap();
    let [ny, nx] = map.grid.shape();
    let mut above = 0;
    for pixel in (0..ny * nx).step_by(1 + ny * nx / 12) {
        let place = map.grid.direction(pixel).unwrap();
        let (ts, amplitude) = by_fit(analysis, place, refit);
        let at = (pixel / nx, pixel % nx);
        println!("{at:?}: TS {} {ts}, amplitude {} {amplitude}", map.ts[at], 1e13 * map.amplitude[at]);
        assert!((map.ts[at] - ts.max(0.0)).abs() < 1e-3 + 1e-4 * ts, "{at:?}: {} {ts}", map.ts[at]);
        if ts > 1.0 {
            assert!((1e13 * map.amplitude[at] / amplitude - 1.0).abs() < 1e-3);
            above += 1;
        }
    }
    assert!(above > 0, "no pixel with a maximum above 0 was looked at");
}

#[test]
fn a_ts_is_twice_the_gain_of_a_fit_of_the_norm() {
    let region = SkyRegion::new(&ONE);
    let options = TsMapOptions::default().with_max_kernel_radius(20.0).with_local_psf(true);
    check_against_fits(&region.analysis, &options.with_map_skydir(Some(hidden())).with_map_size(Some(1.0)), false);
}

#[test]
fn components_with_other_pixels_see_the_test_source_at_the_same_place() {
    let region = SkyRegion::new(&TWO);
    let options = TsMapOptions::default().with_max_kernel_radius(20.0);
    check_against_fits(&region.analysis, &options.with_map_skydir(Some(hidden())).with_map_size(Some(0.8)), false);
}

#[test]
fn a_ts_with_the_background_refitted_is_that_of_a_fit_of_all_norms() {
    let region = SkyRegion::new(&TWO);
    let options = TsMapOptions::default().with_refit_background(true);
    check_against_fits(&region.analysis, &options.with_map_skydir(Some(hidden())).with_map_size(Some(0.8)), true);
}

#[test]
fn healpix_pixels_have_ts_and_ps_maps_and_residuals() {
    let region = SkyRegion::new(&[Pixels::Healpix(3.0)]);
    let options = TsMapOptions::default().with_max_kernel_radius(20.0);
    check_against_fits(&region.analysis, &options, false);
    let residuals = residmap(&region.analysis, &ResidMapOptions::default(), &mut Quiet).unwrap();
    let highest = residuals.sigma.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let place = residuals.grid.direction(highest.1).unwrap();
    println!("{} sigma at {} deg from the source", residuals.sigma[highest], place.separation(&hidden()));
    assert!(place.separation(&hidden()) < 0.4 && residuals.projtype() == "HPX");
    let ps = psmap(
        &region.analysis,
        &PsMapOptions::default().with_emin(500.0).with_emax(16_000.0).with_nbinloge(5),
        &mut Quiet,
    )
    .unwrap();
    assert!(ps.direction().unwrap().separation(&hidden()) < 0.6 && ps.psmax().unwrap() > 5.0);
}

/// The moved image is exact where it was made, and nearly so a few pixels away.
#[test]
fn a_moved_image_is_that_of_the_place_and_a_part_of_the_map_is_a_part() {
    let region = SkyRegion::new(&ONE);
    let (moved, own) = (TsMapOptions::default(), TsMapOptions::default().with_local_psf(true));
    let center = SkyDirection::new(CENTER[0], CENTER[1]).unwrap();
    let part = |options: TsMapOptions| options.with_map_skydir(Some(center)).with_map_size(Some(1.0));
    let [moved_part, own_part] =
        [moved.clone(), own].map(|options| tsmap(&region.analysis, &part(options), &mut Quiet).unwrap());
    for (a, b) in moved_part.ts.iter().zip(&own_part.ts) {
        assert!((a - b).abs() < 0.01 + 0.01 * b, "{a} {b}");
    }
    let whole = tsmap(&region.analysis, &moved, &mut Quiet).unwrap();
    let (rows, columns) = moved_part.ts.dim();
    let first = whole.grid.pixel(&moved_part.grid.direction(0).unwrap()).unwrap();
    let cut = Array2::from_shape_fn((rows, columns), |(y, x)| whole.ts[[first / 40 + y, first % 40 + x]]);
    assert_eq!(cut, moved_part.ts);
    // The hidden source stands out.
    let peak = whole.ts.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    assert!(whole.grid.direction(peak.0 * 40 + peak.1).unwrap().separation(&hidden()) < 0.2);
}

#[test]
fn what_is_excluded_comes_up_again() {
    let region = SkyRegion::new(&ONE);
    let known = region.analysis.roi().source("known").unwrap().direction().unwrap();
    let options = TsMapOptions::default().with_exclude(vec!["known".into()]);
    let map = tsmap(&region.analysis, &options, &mut Quiet).unwrap();
    let at = map.grid.pixel(&known).unwrap();
    assert!(map.ts[[at / 40, at % 40]] > 50.0);
    let without = tsmap(&region.analysis, &TsMapOptions::default(), &mut Quiet).unwrap();
    assert!(without.ts[[at / 40, at % 40]] < 5.0);
}

#[test]
fn maps_have_the_same_bits_for_any_number_of_threads() {
    let all = || {
        let region = SkyRegion::new(&ONE);
        let residuals = residmap(&region.analysis, &ResidMapOptions::default(), &mut Quiet).unwrap();
        let options = PsMapOptions::default().with_emin(500.0).with_emax(16_000.0).with_nbinloge(5);
        let ps = psmap(&region.analysis, &options, &mut Quiet).unwrap();
        let ts = tsmap(&region.analysis, &TsMapOptions::default(), &mut Quiet).unwrap();
        let bits = |map: &Array2<f64>| map.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        [bits(&residuals.sigma), bits(&residuals.excess), bits(&ps.psmap), bits(&ts.ts), bits(&ts.amplitude)]
    };
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    assert!(pool(1).install(all) == pool(3).install(all));
}

#[test]
fn a_source_that_the_model_lacks_is_found_where_it_is() {
    for components in [&ONE[..], &TWO[..]] {
        let mut region = SkyRegion::new(components);
        let found = find_sources(&mut region.analysis, &FindSourcesOptions::default(), &mut Quiet).unwrap();
        println!("{:?} {:?} {} {:?}", found.sources, found.peaks, found.computed_pixels, found.warnings);
        let [source] = found.sources.as_slice() else { panic!("one source is hidden: {:?}", found.sources) };
        let ellipse = source.ellipse.unwrap();
        assert!(source.place.separation(&hidden()) < ellipse.r99, "{} {ellipse:?}", source.place.separation(&hidden()));
        assert!(source.fit_quality == 3 && source.ts > 25.0 && source.name.starts_with("PS J0531."), "{source:?}");
        assert_eq!(found.peaks.iter().filter(|peak| peak.status == PeakStatus::Added).count(), 1);
        let model = region.analysis.roi().source(&source.name).unwrap();
        assert!(!model.is_free() && model.direction() == Some(source.place));
        assert!((found.loglike - region.analysis.loglike().unwrap()).abs() < 1e-9);
        // The map has nothing more, and a second search finds nothing.
        let again = find_sources(&mut region.analysis, &FindSourcesOptions::default(), &mut Quiet).unwrap();
        assert!(again.sources.is_empty() && again.iterations == 1, "{:?}", again.sources);
    }
}

/// Stops at the `n`-th event of a kind, and counts them.
struct StopAt {
    n: usize,
    seen: usize,
    is_counted: Kind,
}

/// Whether an event is of a kind.
type Kind = fn(&Event) -> bool;

impl Progress for StopAt {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        self.seen += usize::from((self.is_counted)(event));
        if self.seen >= self.n { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn maps_and_searches_tell_how_far_they_are_and_stop_when_asked() {
    let mut region = SkyRegion::new(&ONE);
    let of_map = |event: &Event| matches!(event, Event::SkyMap { map: "tsmap", .. });
    let mut all = StopAt { n: usize::MAX, seen: 0, is_counted: of_map };
    let map = tsmap(&region.analysis, &TsMapOptions::default(), &mut all).unwrap();
    assert_eq!(all.seen, map.ts.len().div_ceil(256));
    let mut second = StopAt { n: 2, seen: 0, is_counted: of_map };
    assert!(matches!(tsmap(&region.analysis, &TsMapOptions::default(), &mut second), Err(Error::Stopped)));
    assert_eq!(second.seen, 2);
    // Whenever a search is stopped, also after it has found a source, the model is what it was.
    let before = format!("{:?}", region.analysis.roi());
    let is_map = |event: &Event| matches!(event, Event::SkyMap { map: "find_sources", .. });
    let kinds: [(usize, Kind); 3] = [
        (1, |event| matches!(event, Event::Peak { .. })),
        (1, |event| matches!(event, Event::Iteration { .. })),
        (2, is_map),
    ];
    for (n, is_counted) in kinds {
        let mut stop = StopAt { n, seen: 0, is_counted };
        let found = find_sources(&mut region.analysis, &FindSourcesOptions::default(), &mut stop);
        assert!(matches!(found, Err(Error::Stopped)) && stop.seen == n, "{found:?}");
        assert_eq!(format!("{:?}", region.analysis.roi()), before, "{n}");
    }
}

#[test]
fn a_search_elsewhere_finds_nothing_and_computes_little() {
    let mut region = SkyRegion::new(&ONE);
    let far = SkyDirection::new(CENTER[0] + 1.5, CENTER[1] - 1.5).unwrap();
    let options = FindSourcesOptions::default().with_search_skydir(Some(far));
    let found = find_sources(&mut region.analysis, &options, &mut Quiet).unwrap();
    assert!(found.sources.is_empty() && found.computed_pixels < 200, "{}", found.computed_pixels);
}

#[test]
fn bad_input_is_told() {
    let region = SkyRegion::new(&ONE);
    let analysis = &region.analysis;
    let ts = |options: TsMapOptions| tsmap(analysis, &options, &mut Quiet).unwrap_err().to_string();
    assert!(ts(TsMapOptions::default().with_exclude(vec!["nobody".into()])).contains("nobody"));
    assert!(ts(TsMapOptions::default().with_loge_bounds([Some(6.0), Some(7.0)])).contains("loge_bounds"));
    assert!(ts(TsMapOptions::default().with_map_size(Some(-1.0))).contains("map_size"));
    assert!(ts(TsMapOptions::default().with_threshold(2.0)).contains("threshold"));
    let far = SkyDirection::new(10.0, 22.0).unwrap();
    let options = TsMapOptions::default().with_map_skydir(Some(far)).with_map_size(Some(1.0));
    assert!(matches!(tsmap(analysis, &options, &mut Quiet), Err(Error::Outside { .. })));
    let wide = TestSource::default().with_shape(TrialShape::Disk).with_width(0.0);
    assert!(ts(TsMapOptions::default().with_model(wide)).contains("SpatialWidth"));
    let odd = TestSource::default().with_spectrum_type("NoSuchLaw");
    assert!(ts(TsMapOptions::default().with_model(odd)).contains("NoSuchLaw"));
    let all = vec!["known".into(), "isotropic".into()];
    assert!(matches!(
        tsmap(analysis, &TsMapOptions::default().with_exclude(all), &mut Quiet),
        Err(Error::Unmodelled { .. })
    ));
    let ps = |options: PsMapOptions| psmap(analysis, &options, &mut Quiet).unwrap_err().to_string();
    assert!(ps(PsMapOptions::default().with_emin(1e7).with_emax(1e8)).contains("10000000"));
    assert!(ps(PsMapOptions::default().with_psfpar0lst(vec![1.0, 2.0])).contains("psfpar0lst"));
    assert!(ps(PsMapOptions::default().with_pixel(Some([41, 1]))).contains("pixel"));
}

/// Shapes are looked for as well: a disk over the hidden point has less TS than a point there.
#[test]
fn a_wide_test_source_fits_a_point_less() {
    let region = SkyRegion::new(&ONE);
    let at = |model: TestSource| {
        let map = tsmap(&region.analysis, &TsMapOptions::default().with_model(model), &mut Quiet).unwrap();
        let pixel = map.grid.pixel(&hidden()).unwrap();
        map.ts[[pixel / 40, pixel % 40]]
    };
    let point = at(TestSource::default());
    for shape in [TrialShape::Disk, TrialShape::Gaussian] {
        let wide = at(TestSource::default().with_shape(shape).with_width(1.0));
        println!("{shape:?}: {wide}, point {point}");
        assert!(wide < point - 5.0 && wide > 10.0);
    }
}

#[test]
fn a_map_that_is_not_square_has_its_rows_and_columns_in_place() {
    let region = SkyRegion::new(&[Pixels::Wide(44, 30, 0.15)]);
    let options = PsMapOptions::default().with_emin(500.0).with_emax(16_000.0).with_nbinloge(5);
    let ps = psmap(&region.analysis, &options, &mut Quiet).unwrap();
    assert!(ps.direction().unwrap().separation(&hidden()) < 0.6, "{:?}", ps.direction());
    let maps = [
        residmap(&region.analysis, &ResidMapOptions::default(), &mut Quiet).unwrap().sigma,
        tsmap(&region.analysis, &TsMapOptions::default(), &mut Quiet).unwrap().ts,
    ];
    for map in maps {
        assert_eq!(map.dim(), (30, 44));
        let (y, x) = map.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert!(ps.grid.direction(y * 44 + x).unwrap().separation(&hidden()) < 0.4);
    }
}

#[test]
fn what_a_search_rejects_leaves_the_model_as_it_was() {
    let mut region = SkyRegion::new(&ONE);
    let analysis = &mut region.analysis;
    let state = |analysis: &mut Analysis| {
        let names: Vec<String> = analysis.roi().sources().iter().map(|source| source.name().to_owned()).collect();
        (names, analysis.roi().free_values(), analysis.properties("known").unwrap().ts, analysis.loglike().unwrap())
    };
    let before = state(analysis);
    // A fit that may not iterate is no good fit.
    let mut hasty = FitOptions::default();
    (hasty.max_iter, hasty.retries) = (1, 1);
    hasty.min_fit_quality = 3;
    let options = FindSourcesOptions::default().with_optimizer(hasty.with_optimizer("SIMPLEX".into()));
    let found = find_sources(analysis, &options, &mut Quiet).unwrap();
    assert!(found.sources.is_empty() && found.peaks[0].status == PeakStatus::NotFitted, "{:?}", found.peaks);
    assert!(state(analysis) == before);
    let options = FindSourcesOptions::default().with_free_params(vec!["Foo".into()]);
    assert!(find_sources(analysis, &options, &mut Quiet).unwrap_err().to_string().contains("free_params"));
    assert!(state(analysis) == before);
}

#[test]
fn options_without_effect_are_refused() {
    let mut region = SkyRegion::new(&ONE);
    let analysis = &mut region.analysis;
    let exclude = TsMapOptions::default().with_exclude(vec!["known".into()]);
    let search = |analysis: &mut Analysis, options: FindSourcesOptions| {
        find_sources(analysis, &options, &mut Quiet).unwrap_err().to_string()
    };
    assert!(search(analysis, FindSourcesOptions::default().with_tsmap(exclude)).contains("delete the source"));
    let radius = FindSourcesOptions::default().with_search_minmax_radius([None, Some(2.0)]);
    assert!(search(analysis, radius).contains("search_skydir"));
    let far = SkyDirection::new(10.0, 22.0).unwrap();
    assert!(search(analysis, FindSourcesOptions::default().with_search_skydir(Some(far))).contains("search_skydir"));
    let image = TestSource::default().with_spatial_model("Gaussian").unwrap();
    let ts = TsMapOptions::default().with_model(image);
    assert!(tsmap(analysis, &ts, &mut Quiet).unwrap_err().to_string().contains("residmap"));
    let weights = ResidMapOptions::default().with_use_weights(true);
    assert!(residmap(analysis, &weights, &mut Quiet).unwrap_err().to_string().contains("wmap"));
    assert!(
        psmap(analysis, &PsMapOptions::default().with_use_weights(true), &mut Quiet)
            .unwrap_err()
            .to_string()
            .contains("wmap")
    );
    let all = vec!["known".into(), "isotropic".into()];
    assert!(matches!(
        residmap(analysis, &ResidMapOptions::default().with_exclude(all.clone()), &mut Quiet),
        Err(Error::Unmodelled { .. })
    ));
    let options = PsMapOptions::default().with_exclude(all);
    assert!(matches!(psmap(analysis, &options, &mut Quiet), Err(Error::Unmodelled { .. })));
    let many = PsMapOptions::default().with_nbinpdf(usize::MAX);
    assert!(psmap(analysis, &many, &mut Quiet).unwrap_err().to_string().contains("nbinpdf"));

    let sphere = SkyRegion::new(&[Pixels::Healpix(2.0)]);
    let wide = TestSource::default().with_shape(TrialShape::Disk);
    let options = ResidMapOptions::default().with_model(wide);
    assert!(residmap(&sphere.analysis, &options, &mut Quiet).unwrap_err().to_string().contains("HEALPix"));
}
