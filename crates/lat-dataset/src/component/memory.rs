//! How much memory and time it takes to make source maps, told from the sizes of the files that they are made from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lat_response::{Making, MapSize, TemplateSize};
use roi_model::{Source, SpatialKind};

use super::assemble::Component;
use super::map_maker::MapMaker;
use crate::error::Result;
use lat_io::{self, CountsCubeFile, FileSize, MapFileSize, SourceMapFile};

/// About how much memory it takes to make the maps of some sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MakingSize {
    maps: Making,
    response: usize,
}

impl MakingSize {
    /// Bytes at the peak with this many threads.
    pub fn bytes(&self, threads: usize) -> usize {
        self.response.saturating_add(self.maps.bytes(threads))
    }
}

impl Component {
    /// Bytes of its counts, and of its open source map file if that is a gzip file.
    pub fn bytes(&self) -> usize {
        let file = self.source_maps.as_ref().map_or(0, SourceMapFile::bytes_in_memory);
        size_of::<f32>() * self.counts.cube.counts().len() + file
    }

    /// Bytes of its likelihood weights.
    pub fn weight_bytes(&self) -> usize {
        self.settings.weights.as_ref().map_or(0, |weights| size_of::<f32>() * weights.values().len())
    }

    /// Bytes that a thread takes to read a map of these sources, its largest plane twice; 0 without a source map file.
    pub fn bytes_to_read(&self, sources: &[Source]) -> usize {
        let (_, ny, nx) = self.counts.cube.counts().dim();
        let largest = sources.iter().map(|source| self.n_planes(source)).max();
        match (largest, &self.source_maps) {
            (Some(planes), Some(_)) => size_of::<f32>() * ny * nx * (planes + 1),
            _ => 0,
        }
    }
}

/// Of the maps of sources.
pub(crate) fn of(maker: &MapMaker, counts: &CountsCubeFile, sources: &[Source]) -> Result<MakingSize> {
    let planes = counts.cube.axis().edges().len() + 2 * maker.extra;
    let mut maps = BTreeMap::new();
    let mut diffuse = Vec::new();
    for source in sources {
        // Composite sources are made from their members.
        let members = if source.members().is_empty() { std::slice::from_ref(source) } else { source.members() };
        diffuse.extend(members.iter().filter_map(|member| template(maker, member, &mut maps)));
    }
    let held: usize = maps.values().flatten().map(|map| map.held).sum();
    let opening = maps.values().flatten().map(|map| map.opening).max().unwrap_or(0);
    let size = MapSize { planes, options: &maker.options, diffuse: &diffuse, templates: held.saturating_add(opening) };
    Ok(MakingSize { maps: Making::new(&counts.grid, &size)?, response: response(maker, planes) })
}

/// Maps by their files; `None` for one that cannot be read, which is an error when it is needed.
type Maps = BTreeMap<PathBuf, Option<MapFileSize>>;

/// The template of a source that is made as an image.
fn template(maker: &MapMaker, source: &Source, maps: &mut Maps) -> Option<TemplateSize> {
    match source.spatial().kind() {
        SpatialKind::Isotropic => Some(TemplateSize::Isotropic),
        SpatialKind::Profile => Some(TemplateSize::Profile),
        kind @ (SpatialKind::MapCube | SpatialKind::Map) => {
            let path = maker.templates.path(source.spatial().file()?).ok()?;
            let map = maps.entry(path).or_insert_with_key(|path| lat_io::map_cube_size(path).ok()).as_ref()?;
            // Only the first plane of a map counts.
            let first = map.grid.as_ref().filter(|_| kind == SpatialKind::Map).map(|grid| 4 * grid.n_pixels());
            let bytes = first.map_or(map.planes, |first| first.min(map.planes));
            Some(TemplateSize::Map { grid: map.grid.clone(), bytes })
        }
        _ => None,
    }
}

/// About how many bytes exposure and PSF take.
fn response(maker: &MapMaker, planes: usize) -> usize {
    // Read from files, they are as large as these; a gzip file is inflated first.
    let of = |path: &PathBuf| FileSize::of(path).map_or(0, |size| size.bytes.saturating_add(size.held()));
    let named: usize = [&maker.exposure, &maker.psf].into_iter().flatten().map(of).sum();
    let is_computed = maker.exposure.is_none() || maker.psf.is_none();
    named.saturating_add(if is_computed { maker.instrument.bytes(planes) } else { 0 })
}

/// Seconds of one thread for a pixel of a plane of a source map that is made at points, as those of the fermitools region took (docs/performance.md) ...
const SECONDS_AT_POINTS: f64 = 1e-7;
/// ... and of one that is convolved as an image, whose pixels are finer than those of the map.
const SECONDS_AS_IMAGE: f64 = 4e-7;
/// Seconds that exposure and PSF take where they are computed from livetime and response functions.
const SECONDS_OF_RESPONSE: f64 = 2.0;

impl Component {
    /// About how many seconds it takes to make the maps of these sources ([`Component::unmade`]) with so many threads, told from their sizes alone.
    pub(crate) fn seconds_to_make(&self, unmade: &[Source], threads: usize) -> f64 {
        if unmade.is_empty() {
            return 0.0;
        }
        let of = |source: &Source| {
            let pixels = (self.planes_to_make(source) * self.counts.grid.n_pixels()) as f64;
            let each = |member: &Source| if member.spatial().is_point() { SECONDS_AT_POINTS } else { SECONDS_AS_IMAGE };
            // Composite sources are made from their members.
            let members = if source.members().is_empty() { std::slice::from_ref(source) } else { source.members() };
            members.iter().map(|member| pixels * each(member)).sum::<f64>()
        };
        let response = if self.maker.computes().contains(&true) { SECONDS_OF_RESPONSE } else { 0.0 };
        response + unmade.iter().map(of).sum::<f64>() / threads.max(1) as f64
    }
}
