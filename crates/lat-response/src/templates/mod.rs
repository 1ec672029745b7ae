//! What sources look like on the sky before the instrument sees them: maps, cubes and radial profiles.

mod map_integral;
mod radial_profile;
pub(crate) mod rebin;
mod sky_cube;
mod sky_planes;
mod template;

pub use map_integral::MapIntegral;
pub use radial_profile::RadialProfile;
pub use sky_cube::SkyCube;
pub use sky_planes::SkyPlanes;
pub(crate) use sky_planes::{Excerpt, held};
pub use template::{Template, TemplateFiles};
