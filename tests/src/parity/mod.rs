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
    /// Makes the comparisons.
    pub run: fn(&Path) -> Outcome,
}

/// All groups, in the order of the validation table.
pub fn groups() -> Vec<Group> {
    vec![
        Group {
            title: "Galactic centre, 10-500 GeV, 0.1 degree pixels: exact-Hessian optimum",
            run: galactic_centre::small,
        },
        Group {
            title: "Galactic centre, 10-500 GeV, 0.05 degree pixels: exact-Hessian optimum",
            run: galactic_centre::full,
        },
        Group { title: "Crab, one week, P7SOURCE_V6: published gtlike fit", run: crab::all },
        Group { title: "Simulated ROI, 10 free parameters: C++ fermitools, NEWMINUIT", run: fermitools::ten_free },
        Group {
            title: "Simulated ROI, energy dispersion over a window of 2 bins: C++ fermitools, NEWMINUIT",
            run: fermitools::window,
        },
        Group {
            title: "Simulated ROI, energy dispersion by rescaling, 2 bins extrapolated: C++ fermitools, NEWMINUIT",
            run: fermitools::rescaling,
        },
        Group { title: "Simulated ROI with likelihood weights: C++ fermitools, NEWMINUIT", run: fermitools::weighted },
        Group {
            title: "Simulated ROI with likelihood weights and a window of 2 bins: C++ fermitools, NEWMINUIT",
            run: fermitools::weighted_window,
        },
        Group { title: "Simulated ROI, 44 free parameters: C++ fermitools, NEWMINUIT", run: fermitools::all_free },
        Group {
            title: "Pass 8 from response functions: the simulated ROI from livetime and P8R3_SOURCE_V3 alone",
            run: pass8::from_response_functions,
        },
        Group {
            title: "gammalib-p8v2: Crab, one week, P8R2_SOURCE_V6: gtsrcmaps' isotropic map and gammalib's fit",
            run: pass8::gammalib,
        },
    ]
}
