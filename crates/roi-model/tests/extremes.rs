//! Spectra at any parameters, the extremes of the numbers among them: a value that is finite, or an error that says of what. `ROI_FIT_CASES=10000`
//! tries more of them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use roi_model::{DarkMatterTable, EblTable, FileTable, Parameter, Prior, PriorFunction, Spectrum, Tables};

fn cases(ordinary: u32) -> ProptestConfig {
    let cases = std::env::var("ROI_FIT_CASES").map_or(ordinary, |text| text.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any number: usual ones, those of any size, the edges of what a double holds, and what is none.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -5.0..5.0_f64,
        2 => 1.0..1e6_f64,
        3 => (-320.0..308.0_f64, any::<bool>()).prop_map(|(e, minus)| if minus { -(10_f64.powf(e)) } else { 10_f64.powf(e) }),
        2 => prop::sample::select(vec![
            0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::EPSILON, 1e-300, 1e300, f64::MAX, f64::MIN,
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ]),
    ]
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let spectrum = FileTable::new(vec![1.0, 1e3, 1e7], vec![1e-3, 0.0, 1e-300]).unwrap();
    let ebl = EblTable::new(vec![1.0, 1e7], vec![0.0, 1.0], vec![vec![0.0, 3e-6], vec![10.0, 1e4]]).unwrap();
    let yields: Vec<String> = (0..12 * 24 * 250).map(|n| (f64::from(n % 7919) / 7919.0).to_string()).collect();
    Tables {
        file: Some("table.txt".to_owned()),
        spectrum: Some(Arc::new(spectrum)),
        ebl: Some(Arc::new(ebl)),
        dark_matter: Some(Arc::new(DarkMatterTable::parse(&yields.join(" ")).unwrap())),
    }
});

/// All types, plain and wrapped, with the names of their parameters.
static TYPES: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(|| {
    let plain = roi_model::spectrum_types();
    let wrapped = roi_model::spectrum_wrappers();
    let wrapped = wrapped.iter().flat_map(|wrapper| plain.iter().map(move |name| format!("{wrapper}::{name}")));
    let names = |name: &String| {
        let spectrum = Spectrum::with_default_parameters(name, &TABLES).unwrap();
        spectrum.parameters().iter().map(|parameter| parameter.name().to_owned()).collect()
    };
    plain.iter().map(|name| (*name).to_owned()).chain(wrapped).map(|name| (name.clone(), names(&name))).collect()
});

/// A spectrum with these true values; `None` where a parameter or the family refuses them. What is refused is refused in words.
fn spectrum(type_name: &str, names: &[String], values: &[(f64, f64)]) -> Option<Spectrum> {
    let parameter = |(name, (value, scale)): (&String, &(f64, f64))| -> roi_model::Result<Parameter> {
        Parameter::new(name.as_str(), *value)?.with_scale(*scale)
    };
    let parameters: roi_model::Result<Vec<Parameter>> =
        names.iter().zip(values.iter().cycle()).map(parameter).collect();
    let made = parameters.and_then(|parameters| Spectrum::with_tables(type_name, parameters, &TABLES));
    made.map_err(|error| assert!(!error.to_string().is_empty())).ok()
}

/// That a result is finite, or says of which spectrum it is not.
fn told(type_name: &str, what: &str, result: roi_model::Result<Vec<f64>>) -> Option<Vec<f64>> {
    match result {
        Ok(values) => {
            assert!(values.iter().all(|value| value.is_finite()), "{type_name}: {what} {values:?}");
            Some(values)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_spectrum_at_any_parameters_is_finite_or_says_that_it_is_not(
        values in prop::collection::vec((number(), prop_oneof![3 => Just(1.0), 1 => number()]), 11),
        energies in prop::collection::vec(prop_oneof![3 => 1.0..1e7_f64, 1 => number()], 3),
    ) {
        for (type_name, names) in TYPES.iter() {
            let Some(spectrum) = spectrum(type_name, names, &values) else { continue };
            let (n, m) = (spectrum.parameters().len(), energies.len());
            let all: Vec<usize> = (0..n).collect();
            let mut out = vec![f64::NAN; m];
            let found = spectrum.evaluate(&energies, &mut out).map(|()| out);
            let found = told(type_name, "dN/dE", found);
            for (k, energy) in energies.iter().enumerate() {
                let one = told(type_name, "dN/dE", spectrum.dnde(*energy).map(|value| vec![value]));
                if let (Some(all), Some(one)) = (&found, one) {
                    prop_assert_eq!(all[k].to_bits(), one[0].to_bits(), "{} at {}", type_name, energy);
                }
                told(type_name, "slope", spectrum.log_slope(*energy).map(|slope| vec![slope]));
            }
            let mut out = vec![f64::NAN; n * m];
            told(type_name, "gradient", spectrum.gradient(&energies, &all, &mut out).map(|()| out));
            let mut out = vec![f64::NAN; n * (n + 1) / 2 * m];
            told(type_name, "Hessian", spectrum.hessian(&energies, &all, &mut out).map(|()| out));
            told(type_name, "flux", spectrum.flux(energies[0], energies[1]).map(|flux| vec![flux]));
            told(type_name, "energy flux", spectrum.energy_flux(energies[0], energies[1]).map(|flux| vec![flux]));
        }
    }

    #[test]
    fn the_gradient_of_a_flux_is_finite_or_says_that_it_is_not(
        values in prop::collection::vec((number(), prop_oneof![3 => Just(1.0), 1 => number()]), 11),
        energies in [prop_oneof![3 => 1.0..1e7_f64, 1 => number()], prop_oneof![3 => 1.0..1e7_f64, 1 => number()]],
        chosen in any::<prop::sample::Index>(),
    ) {
        // A thousand energies each: one type a case.
        let (type_name, names) = chosen.get(&TYPES);
        if let Some(spectrum) = spectrum(type_name, names, &values) {
            let all: Vec<usize> = (0..spectrum.parameters().len()).collect();
            told(type_name, "gradient of the flux", spectrum.flux_gradient(energies[0], energies[1], &all));
            told(type_name, "gradient of the energy flux", spectrum.energy_flux_gradient(energies[0], energies[1], &all));
        }
    }

    #[test]
    fn a_parameter_never_holds_what_is_no_number(numbers in prop::collection::vec(number(), 7), order in prop::collection::vec(0..6_usize, 12)) {
        let Ok(mut p) = Parameter::new("p", numbers[0]) else {
            prop_assert!(!numbers[0].is_finite());
            return Ok(());
        };
        for (what, number) in order.iter().zip(numbers.iter().cycle().skip(1)) {
            let before = format!("{p:?}");
            let changed = match what {
                0 => p.set_value(*number),
                1 => p.set_true_value(*number),
                2 => p.set_scale(*number),
                3 => p.rescale(*number),
                4 => p.set_error(*number),
                _ => p.set_bounds(*number, numbers[6]),
            };
            prop_assert!(changed.is_ok() || format!("{p:?}") == before, "an error that changed {before} to {p:?}");
            prop_assert!(p.value().is_finite() && p.scale().is_finite() && p.scale() != 0.0 && p.error().is_finite(), "{p:?}");
            prop_assert!(!p.min().is_nan() && !p.max().is_nan() && !p.true_value().is_nan(), "{p:?}");
            let (low, high) = p.bounds();
            prop_assert!((low..=high).contains(&p.value()), "outside its bounds: {p:?}");
        }
    }

    #[test]
    fn a_prior_anywhere_is_a_number(function in 0..3_usize, numbers in [number(), number(), number()]) {
        let functions = [PriorFunction::GaussianError, PriorFunction::LogGaussian, PriorFunction::LogNormalLog];
        if let Ok(prior) = Prior::from_function(functions[function], numbers[0], numbers[1]) {
            prop_assert!(prior.mean().is_finite() && prior.sigma().is_finite() && prior.sigma() > 0.0, "{prior:?}");
            if numbers[2].is_finite() {
                prop_assert!(!prior.ln(numbers[2]).is_nan(), "{prior:?} at {}", numbers[2]);
                prop_assert!(prior.derivatives(numbers[2]).iter().all(|d| !d.is_nan()), "{prior:?} at {}: {:?}", numbers[2], prior.derivatives(numbers[2]));
            }
        }
    }
}
