//! A livetime cube: written, read, summed, and handed to the response.

use std::path::Path;

use lat_io::LivetimeTable;
use lat_response::LivetimeCube;
use ndarray::{Array2, Axis, Slice, Zip};

use crate::error::{Error, Result};
use crate::intervals::GoodTimes;

/// Livetime by direction and inclination.
#[derive(Clone, Debug)]
pub struct Livetime {
    table: LivetimeTable,
}

impl Livetime {
    pub(super) fn new(table: LivetimeTable) -> Self {
        Self { table }
    }

    /// Reads a livetime cube of gtltcube or [`Livetime::write`].
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self { table: lat_io::read_livetime_table(path)? })
    }

    /// Sets the digest of what the cube is made from that its header tells.
    #[must_use]
    pub fn with_inputs(mut self, inputs: impl Into<String>) -> Self {
        self.table.inputs = Some(inputs.into());
        self
    }

    /// Writes it as gtltcube lays it out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(lat_io::write_livetime_table(path, &self.table)?)
    }

    /// Pixels, bins and times.
    pub fn table(&self) -> &LivetimeTable {
        &self.table
    }

    /// The times that exposure, PSF and dispersion are averaged over.
    ///
    /// # Errors
    /// [`Error::Response`] in principle only: for times that are negative or not finite.
    pub fn to_cube(&self) -> Result<LivetimeCube> {
        let LivetimeTable { pixels, bins, azimuth_bins, livetime, weighted, .. } = &self.table;
        // Where azimuths are known, their bins stand behind those of the cosine alone.
        let first = if *azimuth_bins > 0 { bins.n } else { 0 };
        let part = |table: &Array2<f32>| table.slice_axis(Axis(1), Slice::from(first..)).to_owned();
        Ok(LivetimeCube::by_azimuth(pixels.clone(), *bins, *azimuth_bins, part(livetime), Some(part(weighted)))?)
    }
}

/// The sum of livetime cubes of different times (gtltsum). Their good times become one set.
///
/// # Errors
/// [`Error::CubesDiffer`] when they differ in pixels, bins or zenith angles, or have time in common; [`Error::NoFile`] for none.
///
/// ```no_run
/// use lat_events::Livetime;
/// let years = [Livetime::read("ltcube_2018.fits".as_ref())?, Livetime::read("ltcube_2019.fits".as_ref())?];
/// lat_events::sum_livetimes(&years)?.write("ltcube.fits".as_ref())?;
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn sum_livetimes(cubes: &[Livetime]) -> Result<Livetime> {
    let Some((first, others)) = cubes.split_first() else { return Err(Error::NoFile { what: "livetime" }) };
    let mut good_times = GoodTimes::new(first.table.good_times.iter().copied());
    let wide = |table: &Array2<f32>| table.mapv(f64::from);
    let (mut livetime, mut weighted) = (wide(&first.table.livetime), wide(&first.table.weighted));
    let (mut start, mut stop) = first.table.times;
    for (other, number) in others.iter().zip(2..) {
        check_alike(&first.table, &other.table, number)?;
        let theirs = GoodTimes::new(other.table.good_times.iter().copied());
        if let Some((start, stop)) = good_times.intersection(&theirs).span() {
            let (expected, found) =
                ("good times that no other cube has".into(), format!("some between {start} and {stop} s"));
            return Err(Error::CubesDiffer { number, what: "good times", expected, found });
        }
        good_times = good_times.union(&theirs);
        for (sum, table) in [(&mut livetime, &other.table.livetime), (&mut weighted, &other.table.weighted)] {
            Zip::from(sum).and(table).for_each(|sum, time| *sum += f64::from(*time));
        }
        (start, stop) = (start.min(other.table.times.0), stop.max(other.table.times.1));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
    let narrow = |table: Array2<f64>| table.mapv(|time| time as f32);
    Ok(Livetime {
        table: LivetimeTable {
            livetime: narrow(livetime),
            weighted: narrow(weighted),
            good_times: good_times.intervals().to_vec(),
            times: (start, stop),
            inputs: None,
            ..first.table.clone()
        },
    })
}

fn check_alike(first: &LivetimeTable, other: &LivetimeTable, number: usize) -> Result<()> {
    let told = |table: &LivetimeTable| {
        [
            ("pixels", format!("{:?}", table.pixels)),
            ("bins of inclination", format!("{:?}", table.bins)),
            ("number of azimuth bins", table.azimuth_bins.to_string()),
            ("zenith angles", format!("{:?} deg", table.zenith)),
            ("number of values", format!("{:?}", (table.livetime.dim(), table.weighted.dim()))),
        ]
    };
    let pairs = told(first).into_iter().zip(told(other));
    match pairs.into_iter().find(|((_, expected), (_, found))| expected != found) {
        None => Ok(()),
        Some(((what, expected), (_, found))) => Err(Error::CubesDiffer { number, what, expected, found }),
    }
}
