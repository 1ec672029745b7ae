//! The likelihood over a grid of one parameter or of several.

use rayon::prelude::*;
use roi_fit::{Session, climb};
use roi_model::ParameterId;
use serde_json::{Value, json};

use crate::curve::session_curve::is_impossible;
use crate::error::{Error, Result};

/// Points that one call visits at most.
const MOST_POINTS: usize = 10_000_000;

/// A parameter and where it is put.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileAxis {
    /// The source, by name or alias.
    pub source: String,
    /// The parameter; the normalisation when there is none.
    pub parameter: Option<String>,
    /// Its values, the scale not applied, wherever its bounds are.
    pub xvals: Vec<f64>,
}

/// `logL` over the product of some axes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LikelihoodGrid {
    /// The axes, with the names that the model has.
    pub axes: Vec<ProfileAxis>,
    /// `logL` of each point, the last axis running fastest; minus infinity where the data are impossible.
    pub loglike: Vec<f64>,
    /// The same relative to `logL` of the model as it stands.
    pub dloglike: Vec<f64>,
    /// Whether others were fitted again at each point.
    pub reoptimize: bool,
    /// Points at which the fit of the others did not converge: what stands there is a lower limit.
    pub not_converged: Vec<usize>,
}

impl LikelihoodGrid {
    /// The dictionary; impossible points are `null`.
    pub fn to_json(&self) -> Value {
        let axis = |axis: &ProfileAxis| json!({ "name": axis.source, "par_name": axis.parameter, "xvals": axis.xvals });
        json!({
            "axes": self.axes.iter().map(axis).collect::<Value>(),
            "loglike": self.loglike,
            "dloglike": self.dloglike,
            "reoptimize": self.reoptimize,
            "not_converged": self.not_converged,
        })
    }
}

/// `logL` over the grid of some parameters, with the rest of the model held, or with `reoptimize` all other free parameters fitted again at
/// every point. Each point is
/// begun from the model as it stands, and points are visited side by side. The session is left as it was.
///
/// # Errors
/// When there is no axis, no such source or parameter, a value is not finite, the grid has more than ten million points, or `logL` of the
/// model as it
/// stands cannot be evaluated.
pub fn profile(session: &Session, axes: &[ProfileAxis], reoptimize: bool) -> Result<LikelihoodGrid> {
    let ids = axes.iter().map(|axis| place(session, axis)).collect::<Result<Vec<_>>>()?;
    let sizes: Vec<usize> = axes.iter().map(|axis| axis.xvals.len()).collect();
    let points = sizes.iter().try_fold(1_usize, |all, size| all.checked_mul(*size));
    let points = points.filter(|points| (1..=MOST_POINTS).contains(points) && !axes.is_empty());
    let Some(points) = points else {
        let found = format!("{sizes:?} points");
        return Err(Error::Option {
            option: "axes",
            found,
            expected: "one axis or more, of 1 to 10 million points together",
        });
    };
    let mut base = session.clone();
    let loglike0 = base.loglike()?;
    if !reoptimize {
        for id in base.roi().free_parameters() {
            base.roi_mut().parameter_mut(id)?.set_free(false);
        }
    }
    for &id in &ids {
        let parameter = base.roi_mut().parameter_mut(id)?;
        parameter.set_bounds(0.0, 0.0)?;
        // Held, but free in the eyes of the likelihood, which keeps what it has summed while the value changes.
        parameter.set_free(!reoptimize);
    }
    let base = base.on_one_thread();
    let values = |mut point: usize| {
        let mut values = vec![0.0; axes.len()];
        for (value, axis) in values.iter_mut().zip(axes).rev() {
            *value = axis.xvals[point % axis.xvals.len()];
            point /= axis.xvals.len();
        }
        values
    };
    let evaluated = |own: &mut Session, point: usize| evaluate(own, &base, (&ids, &values(point)), reoptimize);
    let found: Vec<(f64, bool)> =
        (0..points).into_par_iter().map_init(|| base.clone(), evaluated).collect::<Result<_>>()?;
    let named = |(axis, id): (&ProfileAxis, &ParameterId)| {
        let source = &session.roi()[id.source];
        let parameter = source.spectrum().parameters()[id.parameter].name().to_owned();
        ProfileAxis { source: source.name().to_owned(), parameter: Some(parameter), xvals: axis.xvals.clone() }
    };
    Ok(LikelihoodGrid {
        axes: axes.iter().zip(&ids).map(named).collect(),
        dloglike: found.iter().map(|(loglike, _)| loglike - loglike0).collect(),
        not_converged: (0..points).filter(|&point| !found[point].1).collect(),
        loglike: found.into_iter().map(|(loglike, _)| loglike).collect(),
        reoptimize,
    })
}

/// The parameter of an axis.
fn place(session: &Session, axis: &ProfileAxis) -> Result<ParameterId> {
    if let Some(bad) = axis.xvals.iter().find(|x| !x.is_finite()) {
        return Err(Error::Option { option: "xvals", found: bad.to_string(), expected: "finite values" });
    }
    let source = session.roi().id_of(&axis.source)?;
    let model = &session.roi()[source];
    let parameter = match &axis.parameter {
        Some(name) => model.spectrum().index_of(name).ok_or_else(|| Error::Option {
            option: "parameter",
            found: name.clone(),
            expected: "the name of a parameter of the source's spectrum",
        })?,
        None => model.spectrum().norm_index().ok_or_else(|| Error::NoNorm {
            source_name: model.name().to_owned(),
            spectrum: model.spectrum().type_name().to_owned(),
        })?,
    };
    Ok(ParameterId { source, parameter })
}

/// `logL` of one point, and whether the fit of the others converged.
fn evaluate(
    own: &mut Session,
    base: &Session,
    (ids, values): (&[ParameterId], &[f64]),
    reoptimize: bool,
) -> Result<(f64, bool)> {
    if reoptimize {
        let start = base.roi().free_values();
        own.roi_mut().set_free_values(&start)?;
    }
    for (&id, &value) in ids.iter().zip(values) {
        own.roi_mut().parameter_mut(id)?.set_value(value)?;
    }
    let found = if reoptimize {
        climb(own, None).map(|summit| (summit.loglike, summit.is_converged))
    } else {
        own.loglike().map(|loglike| (loglike, true))
    };
    match found {
        Err(error) if is_impossible(&error) => Ok((f64::NEG_INFINITY, true)),
        other => Ok(other?),
    }
}
