//! A file that is made from event files, or is to be: what it is, where it lies, and what is known of it.

use std::path::PathBuf;

use serde::Serialize;

/// A product that is made from event files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Product {
    /// The photons that are selected, `ft1`.
    Ft1,
    /// Livetime cube.
    Ltcube,
    /// Counts cube.
    Ccube,
    /// Binned exposure of all the sky.
    Bexpmap,
    /// Binned exposure in the pixels and at the energies of the counts, `bexpmap_roi`. Nothing here reads it.
    #[serde(rename = "bexpmap_roi")]
    BexpmapRoi,
    /// The counts of all components together, `ccube.fits`. Nothing here reads it.
    #[serde(rename = "ccube_all")]
    Coadded,
    /// The source model as XML, `srcmdl`. It is read only when it was changed after it was made here.
    Srcmdl,
    /// Source maps.
    Srcmap,
}

impl Product {
    /// The first part of its file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ft1 => "ft1",
            Self::Ltcube => "ltcube",
            Self::Ccube | Self::Coadded => "ccube",
            Self::Bexpmap => "bexpmap",
            Self::BexpmapRoi => "bexpmap_roi",
            Self::Srcmdl => "srcmdl",
            Self::Srcmap => "srcmap",
        }
    }
}

/// What is known of a product's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ProductState {
    /// It was made here from the present options and inputs.
    Current,
    /// It was made here from others.
    Stale,
    /// It is not there.
    Missing,
    /// It is another program's, or the configuration names it: it is taken as it is.
    Given,
    /// Nothing needs it.
    Unneeded,
}

impl ProductState {
    /// Whether the product is to be made.
    pub fn is_to_be_made(self) -> bool {
        matches!(self, Self::Stale | Self::Missing)
    }
}

/// A product of a component.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedProduct {
    /// The component.
    pub component: String,
    /// Which one.
    pub product: Product,
    /// Its file.
    pub path: PathBuf,
    /// What is known of it.
    pub state: ProductState,
    /// Bytes of the file; before photons are selected the most that it can have. 0 where it is given or not needed.
    pub bytes: u64,
    /// About how long it takes to make, s; 0 where it is not made.
    pub seconds: f64,
}

impl PlannedProduct {
    /// The source maps of a component.
    pub fn of_source_maps(component: &str, path: PathBuf, state: ProductState, bytes: u64) -> Self {
        Self { component: component.to_owned(), product: Product::Srcmap, path, state, bytes, seconds: 0.0 }
    }

    /// Sets about how long it takes, if it is made.
    #[must_use]
    pub(super) fn taking(mut self, seconds: f64) -> Self {
        self.seconds = if self.state.is_to_be_made() { seconds } else { 0.0 };
        self
    }
}
