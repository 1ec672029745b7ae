//! Another spectrum for a source.

use std::sync::Arc;

use lat_dataset::ComponentModel;
use likelihood_core::{ComponentData, is_same_energy};
use roi_model::{Bounds, FileTable, Given, Parameter, Source, SourceId, Spectrum};

use crate::analysis::Analysis;
use crate::edit::sources::zero;
use crate::error::{Error, Result};

/// Where the table of a source's own spectrum ends, log10 of MeV.
const TABLE_ENDS: (f64, f64) = (0.5, 6.5);
/// Digits of its digest in the name of a table's file.
const DIGITS: usize = 8;

impl Analysis {
    /// Gives a source another type of spectrum, with the parameters that `pars` tells and usual values for the rest (see
    /// [`roi_model::usual_parameters`]), bounds from a thousandth to a thousand times the value where none are told. The normalisation stays free if it
    /// was; other parameters are fixed unless `pars` frees them.
    ///
    /// Two changes keep the flux: a `PowerLaw` becomes the `LogParabola` without curvature (beta is 0, between 0 and 1), and `FileFunction` becomes a
    /// table of the present dN/dE at the edges of the energy bins, continued at the same steps to 3 MeV and 3 TeV. The table is written beside the XML
    /// when the model is saved. A zeroed source stays so, until [`Analysis::unzero_source`] gives it the emission of the new spectrum.
    ///
    /// # Errors
    /// When there is no such source, type or parameter, a number is not allowed, the type needs a table of another kind, or a component has a
    /// spectral table of its own for this source. Nothing is then changed.
    pub fn set_source_spectrum(&mut self, name: &str, spectrum_type: &str, pars: &[(&str, Given)]) -> Result<()> {
        let id = self.session.roi.id_of(name)?;
        let mut source = self.session.roi[id].clone();
        self.check_shared_spectrum(&source)?;
        let zeroed = self.edits.zeroed.get(source.name()).copied();
        if let (Some(scale), Some(norm)) = (zeroed, source.spectrum_mut().norm_mut()) {
            norm.set_scale(scale)?;
        }
        let mut spectrum = match (source.spectrum().type_name(), spectrum_type) {
            (_, "FileFunction") => self.tabulated(&source, pars)?,
            ("PowerLaw", "LogParabola") => without_curvature(source.spectrum(), pars)?,
            _ => Spectrum::new(spectrum_type, roi_model::usual_parameters(spectrum_type, pars, Bounds::FromValue)?)?,
        };
        let was_free = source.spectrum().norm().is_some_and(Parameter::is_free);
        let mut scale = None;
        if zeroed.is_some() && spectrum.norm().is_none() {
            return Err(Error::Option {
                option: "spectrum",
                found: format!("{spectrum_type} for '{}', which is zeroed", source.name()),
                expected: "a type with a normalisation, by which a source is zeroed; or call unzero_source first",
            });
        }
        if let Some(norm) = spectrum.norm_mut() {
            let told = pars.iter().rfind(|(name, _)| *name == norm.name()).and_then(|(_, given)| given.free);
            norm.set_free(told.unwrap_or(was_free));
            scale = zeroed.map(|_| zero(norm)).transpose()?;
        }
        self.give_spectrum(id, spectrum, scale)
    }

    /// Sets dN/dE (ph cm^-2 s^-1 MeV^-1) of a source whose spectrum is a table (`FileFunction`), at the energies of the table, see
    /// [`FileTable::energies`]; its parameters stay, so that the source's dN/dE is its normalisation times these values. What was known of the spectrum is
    /// forgotten. The table is written beside the XML when the model is saved. Nothing changes on an error.
    ///
    /// # Errors
    /// When there is no such source, its spectrum is of another type, `dnde` has not one value an energy, one is negative or not finite, or a component has
    /// a spectral table of its own for this source.
    pub fn set_source_dnde(&mut self, name: &str, dnde: &[f64]) -> Result<()> {
        let id = self.session.roi.id_of(name)?;
        let source = &self.session.roi[id];
        self.check_shared_spectrum(source)?;
        let spectrum = source.spectrum();
        let (type_name, norm, tables) = (spectrum.type_name(), spectrum.parameters(), spectrum.file_tables());
        let ([norm], [table], "FileFunction") = (norm, tables, type_name) else {
            return Err(Error::Option {
                option: "spectrum",
                found: format!("'{}' with spectrum {type_name}", source.name()),
                expected: "one of type FileFunction without scaling_file: call set_source_spectrum(name, \"FileFunction\") first",
            });
        };
        if dnde.len() != table.energies().len() {
            return Err(Error::Option {
                option: "dnde",
                found: format!(
                    "{} values, the table of '{}' has {} energies",
                    dnde.len(),
                    source.name(),
                    table.energies().len()
                ),
                expected: "as many values as the table has energies",
            });
        }
        let table = Arc::new(FileTable::new(table.energies().to_vec(), dnde.to_vec())?);
        let changed = Spectrum::file_function(norm.clone(), table_file(source.name(), &table), table)?;
        let zeroed = self.edits.zeroed.get(source.name()).copied();
        self.give_spectrum(id, changed, zeroed)
    }

    /// Refuses to change the spectrum of a source for which a component has its own.
    pub(crate) fn check_shared_spectrum(&self, source: &Source) -> Result<()> {
        let own = |(model, _): &(&ComponentModel, &ComponentData)| model.has_own_spectrum(source.name());
        match self.opened.component_models.iter().zip(self.session.data.components()).find(own) {
            None => Ok(()),
            Some((_, component)) => Err(Error::OwnSpectrum {
                source_name: source.name().to_owned(),
                component: component.name().to_owned(),
            }),
        }
    }

    /// Gives a source a spectrum, and forgets what was known of the one before; if it is zeroed, its normalisation has the scale with emission.
    fn give_spectrum(&mut self, id: SourceId, spectrum: Spectrum, zeroed: Option<f64>) -> Result<()> {
        let mut roi = self.session.roi.clone();
        roi[id] = roi[id].with_spectrum(spectrum);
        // A spectrum that cannot be evaluated must not take the place of one that can.
        self.session.data.npred(&roi[id])?;
        let (file, name) = (roi[id].spectrum().file().map(str::to_owned), roi[id].name().to_owned());
        let before = (std::mem::replace(&mut self.session.roi, roi), self.edits.clone(), self.known.clone());
        // All other types of spectrum that are made here need no file.
        self.edits.own_tables.extend(file);
        self.edits.zeroed.remove(&name);
        self.edits.zeroed.extend(zeroed.map(|scale| (name.clone(), scale)));
        self.edits.keep_locks(&mut self.session.roi);
        self.known.forget_spectrum(&name);
        let told = self.update_npred().and_then(|()| self.update_fluxes(id, None));
        if told.is_err() {
            (self.session.roi, self.edits, self.known) = before;
        }
        told
    }

    /// The present spectrum of a source as a table.
    fn tabulated(&self, source: &Source, pars: &[(&str, Given)]) -> Result<Spectrum> {
        let mut edges: Vec<f64> = self
            .session
            .data
            .components()
            .iter()
            .flat_map(|component| component.axis().edges().iter().copied())
            .collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|next, edge| is_same_energy(*next, *edge));
        let edges: Vec<f64> = edges.into_iter().map(f64::log10).collect();
        let (below, above) = match edges[..] {
            [first, second, .., before, last] => {
                (steps(first, first - second, TABLE_ENDS.0), steps(last, last - before, TABLE_ENDS.1))
            }
            [first, last] => (steps(first, first - last, TABLE_ENDS.0), steps(last, last - first, TABLE_ENDS.1)),
            _ => (Vec::new(), Vec::new()),
        };
        let (mut energies, mut values) = (Vec::new(), Vec::new());
        for (log, is_edge) in below
            .iter()
            .rev()
            .map(|log| (*log, false))
            .chain(edges.iter().map(|log| (*log, true)))
            .chain(above.iter().map(|log| (*log, false)))
        {
            let energy = 10f64.powf(log);
            match source.spectrum().dnde(energy) {
                Ok(dnde) if dnde >= 0.0 => {
                    energies.push(energy);
                    values.push(dnde);
                }
                // Beyond the bins a spectrum need not be known.
                Err(_) | Ok(_) if !is_edge => {}
                Ok(dnde) => {
                    return Err(Error::Option {
                        option: "spectrum",
                        found: format!("dN/dE of {dnde} at {energy} MeV"),
                        expected: "one that is not negative, to be tabulated",
                    });
                }
                Err(error) => return Err(error.into()),
            }
        }
        let table = Arc::new(FileTable::new(energies, values)?);
        let norm = Given { value: Some(1.0), scale: Some(1.0), min: Some(1e-3), max: Some(1e3), ..Given::default() };
        let given: Vec<(&str, Given)> = [("Normalization", norm)].into_iter().chain(pars.iter().copied()).collect();
        let [norm] =
            <[Parameter; 1]>::try_from(roi_model::usual_parameters("FileFunction", &given, Bounds::Usual)?).map_err(
                |_| Error::Option { option: "pars", found: "more parameters".into(), expected: "Normalization alone" },
            )?;
        Ok(Spectrum::file_function(norm, table_file(source.name(), &table), table)?)
    }
}

/// The file of a table that was made for a source: named by what it holds, so that models which are saved side by side keep theirs.
fn table_file(source: &str, table: &FileTable) -> String {
    let stem: String = source.chars().map(|c| if c.is_whitespace() || c == '/' { '_' } else { c }).collect();
    let digest = lat_io::digest_of_bytes(table.to_text().as_bytes());
    format!("{}_{}_filespectrum.txt", stem.to_lowercase(), &digest[..DIGITS.min(digest.len())])
}

/// Numbers from `start` (itself left out) to `end` (included) in steps of this size and sign.
fn steps(start: f64, step: f64, end: f64) -> Vec<f64> {
    let mut all = Vec::new();
    let mut next = start + step;
    while step != 0.0 && (end - next) * step.signum() > 1e-9 {
        all.push(next);
        next += step;
    }
    if (end - start) * step.signum() > 0.0 {
        all.push(end);
    }
    all
}

/// A power law as a log-parabola: norm and pivot stay, alpha is the negative of the true index.
fn without_curvature(power_law: &Spectrum, pars: &[(&str, Given)]) -> Result<Spectrum> {
    let moved = |from: &str, to: &str, sign: f64| -> Result<Parameter> {
        let missing = || Error::NoParameter {
            source_name: String::new(),
            spectrum: "PowerLaw".into(),
            found: from.to_owned(),
            known: String::new(),
        };
        let old = power_law.parameter(from).ok_or_else(missing)?;
        let (scale, bounds) = if sign > 0.0 {
            (old.scale(), (old.min(), old.max()))
        } else {
            // The scale of alpha is 1, whatever that of the index was.
            let [a, b] = [old.min(), old.max()].map(|bound| sign * bound * old.scale());
            (1.0, (a.min(b), a.max(b)))
        };
        let mut new = Parameter::new(to, sign * old.true_value() / scale)?.with_scale(scale)?;
        // What is known of the value goes with it; where no prior can be of the negative, none is.
        new.set_prior(old.prior().and_then(|prior| prior.rescaled(sign * old.scale() / scale).ok()));
        Ok(new.with_bounds(bounds.0, bounds.1)?.with_free(old.is_free()))
    };
    let mut parameters = vec![
        moved("Prefactor", "norm", 1.0)?,
        moved("Index", "alpha", -1.0)?,
        Parameter::new("beta", 0.0)?.with_bounds(0.0, 1.0)?,
        moved("Scale", "Eb", 1.0)?,
    ];
    let told = roi_model::usual_parameters("LogParabola", pars, Bounds::FromValue)?;
    for (place, told) in parameters.iter_mut().zip(told) {
        if pars.iter().any(|(name, given)| *name == place.name() && given.value.is_some()) {
            *place = told;
        }
    }
    Ok(Spectrum::new("LogParabola", parameters)?)
}
