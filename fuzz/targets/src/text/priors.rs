//! Priors of parameters: what is read is written, and reads back the same.

use std::sync::LazyLock;

use roi_model::{Roi, SkyDirection};

use super::xml;
use crate::with_file::with_named;

/// A region whose names are in the seeds.
static ROI: LazyLock<Roi> = LazyLock::new(|| {
    let center = SkyDirection::new(83.6, 22.0).unwrap_or_else(|error| panic!("{error}"));
    Roi::new(center, xml::read_again(MODEL).sources).unwrap_or_else(|error| panic!("{error}"))
});

const MODEL: &str = r#"<source_library title="t"><source name="a" type="PointSource"><spectrum type="LogParabola">
<parameter name="norm" value="2" scale="1e-12" free="1" min="0.01" max="100"/><parameter name="alpha" value="2" scale="1" free="1" min="-5" max="5"/>
<parameter name="beta" value="0.1" scale="1" free="1" min="-2" max="2"/><parameter name="Eb" value="1000" scale="1" free="0"/></spectrum>
<spatialModel type="SkyDirFunction"><parameter name="RA" value="83.6" scale="1" free="0"/>
<parameter name="DEC" value="22" scale="1" free="0"/></spatialModel></source>
<source name="4FGL J0534.5+2201" type="PointSource"><spectrum type="PowerLaw"><parameter name="Prefactor" value="2" scale="1e-12" free="1" min="0.01" max="100"/>
<parameter name="Index" value="2" scale="-1" free="1" min="0" max="5"/><parameter name="Scale" value="1000" scale="1" free="0"/></spectrum>
<spatialModel type="SkyDirFunction"><parameter name="RA" value="83.6" scale="1" free="0"/>
<parameter name="DEC" value="22" scale="1" free="0"/></spatialModel></source></source_library>"#;

/// Reads priors into the region.
pub(crate) fn run(data: &[u8]) {
    const FILE: &str = "srcmdl_00_priors.yaml";
    let mut roi = ROI.clone();
    with_named(FILE, data, |path| {
        if let Err(error) = lat_io::read_priors(path, &mut roi) {
            assert!(error.to_string().contains(FILE), "an error without its file: {error}");
            assert_eq!(roi.state(), ROI.state(), "an error that changed the region: {error}");
            return;
        }
        assert!(!roi.ln_prior().is_nan(), "a prior that is no number");
        for source in roi.sources() {
            for parameter in source.spectrum().parameters() {
                let Some(prior) = parameter.prior() else { continue };
                assert!(prior.mean().is_finite() && prior.sigma() > 0.0, "{prior:?}");
                let _ = prior.derivatives(parameter.value());
            }
        }
        let mut again = ROI.clone();
        let written = lat_io::priors_to_yaml(roi.sources()).unwrap_or_else(|| "{}".to_owned());
        std::fs::write(path, &written).unwrap_or_else(|error| panic!("{error}"));
        lat_io::read_priors(path, &mut again).unwrap_or_else(|error| panic!("not read again: {error}\n{written}"));
        assert_eq!(again.state(), roi.state(), "other priors after writing:\n{written}");
    });
}

/// Each function, by name and as a list.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "a:\n  beta: {funcname: GaussianError, pars: {Mean: 0.1, Sigma: 0.3}}\n  alpha: {funcname: LogGaussian, pars: [1.0, 2.0, 0.5]}\n",
        "\"4FGL J0534.5+2201\":\n  \"Prefactor\": {funcname: LogNormalLog, pars: {Log10_Mean: 0.3, Log10_Sigma: 0.1}}\n  Index:\n    funcname: GaussianError\n    pars: [4, 2, 0.5, 0]\n",
        "{}\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(crate) const WORDS: &[&str] = &[
    "a:",
    "\"4FGL J0534.5+2201\":",
    "beta: ",
    "alpha: ",
    "norm: ",
    "Index: ",
    "Prefactor: ",
    "funcname: ",
    "pars: ",
    "GaussianError",
    "LogGaussian",
    "LogNormalLog",
    "Norm: ",
    "Mean: ",
    "Sigma: ",
    "Offset: ",
    "Prefactor: ",
    "Log10_Mean: ",
    "Log10_Sigma: ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "\n  ",
    "\n    ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "'",
    "\"",
    "# ",
    "~",
    ".inf",
    ".nan",
    "1e308",
    "1e-320",
    "-1",
    "0",
    "1e400",
    "0.1",
];
