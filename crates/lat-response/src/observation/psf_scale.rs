//! A PSF that is wider or narrower than the tables say, by a factor that depends on the energy.

use serde::{Serialize, Serializer};

use super::psf_planes::PsfPlanes;
use super::psf_resample::stretched;
use crate::error::{Error, Result};

/// By how much a PSF is wider than its tables, for each energy: what is assumed of its systematic error (`psf_scale_fn` of fermipy).
///
/// At an energy `E` the PSF is `P'(x) = P(x/(1+f)) / (1+f)^2`: all separations are `1 + f` times as large, and the integral over the flat sky is kept. The
/// fraction `f` is linear in `log10 E` between the nodes, and that of the nearest node outside.
///
/// ```
/// use lat_response::PsfScale;
/// // 5 % wider up to 10 GeV, and more above.
/// let scale = PsfScale::new(vec![3.0, 4.0, 5.5], vec![0.05, 0.05, 0.2])?;
/// assert_eq!(scale.factor(100.0), 1.05);
/// assert!((scale.factor(10f64.powf(4.75)) - 1.125).abs() < 1e-12);
/// assert!(PsfScale::new(vec![3.0], vec![-1.0]).is_err());
/// # Ok::<(), lat_response::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PsfScale {
    /// log10 of MeV, rising.
    loge: Vec<f64>,
    fractions: Vec<f64>,
}

impl PsfScale {
    /// The least and the largest fraction: a tenth of the width, and ten times it.
    const FRACTIONS: [f64; 2] = [-0.9, 9.0];

    /// Fractions `f` at energies, log10 of MeV, that increase: 0 for the PSF as it is, 0.1 for one that is 10 % wider.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of fractions than of energies, or none; [`Error::BadValue`] for energies that do not increase, and for a
    /// fraction below -0.9 or above 9.
    pub fn new(loge: Vec<f64>, fractions: Vec<f64>) -> Result<Self> {
        if loge.is_empty() || loge.len() != fractions.len() {
            return Err(Error::Shape {
                what: "scale of the PSF".into(),
                found: format!("{} energies and {} fractions", loge.len(), fractions.len()),
                expected: "as many fractions as energies (log10 of MeV), at least one".into(),
            });
        }
        let is_rising = loge.windows(2).all(|pair| pair[0] < pair[1]);
        let odd = loge.iter().find(|x| !x.is_finite()).or_else(|| loge.first().filter(|_| !is_rising));
        if let Some(&value) = odd {
            let expected = "finite logarithms (log10 of MeV) that increase";
            return Err(Error::BadValue { what: "scale of the PSF, energies".into(), value, expected });
        }
        let [least, most] = Self::FRACTIONS;
        if let Some(&value) = fractions.iter().find(|f| !(**f >= least && **f <= most)) {
            let expected = "a part of the width from -0.9 to 9: 0.1 for a PSF that is 10 % wider";
            return Err(Error::BadValue { what: "scale of the PSF, fractions".into(), value, expected });
        }
        Ok(Self { loge, fractions })
    }

    /// What the separations are multiplied by at an energy in MeV: `1 + f`.
    pub fn factor(&self, energy: f64) -> f64 {
        let at = energy.log10();
        let above = self.loge.partition_point(|&node| node <= at);
        let below = above.saturating_sub(1);
        let above = above.min(self.loge.len() - 1);
        let (a, b) = (self.fractions[below], self.fractions[above]);
        let [low, high] = [self.loge[below], self.loge[above]];
        let part = if high > low { (at - low) / (high - low) } else { 0.0 };
        1.0 + a + (b - a) * part
    }
}

/// As fermipy has it: the list of energies, and the list of fractions.
impl Serialize for PsfScale {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        [&self.loge, &self.fractions].serialize(serializer)
    }
}

impl PsfPlanes {
    /// The same nodes with each plane as wide as a factor says: `P(x/s) / s^2`. A plane of factor 1 is as it was, bit for bit.
    pub(crate) fn scaled(&self, factors: &[f64]) -> Result<Self> {
        let (n, thetas) = (self.n_planes(), self.thetas());
        let mut values = self.values().to_vec();
        for (plane, &factor) in factors.iter().enumerate().filter(|(_, factor)| **factor != 1.0) {
            let row: Vec<f64> = (0..thetas.len()).map(|theta| self.node(theta, plane)).collect();
            for (theta, value) in stretched(thetas, &row, factor).into_iter().enumerate() {
                values[theta * n + plane] = value;
            }
        }
        Self::new(thetas.to_vec(), n, values)
    }
}
