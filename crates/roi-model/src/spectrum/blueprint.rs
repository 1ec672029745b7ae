//! From the XML type of a spectrum to its parameters and its formula.

use std::sync::Arc;

use super::dark_matter_table::DarkMatterTable;
use super::ebl_table::EblTable;
use super::families::FAMILIES;
use super::family::{Declared, Family, Freedom, Layout, Make};
use super::file_table::FileTable;
use super::formula::Kernel;
use super::wrapper::{Inner, Wrap, Wrapper};
use super::wrappers::WRAPPERS;
use crate::error::{Error, Result, nearest};
use crate::parameter::Parameter;

/// The tables that some types of spectra need besides their parameters; see [`spectrum_needs`].
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// The name of the file, as in the XML, of the spectrum or of the dark matter yields.
    pub file: Option<String>,
    /// For `FileFunction` and its wrapped forms.
    pub spectrum: Option<Arc<FileTable>>,
    /// For `DMFitFunction`.
    pub dark_matter: Option<Arc<DarkMatterTable>>,
    /// For `EblAtten::X`.
    pub ebl: Option<Arc<EblTable>>,
}

/// Which tables a type of spectrum needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// A spectrum.
    pub spectrum: bool,
    /// Dark matter yields.
    pub dark_matter: bool,
    /// Optical depths of the extragalactic background light.
    pub ebl: bool,
}

/// The names of all spectral types, as the XML has them. Each may also stand behind one of the [`spectrum_wrappers`], as in
/// `EblAtten::LogParabola`.
pub fn spectrum_types() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name).collect()
}

/// The names of the wrappers: spectra that modify another one.
pub fn spectrum_wrappers() -> Vec<&'static str> {
    WRAPPERS.iter().map(|wrapper| wrapper.name).collect()
}

/// Which tables a spectrum of this type needs.
///
/// # Errors
/// [`Error::UnknownSpectrum`].
pub fn spectrum_needs(type_name: &str) -> Result<Needs> {
    let (wrapper, family) = find(type_name)?;
    Ok(Needs {
        spectrum: matches!(family.make, Make::FromTable(_)),
        dark_matter: matches!(family.make, Make::DarkMatter(_)),
        ebl: wrapper.is_some_and(|wrapper| matches!(wrapper.wrap, Wrap::Ebl(_))),
    })
}

/// The names of the parameters of a type in declaration order. Types of variable length take their number from `given`.
///
/// # Errors
/// [`Error::UnknownSpectrum`].
pub fn spectrum_parameter_names(type_name: &str, given: &[&str]) -> Result<Vec<String>> {
    Ok(declared(type_name, given)?.iter().map(|declared| declared.name.to_string()).collect())
}

/// The parameters of a type with the default values of the LAT tools, scale 1 and no bounds. Types of variable length take their number
/// from `given`.
///
/// # Errors
/// [`Error::UnknownSpectrum`].
pub fn default_parameters(type_name: &str, given: &[&str]) -> Result<Vec<Parameter>> {
    let default = |d: &Declared| Ok(Parameter::new(d.name.as_ref(), d.default)?.with_free(d.freedom == Freedom::Free));
    declared(type_name, given)?.iter().map(default).collect()
}

/// What a type stands for: an optional wrapper and a family.
fn find(type_name: &str) -> Result<(Option<&'static Wrapper>, &'static Family)> {
    let (outer, inner) = match type_name.split_once("::") {
        Some((outer, inner)) => (Some(outer), inner),
        None => (None, type_name),
    };
    let wrapper = outer.map(|outer| WRAPPERS.iter().find(|wrapper| wrapper.name == outer).copied());
    let family = FAMILIES.iter().find(|family| family.name == inner).copied();
    match (wrapper, family) {
        (None, Some(family)) => Ok((None, family)),
        (Some(Some(wrapper)), Some(family)) => Ok((Some(wrapper), family)),
        _ => {
            let prefix = outer.map_or(Vec::new(), |outer| nearest(outer, spectrum_wrappers())).into_iter().next();
            let prefix = prefix.map_or(String::new(), |prefix| prefix + "::");
            let nearest =
                nearest(inner, spectrum_types()).into_iter().map(|family| format!("{prefix}{family}")).collect();
            Err(Error::UnknownSpectrum { name: type_name.to_owned(), nearest })
        }
    }
}

/// The declared parameters of a type, given the names of those at hand (they tell how many a type of variable length has).
pub(crate) fn declared(type_name: &str, given: &[&str]) -> Result<Vec<Declared>> {
    let (wrapper, family) = find(type_name)?;
    let mut declared = match family.layout {
        Layout::Listed(list) => list.to_vec(),
        Layout::Counted(count) => count(given),
    };
    declared.extend(wrapper.map_or(&[][..], |wrapper| wrapper.parameters).iter().cloned());
    Ok(declared)
}

/// The formula of a type with `parameters` parameters in all.
pub(crate) fn kernel(type_name: &str, parameters: usize, tables: &Tables) -> Result<Arc<dyn Kernel>> {
    let (wrapper, family) = find(type_name)?;
    let missing = |what: &str| {
        let reason = format!("it needs {what}, which was not given");
        Error::File { function: type_name.to_owned(), reason }
    };
    let kernel = match family.make {
        Make::Plain(make) => make(),
        Make::FromTable(make) => make(tables.spectrum.clone().ok_or_else(|| missing("the table of its file"))?),
        Make::DarkMatter(make) => make(tables.dark_matter.clone().ok_or_else(|| missing("a table of yields"))?),
    };
    let Some(wrapper) = wrapper else { return Ok(kernel) };
    let inner = Inner { kernel, parameters: parameters.saturating_sub(wrapper.parameters.len()) };
    Ok(match wrapper.wrap {
        Wrap::Plain(wrap) => wrap(inner),
        Wrap::Ebl(wrap) => wrap(inner, tables.ebl.clone().ok_or_else(|| missing("a table of optical depths"))?),
    })
}

/// Puts the parameters in declaration order and checks that exactly the declared ones are there.
pub(crate) fn arrange(function: &str, declared: &[Declared], mut given: Vec<Parameter>) -> Result<Vec<Parameter>> {
    let expected = || declared.iter().map(|d| d.name.to_string()).collect();
    let mut arranged = Vec::with_capacity(declared.len());
    for declaration in declared {
        let Some(position) = given.iter().position(|p| p.name() == declaration.name) else {
            let parameter = declaration.name.to_string();
            return Err(Error::MissingParameter { function: function.to_owned(), parameter, expected: expected() });
        };
        let mut parameter = given.remove(position);
        if declaration.freedom == Freedom::AlwaysFixed {
            parameter.mark_always_fixed();
        }
        arranged.push(parameter);
    }
    if let Some(extra) = given.first() {
        let (function, parameter) = (function.to_owned(), extra.name().to_owned());
        return Err(if declared.iter().any(|d| d.name == parameter) {
            Error::DuplicateParameter { function, parameter }
        } else {
            Error::UnknownParameter { function, parameter, expected: expected() }
        });
    }
    Ok(arranged)
}
