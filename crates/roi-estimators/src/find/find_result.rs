//! What `find_sources` returns.

use lat_io::{Column, ColumnValues, FitsWriter};
use roi_model::SkyDirection;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::find::find_options::FindSourcesOptions;
use crate::localize::ellipse::ErrorEllipse;
use crate::tables::map_tables::header_of;

/// What became of a peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PeakStatus {
    /// A source was added, and stays.
    Added,
    /// A source was added, fitted, and taken out again: its TS is below the threshold.
    BelowThreshold,
    /// A source was added and taken out again: its fit was not good enough.
    NotFitted,
    /// It lies where a source was taken out before.
    Rejected,
    /// Its place, between the pixels, lies outside the search region.
    Outside,
    /// Enough sources were added from this map; the next one tells whether it is still there.
    Later,
}

impl PeakStatus {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::BelowThreshold => "below_threshold",
            Self::NotFitted => "not_fitted",
            Self::Rejected => "rejected",
            Self::Outside => "outside",
            Self::Later => "later",
        }
    }
}

/// A peak of a TS map.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Peak {
    /// The map, from 0.
    pub iteration: usize,
    /// Column of the pixel, from 0.
    pub ix: usize,
    /// Row of the pixel, from 0.
    pub iy: usize,
    /// Its place between the pixels.
    pub place: SkyDirection,
    /// Root of the TS in the pixel.
    pub sqrt_ts: f64,
    /// What became of it.
    pub status: PeakStatus,
    /// The source that was added.
    pub source: Option<String>,
}

/// A source that was found, and stays in the model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundSource {
    /// Its name.
    pub name: String,
    /// The map that it was found on, from 0.
    pub iteration: usize,
    /// Where it is.
    pub place: SkyDirection,
    /// Its error ellipse; `None` when the fit of its position did not succeed.
    pub ellipse: Option<ErrorEllipse>,
    /// Root of the TS in the peak's pixel.
    pub sqrt_ts_of_map: f64,
    /// TS after the fit, the others held.
    pub ts: f64,
    /// Predicted counts.
    pub npred: f64,
    /// Quality of its fit, 0 to 3.
    pub fit_quality: u8,
}

/// What [`crate::find_sources`] found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundSources {
    /// The new sources, in the order in which they were added.
    pub sources: Vec<FoundSource>,
    /// All peaks of all maps above the threshold.
    pub peaks: Vec<Peak>,
    /// Maps that were made.
    pub iterations: usize,
    /// Maxima that were computed for them; a pixel that does not change is not computed again.
    pub computed_pixels: usize,
    /// `logL` at the end.
    pub loglike: f64,
    /// What went wrong on the way.
    pub warnings: Vec<String>,
    /// The options.
    pub config: FindSourcesOptions,
}

impl FoundSources {
    /// The dictionary with fermipy's keys `sources` and `peaks`.
    pub fn to_json(&self) -> Value {
        let source = |source: &FoundSource| {
            let ellipse = source.ellipse.as_ref();
            let (glon, glat) = source.place.to_galactic();
            json!({
                "name": source.name,
                "iteration": source.iteration,
                "ra": source.place.ra(),
                "dec": source.place.dec(),
                "glon": glon,
                "glat": glat,
                "pos_r68": ellipse.map(|ellipse| ellipse.r68),
                "pos_r95": ellipse.map(|ellipse| ellipse.r95),
                "pos_r99": ellipse.map(|ellipse| ellipse.r99),
                "pos_err_semimajor": ellipse.map(|ellipse| ellipse.semimajor),
                "pos_err_semiminor": ellipse.map(|ellipse| ellipse.semiminor),
                "pos_angle": ellipse.map(|ellipse| ellipse.angle),
                "ts": source.ts,
                "sqrt_ts_map": source.sqrt_ts_of_map,
                "npred": source.npred,
                "fit_quality": source.fit_quality,
            })
        };
        let peak = |peak: &Peak| {
            json!({
                "iteration": peak.iteration, "ix": peak.ix, "iy": peak.iy, "ra": peak.place.ra(), "dec": peak.place.dec(),
                "amp": peak.sqrt_ts, "status": peak.status, "source": peak.source,
            })
        };
        json!({
            "sources": self.sources.iter().map(source).collect::<Vec<_>>(),
            "peaks": self.peaks.iter().map(peak).collect::<Vec<_>>(),
            "iterations": self.iterations,
            "computed_pixels": self.computed_pixels,
            "loglike": self.loglike,
            "warnings": self.warnings,
            "config": self.config.to_json(),
        })
    }

    /// Writes tables `SOURCES` and `PEAKS`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &std::path::Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let header = header_of(&self.config.to_json());
        writer.empty_primary(&header)?;
        let sources: [(&str, &str, fn(&FoundSource) -> f64); 9] = [
            ("ra", "deg", |source| source.place.ra()),
            ("dec", "deg", |source| source.place.dec()),
            ("pos_r68", "deg", |source| source.ellipse.map_or(f64::NAN, |ellipse| ellipse.r68)),
            ("pos_r95", "deg", |source| source.ellipse.map_or(f64::NAN, |ellipse| ellipse.r95)),
            ("pos_r99", "deg", |source| source.ellipse.map_or(f64::NAN, |ellipse| ellipse.r99)),
            ("ts", "", |source| source.ts),
            ("sqrt_ts_map", "", |source| source.sqrt_ts_of_map),
            ("npred", "", |source| source.npred),
            ("fit_quality", "", |source| f64::from(source.fit_quality)),
        ];
        let names = self.sources.iter().map(|source| source.name.clone()).collect();
        writer.table("SOURCES", &header, &columns(("name", names), &self.sources, &sources))?;
        let peaks: [(&str, &str, fn(&Peak) -> f64); 6] = [
            ("iteration", "", |peak| peak.iteration as f64),
            ("ix", "", |peak| peak.ix as f64),
            ("iy", "", |peak| peak.iy as f64),
            ("ra", "deg", |peak| peak.place.ra()),
            ("dec", "deg", |peak| peak.place.dec()),
            ("sqrt_ts", "", |peak| peak.sqrt_ts),
        ];
        let statuses = self.peaks.iter().map(|peak| peak.status.as_str().to_owned()).collect();
        writer.table("PEAKS", &header, &columns(("status", statuses), &self.peaks, &peaks))?;
        Ok(writer.finish()?)
    }
}

/// A column of texts and columns of numbers.
fn columns<T>((name, texts): (&str, Vec<String>), rows: &[T], numbers: &[(&str, &str, fn(&T) -> f64)]) -> Vec<Column> {
    let mut columns = vec![Column { name: name.into(), unit: String::new(), values: ColumnValues::Text(texts) }];
    columns.extend(numbers.iter().map(|&(name, unit, of)| Column {
        name: name.into(),
        unit: unit.into(),
        values: ColumnValues::Double(rows.iter().map(of).collect()),
    }));
    columns
}
