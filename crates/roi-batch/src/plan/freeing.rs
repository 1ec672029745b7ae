//! What is freed beside what is free in the model.

use roi_fit::{Analysis, Error, Pars, Result, Selection, is_spectral_parameter};
use serde::{Deserialize, Deserializer};

use super::editing::source_and_pars;

/// Smallest and largest value; `None` is an open end.
type Range = (Option<f64>, Option<f64>);

/// What is freed, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Freeing {
    /// Sources, or `NAME:PARS`.
    pub free: Vec<String>,
    /// Fix everything first.
    pub fix_all: bool,
    /// Degrees from the centre within which sources are selected; diffuse ones always pass.
    pub distance: Option<f64>,
    /// What is freed of the selected sources; all by default.
    #[serde(deserialize_with = "parsed")]
    pub pars: Option<Pars>,
    /// Range of TS of the selected sources.
    pub minmax_ts: Option<Range>,
    /// Range of predicted counts of the selected sources.
    pub minmax_npred: Option<Range>,
}

impl Freeing {
    /// Whether there is a selection of sources.
    pub fn selects(&self) -> bool {
        self.distance.is_some() || self.minmax_ts.is_some() || self.minmax_npred.is_some()
    }

    /// That what is asked for can be, as far as it is told without a model.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(degrees) = self.distance.filter(|degrees| !(degrees.is_finite() && *degrees >= 0.0)) {
            let found = degrees.to_string();
            return Err(Error::Option { option: "distance", found, expected: "degrees, 0 or more" });
        }
        // A name that no spectrum has frees nothing: it is a slip.
        if let Some(Pars::Names(names)) = &self.pars
            && let Some(name) = names.iter().find(|name| !is_spectral_parameter(name))
        {
            let expected = "norm, shape, all, or names such as Prefactor,Index";
            return Err(Error::Option { option: "pars", found: name.clone(), expected });
        }
        for (option, range) in [("minmax_ts", self.minmax_ts), ("minmax_npred", self.minmax_npred)] {
            if let Some((Some(low), Some(high))) = range
                && low > high
            {
                let found = format!("{low},{high}");
                return Err(Error::Option { option, found, expected: "the lower end first, as in 10,25" });
            }
        }
        Ok(())
    }

    /// In words, those of the program's command line: for what depends on them.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.free.iter().map(|place| format!("--free '{place}'")).collect();
        words.extend(self.fix_all.then(|| "--fix-all".to_owned()));
        words.extend(self.distance.map(|degrees| format!("--distance {degrees}")));
        words.extend(self.pars.as_ref().map(|pars| format!("--pars {}", pars_words(pars))));
        words.extend(self.minmax_ts.map(|range| format!("--minmax-ts {}", range_words(range))));
        words.extend(self.minmax_npred.map(|range| format!("--minmax-npred {}", range_words(range))));
        words
    }

    /// Frees what was asked for.
    ///
    /// # Errors
    /// Unknown sources and parameters; a TS that cannot be computed.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<()> {
        if self.fix_all {
            analysis.fix_all()?;
        }
        for place in &self.free {
            let (name, pars) = source_and_pars(analysis, place)?;
            analysis.free_source(name, true, &pars)?;
        }
        if self.selects() {
            let mut selection = self.distance.map_or_else(Selection::all, Selection::within);
            selection.minmax_ts = self.minmax_ts.unwrap_or_default();
            selection.minmax_npred = self.minmax_npred.unwrap_or_default();
            if self.minmax_ts.is_some() {
                analysis.compute_missing_ts()?;
            }
            analysis.free_sources(&selection, self.pars.clone().unwrap_or(Pars::All), true)?;
        }
        Ok(())
    }
}

/// What a selection frees, in words.
fn pars_words(pars: &Pars) -> String {
    match pars {
        Pars::Norm => "norm".into(),
        Pars::Shape => "shape".into(),
        Pars::Names(names) => names.join(","),
        Pars::All => "all".into(),
    }
}

/// `LO,HI` again.
fn range_words((low, high): Range) -> String {
    let [low, high] = [low, high].map(|end| end.map_or_else(String::new, |end| end.to_string()));
    format!("{low},{high}")
}

/// What a selection frees, from its words.
fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Pars>, D::Error> {
    let words = Option::<String>::deserialize(deserializer)?;
    words.map(|words| words.parse().map_err(serde::de::Error::custom)).transpose()
}
