//! Records of time bins: a light curve takes up what is sound of them, and can be shown and written.

use std::path::Path;

use roi_estimators::{BinData, LightCurve, LightCurveOptions, LightCurveRun, TimeData, light_curve};
use roi_fit::{Analysis, Quiet, Session};

use super::region::{fitted, point_source, shortened};
use crate::with_file::{in_folder, with_named};

/// Bins of which the data are there, or are not: what is taken up then comes from the records.
struct Bins(Option<Session>);

impl TimeData for Bins {
    fn bins(&self) -> &[(f64, f64)] {
        &[(0.0, 86400.0), (86400.0, 172_800.0)]
    }

    fn data_of(&self, _bin: usize) -> roi_estimators::Result<BinData> {
        let unseen = || BinData::unseen("not in the records");
        Ok(self.0.as_ref().map_or_else(unseen, |session| BinData::seen(session.clone(), 86400.0, 80_000.0)))
    }

    fn inputs(&self) -> roi_estimators::Result<String> {
        Ok("in memory".to_owned())
    }
}

thread_local! {
    /// The region of the records, and the source.
    static WHOLE: (Analysis, String) = {
        let analysis = fitted();
        let name = point_source(&analysis);
        (analysis, name)
    };
}

/// A light curve of these bins with records in a file.
fn curve(bins: &Bins, path: &Path) -> roi_estimators::Result<LightCurve> {
    WHOLE.with(|(analysis, name)| {
        let mut quiet = Quiet;
        let run = LightCurveRun::new(&mut quiet).with_records(path);
        light_curve(analysis, name, bins, &LightCurveOptions::default(), run)
    })
}

/// A light curve that begins with records.
pub(crate) fn run(data: &[u8]) {
    const FILE: &str = "curve.fits.bins";
    with_named(FILE, data, |path| {
        let curve =
            curve(&Bins(None), path).unwrap_or_else(|error| panic!("records that are damaged do not count: {error}"));
        assert_eq!(curve.bins.len(), 2);
        for (bin, times) in curve.bins.iter().zip(Bins(None).bins()) {
            assert_eq!((bin.tmin, bin.tmax), *times);
        }
        shown(&curve);
    });
}

/// As JSON and as tables.
fn shown(curve: &LightCurve) {
    assert!(curve.to_json().is_object());
    let _ = (curve.is_complete(), curve.fit_success(), curve.flux_const());
    in_folder(|folder| {
        let written =
            curve.write_fits(&folder.join("curve.fits")).and_then(|()| curve.write_ecsv(&folder.join("curve.ecsv")));
        written.unwrap_or_else(|error| panic!("a light curve that cannot be written: {error}"));
    });
}

/// Records of bins that were fitted, of one that was cut short, and of others.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let records = || -> Result<String, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("records");
        curve(&Bins(Some(WHOLE.with(|(analysis, _)| analysis.session().clone()))), &path)?;
        let mut short = String::new();
        for line in std::fs::read_to_string(path)?.lines() {
            short.extend([shortened(serde_json::from_str(line)?).to_string(), "\n".to_owned()]);
        }
        Ok(short)
    };
    let whole = records().unwrap_or_else(|error| panic!("no seed: {error}"));
    let cut = whole[..whole.len() - 500].to_owned();
    [whole, cut, "{\"light_curve\":\"another\"}\n{}\n".to_owned()].map(String::into_bytes).to_vec()
}

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "\"light_curve\":",
    "\"tmin\":",
    "\"tmax\":",
    "\"status\":",
    "\"ok\"",
    "\"no data\"",
    "\"failed\"",
    "\"not done\"",
    "\"attempts\":[]",
    "\"source\":null",
    "\"limit\":null",
    "\"fixed\":null",
    "\"is_ul\":true",
    "\"ratio\":",
    "\"ratio_err\":",
    "\"loglike_const\":",
    "\"loglike_fixed\":",
    "\"excluded\":",
    "\"scan\":",
    "\"NaN\"",
    "\"inf\"",
    "null",
    "[",
    "]",
    "[]",
    "{",
    "}",
    ",",
    "0",
    "-1",
    "1e-320",
    "1e308",
    "-1e308",
    "86400.0",
];
