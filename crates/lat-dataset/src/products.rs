//! What lies in a fermipy output directory: the products of each component under fermipy's names.

use std::path::{Path, PathBuf};

use crate::config::{ComponentConfig, Config, Files};
use crate::error::{Error, Result};
use crate::own_model::is_untouched;
use crate::problems::{Problems, Subject};
use lat_io::expand_environment;

/// The files of one component as they were found. The counts cube is the source map file when there is none, whose primary HDU is a counts
/// cube; likelihood weights are those that the configuration names.
pub type Products = Files<PathBuf>;

impl Files<PathBuf> {
    /// The files that the configuration names, and in their absence those in the output directory: `ccube_00.fits`, `srcmap_00.fits`,
    /// `bexpmap_00.fits`, `psf_00.fits`, `drm_00.fits`, `ltcube_00.fits`, `srcmdl_00.xml`, FITS files also with `.gz`. Response functions
    /// that it does not name are those of the calibration database that the environment variable `CALDB` names.
    ///
    /// # Errors
    /// When a named file does not exist, or there are no counts.
    pub fn find(config: &Config, component: &ComponentConfig) -> Result<Self> {
        find_products(config, component, &mut Problems::first())?.with_counts(config, component)
    }
}

impl Files {
    /// The same files, where there are counts: the primary HDU of a source map file is a counts cube.
    pub(crate) fn with_counts(self, config: &Config, component: &ComponentConfig) -> Result<Products> {
        let Some(ccube) = self.ccube.or_else(|| self.srcmap.clone()) else {
            let tried = ["ccube", "srcmap"].map(|product| candidates(&config.outdir, product, &component.name, "fits"));
            return Err(Error::NoProduct {
                component: component.name.clone(),
                what: "counts cube",
                tried: listed(tried.iter().flatten()),
                key: "ccube",
                events: component.events.evfile.first().map(PathBuf::from),
            });
        };
        let Self { srcmap, bexpmap, psf, drm, ltcube, irfs, wmap, xml, priors, .. } = self;
        Ok(Files { ccube, srcmap, bexpmap, psf, drm, ltcube, irfs, wmap, xml, priors })
    }
}

/// The files of a component as [`Files::find`] finds them, counts or none.
pub(crate) fn find_products(config: &Config, component: &ComponentConfig, problems: &mut Problems) -> Result<Files> {
    let files = &component.files;
    let mut found = |named: &Option<PathBuf>, product: &'static str, extension: &str| -> Result<Option<PathBuf>> {
        let Some(path) = named else {
            let usual = candidates(&config.outdir, product, &component.name, extension);
            // Those are written here only to be looked at.
            let is_for_people = |path: &PathBuf| matches!(product, "psf" | "drm") && lat_io::is_for_people(path);
            return Ok(lat_io::first_found(usual.into_iter().filter(|path| !is_for_people(path))));
        };
        let there =
            if lat_io::may_exist(path) { Ok(path.clone()) } else { Err(Error::NotFound { path: path.clone() }) };
        let subject = Subject::File { component: component.name.clone(), product, path: path.clone() };
        problems.take(&subject, there)
    };
    let xml = found(&files.xml, "srcmdl", "xml")?;
    // They are taken beside the place of the model, whether its file is an input, is only there to be looked at, or is not there yet.
    let beside = || {
        lat_io::priors_beside(xml.as_deref().unwrap_or(&product_path(&config.outdir, "srcmdl", &component.name, "xml")))
    };
    let priors = match &files.priors {
        Some(_) => found(&files.priors, "priors", "yaml")?,
        None => Some(beside()).filter(|path| lat_io::may_exist(path)),
    };
    // What was written here to be looked at is no input.
    let xml = match xml {
        Some(path) if files.xml.is_none() && is_untouched(&path)? => None,
        xml => xml,
    };
    let data = component.response.livetime.clone().filter(|path| files.ltcube.is_none() && lat_io::may_exist(path));
    let caldb = || std::env::var_os("CALDB").map(PathBuf::from).filter(|path| path.is_dir());
    Ok(Files {
        srcmap: found(&files.srcmap, "srcmap", "fits")?,
        ccube: found(&files.ccube, "ccube", "fits")?,
        bexpmap: found(&files.bexpmap, "bexpmap", "fits")?,
        psf: found(&files.psf, "psf", "fits")?,
        drm: found(&files.drm, "drm", "fits")?,
        ltcube: match data {
            Some(path) => Some(path),
            None => found(&files.ltcube, "ltcube", "fits")?,
        },
        irfs: match &files.irfs {
            Some(_) => found(&files.irfs, "irfs", "")?,
            None => caldb(),
        },
        // Weights change the likelihood: they are not taken without being asked for. The map need not be there when a source map file has them.
        wmap: files.wmap.clone(),
        xml,
        priors,
    })
}

/// The source model XML of a component, if there is one.
pub(crate) fn model_file(config: &Config, component: &ComponentConfig) -> Result<Option<PathBuf>> {
    Ok(find_products(config, component, &mut Problems::first())?.xml)
}

/// The folder of the response functions: the one that is named, else `$CALDB`.
pub(crate) fn response_folder(config: &Config, component: &ComponentConfig) -> Result<Option<PathBuf>> {
    Ok(find_products(config, component, &mut Problems::first())?.irfs)
}

/// Where a product lies under fermipy's name.
///
/// ```
/// let path = lat_dataset::product_path("out".as_ref(), "psf", "00", "fits");
/// assert_eq!(path, std::path::Path::new("out/psf_00.fits"));
/// ```
pub fn product_path(outdir: &Path, product: &str, component: &str, extension: &str) -> PathBuf {
    outdir.join(format!("{product}_{component}.{extension}"))
}

/// Where a product may lie.
pub(crate) fn candidates(outdir: &Path, product: &str, component: &str, extension: &str) -> Vec<PathBuf> {
    let plain = product_path(outdir, product, component, extension);
    match extension {
        "fits" => vec![plain, product_path(outdir, product, component, "fits.gz")],
        _ => vec![plain],
    }
}

/// The file of a component where one is named for several: `a/maps.fits` as `a/maps_NAME.fits`. A path without a file name stays as it is.
///
/// ```
/// let path = lat_dataset::component_path("a/maps.fits.gz".as_ref(), "01");
/// assert_eq!(path, std::path::Path::new("a/maps_01.fits.gz"));
/// ```
pub fn component_path(path: &Path, name: &str) -> PathBuf {
    let Some(file) = path.file_name() else { return path.to_owned() };
    let file = file.to_string_lossy();
    let (stem, ending) = file.find(".fit").map_or((file.as_ref(), ""), |at| file.split_at(at));
    path.with_file_name(format!("{stem}_{name}{ending}"))
}

/// Paths as a message lists them.
pub(crate) fn listed<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> String {
    paths.into_iter().map(|path| format!("'{}'", path.display())).collect::<Vec<_>>().join(", ")
}

/// A template that the model names: the path itself when it is absolute, else the first that exists below one of the
/// [`template_directories`].
pub(crate) fn template(config: &Config, component: &ComponentConfig, model: &Path, text: &str) -> Result<PathBuf> {
    let name = PathBuf::from(expand_environment(text)?);
    let directories = template_directories(config, component, model);
    let found = lat_io::first_found(directories.iter().map(|directory| directory.join(&name)));
    found.ok_or_else(|| {
        if name.is_absolute() {
            Error::NotFound { path: name }
        } else {
            Error::NoTemplate { name, tried: listed(&directories) }
        }
    })
}

/// Where templates are looked for: in the [`search_directories`], and in the archives of extended sources below `model.extdir` and `catalogs`.
fn template_directories(config: &Config, component: &ComponentConfig, model: &Path) -> Vec<PathBuf> {
    let directories = search_directories(config, component, model);
    let extdir = component.model.extdir.as_ref().and_then(|extdir| {
        let extdir = PathBuf::from(expand_environment(&extdir.to_string_lossy()).ok()?);
        directories.iter().map(|directory| directory.join(&extdir)).find(|path| path.is_dir())
    });
    let catalogs = directories.iter().map(|directory| directory.join("catalogs")).filter(|path| path.is_dir());
    let archives: Vec<PathBuf> = extdir.into_iter().chain(catalogs).collect();
    let archives = archives.iter().flat_map(|root| lat_io::archive_folders(root, Path::new("")));
    distinct(directories.iter().cloned().chain(archives))
}

/// The paths without those that were there before.
fn distinct(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut seen = std::collections::HashSet::new();
    paths.into_iter().filter(|path| seen.insert(path.clone())).collect()
}

/// A template that the source model `model` of a configuration names, as [`crate::load()`] looks for it; the first component's folders are
/// searched.
///
/// # Errors
/// When the name has an environment variable that is not set.
pub fn find_template(config: &Config, model: &Path, text: &str) -> Result<PathBuf> {
    template(config, config.first_component()?, model, text)
}

/// Where templates and catalogs are looked for: the configuration's directory, the model's, that of `files.xml` (a model that was written elsewhere keeps
/// the names that this one has), `model.diffuse_dir`, the output directory, `$FERMI_DIFFUSE_DIR` and `$FERMIPY_DATA_DIR`.
pub(crate) fn search_directories(config: &Config, component: &ComponentConfig, model: &Path) -> Vec<PathBuf> {
    let from_environment = ["FERMI_DIFFUSE_DIR", "FERMIPY_DATA_DIR"].into_iter().filter_map(std::env::var_os);
    let named = component.files.xml.as_deref().and_then(Path::parent);
    let beside = [Some(config.directory()), model.parent(), named].into_iter().flatten().map(Path::to_owned);
    let told = component.model.diffuse_dirs.iter().cloned().chain([config.outdir.clone()]);
    distinct(beside.chain(told).chain(from_environment.map(PathBuf::from)))
}

/// The file of the photons that a component's counts are of: `ft1_00.fits` in the output directory, as `prepare` and fermipy's `setup` leave it.
///
/// # Errors
/// [`Error::NoPhotons`] when it is not there.
pub fn selected_photons(config: &Config, component: &str) -> Result<PathBuf> {
    let tried = candidates(&config.outdir, "ft1", component, "fits");
    let found = lat_io::first_found(tried.iter().cloned());
    found.ok_or_else(|| Error::NoPhotons { component: component.to_owned(), tried: listed(&tried) })
}

/// Whether the counts cube of every component lies in the output directory.
pub(crate) fn all_have_counts(config: &Config) -> bool {
    let has = |component: &ComponentConfig| {
        candidates(&config.outdir, "ccube", &component.name, "fits").iter().any(|path| path.exists())
    };
    config.components.iter().all(has)
}
