//! Usual values, scales and bounds of spectral parameters: those that fermipy gives to a parameter of which little is said.

use crate::error::{Error, Result};
use crate::parameter::Parameter;
use crate::spectrum;

/// What is said of a parameter; what is not takes its usual value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Given {
    /// Value, to be multiplied by the scale (the given or the usual one, which is negative for an index of a falling spectrum).
    pub value: Option<f64>,
    /// Scale. When it is given, the value is taken as it is; otherwise the scale becomes a power of ten near the value.
    pub scale: Option<f64>,
    /// Lower bound, in units of the final value.
    pub min: Option<f64>,
    /// Upper bound.
    pub max: Option<f64>,
    /// Error, in the units of `value`.
    pub error: Option<f64>,
    /// Whether a fit varies it.
    pub free: Option<bool>,
}

/// Where bounds come from that are not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// The usual ones.
    Usual,
    /// From a thousandth to a thousand times the value.
    FromValue,
}

/// No bound, as fermipy writes it: the largest single-precision number.
const UNBOUNDED: f64 = f32::MAX as f64;

/// A usual value with scale and bounds.
struct Usual {
    value: f64,
    scale: f64,
    bounds: Option<(f64, f64)>,
}

fn usual(type_name: &str, name: &str, default: f64) -> Usual {
    let inner = type_name.rsplit("::").next().unwrap_or(type_name);
    let make = |value, scale, min, max| Usual { value, scale, bounds: Some((min, max)) };
    let cutoff = inner.starts_with("PLSuperExpCutoff");
    match (inner, name) {
        ("DMFitFunction", _) => Usual { value: default, scale: 1.0, bounds: None },
        (_, "Prefactor") | ("LogParabola", "norm") => make(1e-12, 1.0, 1e-5, 1000.0),
        (_, "Integral") => make(1e-6, 1.0, 1e-5, 1000.0),
        (_, "Normalization") => make(1.0, 1.0, 1e-5, 1000.0),
        ("PowerLaw" | "PowerLaw2", "Index")
        | ("BrokenPowerLaw" | "BrokenPowerLaw2" | "SmoothBrokenPowerLaw" | "BPLExpCutoff", "Index1" | "Index2") => {
            make(2.0, -1.0, 0.0, 5.0)
        }
        (_, "Index1" | "IndexS") if cutoff => make(2.0, -1.0, 0.0, 5.0),
        ("PLSuperExpCutoff4", "Index2") => make(1.0, 1.0, -0.5, 2.0),
        (_, "Index2") if cutoff => make(1.0, 1.0, 0.0, 2.0),
        (_, "Scale" | "BreakValue" | "Cutoff") | ("LogParabola", "Eb") => make(1000.0, 1.0, 0.001, 1000.0),
        (_, "LowerLimit") => make(100.0, 1.0, 20.0, 1e6),
        (_, "UpperLimit") => make(100_000.0, 1.0, 20.0, 1e6),
        ("LogParabola", "alpha") => make(2.0, 1.0, -5.0, 5.0),
        ("LogParabola", "beta") => make(0.0, 1.0, -10.0, 10.0),
        ("Gaussian", "Mean") => make(1000.0, 1.0, 1e-5, 1e5),
        ("Gaussian", "Sigma") => make(100.0, 1.0, 10.0, 1e5),
        _ => Usual { value: default, scale: 1.0, bounds: None },
    }
}

/// The parameters of a spectrum in declaration order, what `given` says of them and what is usual. They are fixed unless told otherwise. Bounds are widened
/// to hold the value. A value whose scale is not given is split into a value near 1 and a power of ten.
///
/// # Errors
/// [`Error::UnknownSpectrum`], [`Error::UnknownParameter`] for a given one that the type does not have, and the errors of [`Parameter`].
///
/// ```
/// use roi_model::{Bounds, Given, usual_parameters};
///
/// let given = [("Prefactor", Given { value: Some(1.3e-15), ..Given::default() })];
/// let power_law = usual_parameters("PowerLaw", &given, Bounds::Usual)?;
/// assert!((power_law[0].value() - 1.3).abs() < 1e-14 && power_law[0].scale() == 1e-15);
/// assert_eq!((power_law[1].value(), power_law[1].scale()), (2.0, -1.0));
/// # Ok::<(), roi_model::Error>(())
/// ```
pub fn usual_parameters(type_name: &str, given: &[(&str, Given)], bounds: Bounds) -> Result<Vec<Parameter>> {
    let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
    let declared = spectrum::default_parameters(type_name, &names)?;
    let expected = || declared.iter().map(|p| p.name().to_owned()).collect();
    if let Some(name) = names.iter().find(|name| declared.iter().all(|p| p.name() != **name)) {
        let (function, parameter) = (type_name.to_owned(), (*name).to_owned());
        return Err(Error::UnknownParameter { function, parameter, expected: expected() });
    }
    let one = |declared: &Parameter| {
        let given =
            given.iter().rfind(|(name, _)| *name == declared.name()).map_or(Given::default(), |(_, given)| *given);
        build(declared.name(), &usual(type_name, declared.name(), declared.value()), &given, bounds)
    };
    declared.iter().map(one).collect()
}

fn build(name: &str, usual: &Usual, given: &Given, bounds: Bounds) -> Result<Parameter> {
    let (value, scale) = (given.value.unwrap_or(usual.value), given.scale.unwrap_or(usual.scale));
    // As fermipy: the sign of value and scale stay, and what is negative as a whole keeps a scale of 1.
    let power = if given.scale.is_some() { scale.abs() } else { power_of_ten(value * scale) };
    let scaled = if given.scale.is_some() { value } else { (value * scale / power).abs() * sign(value) };
    let signed_power = power * sign(scale);
    let usual_bounds = usual.bounds.unwrap_or((-UNBOUNDED, UNBOUNDED));
    let from_value = (scaled * 1e-3, scaled * 1e3);
    let untold = given.min.is_none() && given.max.is_none();
    let (min, max) = match bounds {
        Bounds::FromValue if untold => (from_value.0.min(from_value.1), from_value.0.max(from_value.1)),
        _ if untold && usual.bounds.is_none() => (0.0, 0.0),
        _ => (given.min.unwrap_or(usual_bounds.0), given.max.unwrap_or(usual_bounds.1)),
    };
    let (min, max) = if (min, max) == (0.0, 0.0) { (min, max) } else { (min.min(scaled), max.max(scaled)) };
    let error = given.error.unwrap_or(0.0).abs();
    let error = if given.scale.is_some() { error } else { error * scale.abs() / power };
    let parameter = Parameter::new(name, scaled)?.with_scale(signed_power)?.with_bounds(min, max)?;
    Ok(parameter.with_error(error)?.with_free(given.free.unwrap_or(false)))
}

fn sign(x: f64) -> f64 {
    if x < 0.0 { -1.0 } else { 1.0 }
}

/// The power of ten nearest to a positive number in its logarithm; 1 for any other number.
pub fn power_of_ten(x: f64) -> f64 {
    let exponent = x.log10().round();
    // Parsing gives the double nearest to the decimal, which powers of 10 do not always do.
    if exponent.is_finite() { format!("1e{exponent}").parse().unwrap_or(1.0) } else { 1.0 }
}
