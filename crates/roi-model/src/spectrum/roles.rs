//! Which of a spectrum's parameters are its normalisation, shape and indices, as its family declares.

use super::Spectrum;
use crate::parameter::Parameter;

impl Spectrum {
    /// Whether the spectrum is its normalisation times a shape that does not depend on it, as its family declares: not so for
    /// `BrokenPowerLaw3`, whose break lies where its two power laws cross and moves with `Integral1`. `false` also without a normalisation.
    pub fn is_proportional_to_norm(&self) -> bool {
        self.norm_is_factor
    }

    /// The position of the normalisation; `None` for a type without one.
    pub fn norm_index(&self) -> Option<usize> {
        self.norm
    }

    /// The normalisation, if there is one.
    pub fn norm(&self) -> Option<&Parameter> {
        self.norm.and_then(|norm| self.parameters.get(norm))
    }

    /// The same, to change it.
    pub fn norm_mut(&mut self) -> Option<&mut Parameter> {
        self.norm.and_then(|norm| self.parameters.get_mut(norm))
    }

    /// The positions of the parameters that fermipy frees as "shape".
    pub fn shape_indices(&self) -> Vec<usize> {
        self.shape.clone()
    }

    /// The positions of the parameters that fermipy calls indices.
    pub fn index_indices(&self) -> Vec<usize> {
        self.index.clone()
    }
}
