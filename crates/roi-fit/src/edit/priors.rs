//! Priors of parameters, in units of `value`.

use roi_model::{Parameter, Prior};

use crate::analysis::Analysis;
use crate::error::Result;

impl Analysis {
    /// Sets a Gaussian prior on a parameter's `value` (the scale not applied). 4FGL-DR4, for example, was made with mean 0.1 and sigma 0.3 on
    /// the `beta` of a `LogParabola`.
    ///
    /// # Errors
    /// When there is no such source or parameter, the mean is not finite, or the sigma not positive.
    pub fn add_gauss_prior(&mut self, name: &str, parameter: &str, mean: f64, sigma: f64) -> Result<()> {
        let prior = Prior::gaussian(mean, sigma)?;
        self.set_parameter_prior(name, parameter, Some(prior))
    }

    /// Removes the prior of a parameter, if it has one.
    ///
    /// # Errors
    /// When there is no such source or parameter.
    pub fn remove_prior(&mut self, name: &str, parameter: &str) -> Result<()> {
        self.set_parameter_prior(name, parameter, None)
    }

    /// Removes every prior.
    pub fn remove_priors(&mut self) {
        for parameter in
            self.session.roi.sources_mut().iter_mut().flat_map(|source| source.spectrum_mut().parameters_mut())
        {
            parameter.set_prior(None);
        }
    }

    /// Holds normalisations near where they are: a Gaussian prior at the present value, with `cov_scale` times the present error as sigma, on the
    /// normalisation of each named source that is free and has an error. Returns the sources' names for which that was so.
    ///
    /// # Errors
    /// When a name is unknown, or `cov_scale` is not positive and finite. Nothing is then changed.
    pub fn constrain_norms<S: AsRef<str>>(&mut self, names: &[S], cov_scale: f64) -> Result<Vec<String>> {
        let mut priors = Vec::new();
        for name in names {
            let source = self.session.roi.source(name.as_ref())?;
            let norm = source.spectrum().norm_index().and_then(|norm| source.spectrum().parameters().get(norm));
            if let Some(norm) = norm.filter(|norm| norm.is_free() && norm.error() > 0.0) {
                let prior = Prior::gaussian(norm.value(), norm.error() * cov_scale)?;
                priors.push((source.name().to_owned(), Parameter::name(norm).to_owned(), prior));
            }
        }
        let constrained = priors.iter().map(|(name, ..)| name.clone()).collect();
        for (name, parameter, prior) in priors {
            self.set_parameter_prior(&name, &parameter, Some(prior))?;
        }
        Ok(constrained)
    }
}
