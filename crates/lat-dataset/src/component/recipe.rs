//! Whose numbers the source maps of a component follow: the one place where that is chosen.

use lat_response::{Recipe, SkyGrid, SourceMapOptions};

use crate::config::ComponentConfig;
use crate::products::Products;
use lat_io::CountsCubeFile;

/// What is told of maps that follow the tools of Pass 7.
const OF_PASS_7: &str = "source maps made from Pass 7 response functions follow the LAT tools of their time; `roi-fit srcmaps --accurate` \
                         makes others";

/// The recipe that maps follow when the user does not ask for accurate ones: that of the LAT tools of today, and where the response is computed
/// for the first release of Pass 7 (`of_pass_7`) that of the tools with which its analyses were published.
pub(super) fn followed(
    products: &Products,
    counts: &CountsCubeFile,
    of_pass_7: bool,
    notes: &mut Vec<String>,
) -> Recipe {
    match (&products.psf, &counts.grid) {
        (None, SkyGrid::Wcs(_)) if of_pass_7 => {
            notes.push(OF_PASS_7.to_owned());
            Recipe::science_tools()
        }
        _ => Recipe::default(),
    }
}

/// The recipe of an exposure that is made beside counts in pixels of a projection.
pub(crate) fn of_exposure(of_pass_7: bool) -> Recipe {
    if of_pass_7 { Recipe::science_tools() } else { Recipe::default() }
}

/// The recipe of maps that are as accurate as the inputs.
pub(super) fn accurate() -> Recipe {
    Recipe::accurate()
}

/// How the maps of a component are made.
pub(super) fn options(settings: &ComponentConfig, recipe: Recipe) -> SourceMapOptions {
    let mut options = with_recipe(&SourceMapOptions::default(), recipe);
    (options.least_template_pixel, options.resample_factor) = (settings.minbinsz, settings.rfactor);
    (options.convolve, options.resample) = (settings.convolve, settings.resample);
    options
}

/// The same options with another recipe.
pub(super) fn with_recipe(options: &SourceMapOptions, recipe: Recipe) -> SourceMapOptions {
    let mut options = options.clone();
    options.recipe = recipe;
    options
}

/// The recipe of options.
pub(crate) fn of(options: &SourceMapOptions) -> Recipe {
    options.recipe
}

/// The recipe of the energy dispersion, that of today's LAT tools whatever that of the maps.
pub(crate) fn of_dispersion() -> Recipe {
    Recipe::fermitools()
}
