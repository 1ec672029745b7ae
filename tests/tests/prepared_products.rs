//! What `prepare` makes beside what a fit reads, as fermipy's `setup` does: the counts of all components together, the model as XML.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use acceptance::photon_lists::{CENTER, ENERGIES, PhotonList};
use lat_dataset::{Config, PrepareStep, Product, ProductState};
use roi_fit::{PrepareOptions, Prepared, Quiet, prepare};

/// Photons of a day, and a configuration with these components.
fn region(folder: &Path, name: &str, components: &str, index: f64) -> PathBuf {
    let ([ra, dec], (emin, emax)) = (CENTER, ENERGIES);
    let text = format!(
        "data: {{evfile: photons.fits, scfile: spacecraft.fits}}\n\
         selection: {{ra: {ra}, dec: {dec}, emin: {emin}, emax: {emax}, zmax: 90, evclass: 128, filter: 'LAT_CONFIG==1'}}\n\
         binning: {{npix: 30, binsz: 0.2, enumbins: 6}}\nltcube: {{binsz: 4}}\n\
         gtlike: {{irfs: SIMULATED_V1, edisp: false}}\nfiles: {{irfs: .}}\nfileio: {{outdir: {name}}}\n\
         model: {{isodiff: iso.txt, sources: [{{name: one, ra: {ra}, dec: {dec}, SpectrumType: PowerLaw, Index: {index}}}]}}\n\
         {components}\n"
    );
    let path = folder.join(format!("{name}.yaml"));
    std::fs::write(&path, text).unwrap();
    path
}

fn prepared(config: &Path) -> Prepared {
    prepare(config, &PrepareOptions::default(), &mut Quiet).unwrap()
}

fn state_of(prepared: &Prepared, product: Product) -> Option<ProductState> {
    prepared.products.iter().find(|found| found.product == product).map(|found| found.state)
}

#[test]
fn the_counts_of_all_components_are_those_of_all_event_types() {
    let folder = tempfile::tempdir().unwrap();
    PhotonList { days: 1.0, ..PhotonList::default() }.write(folder.path()).unwrap();
    let both = "components: [{selection: {evtype: 1}}, {selection: {evtype: 2}}]";
    let config = region(folder.path(), "both", both, 2.0);
    assert_eq!(state_of(&prepared(&config), Product::Coadded), Some(ProductState::Missing));
    let one = region(folder.path(), "one", "components: [{selection: {evtype: 3}}]", 2.0);
    assert_eq!(state_of(&prepared(&one), Product::Coadded), None);
    assert!(!folder.path().join("one/ccube.fits").exists());
    let [sum, whole] = ["both/ccube.fits", "one/ccube_00.fits"]
        .map(|name| lat_io::read_counts_cube(&folder.path().join(name)).unwrap());
    assert!(sum.cube.counts() == whole.cube.counts() && sum.cube.total() > 100.0);
    assert_eq!((sum.grid.difference(&whole.grid), &sum.gti), (None, &whole.gti));
    assert_eq!(state_of(&prepared(&config), Product::Coadded), Some(ProductState::Current));
    // Cuts that only one component has are not told of the sum.
    let cuts = |name: &str| {
        let file = lat_io::FitsFile::open(folder.path().join(name)).unwrap();
        lat_io::read_cuts(&file, file.primary().unwrap()).unwrap()
    };
    let (of_sum, of_one) = (cuts("both/ccube.fits"), cuts("both/ccube_00.fits"));
    let types = |cut: &&lat_io::Cut| matches!(cut, lat_io::Cut::Mask { column, .. } if column == "EVENT_TYPE");
    assert_eq!((of_sum.iter().filter(types).count(), of_one.iter().filter(types).count()), (0, 1));
    assert_eq!(of_sum.len() + 1, of_one.len());

    // Ranges of energy that follow each other; pixels that differ have no sum.
    let ranges = "components: [{selection: {emax: 3000}, binning: {enumbins: 3}}, {selection: {emin: 3000}, binning: {enumbins: 3}}]";
    let config = region(folder.path(), "ranges", ranges, 2.0);
    prepared(&config);
    let [sum, low, high] = ["ccube", "ccube_00", "ccube_01"]
        .map(|name| lat_io::read_counts_cube(&folder.path().join(format!("ranges/{name}.fits"))).unwrap().cube);
    assert_eq!(sum.axis().n_bins(), 6);
    let joined: Vec<_> = low.counts().iter().chain(high.counts()).copied().collect();
    assert!(sum.counts().iter().eq(&joined) && low.total() > high.total() && high.total() > 0.0);
    let pixels = "components: [{selection: {evtype: 1}}, {selection: {evtype: 2}, binning: {npix: 20}}]";
    let config = region(folder.path(), "pixels", pixels, 2.0);
    assert_eq!(state_of(&prepared(&config), Product::Coadded), Some(ProductState::Unneeded));
    assert!(!folder.path().join("pixels/ccube.fits").exists());
}

#[test]
fn a_model_that_was_written_is_read_once_it_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    PhotonList { days: 1.0, ..PhotonList::default() }.write(folder.path()).unwrap();
    let index_of = |config: &Path| {
        let loaded = lat_dataset::load(config).unwrap();
        let (_, source) = loaded.roi.sources().iter().enumerate().find(|(_, source)| source.name() == "one").unwrap();
        source.spectrum().parameters().iter().find(|p| p.name() == "Index").unwrap().value()
    };
    let state = |config: &Path| state_of(&prepared(config), Product::Srcmdl).unwrap();
    let config = region(folder.path(), "out", "", 2.0);
    let xml = folder.path().join("out/srcmdl_00.xml");
    assert_eq!((state(&config), state(&config)), (ProductState::Missing, ProductState::Current));
    let first = std::fs::read_to_string(&xml).unwrap();
    // The configuration tells the model.
    let config = region(folder.path(), "out", "", 2.5);
    assert_eq!((index_of(&config), state(&config), state(&config)), (2.5, ProductState::Stale, ProductState::Current));
    let second = std::fs::read_to_string(&xml).unwrap();
    assert_ne!(first, second);
    // What somebody has changed is his own.
    let changed = second.replace("value=\"2.5\"", "value=\"2.75\"");
    assert_ne!(changed, second);
    std::fs::write(&xml, &changed).unwrap();
    assert_eq!((index_of(&config), state(&config)), (2.75, ProductState::Given));
    assert_eq!(std::fs::read_to_string(&xml).unwrap(), changed);
}

#[test]
fn a_dry_run_knows_whether_the_model_that_lies_there_is_the_one() {
    let folder = tempfile::tempdir().unwrap();
    PhotonList { days: 1.0, ..PhotonList::default() }.write(folder.path()).unwrap();
    let dry = |config: &Path| {
        let options = PrepareOptions::default().with_dry_run(true);
        state_of(&prepare(config, &options, &mut Quiet).unwrap(), Product::Srcmdl).unwrap()
    };
    let config = region(folder.path(), "out", "", 2.0);
    assert_eq!(dry(&config), ProductState::Missing);
    prepared(&config);
    assert_eq!(dry(&config), ProductState::Current);
    let config = region(folder.path(), "out", "", 2.5);
    assert_eq!(dry(&config), ProductState::Stale);
    // Where the counts are to be made anew the model is not known.
    prepared(&config);
    std::fs::remove_file(folder.path().join("out/ccube_00.fits")).unwrap();
    assert_eq!(dry(&config), ProductState::Stale);
}

#[test]
fn priors_stay_when_the_model_is_written_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    PhotonList { days: 1.0, ..PhotonList::default() }.write(folder.path()).unwrap();
    let config = region(folder.path(), "out", "", 2.0);
    let has_prior = || lat_dataset::load(&config).unwrap().roi.parameters().any(|(_, p)| p.prior().is_some());
    prepared(&config);
    assert!(!has_prior());
    let text = "one: {Index: {funcname: GaussianError, pars: {Mean: 2.0, Sigma: 0.5}}}\n";
    std::fs::write(folder.path().join("out/srcmdl_00_priors.yaml"), text).unwrap();
    assert!(has_prior(), "beside the model that was written");
    std::fs::remove_file(folder.path().join("out/srcmdl_00.xml")).unwrap();
    assert!(has_prior(), "without it");
}

#[test]
fn what_nothing_reads_stops_nothing_and_a_sum_of_other_counts_does_not_stand() {
    let folder = tempfile::tempdir().unwrap();
    PhotonList { days: 1.0, ..PhotonList::default() }.write(folder.path()).unwrap();
    let both = "components: [{selection: {evtype: 1}}, {selection: {evtype: 2}}]";
    let config = region(folder.path(), "both", both, 2.0);
    let path = |name: &str| folder.path().join("both").join(name);
    std::fs::create_dir(path("")).unwrap();
    for name in ["ccube.fits", "bexpmap_roi_00.fits"] {
        std::fs::write(path(name), "no FITS file").unwrap();
    }
    let found = prepared(&config);
    assert_eq!(state_of(&found, Product::Coadded), Some(ProductState::Given));
    assert_eq!(state_of(&found, Product::BexpmapRoi), Some(ProductState::Given));
    assert_eq!(std::fs::read_to_string(path("ccube.fits")).unwrap(), "no FITS file");
    std::fs::remove_file(path("ccube.fits")).unwrap();
    assert_eq!(state_of(&prepared(&config), Product::Coadded), Some(ProductState::Missing));

    // Counts of another program with other pixels, whatever the configuration tells: nothing is announced.
    let other = region(folder.path(), "other", "binning: {npix: 20, binsz: 0.2, enumbins: 6}", 2.0);
    let text =
        std::fs::read_to_string(&other).unwrap().replacen("binning: {npix: 30, binsz: 0.2, enumbins: 6}\n", "", 1);
    std::fs::write(&other, text).unwrap();
    prepared(&other);
    let counts = lat_io::read_counts_cube(&folder.path().join("other/ccube_00.fits")).unwrap();
    lat_io::write_counts_cube(&path("ccube_01.fits"), &counts).unwrap();
    let read = Config::read(&config).unwrap();
    let mut made = Vec::new();
    let mut watch = |step: &PrepareStep<'_>| {
        if let PrepareStep::Make { product, .. } = step {
            made.push(product.product);
        }
        ControlFlow::Continue(())
    };
    let products = lat_dataset::prepare(&read, false, &mut watch).unwrap();
    let sum = products.iter().find(|product| product.product == Product::Coadded).unwrap();
    assert_eq!((sum.state, sum.bytes), (ProductState::Unneeded, 0));
    assert!(!made.contains(&Product::Coadded) && !path("ccube.fits").exists(), "{made:?}");

    // A counts cube that is named and not there is told as such.
    let text = both.replace("{selection: {evtype: 2}}", "{selection: {evtype: 2}, files: {ccube: gone.fits}}");
    let read = Config::read(&region(folder.path(), "both", &text, 2.0)).unwrap();
    let error = lat_dataset::prepare(&read, false, &mut |_: &PrepareStep<'_>| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(&error, lat_dataset::Error::NotFound { path } if path.ends_with("gone.fits")), "{error}");
}
