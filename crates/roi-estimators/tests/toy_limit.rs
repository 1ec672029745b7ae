//! Limits by toys, against exact answers of counting experiments and on a simulated region.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::ops::ControlFlow;

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap};
use ndarray::Array3;
use roi_estimators::{Error, ToyLimit, ToyLimitOptions, ToyLimitStatus, toy_limit};
use roi_fit::{Analysis, Event, FitOptions, Pars, Progress, Quiet, Selection, ToyMaker};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use roi_simulate::{SimulationOptions, simulate};

fn source(name: &str, norm: f64, is_free: bool) -> Source {
    let parameters = vec![
        Parameter::new("Prefactor", norm).unwrap().with_bounds(0.0, 1000.0).unwrap(),
        Parameter::new("Index", 0.0).unwrap().with_scale(-1.0).unwrap().with_bounds(0.0, 5.0).unwrap(),
        Parameter::new("Scale", 1000.0).unwrap(),
    ];
    let mut spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
    spectrum.parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    spectrum.parameters_mut()[0].set_free(is_free);
    let place = SpatialModel::point(SkyDirection::new(83.0, 22.0).unwrap()).unwrap();
    Source::new(name, SourceType::Point, spectrum, place).unwrap()
}

/// One pixel and one energy bin, in which each source predicts as many counts as its norm says: `n` counts over a known background.
fn counting(n: f32, background: f64) -> (Analysis, ToyMaker) {
    let axis = EnergyAxis::new(vec![100.0, 1000.0]).unwrap();
    let rule = axis.log_trapezoid();
    // dN/dE is the norm at all energies.
    #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
    let exposure = (1.0 / (rule.lower[0] + rule.upper[0])) as f32;
    let map = SourceMap::new(Array3::from_elem((2, 1, 1), exposure)).unwrap();
    let data = |counts: f32| {
        let cube = CountsCube::new(axis.clone(), Array3::from_elem((1, 1, 1), counts)).unwrap();
        let mut component = ComponentData::new("00", &cube);
        for name in ["background", "signal"] {
            component.add_source_map(name, &map).unwrap();
        }
        Data::new(vec![component]).unwrap()
    };
    let sources = vec![source("background", background, false), source("signal", 1.0, true)];
    let roi = Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), sources).unwrap();
    (Analysis::new(roi, data(n)).unwrap(), ToyMaker::new(data(1.0)))
}

/// The norm at which `n` counts or fewer have the probability `alpha`, and minus the derivative of that probability there.
fn classical(n: u32, background: f64, alpha: f64) -> (f64, f64) {
    let at_most = |n: u32, mean: f64| {
        let (mut term, mut sum) = ((-mean).exp(), (-mean).exp());
        for k in 1..=n {
            term *= mean / f64::from(k);
            sum += term;
        }
        (sum, term)
    };
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if at_most(n, middle).0 > alpha { low = middle } else { high = middle }
    }
    (low - background, at_most(n, low).1)
}

#[test]
fn with_one_bin_and_a_known_background_the_limit_is_the_classical_one() {
    for (n, background) in [(0, 1.0), (0, 0.3), (1, 0.5), (3, 1.0), (4, 3.0), (12, 4.0)] {
        for confidence in [0.9, 0.95] {
            let (analysis, maker) = counting(n as f32, background);
            let options =
                ToyLimitOptions::default().with_toys(2000).with_confidence(confidence).with_seed(u64::from(n));
            let found = toy_limit(&analysis, &maker, "signal", &options, &mut Quiet).unwrap();
            let (expected, slope) = classical(n, background, 1.0 - confidence);
            let exact = (confidence * (1.0 - confidence) / 2000.0).sqrt() / slope;
            let (limit, error) = (found.limit.norm.unwrap(), found.limit.error.unwrap());
            println!(
                "{n} over {background} at {confidence}: {limit:.3} +- {error:.3}, exactly {expected:.3} +- {exact:.3}"
            );
            assert!((limit - expected).abs() < 4.0 * exact, "{n} over {background}: {limit}, {expected} +- {exact}");
            assert!((error / exact - 1.0).abs() < 0.35, "{n} over {background}: {error}, {exact}");
            assert_eq!((found.failed(), found.status), (0, ToyLimitStatus::Converged));
            assert!((found.norm - (f64::from(n) - background).max(0.0)).abs() < 1e-4);
        }
    }
}

#[test]
fn without_counts_the_asymptotic_limit_is_too_low_and_toys_are_right() {
    let (analysis, maker) = counting(0.0, 1.0);
    let options = ToyLimitOptions::default().with_toys(4000);
    let found = toy_limit(&analysis, &maker, "signal", &options, &mut Quiet).unwrap();
    // logL is minus the norm: it falls by 1.3528 there.
    assert!((found.asymptotic.norm.unwrap() - 1.3528).abs() < 1e-3, "{:?}", found.asymptotic);
    let (limit, error) = (found.limit.norm.unwrap(), found.limit.error.unwrap());
    assert!((limit - (20f64.ln() - 1.0)).abs() < 4.0 * error && error < 0.1, "{limit} +- {error}");
}

#[test]
fn where_even_no_source_is_unlikely_there_is_no_limit_and_cls_has_one_that_no_background_changes() {
    for background in [0.5, 4.0] {
        let (analysis, maker) = counting(0.0, background);
        let options = ToyLimitOptions::default().with_toys(4000).with_cls(true);
        let found = toy_limit(&analysis, &maker, "signal", &options, &mut Quiet).unwrap();
        // exp(-(s + b)) / exp(-b).
        let (cls, status) = found.cls.unwrap();
        let (limit, error) = (cls.norm.unwrap(), cls.error.unwrap());
        assert!((limit - 20f64.ln()).abs() < 4.0 * error && error < 0.4, "{background}: {limit} +- {error}");
        assert_eq!(status, ToyLimitStatus::Converged);
        let is_excluded = background > 20f64.ln();
        assert_eq!(found.status == ToyLimitStatus::NothingAllowed, is_excluded, "{background}");
        assert_eq!(
            (found.limit.norm.is_none(), found.warnings.len()),
            (is_excluded, usize::from(is_excluded)),
            "{:?} {:?}",
            found.warnings,
            found.tested
        );
    }
}

/// A faint region of few counts, and what makes toys of it. With `is_shape_free` the index of its brightest source is free.
fn region(is_shape_free: bool) -> (Analysis, ToyMaker, String) {
    let options = SimulationOptions::default().with_sources(2).with_npix(14).with_binsz(0.2).with_ebins(5);
    let simulated = simulate(&options.with_years(0.1)).unwrap();
    let component = &simulated.components[0];
    let ones = CountsCube::new(component.axis().clone(), Array3::ones((5, 14, 14))).unwrap();
    let mut everywhere = ComponentData::new("00", &ones);
    for source in simulated.truth.sources() {
        everywhere.add_source_map(source.name(), &component.source_map(source).unwrap()).unwrap();
    }
    let mut analysis = Analysis::new(simulated.truth.clone(), simulated.likelihood().unwrap()).unwrap();
    analysis.free_sources(&Selection::all(), Pars::All, false).unwrap();
    analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
    let point = |source: &&Source| source.direction().is_some();
    let name = simulated.truth.sources().iter().find(point).unwrap().name().to_owned();
    if is_shape_free {
        analysis.free_sources_by_name(std::slice::from_ref(&name), true, &Pars::Shape).unwrap();
    }
    analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    (analysis, ToyMaker::new(Data::new(vec![everywhere]).unwrap()), name)
}

fn few() -> ToyLimitOptions {
    ToyLimitOptions::default().with_toys(200).with_cls(true).with_seed(5)
}

/// The dictionary, in which every bit of every number shows.
fn text(limit: &ToyLimit) -> String {
    limit.to_json().to_string()
}

#[test]
fn the_limit_has_the_same_bits_for_any_number_of_threads_and_the_analysis_is_as_it_was() {
    let (analysis, maker, name) = region(false);
    let state = |analysis: &Analysis| {
        let loglike = analysis.session().clone().loglike().unwrap().to_bits();
        (analysis.roi().state(), loglike, analysis.properties(&name).unwrap().to_json().to_string())
    };
    let before = state(&analysis);
    let found = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        // An analysis is one thread's: each has its own.
        pool.install(|| {
            let (analysis, maker, name) = region(false);
            text(&toy_limit(&analysis, &maker, &name, &few(), &mut Quiet).unwrap())
        })
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
    assert_eq!(text(&toy_limit(&analysis, &maker, &name, &few(), &mut Quiet).unwrap()), found[0]);
    assert_eq!(state(&analysis), before);
    let other = toy_limit(&analysis, &maker, &name, &few().with_seed(6), &mut Quiet).unwrap();
    assert_ne!(text(&other), found[0], "another seed draws other toys");
}

#[test]
fn what_is_told_of_a_region_belongs_together() {
    let (analysis, maker, name) = region(false);
    let found = toy_limit(&analysis, &maker, &name, &few(), &mut Quiet).unwrap();
    println!("{}", serde_json::to_string_pretty(&found.to_json()).unwrap());
    // Two point sources and the diffuse ones.
    assert_eq!(found.refitted.len(), 3, "{:?}", found.refitted);
    let at = found.at_limit.as_ref().unwrap();
    assert!((at.with.p_value() - 0.05).abs() < 0.02, "{at:?}");
    assert!(
        at.cls().unwrap()[0] >= at.with.p_value() - 1e-12,
        "without the source the data are no less likely to be as far out"
    );
    let (limit, cls) = (found.limit, found.cls.unwrap().0);
    assert!(cls.norm.unwrap() > limit.norm.unwrap() - 2.0 * limit.error.unwrap());
    // The shape is fixed: all are the flux of a norm of 1 times the norm.
    let per_norm = limit.flux.unwrap() / limit.norm.unwrap();
    let properties = analysis.properties(&name).unwrap();
    let of_fit = properties.number("norm_ul95_profile").unwrap();
    let known = properties.fluxes["flux"].ul95_profile.unwrap() / of_fit;
    assert!((per_norm / known - 1.0).abs() < 1e-3, "{per_norm} {known}");
    assert!((found.asymptotic.flux.unwrap() / found.asymptotic.norm.unwrap() / per_norm - 1.0).abs() < 1e-12);
    // The limit without toys is that of the fit.
    assert!((found.asymptotic.norm.unwrap() / of_fit - 1.0).abs() < 1e-3, "{:?} {of_fit}", found.asymptotic);
    assert!(found.tested.is_sorted_by(|a, b| a.norm < b.norm));
    assert!(found.tested.iter().all(|tested| tested.with.toys == 200 && tested.norm > found.norm));
}

#[test]
fn a_free_shape_is_fitted_again_in_each_toy_and_has_no_limit_of_the_flux() {
    let (analysis, maker, name) = region(true);
    let found = toy_limit(&analysis, &maker, &name, &few().with_cls(false), &mut Quiet).unwrap();
    assert!(found.refitted.iter().any(|parameter| parameter.contains(&name)), "{:?}", found.refitted);
    assert!(found.limit.norm.is_some() && found.limit.flux.is_none() && found.asymptotic.eflux.is_none());
    let failed = found.failed();
    println!("{failed} of {} toys failed", 200 * found.tested.len());
    // Those that failed are in no share, and told.
    for tested in &found.tested {
        let [low, high] = tested.with.range();
        assert!(low <= tested.with.p_value() && tested.with.p_value() <= high);
        let warned = found.warnings.iter().any(|warning| warning.contains(&format!("{} of 200", tested.with.failed)));
        assert!(tested.with.failed <= 2 || warned, "{:?}", found.warnings);
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let (mut analysis, maker, name) = region(false);
    let refusal = |analysis: &Analysis, name: &str, options: ToyLimitOptions| {
        toy_limit(analysis, &maker, name, &options, &mut Quiet).unwrap_err().to_string()
    };
    let usual = ToyLimitOptions::default();
    let told = |options: ToyLimitOptions| refusal(&analysis, &name, options);
    assert!(told(usual.clone().with_toys(0)).contains("at least 1"));
    // Nobody has the memory for their seeds.
    assert!(told(usual.clone().with_toys(usize::MAX)).contains("at most 10 million"));
    assert!(told(usual.clone().with_toys(99)).contains("at least 100"));
    assert!(told(usual.clone().with_toys(499).with_confidence(0.99)).contains("at least 500"));
    for confidence in [0.5, 1.0, 95.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = told(usual.clone().with_confidence(confidence));
        assert!(error.contains("between 0.5 and 1"), "{confidence}: {error}");
    }
    assert!(refusal(&analysis, "nobody", usual.clone()).contains("nobody"));
    analysis.free_sources_by_name(std::slice::from_ref(&name), false, &Pars::Norm).unwrap();
    let error = refusal(&analysis, &name, usual.clone());
    assert!(error.contains("is fixed") && error.contains(&name), "{error}");
    // Maps of another region.
    let (_, other) = counting(1.0, 1.0);
    analysis.free_sources_by_name(std::slice::from_ref(&name), true, &Pars::Norm).unwrap();
    assert!(toy_limit(&analysis, &other, &name, &usual, &mut Quiet).is_err());
}

#[test]
fn a_watcher_is_told_of_the_toys_and_can_stop() {
    #[derive(Default)]
    struct Counts {
        events: usize,
        last: Option<Event>,
        stop_at: Option<usize>,
    }
    impl Progress for Counts {
        fn event(&mut self, event: &Event) -> ControlFlow<()> {
            self.events += 1;
            self.last = Some(event.clone());
            if self.stop_at == Some(self.events) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    let (analysis, maker, name) = region(false);
    let mut watcher = Counts::default();
    toy_limit(&analysis, &maker, &name, &few(), &mut watcher).unwrap();
    assert!(watcher.events > 10);
    assert!(matches!(watcher.last, Some(Event::Toys { ref source, total: 200, .. }) if *source == name));
    let mut watcher = Counts { stop_at: Some(3), ..Counts::default() };
    assert!(matches!(toy_limit(&analysis, &maker, &name, &few(), &mut watcher), Err(Error::Stopped)));
}

#[test]
fn limits_of_many_seeds_scatter_around_the_exact_one_as_their_error_says() {
    const SEEDS: usize = 60;
    let (expected, _) = classical(4, 3.0, 0.05);
    let (analysis, maker) = counting(4.0, 3.0);
    let pull = |seed: usize| {
        let options = ToyLimitOptions::default().with_toys(500).with_seed(seed as u64);
        let limit = toy_limit(&analysis, &maker, "signal", &options, &mut Quiet).unwrap().limit;
        (limit.norm.unwrap() - expected) / limit.error.unwrap()
    };
    let pulls: Vec<f64> = (0..SEEDS).map(pull).collect();
    let mean = pulls.iter().sum::<f64>() / SEEDS as f64;
    let width = (pulls.iter().map(|pull| (pull - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64).sqrt();
    println!("mean {mean:.3}, width {width:.3}");
    // Four standard deviations, and as much as the error may be off.
    assert!(mean.abs() < 4.0 / (SEEDS as f64).sqrt() && (0.6..1.5).contains(&width), "mean {mean}, width {width}");
}
