//! How a family of spectra describes itself.

use std::borrow::Cow;
use std::sync::Arc;

use super::dark_matter_table::DarkMatterTable;
use super::file_table::FileTable;
use super::formula::Kernel;

/// Whether a parameter starts free, and whether it can be freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freedom {
    Free,
    Fixed,
    AlwaysFixed,
}

/// Whether a parameter is the normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Norm {
    /// It is another parameter.
    No,
    /// dN/dE is this parameter times what does not depend on it.
    Factor,
    /// It is called the normalisation, but scales a part of the spectrum alone.
    OfABranch,
}

/// A parameter as its family declares it.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) name: Cow<'static, str>,
    /// Its default true value.
    pub(crate) default: f64,
    pub(crate) freedom: Freedom,
    /// Whether it is the normalisation.
    pub(crate) norm: Norm,
    /// Whether it is freed as "shape".
    pub(crate) is_shape: bool,
    /// Whether it counts as an index.
    pub(crate) is_index: bool,
}

impl Declared {
    /// Also counts as an index, though not as shape.
    pub(crate) const fn and_index(mut self) -> Self {
        self.is_index = true;
        self
    }

    /// A normalisation that is no factor of the whole spectrum: it scales one branch alone, say.
    pub(crate) const fn but_no_factor(mut self) -> Self {
        self.norm = Norm::OfABranch;
        self
    }

    /// The same declaration under another name.
    pub(crate) fn named(mut self, name: String) -> Self {
        self.name = Cow::Owned(name);
        self
    }
}

const fn declare(name: &'static str, default: f64, freedom: Freedom) -> Declared {
    Declared { name: Cow::Borrowed(name), default, freedom, norm: Norm::No, is_shape: false, is_index: false }
}

/// The normalisation, a factor of the whole spectrum.
pub(crate) const fn norm(name: &'static str, default: f64) -> Declared {
    let mut declared = declare(name, default, Freedom::Free);
    declared.norm = Norm::Factor;
    declared
}

/// A spectral index: shape, and index.
pub(crate) const fn index(name: &'static str, default: f64) -> Declared {
    shape(name, default).and_index()
}

/// Another parameter of the shape.
pub(crate) const fn shape(name: &'static str, default: f64) -> Declared {
    let mut declared = declare(name, default, Freedom::Free);
    declared.is_shape = true;
    declared
}

/// A parameter that is free by default, but not freed as shape.
pub(crate) const fn free(name: &'static str, default: f64) -> Declared {
    declare(name, default, Freedom::Free)
}

/// A parameter that is fixed by default.
pub(crate) const fn fixed(name: &'static str, default: f64) -> Declared {
    declare(name, default, Freedom::Fixed)
}

/// A parameter that can never be freed.
pub(crate) const fn always_fixed(name: &'static str, default: f64) -> Declared {
    declare(name, default, Freedom::AlwaysFixed)
}

/// The parameters of a family, in declaration order.
pub(crate) enum Layout {
    /// Always the same.
    Listed(&'static [Declared]),
    /// As many as the given names ask for.
    Counted(fn(given: &[&str]) -> Vec<Declared>),
}

/// How the formula of a family is made.
pub(crate) enum Make {
    /// From nothing but its parameters.
    Plain(fn() -> Arc<dyn Kernel>),
    /// From the table of its `file`.
    FromTable(fn(Arc<FileTable>) -> Arc<dyn Kernel>),
    /// From a table of dark matter yields.
    DarkMatter(fn(Arc<DarkMatterTable>) -> Arc<dyn Kernel>),
}

/// One family of spectra: its XML type, its parameters and its formula.
pub(crate) struct Family {
    /// The `type` attribute in the XML.
    pub(crate) name: &'static str,
    pub(crate) layout: Layout,
    pub(crate) make: Make,
}
