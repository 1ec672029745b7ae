//! First and second derivatives of every spectrum against differences, at random parameters.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use proptest::prelude::*;
use roi_model::{Bounds, DarkMatterTable, EblTable, FileTable, Parameter, Spectrum, Tables};

/// The range of a parameter's true value in which LAT analyses use it.
fn range(name: &str) -> (f64, f64) {
    match name {
        "Index" | "Index1" | "IndexS" | "alpha" | "IndexL" => (-3.5, -0.2),
        "Index2" | "Index3" | "beta" | "IndexH" => (-4.5, -1.2),
        "Scale" | "Eb" | "Epeak" | "E0" => (1250.0, 3000.0),
        "BreakValue" | "BreakValue12" | "Ebreak" | "Eabs" => (500.0, 900.0),
        "BreakValue23" | "Mean" => (5000.0, 9000.0),
        "LowerLimit" | "LowerLimit1" => (50.0, 150.0),
        "UpperLimit" | "UpperLimit1" => (1e4, 5e5),
        "LowerLimit2" => (1e3, 2e3),
        "UpperLimit2" => (1e5, 5e5),
        "Beta" | "Beta12" | "Beta23" => (0.15, 1.0),
        "Cutoff" | "P1" => (2000.0, 50_000.0),
        "Sigma" => (2000.0, 5000.0),
        "Expfactor" => (1e-4, 5e-3),
        "Expfactor2" | "ExpfactorS" | "bratio" => (0.1, 0.9),
        "P2" | "P3" => (-0.1, 0.1),
        "Log10_Mean" => (2.0, 4.0),
        "Tau0" | "tau_norm" => (0.3, 1.5),
        "redshift" => (0.55, 0.9),
        // Within one bin of the table of yields, for each of the energies.
        "mass" => (36.6, 37.0),
        "channel0" => (4.1, 4.8),
        "channel1" => (1.1, 1.8),
        "Emin" => (20.0, 60.0),
        "Emax" => (1e5, 2e5),
        "ebl_model" => (3.0, 4.0),
        _ => (0.5, 2.0),
    }
}

/// Parameters that are not of the family's usual meaning.
fn range_in(type_name: &str, name: &str) -> (f64, f64) {
    match (type_name.rsplit("::").next().unwrap_or(type_name), name) {
        ("PLSuperExpCutoff" | "PLSuperExpCutoff2" | "PLSuperExpCutoff3" | "PLSuperExpCutoff4", "Index2") => (0.3, 0.9),
        ("LogParabola", "alpha") => (1.0, 3.0),
        ("LogParabola", "beta") => (-0.1, 0.4),
        // These cross between 1500 and 2300 MeV.
        ("BrokenPowerLaw3", "Integral1") => (1.0, 1.2),
        ("BrokenPowerLaw3", "Integral2") => (0.15, 0.165),
        ("BrokenPowerLaw3", "Index1") => (-1.6, -1.5),
        ("BrokenPowerLaw3", "Index2") => (-3.6, -3.5),
        ("BrokenPowerLaw3", "LowerLimit1") => (50.0, 60.0),
        ("BrokenPowerLaw3", "UpperLimit1") => (10_000.0, 12_000.0),
        ("BrokenPowerLaw3", "LowerLimit2") => (1000.0, 1100.0),
        ("ExpCutoffSEDPeak", "Index") => (-1.8, -0.8),
        // These bend between 1600 and 3600 MeV.
        ("BandFunction", "alpha") => (-0.6, -0.5),
        ("BandFunction", "beta") => (-2.3, -2.2),
        ("BandFunction", "Ep") => (1000.0, 2000.0),
        ("MultipleBPL" | "MultipleBrokenPowerLaw" | "PiecewisePowerLaw", "Break0" | "Energy0") => (200.0, 300.0),
        ("MultipleBPL" | "MultipleBrokenPowerLaw" | "PiecewisePowerLaw", "Break1" | "Energy1") => (2000.0, 3000.0),
        ("PiecewisePowerLaw", "Energy2") => (20_000.0, 30_000.0),
        ("PiecewisePowerLaw", "dNdE1") => (0.005, 0.02),
        ("PiecewisePowerLaw", "dNdE2") => (5e-5, 2e-4),
        _ => range(name),
    }
}

fn tables() -> Tables {
    let spectrum = FileTable::new(vec![1.0, 1e3, 1e7], vec![1e-3, 1e-9, 1e-18]).unwrap();
    let depths = vec![vec![1e-6, 2e-6, 3e-6], vec![0.1, 0.2, 0.4], vec![10.0, 20.0, 50.0]];
    let ebl = EblTable::new(vec![1.0, 1e4, 1e7], vec![0.0, 0.5, 1.0], depths).unwrap();
    let yields: Vec<String> = (0..12 * 24 * 250).map(|n| (1.0 + f64::from(n % 7919) / 7919.0).to_string()).collect();
    let yields = yields.join(" ");
    Tables {
        file: Some("table.txt".to_owned()),
        spectrum: Some(Arc::new(spectrum)),
        ebl: Some(Arc::new(ebl)),
        dark_matter: Some(Arc::new(DarkMatterTable::parse(&yields).unwrap())),
    }
}

/// A spectrum at a place of its parameters' ranges, with a scale that is not one.
fn spectrum_at(type_name: &str, fractions: &[f64], scale: f64, tables: &Tables) -> Spectrum {
    let names: Vec<String> = match type_name.rsplit("::").next().unwrap() {
        "MultipleBPL" | "MultipleBrokenPowerLaw" => {
            ["Normalization", "Index0", "Index1", "Index2", "Break0", "Break1"].map(str::to_owned).to_vec()
        }
        "PiecewisePowerLaw" => {
            ["IndexL", "IndexH", "dNdE0", "dNdE1", "dNdE2", "Energy0", "Energy1", "Energy2"].map(str::to_owned).to_vec()
        }
        _ => {
            let defaults = Spectrum::with_default_parameters(type_name, tables).unwrap();
            defaults.parameters().iter().map(|p| p.name().to_owned()).collect()
        }
    };
    let wrapped: Vec<&str> = if type_name.starts_with("EblAtten") {
        vec!["tau_norm", "redshift", "ebl_model"]
    } else if type_name.starts_with("EnergyBand") {
        vec!["Emin", "Emax"]
    } else if type_name.starts_with("ScaleFactor") {
        vec!["ScaleFactor"]
    } else {
        Vec::new()
    };
    let missing = wrapped.iter().map(|name| (*name).to_owned()).filter(|name| !names.contains(name));
    let names: Vec<String> = names.iter().cloned().chain(missing).collect();
    let parameters = names
        .iter()
        .zip(fractions.iter().cycle())
        .map(|(name, fraction)| {
            let (low, high) = range_in(type_name, name);
            let mut p = Parameter::new(name.as_str(), 1.0).unwrap().with_scale(scale).unwrap();
            p.set_true_value(low + fraction * (high - low)).unwrap();
            p
        })
        .collect();
    Spectrum::with_tables(type_name, parameters, tables).unwrap()
}

/// All types, plain and wrapped.
fn all_types() -> Vec<String> {
    let plain = roi_model::spectrum_types();
    let wrapped = roi_model::spectrum_wrappers();
    let wrapped = wrapped.iter().flat_map(|w| plain.iter().map(move |t| format!("{w}::{t}")));
    plain.iter().map(|t| (*t).to_owned()).chain(wrapped).collect()
}

/// Central difference of order four of `f` in the `value` of parameter `i`, with steps far below `length`.
fn difference(spectrum: &Spectrum, i: usize, length: f64, f: impl Fn(&Spectrum) -> Vec<f64>) -> Vec<f64> {
    let value = spectrum.parameters()[i].value();
    let h = 1e-3 * length;
    let at = |steps: f64| {
        let mut moved = spectrum.clone();
        moved.parameters_mut()[i].set_value(value + steps * h).unwrap();
        f(&moved)
    };
    let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(at);
    (0..a.len()).map(|k| (a[k] - 8.0 * b[k] + 8.0 * c[k] - d[k]) / (12.0 * h)).collect()
}

/// Agreement to `tolerance` of the derivative, or of the terms that it is the difference of.
fn assert_close(got: &[f64], want: &[f64], terms: &[f64], tolerance: f64, what: &str) -> Result<(), TestCaseError> {
    for k in 0..got.len() {
        let bar = tolerance * (want[k].abs() + terms[k]);
        prop_assert!((got[k] - want[k]).abs() <= bar, "{what} at energy {k}: {:e} against {:e}", got[k], want[k]);
    }
    Ok(())
}

/// Energies away from breaks, which differences must not straddle.
const ENERGIES: [f64; 6] = [70.0, 160.0, 1100.0, 4100.0, 12_000.0, 60_000.0];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn derivatives_are_those_of_the_value(fractions in proptest::collection::vec(0.0..1.0f64, 11), scale in 0.1..3.0f64, sign in proptest::bool::ANY) {
        let tables = tables();
        let n = ENERGIES.len();
        for type_name in all_types() {
            let spectrum = spectrum_at(&type_name, &fractions, if sign { scale } else { -scale }, &tables);
            let all: Vec<usize> = (0..spectrum.parameters().len()).collect();
            let mut values = vec![0.0; n];
            spectrum.evaluate(&ENERGIES, &mut values).unwrap();
            let mut gradient = vec![0.0; n * all.len()];
            spectrum.gradient(&ENERGIES, &all, &mut gradient).unwrap();
            let mut hessian = vec![0.0; n * all.len() * (all.len() + 1) / 2];
            spectrum.hessian(&ENERGIES, &all, &mut hessian).unwrap();
            let mut packed = hessian.chunks_exact(n);
            // Over what distance a parameter changes the spectrum at all.
            let length = |i: usize| {
                let size = spectrum.parameters()[i].value().abs().max(1e-2);
                let slopes = values.iter().zip(&gradient[i * n..(i + 1) * n]).map(|(f, g)| (g / f).abs());
                1.0 / (1.0 / size + slopes.filter(|slope| slope.is_finite()).fold(0.0, f64::max))
            };
            for &i in &all {
                let name = spectrum.parameters()[i].name();
                let size = spectrum.parameters()[i].value().abs().max(1e-2);
                let row = &gradient[i * n..(i + 1) * n];
                let wanted = difference(&spectrum, i, length(i), |s| {
                    let mut out = vec![0.0; n];
                    s.evaluate(&ENERGIES, &mut out).unwrap();
                    out
                });
                let terms: Vec<f64> = values.iter().map(|f| f.abs() / size).collect();
                assert_close(row, &wanted, &terms, 1e-7, &format!("{type_name}: d/d{name}"))?;
                // A single wanted parameter gives the same numbers.
                let mut alone = vec![0.0; n];
                spectrum.gradient(&ENERGIES, &[i], &mut alone).unwrap();
                prop_assert_eq!(row, alone.as_slice());
                for &j in all.iter().skip(i) {
                    let other = spectrum.parameters()[j].name();
                    let got = packed.next().unwrap();
                    let wanted = difference(&spectrum, j, length(j), |s| {
                        let mut out = vec![0.0; n];
                        s.gradient(&ENERGIES, &[i], &mut out).unwrap();
                        out
                    });
                    let other_size = spectrum.parameters()[j].value().abs().max(1e-2);
                    let terms: Vec<f64> = terms.iter().zip(row).map(|(t, g)| (t + g.abs()) / other_size).collect();
                    assert_close(got, &wanted, &terms, 1e-7, &format!("{type_name}: d2/d{name} d{other}"))?;
                }
            }
            prop_assert!(packed.next().is_none());
        }
    }

    #[test]
    fn zero_norm_is_harmless(fractions in proptest::collection::vec(0.0..1.0f64, 11)) {
        let tables = tables();
        for type_name in all_types() {
            let mut spectrum = spectrum_at(&type_name, &fractions, 0.5, &tables);
            let Some(norm) = spectrum.norm_index() else { continue };
            let n = ENERGIES.len();
            let slopes: Vec<f64> = ENERGIES.iter().map(|&e| spectrum.log_slope(e).unwrap_or(f64::NAN)).collect();
            let mut before = vec![0.0; n];
            spectrum.gradient(&ENERGIES, &[norm], &mut before).unwrap();
            spectrum.parameters_mut()[norm].set_value(0.0).unwrap();
            let all: Vec<usize> = (0..spectrum.parameters().len()).collect();
            let mut gradient = vec![0.0; n * all.len()];
            spectrum.gradient(&ENERGIES, &all, &mut gradient).unwrap();
            let mut hessian = vec![0.0; n * all.len() * (all.len() + 1) / 2];
            spectrum.hessian(&ENERGIES, &all, &mut hessian).unwrap();
            // All but this one are proportional to their norm.
            if !type_name.ends_with("BrokenPowerLaw3") {
                for k in 0..n {
                    let (now, then) = (gradient[norm * n + k], before[k]);
                    prop_assert!((now - then).abs() <= 1e-13 * then.abs(), "{type_name}: {now:e} {then:e}");
                }
                for (e, slope) in ENERGIES.iter().zip(slopes).filter(|(_, slope)| slope.is_finite()) {
                    prop_assert!((spectrum.log_slope(*e).unwrap() - slope).abs() < 1e-12 * slope.abs().max(1.0));
                }
            }
        }
    }

    #[test]
    fn everything_is_finite_within_the_usual_bounds(fractions in proptest::collection::vec(0.0..=1.0f64, 11)) {
        let tables = tables();
        let mut checked = 0;
        let energies: Vec<f64> = (0..24).map(|i| 30.0 * 10f64.powf(f64::from(i) * 0.2)).collect();
        for type_name in all_types() {
            // Those of variable length have no usual parameters.
            let usual = roi_model::usual_parameters(&type_name, &[], Bounds::Usual).unwrap();
            let Ok(mut spectrum) = Spectrum::with_tables(&type_name, usual, &tables) else { continue };
            for (p, fraction) in spectrum.parameters_mut().iter_mut().zip(&fractions) {
                // Limits and pivots are fixed; with one at 1 MeV, a curved log-parabola is beyond any double at 1 TeV.
                let is_fixed = p.is_always_fixed() || ["Scale", "Eb"].contains(&p.name());
                if p.bounds().0.is_finite() && !is_fixed {
                    let (min, max) = p.bounds();
                    p.set_value((min + fraction * (max - min)).clamp(min, max)).unwrap();
                }
            }
            let (n, m) = (spectrum.parameters().len(), energies.len());
            let all: Vec<usize> = (0..n).collect();
            let mut values = vec![0.0; m];
            let mut gradient = vec![0.0; n * m];
            let mut hessian = vec![0.0; n * (n + 1) / 2 * m];
            let outcome = spectrum
                .evaluate(&energies, &mut values)
                .and_then(|()| spectrum.gradient(&energies, &all, &mut gradient))
                .and_then(|()| spectrum.hessian(&energies, &all, &mut hessian));
            prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
            prop_assert!(values.iter().all(|f| *f >= 0.0), "{type_name}");
            checked += 1;
        }
        prop_assert!(checked >= 80, "only {checked} types");
    }

    #[test]
    fn log_slope_is_that_of_the_value(fractions in proptest::collection::vec(0.0..1.0f64, 11)) {
        let tables = tables();
        for type_name in all_types() {
            let spectrum = spectrum_at(&type_name, &fractions, 1.0, &tables);
            for energy in ENERGIES {
                let h = 1e-4;
                let at = |steps: f64| spectrum.dnde(energy * (steps * h).exp()).unwrap().ln();
                let wanted = (at(-2.0) - 8.0 * at(-1.0) + 8.0 * at(1.0) - at(2.0)) / (12.0 * h);
                // Tabulated yields have kinks between their bins, and a zero spectrum has no slope.
                if wanted.is_finite() && !type_name.ends_with("DMFitFunction") {
                    let got = spectrum.log_slope(energy).unwrap();
                    prop_assert!((got - wanted).abs() < 1e-8 * wanted.abs().max(1.0), "{type_name} {energy}: {got} {wanted}");
                }
            }
        }
    }
}
