//! The file of priors beside a source model.

use fixtures::Region;
use lat_dataset::Error;
use proptest::prelude::*;
use roi_model::Prior;

const FILE: &str = "srcmdl_00_priors.yaml";

fn load(region: &Region) -> lat_dataset::Result<lat_dataset::Loaded> {
    lat_dataset::load(&region.path("config.yaml"))
}

#[test]
fn priors_beside_the_model_are_read_with_it() {
    let region = Region::new();
    assert!(load(&region).unwrap().roi.parameters().all(|(_, p)| p.prior().is_none()));
    region.write(
        FILE,
        "4FGL J0000.0-0000:\n  Index: {funcname: GaussianError, pars: {Mean: 2.0, Sigma: 0.5, Norm: 4}}\n  Prefactor: {funcname: LogNormalLog, pars: [1, 0.3, 0.2]}\nisodiff: {Normalization: {funcname: LogGaussian, pars: {Mean: 1, Sigma: 0.1}}}\n",
    );
    let roi = load(&region).unwrap().roi;
    let prior = |name: &str| *roi.parameters().find(|(_, p)| p.name() == name).unwrap().1.prior().unwrap();
    // Four times the Gaussian's exponent is half its sigma.
    assert_eq!(prior("Index"), Prior::gaussian(2.0, 0.25).unwrap());
    assert_eq!(prior("Index").ln(3.0), 4.0 * Prior::gaussian(2.0, 0.5).unwrap().ln(3.0));
    assert_eq!(prior("Prefactor"), Prior::log_normal(0.3, 0.2).unwrap());
    assert_eq!(prior("Normalization"), Prior::normalized_gaussian(1.0, 0.1).unwrap());

    region.write("other.yaml", "isodiff: {Normalization: {funcname: GaussianError, pars: {Mean: 1, Sigma: 7}}}");
    region.write("config.yaml", "gtlike: {edisp: false}\nfiles: {priors: other.yaml}");
    let roi = load(&region).unwrap().roi;
    let sigma = roi.parameters().find_map(|(_, p)| Some(p.prior()?.sigma()));
    assert_eq!(sigma, Some(7.0), "a named file goes before the one beside the model");
    region.write("config.yaml", "gtlike: {edisp: false}\nfiles: {priors: none.yaml}");
    assert!(matches!(load(&region), Err(Error::NotFound { .. })));
}

#[test]
fn what_cannot_be_is_told_and_changes_nothing() {
    let region = Region::new();
    let mut roi = load(&region).unwrap().roi;
    let good = "isodiff: {Normalization: {funcname: GaussianError, pars: {Mean: 1, Sigma: 1}}}\n";
    for (text, word) in [
        ("nobody: {Index: {funcname: GaussianError, pars: {Mean: 1, Sigma: 1}}}", "nobody"),
        ("4FGL J0000.0-0000: {Indx: {funcname: GaussianError, pars: {Mean: 1, Sigma: 1}}}", "Prefactor, Index, Scale"),
        ("4FGL J0000.0-0000: {Index: {funcname: Gauss, pars: {Mean: 1, Sigma: 1}}}", "'Gauss'"),
        ("4FGL J0000.0-0000: {Index: {funcname: GaussianError, pars: {Mean: 1}}}", "Sigma is missing"),
        ("4FGL J0000.0-0000: {Index: {funcname: GaussianError, pars: {Mean: 1, Sigma: 0}}}", "positive"),
        ("4FGL J0000.0-0000: {Index: {funcname: GaussianError, pars: {Mean: 1, Sigma: 1, Width: 2}}}", "'Width'"),
        ("4FGL J0000.0-0000: {Index: {funcname: GaussianError, pars: {Mean: 1, Sigma: 1, Offset: 2}}}", "Offset"),
        ("4FGL J0000.0-0000: {Index: {funcname: LogGaussian, pars: [2, 1, 1]}}", "Norm is 2"),
        ("4FGL J0000.0-0000: {Index: {func: LogGaussian}}", "func"),
        ("- 1", FILE),
    ] {
        region.write(FILE, &format!("{}{text}", if text.starts_with('-') { "" } else { good }));
        let found = lat_io::read_priors(&region.path(FILE), &mut roi).unwrap_err().to_string();
        assert!(found.contains(word) && found.contains(FILE), "{text}: {found}");
        assert!(roi.parameters().all(|(_, p)| p.prior().is_none()));
    }
}

#[test]
fn yaml_1_1_takes_the_numbers_for_numbers() {
    let region = Region::new();
    let mut roi = load(&region).unwrap().roi;
    let set = |p: &mut roi_model::Parameter| p.set_prior(Some(Prior::gaussian(1e-12, 3e20).unwrap()));
    set(&mut roi.sources_mut()[0].spectrum_mut().parameters_mut()[1]);
    let text = lat_io::priors_to_yaml(roi.sources()).unwrap();
    // As PyYAML wants them: 1e-12 would be a text.
    assert!(text.contains("Mean: 1.0e-12, Sigma: 3.0e+20"), "{text}");
    assert!(lat_io::priors_to_yaml(&[]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_reads_back_to_the_bit(mean in -1e20..1e20f64, sigma in 1e-20..1e20f64, kind in 0..3u8) {
        let region = Region::new();
        let mut roi = load(&region).unwrap().roi;
        let prior = match kind {
            0 => Prior::gaussian(mean, sigma),
            1 => Prior::normalized_gaussian(mean, sigma),
            _ => Prior::log_normal(mean, sigma),
        }
        .unwrap();
        roi.sources_mut()[0].spectrum_mut().parameters_mut()[1].set_prior(Some(prior));
        let text = lat_io::priors_to_yaml(roi.sources()).unwrap();
        region.write(FILE, &text);
        let again = load(&region).unwrap().roi;
        prop_assert_eq!(again.sources()[0].spectrum().parameters()[1].prior(), Some(&prior));
        prop_assert_eq!(lat_io::priors_to_yaml(again.sources()), Some(text));
    }
}
