//! What `fit_positions` found.

use likelihood_core::SourceMap;
use ndarray::Array2;
use roi_fit::Analysis;
use roi_model::{Roi, SkyDirection};
use serde_json::{Value, json};

use crate::error::Result;
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localization::apply;
use crate::localize::positions_options::PositionsOptions;

/// The positions of several sources of one fit, see [`crate::fit_positions`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FittedPositions {
    /// The sources, in the order in which they were asked for.
    pub sources: Vec<FittedPosition>,
    /// Covariance of all coordinates, two for each source: to the east and to the north, deg^2. `None` when the fit did not succeed.
    pub cov: Option<Array2<f64>>,
    /// `logL` of the model as it was.
    pub loglike_init: f64,
    /// `logL` at the old positions with the same parameters free.
    pub loglike_base: f64,
    /// `logL` at the new positions.
    pub loglike_loc: f64,
    /// Whether a maximum was found within `dtheta_max` of every old position, and `logL` is not higher near by.
    pub fit_success: bool,
    /// Whether the maximum lies within `dtheta_max` of all.
    pub fit_inbounds: bool,
    /// What went wrong.
    pub warnings: Vec<String>,
    /// The options.
    pub config: PositionsOptions,
    /// The model at the end of the fit.
    pub(crate) roi: Roi,
    /// The maps of each source at its new position, one a component.
    pub(crate) maps: Vec<Vec<SourceMap>>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FittedPosition {
    /// The source.
    pub name: String,
    /// Where the model had it.
    pub preloc: SkyDirection,
    /// Where it is.
    pub position: SkyDirection,
    /// Its error ellipse, all other positions and parameters fitted; `None` when the fit did not succeed.
    pub ellipse: Option<ErrorEllipse>,
}

impl FittedPosition {
    /// Degrees from the old position to the new one.
    pub fn pos_offset(&self) -> f64 {
        self.preloc.separation(&self.position)
    }

    /// All numbers by their keys, which are those of [`crate::Localization`].
    pub(crate) fn numbers(&self) -> Vec<(&'static str, Option<f64>)> {
        let ((glon, glat), ellipse) = (self.position.to_galactic(), self.ellipse.as_ref());
        vec![
            ("ra", Some(self.position.ra())),
            ("dec", Some(self.position.dec())),
            ("glon", Some(glon)),
            ("glat", Some(glat)),
            ("ra_preloc", Some(self.preloc.ra())),
            ("dec_preloc", Some(self.preloc.dec())),
            ("ra_err", ellipse.map(|e| e.cel_cov[0][0].sqrt())),
            ("dec_err", ellipse.map(|e| e.cel_cov[1][1].sqrt())),
            ("pos_offset", Some(self.pos_offset())),
            ("pos_err", ellipse.map(ErrorEllipse::sigma)),
            ("pos_r68", ellipse.map(|e| e.r68)),
            ("pos_r95", ellipse.map(|e| e.r95)),
            ("pos_r99", ellipse.map(|e| e.r99)),
            ("pos_err_semimajor", ellipse.map(|e| e.semimajor)),
            ("pos_err_semiminor", ellipse.map(|e| e.semiminor)),
            ("pos_angle", ellipse.map(|e| e.angle)),
        ]
    }
}

impl FittedPositions {
    /// The dictionary; `null` where something is not known.
    pub fn to_json(&self) -> Value {
        let source = |source: &FittedPosition| {
            let numbers = source.numbers().into_iter().map(|(key, value)| (key.to_owned(), json!(value)));
            let all = std::iter::once(("name".to_owned(), json!(source.name))).chain(numbers);
            Value::Object(all.collect())
        };
        let rows = |cov: &Array2<f64>| cov.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
        json!({
            "sources": self.sources.iter().map(source).collect::<Vec<_>>(),
            "pos_cov": self.cov.as_ref().map(rows),
            "loglike_init": self.loglike_init,
            "loglike_base": self.loglike_base,
            "loglike_loc": self.loglike_loc,
            "dloglike_loc": self.loglike_loc - self.loglike_base,
            "fit_success": self.fit_success,
            "fit_inbounds": self.fit_inbounds,
            "warnings": self.warnings,
            "config": self.config,
        })
    }

    /// Moves the sources in an analysis and takes over the values of everything that was fitted with them; nothing is done where the fit did not succeed, or
    /// without [`update`](PositionsOptions::update). `true` when they were moved.
    ///
    /// # Errors
    /// When the analysis is of other data. It is as it was then.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<bool> {
        if !self.fit_success || !self.config.update {
            return Ok(false);
        }
        let before = analysis.checkpoint();
        for (source, maps) in self.sources.iter().zip(&self.maps) {
            if let Err(error) = apply(&self.roi, &source.name, maps, analysis) {
                analysis.restore(before);
                return Err(error);
            }
        }
        Ok(true)
    }
}
