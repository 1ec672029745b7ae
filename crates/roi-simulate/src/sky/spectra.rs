//! Spectra as a LAT catalog has them, with parameters scaled and bounded as fermipy does for catalog sources.

use rand::{Rng, RngExt};
use roi_model::{Parameter, Spectrum};

use crate::error::Result;

/// The energies between which a source's photon flux is counted, MeV.
pub(crate) const FLUX_BAND: (f64, f64) = (1e3, 3e5);

/// The families of the point sources, from the brightest source on and then again: power laws are the rule among faint sources, curved
/// spectra among bright ones.
const FAMILIES: [Family; 10] = [
    Family::LogParabola,
    Family::PowerLaw,
    Family::SuperExpCutoff4,
    Family::PowerLaw,
    Family::PowerLaw2,
    Family::LogParabola,
    Family::PowerLaw,
    Family::SuperExpCutoff2,
    Family::PowerLaw,
    Family::LogParabola,
];

#[derive(Clone, Copy)]
enum Family {
    PowerLaw,
    PowerLaw2,
    LogParabola,
    SuperExpCutoff2,
    SuperExpCutoff4,
}

/// Draws the spectrum of the source that is `rank` places behind the brightest, with this photon flux in [`FLUX_BAND`]
/// (cm^-2 s^-1). All parameters are fixed.
pub(crate) fn draw(rank: usize, flux: f64, rng: &mut impl Rng) -> Result<Spectrum> {
    let mut between = |low: f64, high: f64| rng.random_range(low..high);
    // Everything is drawn for every source, so that one source's family does not change the next source.
    let pivot = 10f64.powf(between(2.9, 3.6)).round();
    let hardness = between(0.0, 1.0);
    let curvature = between(0.0, 1.0);
    let family = FAMILIES[rank % FAMILIES.len()];
    let make = |norm: f64| -> Result<Spectrum> {
        let (type_name, parameters) = match family {
            Family::PowerLaw => (
                "PowerLaw",
                vec![rescaled("Prefactor", norm)?, power_index(1.7 + hardness)?, constant("Scale", pivot)?],
            ),
            Family::PowerLaw2 => (
                "PowerLaw2",
                vec![
                    rescaled("Integral", norm)?,
                    index("Index", 1.8 + 0.8 * hardness)?,
                    constant("LowerLimit", 100.0)?,
                    constant("UpperLimit", 1e5)?,
                ],
            ),
            Family::LogParabola => (
                "LogParabola",
                vec![
                    rescaled("norm", norm)?,
                    Parameter::new("alpha", 1.8 + 0.7 * hardness)?.with_bounds(-5.0, 5.0)?,
                    Parameter::new("beta", 0.03 + 0.15 * curvature)?.with_bounds(-2.0, 2.0)?,
                    constant("Eb", pivot)?,
                ],
            ),
            Family::SuperExpCutoff2 => (
                "PLSuperExpCutoff2",
                vec![
                    rescaled("Prefactor", norm)?,
                    index("Index1", 1.2 + 0.6 * hardness)?,
                    constant("Scale", pivot)?,
                    rescaled("Expfactor", 0.003 + 0.005 * curvature)?,
                    Parameter::new("Index2", 2.0 / 3.0)?.with_bounds(0.0, 2.0)?,
                ],
            ),
            Family::SuperExpCutoff4 => (
                "PLSuperExpCutoff4",
                vec![
                    rescaled("Prefactor", norm)?,
                    index("IndexS", 1.8 + 0.5 * hardness)?,
                    constant("Scale", pivot)?,
                    rescaled("ExpfactorS", 0.3 + 0.4 * curvature)?,
                    Parameter::new("Index2", 0.6)?.with_bounds(-0.5, 2.0)?,
                ],
            ),
        };
        Ok(Spectrum::new(type_name, parameters)?)
    };
    let (emin, emax) = FLUX_BAND;
    make(flux / make(1.0)?.flux(emin, emax)?)
}

/// The index that stands for the hardness of a spectrum, the first of its shape.
pub(crate) fn main_index(spectrum: &Spectrum) -> Option<usize> {
    spectrum.shape_indices().first().copied()
}

/// A positive parameter whose scale is the nearest power of ten.
fn rescaled(name: &str, true_value: f64) -> Result<Parameter> {
    let scale = 10f64.powf(true_value.log10().round());
    let value = true_value / scale;
    Ok(Parameter::new(name, value)?.with_scale(scale)?.with_bounds(value.min(1e-5), value.max(1000.0))?)
}

/// A photon index, positive where the spectrum falls.
fn index(name: &str, value: f64) -> Result<Parameter> {
    Ok(Parameter::new(name, value)?.with_scale(-1.0)?.with_bounds(0.0, 5.0)?)
}

/// The photon index of a power law, which fermipy bounds on its own way.
fn power_index(value: f64) -> Result<Parameter> {
    let parameter = Parameter::new("Index", value)?.with_scale(-1.0)?;
    Ok(parameter.with_bounds((value - 1.0).min(0.0), (value + 1.0).max(5.0))?)
}

/// A parameter that nobody varies.
fn constant(name: &str, value: f64) -> Result<Parameter> {
    Ok(Parameter::new(name, value)?.with_bounds(value, value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    #[test]
    fn every_family_gets_the_flux_it_was_given_and_the_bounds_of_fermipy() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut types = std::collections::BTreeSet::new();
        for rank in 0..30 {
            let spectrum = draw(rank, 3e-9, &mut rng).unwrap();
            types.insert(spectrum.type_name().to_owned());
            approx::assert_relative_eq!(spectrum.flux(FLUX_BAND.0, FLUX_BAND.1).unwrap(), 3e-9, max_relative = 1e-9);
            for p in spectrum.parameters() {
                assert!(!p.is_free() && p.min() <= p.value() && p.value() <= p.max(), "{p:?}");
            }
            let norm = &spectrum.parameters()[spectrum.norm_index().unwrap()];
            assert!((0.3..=3.2).contains(&norm.value()), "{norm:?}");
            let text = format!("{:e}", norm.scale());
            assert!(text.starts_with("1e-"), "the scale is a power of ten: {text}");
            let main = &spectrum.parameters()[main_index(&spectrum).unwrap()];
            assert!(["Index", "Index1", "IndexS", "alpha"].contains(&main.name()), "{main:?}");
        }
        assert_eq!(types.len(), 5);
    }
}
