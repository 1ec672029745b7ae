//! What the maps of the same sources on the same pixels have in common whatever the response: kept, where many responses follow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roi_model::{Parameter, Source, SpatialModel};

use super::convolve::Convolver;
use super::fine_image::{ExposureImage, FineImage, KernelImage, Sampler};
use crate::error::Result;
use crate::geometry::WcsHeader;
use crate::observation::Exposure;
use crate::recipe::KernelFrame;
use crate::templates::{Excerpt, Template};

/// The images of the sky that diffuse sources are computed on: where their pixels lie, and how far from the centre.
pub(crate) struct Ground {
    pub(crate) image: FineImage,
    pub(crate) kernel: KernelImage,
}

impl Ground {
    /// An image that reaches `radius` degrees from the middle of the counts.
    pub(crate) fn new(header: &WcsHeader, factor: usize, radius: f64, frame: KernelFrame) -> Result<Self> {
        let image = FineImage::new(header, factor, radius)?;
        let kernel = KernelImage::new(&image, frame)?;
        Ok(Self { image, kernel })
    }
}

/// How a template is looked up in the pixels of a fine image.
pub(crate) struct TemplateImage {
    pub(crate) sampler: Sampler,
    /// The region's part of a map, and what it is multiplied by.
    pub(crate) map: Option<(Excerpt, f64)>,
}

/// Templates of sources, by name, and the images of them. A name stands for one source; one whose spatial model has changed is looked at anew.
///
/// Memory: for each number of fine pixels about 8 bytes a pixel of the image, and 32 for each template that is a map.
pub(crate) struct Shared {
    /// How far images reach beyond the middle of the counts, degrees: a PSF that needs more gets an image of its own.
    reach: f64,
    templates: Mutex<HashMap<String, (SpatialModel, Template)>>,
    grounds: Mutex<HashMap<usize, Arc<Ground>>>,
    images: Mutex<HashMap<(usize, String), Arc<TemplateImage>>>,
    exposures: Mutex<HashMap<usize, Arc<ExposureImage>>>,
    convolvers: Mutex<HashMap<usize, Arc<Convolver>>>,
}

/// What a panic elsewhere left is whole or absent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(reach: f64) -> Self {
        Self {
            reach,
            templates: Mutex::default(),
            grounds: Mutex::default(),
            images: Mutex::default(),
            exposures: Mutex::default(),
            convolvers: Mutex::default(),
        }
    }

    /// Whether an image that reaches so many degrees is a part of that which is kept.
    pub(crate) fn holds(&self, reach: f64) -> bool {
        reach <= self.reach
    }

    /// The template of a source, which `open` opens.
    pub(crate) fn template(&self, source: &Source, open: impl FnOnce() -> Result<Template>) -> Result<Template> {
        let known = lock(&self.templates).get(source.name()).cloned();
        if let Some((spatial, template)) = known
            && is_same(&spatial, source.spatial())
        {
            return Ok(template);
        }
        let template = open()?;
        lock(&self.images).retain(|(_, name), _| name != source.name());
        lock(&self.templates).insert(source.name().to_owned(), (source.spatial().clone(), template.clone()));
        Ok(template)
    }

    /// The image with so many fine pixels along a side of a counts pixel.
    pub(crate) fn ground(&self, header: &WcsHeader, factor: usize, frame: KernelFrame) -> Result<Arc<Ground>> {
        kept(&self.grounds, &factor, || Ground::new(header, factor, self.reach, frame))
    }

    /// The image of the template of the source of this name.
    pub(crate) fn image(
        &self,
        (factor, name): (usize, &str),
        make: impl FnOnce() -> Result<TemplateImage>,
    ) -> Result<Arc<TemplateImage>> {
        kept(&self.images, &(factor, name.to_owned()), make)
    }

    /// How exposure is looked up, in the pixels of the same map as that of the first that came.
    pub(crate) fn exposure(&self, ground: &Ground, exposure: &Exposure) -> Result<Arc<ExposureImage>> {
        let make = || ExposureImage::new(&ground.image, exposure);
        let known = kept(&self.exposures, &ground.image.factor(), make)?;
        if known.is_of(exposure) { Ok(known) } else { Ok(Arc::new(make()?)) }
    }

    /// The plans of transforms of a size.
    pub(crate) fn convolver(&self, size: usize) -> Result<Arc<Convolver>> {
        kept(&self.convolvers, &size, || Ok(Convolver::new(size)))
    }
}

/// Whether two spatial models are the same, however free their parameters are.
fn is_same(a: &SpatialModel, b: &SpatialModel) -> bool {
    let values = |model: &SpatialModel| -> Vec<(u64, u64)> {
        let bits = |parameter: &Parameter| (parameter.value().to_bits(), parameter.scale().to_bits());
        model.parameters().iter().map(bits).collect()
    };
    a.type_name() == b.type_name() && a.file() == b.file() && values(a) == values(b)
}

/// What stands under a key, made where nothing does. It is made without a lock, twice where two threads come at once: the same both times.
fn kept<K: Clone + Eq + std::hash::Hash, T>(
    all: &Mutex<HashMap<K, Arc<T>>>,
    key: &K,
    make: impl FnOnce() -> Result<T>,
) -> Result<Arc<T>> {
    if let Some(known) = lock(all).get(key) {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(make()?);
    Ok(Arc::clone(lock(all).entry(key.clone()).or_insert(made)))
}
