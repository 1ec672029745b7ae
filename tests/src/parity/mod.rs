//! The recorded answers, one file an origin.

pub mod crab;
pub mod fermitools;
pub mod galactic_centre;
mod harness;
pub mod pass8;

use std::path::Path;

pub use harness::Outcome;

/// A group of comparisons: its title and how it is made from the data directory.
pub struct Group {
    /// Heading in the validation table.
    pub title: &'static str,
    /// What must be known of the comparison, below its heading; empty for nothing.
    pub note: &'static str,
    /// Makes the comparisons.
    pub run: fn(&Path) -> Outcome,
}

impl Group {
    fn new(title: &'static str, run: fn(&Path) -> Outcome) -> Self {
        Self { title, note: "", run }
    }

    fn with_note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }
}

/// What the section on response functions says first.
const FROM_RESPONSE_FUNCTIONS: &str =
    "Response matrix and source maps are computed from the livetime cube and `irfs-p8r3-source-v3`; counts and model are the tools'. Their
likelihood was recorded at the start of their fits; at the true model it is ours with their source maps and matrix.";

/// What the section on the data of gammalib says first.
const GAMMALIB: &str =
    "The exposure file of these data is not what gtsrcmaps looked the exposure up in: it was written at 14:03 on 2015-07-24, the source maps at
13:55, and it ends at the edge of the region, where the maps do not fall. Where the PSF is narrow, the isotropic map over the solid angle of its
pixels is the exposure itself. At 20 GeV it has the steps of pixels of half a degree that are counted from a galactic longitude of 180 and latitude of 0
(a map of all the sky), truncated as the tools do it: within 1e-4 wherever no step is near. In the file's own pixels single pixels of the map differ by up
to 3 %. The values are the same, those of the 3.7 degree pixels of the livetime cube; put into the other pixels they give the maps below. What is left
comes from the PSF, which is that of P8R3_SOURCE_V3 as P8R2_SOURCE_V6 is not at hand, and from the exposure beyond the region, which nobody kept.";

/// All groups, in the order of the validation table.
pub fn groups() -> Vec<Group> {
    vec![
        Group::new("Galactic centre, 10-500 GeV, 0.1 degree pixels: exact-Hessian optimum", galactic_centre::small),
        Group::new("Galactic centre, 10-500 GeV, 0.05 degree pixels: exact-Hessian optimum", galactic_centre::full),
        Group::new("Crab, one week, P7SOURCE_V6: published gtlike fit", crab::all),
        Group::new("Simulated ROI, 10 free parameters: C++ fermitools, NEWMINUIT", fermitools::ten_free),
        Group::new(
            "Simulated ROI, energy dispersion over a window of 2 bins: C++ fermitools, NEWMINUIT",
            fermitools::window,
        ),
        Group::new(
            "Simulated ROI, energy dispersion by rescaling, 2 bins extrapolated: C++ fermitools, NEWMINUIT",
            fermitools::rescaling,
        ),
        Group::new("Simulated ROI with likelihood weights: C++ fermitools, NEWMINUIT", fermitools::weighted),
        Group::new(
            "Simulated ROI with likelihood weights and a window of 2 bins: C++ fermitools, NEWMINUIT",
            fermitools::weighted_window,
        ),
        Group::new("Simulated ROI, 44 free parameters: C++ fermitools, NEWMINUIT", fermitools::all_free),
        Group::new(
            "Pass 8 from response functions: the simulated ROI from livetime and P8R3_SOURCE_V3 alone",
            pass8::from_response_functions,
        )
        .with_note(FROM_RESPONSE_FUNCTIONS),
        Group::new(
            "gammalib-p8v2: Crab, one week, P8R2_SOURCE_V6: gtsrcmaps' isotropic map and gammalib's fit",
            pass8::gammalib,
        )
        .with_note(GAMMALIB),
    ]
}
