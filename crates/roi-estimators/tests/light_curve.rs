//! Light curves: laws that hold on any region in time bins.
//!
//! `ROI_FIT_CLOSURE` is the number of light curves of a constant source; `cargo xtask closure` takes 1000 of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/time_slices.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod time_slices;

use roi_estimators::{BinStatus, Error, LightCurve, LightCurveOptions, LightCurveRun, TimeBin, TimeData, light_curve};
use roi_fit::{FitOptions, Quiet, Session};
use roi_model::ParameterId;
use time_slices::{DAY, Observed, Sky, Told};

const FLARE: [f64; 12] = [1.0, 1.0, 1.0, 1.0, 6.0, 6.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];

fn curve_of(observed: &Observed, options: &LightCurveOptions) -> LightCurve {
    curve(observed, &observed.slices, options)
}

fn curve(observed: &Observed, data: &dyn TimeData, options: &LightCurveOptions) -> LightCurve {
    light_curve(&observed.whole, &observed.name, data, options, LightCurveRun::new(&mut Quiet)).unwrap()
}

/// A bin's data with the model of the whole time, nothing free.
fn held(observed: &Observed, bin: usize) -> Session {
    let mut session = observed.slices.sessions[bin].clone().unwrap();
    *session.roi_mut() = observed.whole.roi().clone();
    for source in session.roi_mut().sources_mut() {
        source.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    session
}

fn norm_of(observed: &Observed) -> ParameterId {
    let source = observed.whole.roi().id_of(&observed.name).unwrap();
    ParameterId { source, parameter: observed.whole.roi()[source].spectrum().norm_index().unwrap() }
}

fn loglike_at(session: &mut Session, id: ParameterId, x: f64) -> f64 {
    session.roi_mut().parameter_mut(id).unwrap().set_bounds(0.0, 0.0).unwrap();
    session.roi_mut().parameter_mut(id).unwrap().set_value(x).unwrap();
    session.loglike().unwrap()
}

#[test]
fn a_flare_is_recovered_in_its_bins_and_no_others() {
    let sky = Sky::new(60.0);
    let observed = sky.observe(&FLARE, 3);
    let found = curve_of(&observed, &LightCurveOptions::default());
    let spectrum = sky.truth.source(&sky.name).unwrap().spectrum();
    let (emin, emax) = observed.whole.energy_range();
    let truth = spectrum.flux(emin, emax).unwrap();
    for (bin, factor) in found.bins.iter().zip(FLARE) {
        let (flux, error) = (bin.number("flux_fixed").unwrap(), bin.number("flux_err_fixed").unwrap());
        println!("{factor}: {:.3} +- {:.3} of the true flux", flux / truth, error / truth);
        assert!((flux - factor * truth).abs() < 4.0 * error, "{factor}: {} +- {}", flux / truth, error / truth);
    }
    println!("{:?}", found.blocks);
    assert!(found.variability.p_value.unwrap() < 1e-10 && found.variability.dof == 11);
    let edges: Vec<(f64, f64)> = found.blocks.iter().map(|block| (block.tmin / DAY, block.tmax / DAY)).collect();
    assert_eq!(edges, [(0.0, 4.0), (4.0, 6.0), (6.0, 12.0)]);
    assert!((found.blocks[1].flux / truth - 6.0).abs() < 4.0 * found.blocks[1].flux_err / truth);
}

/// The largest distance between the distribution of some chances and the even one (Kolmogorov 1933).
fn kolmogorov(chances: &mut [f64]) -> f64 {
    chances.sort_by(f64::total_cmp);
    let n = chances.len() as f64;
    let apart = |(i, p): (usize, &f64)| f64::max(p - i as f64 / n, (i + 1) as f64 / n - p);
    chances.iter().enumerate().map(apart).fold(0.0, f64::max)
}

#[test]
fn ts_var_of_a_constant_source_follows_its_chi_square_and_fluxes_scatter_by_their_errors() {
    let number: u64 = std::env::var("ROI_FIT_CLOSURE").map_or(25, |text| text.parse().unwrap());
    let sky = Sky::new(30.0);
    let spectrum = sky.truth.source(&sky.name).unwrap().spectrum();
    let options = LightCurveOptions::default().with_systematic(0.0);
    let (mut chances, mut pulls, mut changes) = (Vec::new(), Vec::new(), 0);
    for seed in 0..number {
        let observed = sky.observe(&[1.0; 12], 1000 + seed);
        let (emin, emax) = observed.whole.energy_range();
        let truth = spectrum.flux(emin, emax).unwrap();
        let found = curve_of(&observed, &options);
        assert!(found.variability.dof == 11 && found.variability.excluded.is_empty());
        chances.push(found.variability.p_value.unwrap());
        changes += usize::from(found.blocks.len() > 1);
        let pull = |bin: &TimeBin| (bin.number("flux_fixed").unwrap() - truth) / bin.number("flux_err_fixed").unwrap();
        pulls.extend(found.bins.iter().map(pull));
    }
    let apart = kolmogorov(&mut chances);
    let n = pulls.len() as f64;
    let mean = pulls.iter().sum::<f64>() / n;
    let rms = (pulls.iter().map(|pull| pull * pull).sum::<f64>() / n).sqrt();
    println!(
        "{number} light curves: Kolmogorov-Smirnov distance {apart:.4} ({:.2} / sqrt(n)); {n} pulls, mean {mean:+.3} +- {:.3}, rms {rms:.3} +- {:.3}; blocks change in {changes}",
        apart * (number as f64).sqrt(),
        n.powf(-0.5),
        (2.0 * n).powf(-0.5)
    );
    // A chance of 1e-3.
    assert!(apart * (number as f64).sqrt() < 1.95, "{apart}");
    // The error of a bin with fewer counts is smaller: the mean pull of Poisson counts is below 0, by about half of one over the root of the counts.
    assert!(mean.abs() < 0.1 + 3.3 / n.sqrt() && (rms - 1.0).abs() < 0.05 + 3.3 / (2.0 * n).sqrt(), "{mean} {rms}");
}

#[test]
fn ts_var_is_the_formula_over_the_columns() {
    let observed = Sky::new(60.0).observe(&FLARE, 4);
    for systematic in [0.0, 0.02, 0.5] {
        let found = curve_of(&observed, &LightCurveOptions::default().with_systematic(systematic));
        let json = found.to_json();
        let number = |key: &str, bin: usize| json[key][bin].as_f64().unwrap();
        let mut expected = 0.0;
        for bin in 0..found.bins.len() {
            let (s, f) = (number("flux_err_fixed", bin), systematic * number("flux_const", bin));
            let w = s * s / (s * s + f * f);
            expected += 2.0 * w * (number("loglike_fixed", bin) - number("loglike_const", bin));
        }
        approx::assert_relative_eq!(json["ts_var"].as_f64().unwrap(), expected, max_relative = 1e-6);
    }
}

#[test]
fn hypotheses_and_limits_are_those_of_the_likelihood_by_brute_force() {
    let observed = Sky::new(20.0).observe(&FLARE, 6);
    // Nobody but the source is fitted, not even before.
    let others: Vec<String> = observed.whole.roi().sources().iter().map(|source| source.name().to_owned()).collect();
    let skip = others.into_iter().filter(|name| *name != observed.name).collect();
    let roiopt = roi_fit::OptimizeOptions::default().with_skip(skip);
    let options = LightCurveOptions::default()
        .with_ul_confidence(0.9)
        .with_roiopt(roiopt)
        .with_free_params(vec!["norm".into()])
        .with_shape_ts_threshold(f64::INFINITY);
    let found = curve_of(&observed, &options);
    let id = norm_of(&observed);
    for (index, bin) in found.bins.iter().enumerate() {
        let mut session = held(&observed, index);
        let constant = session.loglike().unwrap();
        approx::assert_relative_eq!(bin.fixed.as_ref().unwrap().loglike_const, constant, max_relative = 1e-12);
        let at = |session: &mut Session, x: f64| loglike_at(session, id, x);
        let (mut low, mut high) = (0.0, 1e3 * bin.limit.unwrap().norm);
        for _ in 0..200 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if at(&mut session, a) > at(&mut session, b) { high = b } else { low = a }
        }
        let top = at(&mut session, low);
        let (mut inside, mut outside) = (low, 1e3 * bin.limit.unwrap().norm);
        for _ in 0..100 {
            let middle = 0.5 * (inside + outside);
            if at(&mut session, middle) < top - 0.821_187 { outside = middle } else { inside = middle }
        }
        approx::assert_relative_eq!(bin.limit.unwrap().norm, inside, max_relative = 1e-5);
        assert!((bin.loglike.unwrap() - top).abs() < 1e-3, "{} {top}", bin.loglike.unwrap());
        assert!((bin.fixed.as_ref().unwrap().loglike_fixed - top).abs() < 1e-3);
        let ratio = low / observed.whole.roi().parameter(id).unwrap().value();
        let (found, error) = bin.fixed.as_ref().map(|fixed| (fixed.ratio.unwrap(), fixed.ratio_err.unwrap())).unwrap();
        assert!((found - ratio).abs() < 0.05 * error, "{found} {ratio} {error}");
    }
}

#[test]
fn bins_without_data_are_told_apart_and_bins_without_counts_have_limits() {
    let sky = Sky::new(20.0);
    let mut observed = sky.observe(&[1.0; 6], 7);
    observed.slices.sessions[2] = Err("no good time".into());
    observed.slices.sessions[4] = Ok(sky.nothing(1.0 / 6.0));
    let found = curve_of(&observed, &LightCurveOptions::default());
    let json = found.to_json();
    assert_eq!(found.bins[2].status, BinStatus::NoData);
    assert_eq!((&json["status"][2], &json["message"][2]), (&"no data".into(), &"no good time".into()));
    assert!(json["flux"][2].is_null() && json["tmin"][2] == 2.0 * DAY && json["fit_success"][2] == false);
    let dark = &found.bins[4];
    assert!(dark.fit_success() && dark.is_ul && dark.counts == 0.0, "{}", dark.message);
    // Without counts logL falls by one a predicted count.
    let per_norm = dark.number("npred").unwrap() / dark.source.as_ref().unwrap().parameters[0].value;
    approx::assert_relative_eq!(dark.limit.unwrap().norm * per_norm, 1.352_772, max_relative = 1e-4);
    assert_eq!(found.variability.dof, 4);
    assert!(found.fit_success() && found.is_complete());
}

#[test]
fn the_ladder_goes_down_where_fits_fail_and_the_record_tells_why() {
    let observed = Sky::new(60.0).observe(&[1.0; 3], 8);
    let with = |calls: usize| {
        let optimizer = FitOptions::default().with_retries(1).with_max_calls(Some(calls));
        let options = LightCurveOptions::default().with_free_radius(Some(10.0)).with_shape_ts_threshold(0.0);
        curve_of(&observed, &options.with_optimizer(optimizer))
    };
    let is_down = |bin: &TimeBin| bin.fit_success() && bin.attempts.len() > 1;
    let found = (2..80).map(with).find(|found| found.bins.iter().any(is_down)).unwrap();
    let bin = found.bins.iter().find(|bin| is_down(bin)).unwrap();
    println!("{:#?}", bin.attempts);
    let (last, before) = bin.attempts.split_last().unwrap();
    assert!(before.iter().all(|attempt| !attempt.fit_success && !attempt.message.is_empty()) && last.fit_success);
    assert!(before[0].free.len() > last.free.len() && bin.num_free_params == last.free.len());

    let none = with(1);
    for bin in &none.bins {
        assert_eq!((bin.status, bin.fit_success()), (BinStatus::Failed, false));
        assert!(bin.message.contains("fit quality") && bin.attempts.len() > 1, "{}", bin.message);
        assert!(bin.source.is_none() && bin.limit.is_none());
    }
    assert!(!none.fit_success() && none.warnings.iter().any(|warning| warning.contains("3 of 3 bins")));
}

#[test]
fn what_is_free_is_what_the_options_say() {
    let observed = Sky::new(60.0).observe(&[2.0; 2], 9);
    let free = |options: LightCurveOptions| curve_of(&observed, &options).bins[0].attempts[0].free.clone();
    let own = |parameter: &str| format!("{}: {parameter}", observed.name);
    let names: Vec<String> = observed.whole.roi().sources().iter().map(|source| source.name().to_owned()).collect();
    let shape: Vec<String> = {
        let source = observed.whole.roi().source(&observed.name).unwrap().spectrum();
        roi_model::Pars::Shape.indices(source).iter().map(|i| own(source.parameters()[*i].name())).collect()
    };
    let none = LightCurveOptions::default().with_shape_ts_threshold(f64::INFINITY);
    assert_eq!(free(none.clone()), [own("norm")]);
    let all = free(LightCurveOptions::default());
    assert!(shape.iter().all(|name| all.contains(name)), "{all:?}");
    // fermipy frees norm and shape whatever `free_params` says.
    assert_eq!(free(LightCurveOptions::default().with_free_params(vec!["norm".into()])), [own("norm")]);
    let near = free(none.clone().with_free_radius(Some(10.0)));
    assert!(near.len() == 3 && !near.iter().any(|name| name.contains("diff")), "{near:?} of {names:?}");
    assert_eq!(free(none.clone().with_free_radius(Some(10.0)).with_max_free_sources(1)).len(), 2);
    assert!(free(none.clone().with_free_diffuse(true)).iter().any(|name| name.starts_with("galdiff")));
    assert_eq!(free(none.with_free_background(true)).len(), names.len());
}

#[test]
fn the_table_has_fermipys_columns_with_units_and_the_header_the_test_of_variability() {
    let mut observed = Sky::new(20.0).observe(&FLARE, 14);
    observed.slices.sessions[1] = Err("no livetime".into());
    let found = curve_of(&observed, &LightCurveOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curve.fits");
    found.write_fits(&path).unwrap();
    let file = lat_io::FitsFile::open(&path).unwrap();
    let table = file.table("LIGHTCURVE").unwrap();
    assert_eq!(table.table_rows(), Some(12));
    let column = |name: &str| file.read_column(table, name).unwrap();
    for (name, unit) in [
        ("tmin", "s"),
        ("tmax_mjd", "d"),
        ("flux", "ph / (cm2 s)"),
        ("eflux_err_fixed", "MeV / (cm2 s)"),
        ("dnde", "ph / (MeV cm2 s)"),
        ("flux_ul95", "ph / (cm2 s)"),
    ] {
        assert_eq!(table.column_unit(name), Some(unit), "{name}");
    }
    let header = table.header();
    assert_eq!(header.text("SRCNAME"), Some(observed.name.as_str()));
    approx::assert_relative_eq!(header.real("TS_VAR").unwrap(), found.variability.ts_var, max_relative = 1e-12);
    assert_eq!(header.integer("TSVARDOF"), Some(10));
    approx::assert_relative_eq!(
        header.real("TSVAR_P").unwrap(),
        found.variability.p_value.unwrap(),
        max_relative = 1e-9
    );
    assert!(header.text("CONFIG").unwrap().contains("shape_ts_threshold"));
    // fermipy: 51910 + 7.428703703703703e-4 + t / 86400.
    approx::assert_relative_eq!(column("tmin_mjd")[3], 51_913.000_742_870_37, max_relative = 1e-14);
    assert_eq!(file.read_text_column(table, "status").unwrap()[..3], ["ok", "no data", "ok"]);
    let json = found.to_json();
    for name in ["flux", "flux_err", "flux_ul", "ts", "npred", "flux_fixed", "loglike_const", "pivot_energy"] {
        for (bin, value) in column(name).into_iter().enumerate() {
            match json[name][bin].as_f64() {
                Some(number) => assert!(number == value, "{name} {bin}"),
                None => assert!(value.is_nan() && bin == 1, "{name} {bin}"),
            }
        }
    }
    assert_eq!(file.column_repeat(table, "norm_scan").unwrap(), json["norm_scan"][0].as_array().unwrap().len());
    assert_eq!(file.table("BLOCKS").unwrap().table_rows(), Some(found.blocks.len()));
    found.write_ecsv(&folder.path().join("curve.ecsv")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("curve.ecsv")).unwrap();
    assert!(text.starts_with("# %ECSV 1.0") && text.contains("name: 'flux_ul'") && !text.contains("norm_scan"));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let observed = Sky::new(20.0).observe(&FLARE, 11);
            let options = LightCurveOptions::default().with_free_radius(Some(10.0));
            curve_of(&observed, &options).to_json().to_string()
        })
    };
    assert!(with(1) == with(4));
}

#[test]
fn wrong_input_teaches() {
    let mut observed = Sky::new(20.0).observe(&[1.0; 2], 12);
    let plain = LightCurveOptions::default;
    let fails = |observed: &Observed, name: &str, options: LightCurveOptions| {
        let mut progress = Quiet;
        let run = LightCurveRun::new(&mut progress);
        light_curve(&observed.whole, name, &observed.slices, &options, run).unwrap_err().to_string()
    };
    let name = observed.name.clone();
    assert!(fails(&observed, "nobody", plain()).contains("nobody"));
    for (options, word) in [
        (plain().with_systematic(-0.1), "systematic"),
        (plain().with_systematic(f64::NAN), "systematic"),
        (plain().with_ul_confidence(1.0), "ul_confidence"),
        (plain().with_free_radius(Some(f64::NAN)), "free_radius"),
        (plain().with_shape_ts_threshold(f64::NAN), "shape_ts_threshold"),
        (plain().with_blocks_p0(0.0), "blocks_p0"),
        (plain().with_free_params(vec!["Prefix".into()]), "free_params"),
        (plain().with_free_sources(vec!["nobody".into()]), "nobody"),
    ] {
        let message = fails(&observed, &name, options);
        assert!(message.contains(word), "{word}: {message}");
    }
    for bins in [
        vec![],
        vec![(0.0, 2.0), (1.0, 3.0)],
        vec![(1.0, 1.0)],
        vec![(0.0, f64::NAN)],
        vec![(2.0, 3.0), (0.0, 1.0)],
        vec![(f64::NEG_INFINITY, 0.0)],
    ] {
        observed.slices.bins = bins;
        let message = fails(&observed, &name, plain());
        assert!(message.contains("time_bins"), "{message}");
    }
}

#[test]
fn data_that_cannot_be_made_are_a_failed_bin_with_its_reason() {
    let observed = Sky::new(20.0).observe(&[1.0; 3], 13);
    let broken = |bin: usize| if bin == 1 { Err(Error::Stopped) } else { Ok(()) };
    let found = curve(&observed, &Told(&observed.slices, broken), &LightCurveOptions::default());
    assert_eq!(found.bins[1].status, BinStatus::Failed);
    assert!(found.bins[1].message.contains("could not be made") && found.bins[0].fit_success());
}
