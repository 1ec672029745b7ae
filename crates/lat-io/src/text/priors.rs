//! Priors of parameters, which the source model XML cannot hold: a YAML file beside it, as pyLikelihood writes them.
//!
//! ```yaml
//! 4FGL J0534.5+2201:
//!   beta: {funcname: GaussianError, pars: {Mean: 0.1, Sigma: 0.3}}
//! ```
//!
//! A prior is one of the parameter's `value`, the scale not applied. The functions are `GaussianError`, `LogGaussian` and `LogNormalLog`;
//! `pars` is a mapping by name, or a list in the order of the function (`Norm`, `Mean`, `Sigma`, `Offset`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use roi_model::{Prior, PriorFunction, Roi, Source};
use serde::Deserialize;

use crate::disk::read_text;
use crate::error::{Error, Result};

/// What the file says of a prior.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    funcname: String,
    pars: Numbers,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Numbers {
    Named(BTreeMap<String, f64>),
    Listed(Vec<f64>),
}

/// The file of the priors of a source model: `srcmdl_00_priors.yaml` beside `srcmdl_00.xml`.
pub fn priors_beside(xml: &Path) -> PathBuf {
    // A path that names no file (`..`) has no stem.
    let mut name = xml.file_stem().unwrap_or(xml.as_os_str()).to_owned();
    name.push("_priors.yaml");
    xml.with_file_name(name)
}

/// Reads a file of priors and sets them. Parameters that it does not name keep theirs.
///
/// # Errors
/// When the file is missing or not of this form, names a source or parameter that the region lacks, or a prior that cannot be. Nothing is
/// then changed.
pub fn read_priors(path: &Path, roi: &mut Roi) -> Result<()> {
    let wrong = |reason: String| Error::Yaml { path: path.to_owned(), reason };
    let file: BTreeMap<String, BTreeMap<String, Entry>> =
        serde_saphyr::from_str(&read_text(path)?).map_err(|error| wrong(error.to_string()))?;
    let mut changed = roi.clone();
    for (name, parameters) in &file {
        let source = changed.source_mut(name).map_err(|source| Error::model(path, source))?;
        for (parameter, entry) in parameters {
            let place = format!("prior of parameter '{parameter}' of source '{name}'");
            let known: Vec<String> = source.spectrum().parameters().iter().map(|p| p.name().to_owned()).collect();
            let target = source.spectrum_mut().parameter_mut(parameter);
            let target = target.ok_or_else(|| wrong(format!("{place}: its parameters are {}", known.join(", "))))?;
            let prior = prior(entry).map_err(|reason| wrong(format!("{place}: {reason}")))?;
            target.set_prior(Some(prior));
        }
    }
    *roi = changed;
    Ok(())
}

fn prior(entry: &Entry) -> std::result::Result<Prior, String> {
    let (function, names) = match entry.funcname.as_str() {
        "GaussianError" => (PriorFunction::GaussianError, ["Norm", "Mean", "Sigma", "Offset"]),
        "LogGaussian" => (PriorFunction::LogGaussian, ["Norm", "Mean", "Sigma", ""]),
        "LogNormalLog" => (PriorFunction::LogNormalLog, ["Prefactor", "Log10_Mean", "Log10_Sigma", ""]),
        other => return Err(format!("function '{other}'; known are GaussianError, LogGaussian and LogNormalLog")),
    };
    let number = |position: usize| match &entry.pars {
        Numbers::Named(named) => named.get(names[position]).copied(),
        Numbers::Listed(listed) => listed.get(position).copied(),
    };
    if let Numbers::Named(named) = &entry.pars
        && let Some(unknown) = named.keys().find(|name| !names.contains(&name.as_str()))
    {
        return Err(format!(
            "'{unknown}' is no parameter of {}; it has {}",
            entry.funcname,
            names.join(" ").trim_end()
        ));
    }
    let needed = |position: usize| number(position).ok_or_else(|| format!("{} is missing in pars", names[position]));
    let (mean, sigma) = (needed(1)?, needed(2)?);
    let (norm, offset) = (number(0).unwrap_or(1.0), number(3).unwrap_or(0.0));
    if offset != 0.0 {
        return Err(format!("Offset is {offset}; only 0 is possible, as it would shift every log-likelihood"));
    }
    // The norm of a Gaussian without constant is the same as another sigma.
    let sigma = match function {
        PriorFunction::GaussianError if norm > 0.0 => sigma / norm.sqrt(),
        _ if norm == 1.0 => sigma,
        _ => return Err(format!("{} is {norm}; only 1 is possible", names[0])),
    };
    Prior::from_function(function, mean, sigma).map_err(|error| error.to_string())
}

/// The priors of sources in the form that [`read`] reads; `None` when there are none.
pub fn priors_to_yaml(sources: &[Source]) -> Option<String> {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for source in sources {
        let mut begun = false;
        for parameter in source.spectrum().parameters() {
            let Some(prior) = parameter.prior() else { continue };
            if !begun {
                let _ = writeln!(text, "{}:", quoted(source.name()));
                begun = true;
            }
            let (function, [mean, sigma]) = match prior.function() {
                PriorFunction::GaussianError => ("GaussianError", ["Mean", "Sigma"]),
                PriorFunction::LogGaussian => ("LogGaussian", ["Mean", "Sigma"]),
                PriorFunction::LogNormalLog => ("LogNormalLog", ["Log10_Mean", "Log10_Sigma"]),
            };
            let _ = writeln!(
                text,
                "  {}: {{funcname: {function}, pars: {{{mean}: {}, {sigma}: {}}}}}",
                quoted(parameter.name()),
                number(prior.mean()),
                number(prior.sigma())
            );
        }
    }
    (!text.is_empty()).then_some(text)
}

/// A text in double quotes, as YAML has them.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The shortest decimal that gives the same double, in the form that YAML 1.1, too, takes for a number: with a point, and a signed exponent.
fn number(x: f64) -> String {
    let text = format!("{x:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}
