//! Spectra: dN/dE as a function of energy and parameters, with exact first and second derivatives.
//!
//! The families, their parameters and their formulas are those of the LAT tools; see [`spectrum_types`] for their names.

use std::fmt::Write as _;
use std::sync::Arc;

use num_dual::{Dual64, HyperDual64};

use crate::error::{Error, Result};
use crate::parameter::Parameter;
use family::{Declared, Norm};
use formula::Kernel;
use scaled::Scaled;

mod blueprint;
mod dark_matter_table;
mod ebl_table;
mod exponential;
mod families;
mod family;
mod file_table;
mod flux;
mod formula;
mod roles;
mod scaled;
mod wrapper;
mod wrappers;

pub use blueprint::{
    Needs, Tables, default_parameters, spectrum_needs, spectrum_parameter_names, spectrum_types, spectrum_wrappers,
};
pub use dark_matter_table::DarkMatterTable;
pub use ebl_table::{EblTable, EnergyUnit};
pub use file_table::FileTable;

/// A spectrum: its type, its parameters and the formula that joins them.
///
/// Energies are in MeV; dN/dE is in cm^-2 s^-1 MeV^-1 for a point source (and with sr^-1 for a diffuse source whose
/// template carries no unit). Derivatives are with respect to the `value` of a parameter, that is, the derivative with respect
/// to the true value times the scale.
///
/// ```
/// use roi_model::{Parameter, Spectrum};
///
/// let spectrum = Spectrum::new(
///     "PowerLaw",
///     vec![
///         Parameter::new("Prefactor", 2.0)?.with_scale(1e-12)?.with_free(true),
///         Parameter::new("Index", 2.0)?.with_scale(-1.0)?.with_free(true),
///         Parameter::new("Scale", 1000.0)?,
///     ],
/// )?;
/// assert!((spectrum.dnde(1e4)? / 2e-14 - 1.0).abs() < 1e-14);
/// let mut gradient = [0.0; 2];
/// spectrum.gradient(&[1e4], &[0, 1], &mut gradient)?;
/// assert!((gradient[0] / 1e-14 - 1.0).abs() < 1e-14);
/// assert!((gradient[1] / (-2e-14 * 10f64.ln()) - 1.0).abs() < 1e-14);
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Spectrum {
    type_name: String,
    file: Option<String>,
    scaling_file: Option<String>,
    parameters: Vec<Parameter>,
    norm: Option<usize>,
    norm_is_factor: bool,
    shape: Vec<usize>,
    index: Vec<usize>,
    kernel: Arc<dyn Kernel>,
    file_tables: Vec<Arc<FileTable>>,
    attributes: Vec<(String, String)>,
}

impl Spectrum {
    /// A spectrum of a type that needs no table.
    ///
    /// `parameters` may come in any order; they are put in the declaration order of the type. Parameters that the type
    /// declares as always fixed (integration limits) are marked so.
    ///
    /// # Errors
    /// [`Error::UnknownSpectrum`], [`Error::MissingParameter`], [`Error::UnknownParameter`], [`Error::DuplicateParameter`],
    /// [`Error::InvalidFunction`], or [`Error::File`] for a type that needs a table.
    pub fn new(type_name: &str, parameters: Vec<Parameter>) -> Result<Self> {
        Self::with_tables(type_name, parameters, &Tables::default())
    }

    /// A spectrum of any type, with the tables that it needs.
    ///
    /// # Errors
    /// As [`Spectrum::new`]; [`Error::File`] names a table that is missing.
    pub fn with_tables(type_name: &str, parameters: Vec<Parameter>, tables: &Tables) -> Result<Self> {
        let given: Vec<&str> = parameters.iter().map(Parameter::name).collect();
        let declared = blueprint::declared(type_name, &given)?;
        let parameters = blueprint::arrange(type_name, &declared, parameters)?;
        let kernel = blueprint::kernel(type_name, parameters.len(), tables)?;
        let declares_table = spectrum_needs(type_name)?.spectrum;
        let true_values: Vec<f64> = parameters.iter().map(Parameter::true_value).collect();
        let objection = |reason| Error::InvalidFunction { function: type_name.to_owned(), reason };
        kernel.objection(&true_values).map_err(objection)?;
        let marked =
            |mark: fn(&Declared) -> bool| declared.iter().enumerate().filter(move |(_, d)| mark(d)).map(|(i, _)| i);
        Ok(Self {
            type_name: type_name.to_owned(),
            file: tables.file.clone(),
            scaling_file: None,
            norm: marked(|d| d.norm != Norm::No).next(),
            norm_is_factor: declared.iter().find(|d| d.norm != Norm::No).is_some_and(|d| d.norm == Norm::Factor),
            shape: marked(|d| d.is_shape).collect(),
            index: marked(|d| d.is_index).collect(),
            parameters,
            kernel,
            file_tables: tables.spectrum.iter().filter(|_| declares_table).cloned().collect(),
            attributes: Vec::new(),
        })
    }

    /// A spectrum of a type that needs no table, with the default parameters of the LAT tools: scale 1, no bounds.
    ///
    /// # Errors
    /// [`Error::UnknownSpectrum`], or [`Error::File`] for a type that needs a table.
    pub fn with_defaults(type_name: &str) -> Result<Self> {
        Self::with_default_parameters(type_name, &Tables::default())
    }

    /// As [`Spectrum::with_defaults`], for a type of any kind.
    ///
    /// # Errors
    /// [`Error::UnknownSpectrum`], or [`Error::File`] for a missing table.
    pub fn with_default_parameters(type_name: &str, tables: &Tables) -> Result<Self> {
        Self::with_tables(type_name, default_parameters(type_name, &[])?, tables)
    }

    /// A `FileFunction`: `normalization` times the `table` that the XML names as `file`.
    ///
    /// # Errors
    /// [`Error::MissingParameter`] when the parameter is not named `Normalization`.
    pub fn file_function(normalization: Parameter, file: impl Into<String>, table: Arc<FileTable>) -> Result<Self> {
        let tables = Tables { file: Some(file.into()), spectrum: Some(table), ..Tables::default() };
        Self::with_tables("FileFunction", vec![normalization], &tables)
    }

    /// The same spectrum times a table, which the XML names as `scaling_file`.
    #[must_use]
    pub fn scaled_by(mut self, file: impl Into<String>, table: Arc<FileTable>) -> Self {
        self.scaling_file = Some(file.into());
        self.file_tables.push(Arc::clone(&table));
        self.kernel = Arc::new(Scaled { inner: self.kernel, table });
        self
    }

    /// The tables of `file` and `scaling_file`: whatever the parameters are, dN/dE is proportional to each of them.
    pub fn file_tables(&self) -> &[Arc<FileTable>] {
        &self.file_tables
    }

    /// The product of the [`file_tables`](Self::file_tables) at an energy (MeV); 1 without tables.
    ///
    /// # Errors
    /// [`Error::EnergyOutsideTable`].
    pub fn table_factor(&self, energy: f64) -> Result<f64> {
        self.file_tables.iter().try_fold(1.0, |product, table| Ok(product * table.dnde(energy)?))
    }

    /// This spectrum, its files and tables, with the parameters of another of the same type.
    ///
    /// # Errors
    /// [`Error::StateMismatch`] when the types or the numbers of parameters differ.
    pub fn with_parameters_of(&self, other: &Self) -> Result<Self> {
        if self.type_name != other.type_name || self.parameters.len() != other.parameters.len() {
            let reason = format!("the spectrum is {} and not {}", other.type_name, self.type_name);
            return Err(Error::StateMismatch { reason });
        }
        Ok(Self { parameters: other.parameters.clone(), ..self.clone() })
    }

    pub(crate) fn with_attributes(mut self, attributes: Vec<(String, String)>) -> Self {
        self.attributes = attributes;
        self
    }

    /// Its type, as in the XML.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The file of its table, as in the XML.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The file of the table that multiplies it, as in the XML.
    pub fn scaling_file(&self) -> Option<&str> {
        self.scaling_file.as_deref()
    }

    /// Its parameters in declaration order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Its parameters in declaration order.
    pub fn parameters_mut(&mut self) -> &mut [Parameter] {
        &mut self.parameters
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name() == name)
    }

    /// The parameter of this name.
    pub fn parameter_mut(&mut self, name: &str) -> Option<&mut Parameter> {
        self.parameters.iter_mut().find(|p| p.name() == name)
    }

    /// The position of the parameter of this name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p.name() == name)
    }

    /// Whether it is the very formula of another spectrum, over the same tables: with equal parameters both give the same bits. Two
    /// spectra that were made apart are never taken for one, whatever they are.
    pub fn is_function_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.kernel, &other.kernel)
    }

    /// Attributes of the XML element that this crate does not know, in their order.
    pub fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// dN/dE at one energy (MeV).
    ///
    /// # Errors
    /// As [`Spectrum::evaluate`].
    pub fn dnde(&self, energy: f64) -> Result<f64> {
        let mut out = [0.0];
        self.evaluate(&[energy], &mut out)?;
        Ok(out[0])
    }

    /// dN/dE at each of `energies` (MeV), into `out` of the same length.
    ///
    /// # Errors
    /// [`Error::InvalidEnergy`], [`Error::EnergyOutsideTable`], [`Error::Length`], or [`Error::SpectrumNotFinite`].
    pub fn evaluate(&self, energies: &[f64], out: &mut [f64]) -> Result<()> {
        self.check(energies, out.len(), 1)?;
        let p: Vec<f64> = self.parameters.iter().map(Parameter::true_value).collect();
        let curve = self.kernel.values(&p);
        for (slot, &energy) in out.iter_mut().zip(energies) {
            *slot = curve(energy);
        }
        self.check_finite(energies, out, "dN/dE")
    }

    /// Derivatives of dN/dE with respect to the `value` of each of the `wanted` parameters:
    /// `out[p * energies.len() + k]` for the p-th wanted parameter and the k-th energy.
    ///
    /// # Errors
    /// As [`Spectrum::evaluate`], and [`Error::Index`] for a parameter that does not exist.
    pub fn gradient(&self, energies: &[f64], wanted: &[usize], out: &mut [f64]) -> Result<()> {
        self.check(energies, out.len(), wanted.len())?;
        let mut p: Vec<Dual64> = self.parameters.iter().map(|x| Dual64::from_re(x.true_value())).collect();
        for (row, &i) in rows(out, energies.len()).zip(wanted) {
            let scale = self.scale(i)?;
            seed(&mut p, i, |x| x.eps = scale)?;
            let curve = self.kernel.first_derivatives(&p);
            for (slot, &energy) in row.iter_mut().zip(energies) {
                *slot = curve(Dual64::from_re(energy)).eps;
            }
            drop(curve);
            seed(&mut p, i, |x| x.eps = 0.0)?;
        }
        self.check_finite(energies, out, "a derivative of dN/dE")
    }

    /// Second derivatives of dN/dE with respect to the `value` of each pair of the `wanted` parameters, as a packed upper triangle:
    /// with n parameters wanted, the pair p <= q is number `p (2n - p - 1) / 2 + q`, and
    /// `out[number * energies.len() + k]` belongs to the k-th energy.
    ///
    /// # Errors
    /// As [`Spectrum::gradient`].
    pub fn hessian(&self, energies: &[f64], wanted: &[usize], out: &mut [f64]) -> Result<()> {
        self.check(energies, out.len(), wanted.len() * (wanted.len() + 1) / 2)?;
        let mut p: Vec<HyperDual64> = self.parameters.iter().map(|x| HyperDual64::from_re(x.true_value())).collect();
        let pairs = wanted.iter().enumerate().flat_map(|(n, &i)| wanted.iter().skip(n).map(move |&j| (i, j)));
        for (row, (i, j)) in rows(out, energies.len()).zip(pairs) {
            let (first, second) = (self.scale(i)?, self.scale(j)?);
            seed(&mut p, i, |x| x.eps1 = first)?;
            seed(&mut p, j, |x| x.eps2 = second)?;
            let curve = self.kernel.second_derivatives(&p);
            for (slot, &energy) in row.iter_mut().zip(energies) {
                *slot = curve(HyperDual64::from_re(energy)).eps1eps2;
            }
            drop(curve);
            seed(&mut p, i, |x| x.eps1 = 0.0)?;
            seed(&mut p, j, |x| x.eps2 = 0.0)?;
        }
        self.check_finite(energies, out, "a second derivative of dN/dE")
    }

    /// d ln(dN/dE) / d ln E at one energy (MeV), exact. At zero norm it is the slope of the shape.
    ///
    /// # Errors
    /// As [`Spectrum::evaluate`]; [`Error::SpectrumNotFinite`] where dN/dE itself is zero.
    pub fn log_slope(&self, energy: f64) -> Result<f64> {
        self.check(&[energy], 1, 1)?;
        let mut p: Vec<Dual64> = self.parameters.iter().map(|x| Dual64::from_re(x.true_value())).collect();
        if let Some(norm) = self.norm.and_then(|i| p.get_mut(i)).filter(|norm| norm.re == 0.0) {
            norm.re = 1.0;
        }
        let f = self.kernel.first_derivatives(&p)(Dual64::new(energy, 1.0));
        let slope = [energy * f.eps / f.re];
        self.check_finite(&[energy], &slope, "the logarithmic slope of dN/dE")?;
        Ok(slope[0])
    }

    fn scale(&self, index: usize) -> Result<f64> {
        let missing = Error::Index { what: "parameter", index, count: self.parameters.len() };
        self.parameters.get(index).map(Parameter::scale).ok_or(missing)
    }

    /// Checks energies and the length of the output, `quantities` numbers an energy.
    fn check(&self, energies: &[f64], found: usize, quantities: usize) -> Result<()> {
        let expected = energies.len() * quantities;
        if found != expected {
            return Err(Error::Length { what: "the output of a spectrum", expected, found });
        }
        let (min, max) = self.kernel.energies();
        for &energy in energies {
            if !(energy > 0.0 && energy.is_finite()) {
                return Err(Error::InvalidEnergy { energy });
            }
            if !(min..=max).contains(&energy) {
                let mut function = self.type_name.clone();
                for file in [&self.file, &self.scaling_file].into_iter().flatten() {
                    // Writing to a String cannot fail.
                    let _ = write!(function, " {file:?}");
                }
                return Err(Error::EnergyOutsideTable { function, energy, min, max });
            }
        }
        Ok(())
    }

    fn check_finite(&self, energies: &[f64], out: &[f64], quantity: &'static str) -> Result<()> {
        // One energy after another, for each quantity anew.
        let mut pairs = out.iter().zip(energies.iter().cycle());
        let Some((_, &energy)) = pairs.find(|(x, _)| !x.is_finite()) else { return Ok(()) };
        let mut parameters = String::new();
        for p in &self.parameters {
            // Writing to a String cannot fail.
            let _ = write!(
                parameters,
                "{}{} = {:?}",
                if parameters.is_empty() { "" } else { ", " },
                p.name(),
                p.true_value()
            );
        }
        Err(Error::SpectrumNotFinite { function: self.type_name.clone(), quantity, energy, parameters })
    }
}

/// The rows of an output of `width` numbers each; none when there are no energies.
fn rows(out: &mut [f64], width: usize) -> impl Iterator<Item = &mut [f64]> {
    out.chunks_exact_mut(width.max(1))
}

fn seed<D>(p: &mut [D], i: usize, set: impl FnOnce(&mut D)) -> Result<()> {
    let count = p.len();
    set(p.get_mut(i).ok_or(Error::Index { what: "parameter", index: i, count })?);
    Ok(())
}
