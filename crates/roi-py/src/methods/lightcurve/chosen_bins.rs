//! Some of the time bins of a light curve: what one of several machines fits.

use roi_estimators::{BinData, Error, Result, TimeData};
use roi_fit::TimeSlices;

use crate::border::exceptions::{Failure, OptionError};

/// Some bins of many, in order of time. Their data are those that they have among all.
pub(crate) struct ChosenBins<'a> {
    slices: &'a TimeSlices,
    places: Vec<usize>,
    bins: Vec<(f64, f64)>,
}

impl<'a> ChosenBins<'a> {
    /// The bins of these numbers, counted from 0.
    pub(crate) fn new(slices: &'a TimeSlices, chosen: &[usize]) -> std::result::Result<Self, Failure> {
        let all = slices.bins();
        let mut places = chosen.to_vec();
        places.sort_unstable();
        places.dedup();
        if let Some(wrong) = places.iter().find(|place| **place >= all.len()) {
            let text = format!("only: there is no bin {wrong}; there are {}, counted from 0", all.len());
            return Err(OptionError::new_err(text).into());
        }
        let bins = places.iter().filter_map(|place| all.get(*place).copied()).collect();
        Ok(Self { slices, places, bins })
    }
}

impl TimeData for ChosenBins<'_> {
    fn bins(&self) -> &[(f64, f64)] {
        &self.bins
    }

    fn data_of(&self, bin: usize) -> Result<BinData> {
        let place = self.places.get(bin).ok_or(Error::Internal { what: "a time bin that was not chosen" })?;
        self.slices.data_of(*place)
    }

    fn bytes_held(&self) -> u64 {
        self.slices.bytes_held()
    }

    // Records of some bins are records of all.
    fn inputs(&self) -> Result<String> {
        Ok(self.slices.inputs()?)
    }
}
