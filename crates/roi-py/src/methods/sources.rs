//! The sources of the model: what they are, what is known of them, and changes of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use roi_fit::{Given, Source};
use serde_json::{Map, Value, json};

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;
use crate::border::objects::{dictionary, properties};
use crate::handle::Analysis;
use crate::methods::selecting::selection;

#[pymethods]
impl Analysis {
    /// A dictionary a source, in the order of their names: names, place, spectrum, template, parameters. What is known of it is told by `properties`.
    fn sources<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let described = self.read(py, |analysis| {
            let center = analysis.roi().center();
            analysis.roi().sources().iter().map(|source| described(source, &center)).collect::<Vec<_>>()
        })?;
        let list = PyList::empty(py);
        for source in described {
            list.append(dictionary(py, &source)?)?;
        }
        Ok(list)
    }

    /// The source of a name or alias, as `sources` tells it.
    fn source<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        let source = self.work(py, |analysis| {
            let source = analysis.roi().source(name).map_err(roi_fit::Error::from)?;
            Ok(described(source, &analysis.roi().center()))
        })?;
        dictionary(py, &source)
    }

    /// The name of the source that has this name or alias.
    fn source_name(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        self.work(py, |analysis| Ok(analysis.roi().source(name).map_err(roi_fit::Error::from)?.name().to_owned()))
    }

    /// What is known of a source, under fermipy's keys. What is not known is `None`.
    fn properties<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
        let known = self.work(py, |analysis| Ok(analysis.properties(name)?.clone()))?;
        properties(py, &known)
    }

    /// What is known of every source, by their names; fluxes of templates are computed where they are not known yet.
    fn all_properties<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let known = self.work(py, |analysis| Ok(analysis.all_properties()?))?;
        crate::border::objects::all_properties(py, &known)
    }

    /// A column of a source's catalog; `None` where there is none.
    fn catalog_value(&self, py: Python<'_>, name: &str, column: &str) -> PyResult<Option<f64>> {
        self.work(py, |analysis| Ok(analysis.roi().source(name).map_err(roi_fit::Error::from)?.catalog_value(column)))
    }

    /// Adds the sources of a file that is written as `model.sources` of a configuration is, with maps made for them; returns their names.
    fn add_sources_of_file(&self, py: Python<'_>, path: PathBuf) -> PyResult<Vec<String>> {
        self.work(py, |analysis| Ok(analysis.add_sources_of_file(&path)?))
    }

    /// Gives a source the place and shape of the first source of such a file, with maps made for it; everything else stays.
    fn set_source_spatial_of_file(&self, py: Python<'_>, name: &str, path: PathBuf) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_source_spatial_of_file(name, &path)?))
    }

    /// Deletes a source.
    fn delete_source(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        self.work(py, |analysis| Ok(analysis.delete_source(name)?.name().to_owned()))
    }

    /// Deletes the selected sources, with the keywords of `free_sources`; returns their names.
    #[pyo3(signature = (**keywords))]
    fn delete_sources(&self, py: Python<'_>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<String>> {
        let mut given = Keywords::new("delete_sources", keywords);
        let selection = selection(&mut given)?;
        given.finish()?;
        let deleted = self.work(py, |analysis| Ok(analysis.delete_sources(&selection)?))?;
        Ok(deleted.iter().map(|source| source.name().to_owned()).collect())
    }

    /// Gives a source another spectrum. `pars` has a dictionary a parameter, with `value`, `scale`, `min`, `max`, `error`, `free`, or a plain value.
    #[pyo3(signature = (name, spectrum_type, pars=None))]
    fn set_source_spectrum(
        &self,
        py: Python<'_>,
        name: &str,
        spectrum_type: &str,
        pars: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let pars = given_parameters(pars)?;
        self.work(py, |analysis| {
            let pars: Vec<(&str, Given)> = pars.iter().map(|(name, given)| (name.as_str(), *given)).collect();
            Ok(analysis.set_source_spectrum(name, spectrum_type, &pars)?)
        })
    }

    /// Sets dN/dE of a source whose spectrum is a table, at the energies of the table, ph cm^-2 s^-1 MeV^-1.
    fn set_source_dnde(&self, py: Python<'_>, name: &str, dnde: Vec<f64>) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_source_dnde(name, &dnde)?))
    }

    /// Energies (MeV) and dN/dE (ph cm^-2 s^-1 MeV^-1, at normalisation 1) of the table of a source's spectrum; `None` where it has none.
    #[expect(clippy::type_complexity, reason = "two arrays, or none")]
    fn spectrum_table<'py>(
        &self,
        py: Python<'py>,
        name: &str,
    ) -> PyResult<Option<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)>> {
        let table = self.work(py, |analysis| {
            let spectrum = analysis.roi().source(name).map_err(roi_fit::Error::from)?.spectrum();
            let is_table = spectrum.type_name() == "FileFunction";
            Ok(spectrum.file_tables().first().filter(|_| is_table).cloned())
        })?;
        Ok(table.map(|table| (PyArray1::from_slice(py, table.energies()), PyArray1::from_slice(py, table.values()))))
    }

    /// Sets whether energy dispersion acts on a source.
    fn set_apply_edisp(&self, py: Python<'_>, name: &str, apply: bool) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_apply_edisp(name, apply)?))
    }

    /// Predicted counts of a source in each energy bin, an array a component, as they are or times the likelihood weights.
    #[pyo3(signature = (name, weighted=false))]
    fn npred<'py>(&self, py: Python<'py>, name: &str, weighted: bool) -> PyResult<Vec<Bound<'py, PyArray1<f64>>>> {
        let counts = self.work(py, |analysis| {
            let source = analysis.roi().source(name).map_err(roi_fit::Error::from)?;
            let of = |component: &_| counts_of(component, source, weighted);
            analysis.likelihood().components().iter().map(of).collect::<Result<Vec<_>, Failure>>()
        })?;
        Ok(counts.into_iter().map(|counts| PyArray1::from_vec(py, counts)).collect())
    }

    /// dN/dE of a source at energies in MeV, ph cm^-2 s^-1 MeV^-1.
    fn dnde<'py>(&self, py: Python<'py>, name: &str, energies: Vec<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let values = self.work(py, |analysis| {
            let spectrum = analysis.roi().source(name).map_err(roi_fit::Error::from)?.spectrum();
            let at = |energy: &f64| Ok(spectrum.dnde(*energy).map_err(roi_fit::Error::from)?);
            energies.iter().map(at).collect::<Result<Vec<_>, Failure>>()
        })?;
        Ok(PyArray1::from_vec(py, values))
    }

    /// Errors of photon flux and energy flux of a source between two energies in MeV, in the units of `flux`, from the covariance of the last fit; `None` where
    /// that did not free the source.
    fn flux_errors(&self, py: Python<'_>, name: &str, emin: f64, emax: f64) -> PyResult<(Option<f64>, Option<f64>)> {
        let [flux, eflux] = self.work(py, |analysis| Ok(analysis.flux_between(name, emin, emax)?))?;
        Ok((flux.error, eflux.error))
    }

    /// Photon flux (ph cm^-2 s^-1) and energy flux (MeV cm^-2 s^-1) of a source's spectrum between two energies in MeV.
    fn flux(&self, py: Python<'_>, name: &str, emin: f64, emax: f64) -> PyResult<(f64, f64)> {
        self.work(py, |analysis| {
            let spectrum = analysis.roi().source(name).map_err(roi_fit::Error::from)?.spectrum();
            let flux = spectrum.flux(emin, emax).map_err(roi_fit::Error::from)?;
            Ok((flux, spectrum.energy_flux(emin, emax).map_err(roi_fit::Error::from)?))
        })
    }
}

fn counts_of(component: &roi_fit::ComponentData, source: &Source, weighted: bool) -> Result<Vec<f64>, Failure> {
    let counts = if weighted { component.weighted_npred(source) } else { component.npred(source) };
    Ok(counts.map_err(roi_fit::Error::from)?)
}

/// What a source is.
pub(crate) fn described(source: &Source, center: &roi_fit::SkyDirection) -> Value {
    let (spatial, spectrum) = (source.spatial(), source.spectrum());
    let direction = source.direction();
    let galactic = direction.map(|direction| direction.to_galactic());
    let parameters = |all: &[_]| -> Map<String, Value> {
        all.iter()
            .map(|parameter: &roi_fit::Parameter| (parameter.name().to_owned(), parameter_entry(parameter)))
            .collect()
    };
    json!({
        "name": source.name(),
        "names": source.aliases(),
        "SourceType": source.source_type().as_str(),
        "SpectrumType": spectrum.type_name(),
        "SpatialType": spatial.type_name(),
        "Spectrum_Filename": spectrum.file(),
        "Spatial_Filename": spatial.file(),
        "diffuse": spatial.is_diffuse_background(),
        "point": spatial.is_point(),
        "free": source.is_free(),
        "ra": direction.map(|direction| direction.ra()),
        "dec": direction.map(|direction| direction.dec()),
        "glon": galactic.map(|(glon, _)| glon),
        "glat": galactic.map(|(_, glat)| glat),
        "offset": direction.map(|direction| center.separation(&direction)),
        "norm_par": spectrum.norm_index().and_then(|at| spectrum.parameters().get(at)).map(roi_fit::Parameter::name),
        "par_names": spectrum.parameters().iter().map(roi_fit::Parameter::name).collect::<Vec<_>>(),
        "spectral_pars": parameters(spectrum.parameters()),
        "spatial_pars": parameters(spatial.parameters()),
    })
}

fn parameter_entry(parameter: &roi_fit::Parameter) -> Value {
    json!({
        "name": parameter.name(),
        "value": parameter.value(),
        "error": parameter.is_free().then(|| parameter.error()),
        "scale": parameter.scale(),
        "min": parameter.min(),
        "max": parameter.max(),
        "free": parameter.is_free(),
    })
}

/// What is told of parameters.
fn given_parameters(pars: Option<&Bound<'_, PyDict>>) -> PyResult<BTreeMap<String, Given>> {
    let mut all = BTreeMap::new();
    let Some(pars) = pars else { return Ok(all) };
    for (name, entry) in pars {
        let mut given = Given::default();
        if let Ok(entry) = entry.cast::<PyDict>() {
            let mut keywords = Keywords::new("spectrum_pars", Some(entry));
            (given.value, given.scale) = (keywords.take("value")?, keywords.take("scale")?);
            (given.min, given.max) = (keywords.take("min")?, keywords.take("max")?);
            (given.error, given.free) = (keywords.take("error")?, keywords.take("free")?);
            // fermipy's own dictionaries have the name again.
            keywords.raw("name")?;
            keywords.finish()?;
        } else {
            given.value = Some(entry.extract().map_err(|_| {
                OptionError::new_err(format!(
                    "parameter '{name}': expected a number, or a dictionary with value, scale, min, max"
                ))
            })?);
        }
        all.insert(name.extract()?, given);
    }
    Ok(all)
}
