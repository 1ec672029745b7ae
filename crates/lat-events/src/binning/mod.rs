//! What gtbin makes of photons: counts by energy, place and time.

mod bins;
mod cubes_by_time;
mod exposure;
mod light_curve;
mod maps;

pub use bins::{EnergyBinning, TimeBinning};
pub use cubes_by_time::{CubesByTime, bin_cubes};
pub use exposure::livetime_within;
pub use light_curve::{LightCurve, bin_light_curve};
pub use maps::{BinnedCube, BinnedMap, bin_cube, bin_map, pixel_of, pixels_within};
