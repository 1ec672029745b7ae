//! How much memory source maps take while they are made.

use crate::fine_image::FineImage;
use crate::geometry::{SkyGrid, WcsGrid};
use crate::healpix_maps;

/// What a source map is made of, for [`making_bytes`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSize {
    /// Planes, those for energy dispersion included.
    pub planes: usize,
    /// Whether any source is diffuse, and so is convolved as an image.
    pub is_diffuse: bool,
    /// Fine pixels along a side of a counts pixel ([`crate::SourceMapOptions::resample_factor`]).
    pub resample: usize,
    /// Threads that work on it.
    pub threads: usize,
    /// Bytes that the templates take while they are read.
    pub templates: usize,
}

/// The most that an image is larger than the counts map on each side, degrees.
const PADDING: f64 = 10.0;

/// About how many bytes making the maps of one component takes at its peak, the finished maps that wait for their turn included: those of the
/// larger of point sources, one a thread, and of diffuse sources, with the transforms of an image a thread. The response is not included.
pub fn making_bytes(grid: &SkyGrid, size: MapSize) -> usize {
    let map = grid.n_pixels().saturating_mul(size.planes);
    // A map in single precision, and the image that it is made from, in double precision.
    let point = map.saturating_mul(4 + 8).saturating_mul(size.threads);
    let image = match grid {
        SkyGrid::Wcs(grid) => grid.clone(),
        SkyGrid::Healpix(grid) => {
            // One after the other: the largest decides.
            let images = healpix_maps::patches(grid, healpix_maps::LARGEST_RADIUS).unwrap_or_default().into_iter();
            match images.map(|patch| patch.image).max_by_key(WcsGrid::n_pixels) {
                Some(image) => image,
                None => return point,
            }
        }
    };
    if !size.is_diffuse {
        return point;
    }
    let header = image.header();
    let step = header.cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()));
    let [nx, ny] = image.size();
    let radius = 0.5 * step * ((nx * nx + ny * ny) as f64).sqrt();
    let side = FineImage::size_for(header, size.resample, radius + PADDING);
    let transform = side + size.resample * nx.max(ny) / 2;
    // Pixels of the template with their weights, of the exposure, and separations of the kernel.
    let fixed = side.saturating_mul(side).saturating_mul(32 + 4 + 4);
    // The transforms of image and kernel: half as many complex numbers as pixels.
    let working = transform.saturating_mul(transform).saturating_mul(8 * 2);
    let maps = 2 * image.size()[0] * image.size()[1] * size.planes * 4;
    // What is read of the templates is let go of before anything is transformed.
    let later = working.saturating_mul(size.threads).saturating_add(maps);
    point.max(fixed.saturating_add(later.max(size.templates)))
}
