//! How a family of spectra describes itself.

use std::borrow::Cow;
use std::sync::Arc;

use super::file_table::FileTable;
use super::formula::Kernel;

/// Whether a parameter starts free, and whether it can be freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freedom {
    Free,
    Fixed,
    AlwaysFixed,
}

/// A parameter as its family declares it.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) name: Cow<'static, str>,
    /// Its default true value.
    pub(crate) default: f64,
    pub(crate) freedom: Freedom,
}

/// A parameter that is free by default.
pub(crate) const fn free(name: &'static str, default: f64) -> Declared {
    Declared { name: Cow::Borrowed(name), default, freedom: Freedom::Free }
}

/// A parameter that is fixed by default.
pub(crate) const fn fixed(name: &'static str, default: f64) -> Declared {
    Declared { name: Cow::Borrowed(name), default, freedom: Freedom::Fixed }
}

/// A parameter that can never be freed.
pub(crate) const fn always_fixed(name: &'static str, default: f64) -> Declared {
    Declared { name: Cow::Borrowed(name), default, freedom: Freedom::AlwaysFixed }
}

/// How the formula of a family is made.
pub(crate) enum Make {
    /// From nothing but its parameters.
    Plain(fn() -> Arc<dyn Kernel>),
    /// From the table of its `file`.
    FromTable(fn(Arc<FileTable>) -> Arc<dyn Kernel>),
}

/// One family of spectra: its XML type, its parameters and its formula.
pub(crate) struct Family {
    /// The `type` attribute in the XML.
    pub(crate) name: &'static str,
    /// Its parameters, in declaration order.
    pub(crate) parameters: &'static [Declared],
    /// The normalisation.
    pub(crate) norm: Option<&'static str>,
    /// The parameters that fermipy frees as "shape".
    pub(crate) shape: &'static [&'static str],
    /// The parameters that fermipy calls indices.
    pub(crate) index: &'static [&'static str],
    /// Its formula.
    pub(crate) kernel: Make,
}
