//! How the response and source maps are computed: a list of plain choices.

use serde::Serialize;

/// How an exposure map is looked up between its pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum ExposureLookup {
    /// As the LAT tools do it: no interpolation, and the pixel whose centre lies below the coordinates on both axes, half a pixel from the
    /// nearest one; on HEALPix maps the pixel that the direction falls in.
    #[default]
    Fermitools,
    /// Bilinear between pixel centres.
    Bilinear,
}

/// Whose parameters correct the effective area for the trigger rate where an observation has several event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum TriggerRate {
    /// Those of the first event type (`FRONT`, `PSF0`, `EDISP0`) for all, as the LAT tools take them (`ResponseFunctions::efficiencyFactor` of
    /// the package Likelihood): up to 0.3 % of the exposure.
    FirstEventType,
    /// Those of each event type for itself.
    OwnEventType,
}

/// The width of the Pass 8 energy dispersion at inclinations between the centre of its table's last bin and the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum OnAxisWidth {
    /// The LAT tools go over to a distribution at the axis whose deviations are scaled with the width there and whose shape is evaluated with
    /// that at the centre of the last bin (`Edisp3::evaluate`, `EdispInterpolator` of the package latResponse): up to 0.03 of a bin's
    /// probability for time spent near the axis.
    LastCenter,
    /// The width at the inclination itself.
    OwnCosine,
}

/// To what the mean PSF of an observation is normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum PsfNorm {
    /// To an integral of 1 out to the last separation of its table.
    One,
    /// To what the PSFs of the response functions hold: less than 1 where their tails go on beyond the table.
    ResponseFunctions,
}

/// How the PSF of a point source is integrated over the pixels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum PointPixels {
    /// Its value in the pixel's centre.
    Centers,
    /// The mean over finer and finer grids of points, whose separations from the source are distances in the plane of the image times a ratio
    /// of true to planar distance, which is linear between the pixels' centres.
    PlanarDistances,
    /// The mean over such grids with separations along great circles, the last two extrapolated to an infinitely fine one.
    GreatCircles,
}

/// The correction of a point source's map for what is lost of the PSF's integral between pixels (gtsrcmaps' `psfcorr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum PsfCorrection {
    /// None.
    Never,
    /// For sources at least 4 pixels inside the map, at more than 8 energies: the pixels within the nearest boundary sum to the PSF's integral.
    Inside,
    /// For sources inside the map, with an integral that holds the last interval of the PSF's table in part twice.
    Overlapping,
}

/// The shape of a disk that is convolved with the PSF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum DiskShape {
    /// A disk of a flat sky.
    Flat,
    /// A cap of the sphere.
    Cap,
}

/// Around which direction the kernel is projected that diffuse sources are convolved with. Both are the centre of the counts map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum KernelFrame {
    /// In equatorial coordinates, whatever those of the map.
    Equatorial,
    /// In the coordinates of the map.
    Counts,
}

/// Which PSF diffuse sources are convolved with on HEALPix pixels, where several images cover a large region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum DiffusePsf {
    /// That at the middle of the region everywhere.
    Middle,
    /// That at the centre of each image.
    EachImage,
}

/// By how much the image that diffuse sources are convolved on is larger than the counts map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Padding {
    /// The containment of the PSF whose radius is added.
    pub containment: f64,
    /// The least padding, degrees.
    pub least: f64,
    /// The largest padding, degrees.
    pub most: f64,
}

/// How far out a radially symmetric source is sampled on HEALPix pixels, and how finely.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealpixSampling {
    /// The containment of the PSF beyond whose radius the map is zero.
    pub containment: f64,
    /// The largest such radius, degrees.
    pub largest: f64,
    /// Separation of the pixels that are sampled finely, in sides of a pixel. The 8 neighbours of a pixel lie within 2.
    pub near: f64,
}

/// How the response and source maps are computed: one plain choice a field, made once and handed down.
///
/// ```
/// use lat_response::{PointPixels, Recipe, SourceMapOptions};
/// let mut options = SourceMapOptions::default();
/// assert_eq!(options.recipe, Recipe::fermitools());
/// options.recipe = Recipe::accurate();
/// options.recipe.point_pixels = PointPixels::Centers;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Recipe {
    /// How computed exposure is looked up between its pixels.
    pub exposure_lookup: ExposureLookup,
    /// Whose correction for the trigger rate is taken.
    pub trigger_rate: TriggerRate,
    /// The width of the energy dispersion near the axis.
    pub on_axis_width: OnAxisWidth,
    /// Separations, beside 0, at which the mean PSF of an observation is computed.
    pub observed_psf_nodes: usize,
    /// To what that PSF is normalised.
    pub psf_norm: PsfNorm,
    /// Separations, beside 0, at which the PSF of the planes of source maps is tabulated.
    pub psf_nodes: usize,
    /// How the PSF of a point source is integrated over pixels.
    pub point_pixels: PointPixels,
    /// The containment of the PSF beyond whose radius the map of a point source is zero; `None` for no such bound.
    pub point_containment: Option<f64>,
    /// How the integral of a point source's PSF is corrected, where the options ask for it.
    pub psf_correction: PsfCorrection,
    /// The shape of disks.
    pub disk_shape: DiskShape,
    /// How much larger than the counts map the image of diffuse sources is.
    pub diffuse_padding: Padding,
    /// Where the kernel of diffuse sources is projected.
    pub kernel_frame: KernelFrame,
    /// The PSF of diffuse sources on HEALPix pixels.
    pub diffuse_psf: DiffusePsf,
    /// How radially symmetric sources are sampled on HEALPix pixels; `None` where the tools that are followed had no such maps.
    pub healpix: Option<HealpixSampling>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self::fermitools()
    }
}

impl Recipe {
    /// The way of today's LAT tools (gtsrcmaps, gtexpcube2, gtpsf, gtdrm): what LAT numbers mean.
    pub const fn fermitools() -> Self {
        Self {
            exposure_lookup: ExposureLookup::Fermitools,
            trigger_rate: TriggerRate::FirstEventType,
            on_axis_width: OnAxisWidth::LastCenter,
            observed_psf_nodes: 400,
            psf_norm: PsfNorm::One,
            psf_nodes: 400,
            point_pixels: PointPixels::PlanarDistances,
            point_containment: None,
            psf_correction: PsfCorrection::Inside,
            disk_shape: DiskShape::Flat,
            diffuse_padding: Padding { containment: 0.999, least: 1.0, most: 10.0 },
            kernel_frame: KernelFrame::Equatorial,
            diffuse_psf: DiffusePsf::Middle,
            healpix: Some(HealpixSampling { containment: 0.995, largest: 15.0, near: 2.0 }),
        }
    }

    /// The way of the LAT tools at the time of Pass 7, the `ScienceTools` of 2010 to 2012 (`SourceMap.cxx` 1.90, `MeanPsf.cxx` 1.23 of the
    /// package Likelihood), for comparisons with analyses of those years.
    ///
    /// Point sources are sampled at the pixels' centres, and the correction of the PSF's integral takes in a part of it twice: maps come out too
    /// high by up to 5 % at 100 MeV.
    pub const fn science_tools() -> Self {
        Self {
            observed_psf_nodes: 200,
            psf_norm: PsfNorm::ResponseFunctions,
            psf_nodes: 200,
            point_pixels: PointPixels::Centers,
            psf_correction: PsfCorrection::Overlapping,
            diffuse_padding: Padding { containment: 0.999, least: 10.0, most: 10.0 },
            healpix: None,
            ..Self::fermitools()
        }
    }

    /// As accurate as the inputs: great circles, integrals over pixels extrapolated to convergence, finer tables, no map of a point
    /// source beyond the 99.99 % containment of its PSF, and each event type with its own correction and width.
    pub const fn accurate() -> Self {
        Self {
            exposure_lookup: ExposureLookup::Bilinear,
            trigger_rate: TriggerRate::OwnEventType,
            on_axis_width: OnAxisWidth::OwnCosine,
            psf_nodes: 1600,
            point_pixels: PointPixels::GreatCircles,
            point_containment: Some(0.9999),
            psf_correction: PsfCorrection::Never,
            disk_shape: DiskShape::Cap,
            diffuse_padding: Padding { containment: 0.9999, least: 1.0, most: 20.0 },
            kernel_frame: KernelFrame::Counts,
            diffuse_psf: DiffusePsf::EachImage,
            healpix: Some(HealpixSampling { containment: 0.9999, largest: 45.0, near: 6.0 }),
            ..Self::fermitools()
        }
    }
}
