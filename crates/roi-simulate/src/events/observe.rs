//! The verb: a model of the sky seen for a time, as a photon and a spacecraft file.

use std::path::Path;

use lat_io::{Cut, NewPhotonFile, PhotonHeader, write_spacecraft_rows};
use lat_response::{Irf, SkyCube};
use rayon::prelude::*;
use roi_model::Source;

use super::draw_photons::{Detector, Drawing, TOGETHER};
use super::emitter::{Cap, Emitter};
use super::event_options::EventOptions;
use super::orbit::Orbit;
use crate::error::Result;
use crate::instrument::pixels::vector;

/// By how much true energies may lie beyond the measured ones, where there is energy dispersion.
const BEYOND: f64 = 2.0;

/// What was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObservedEvents {
    /// Number of photons.
    pub photons: usize,
    /// Number of rows of the spacecraft file.
    pub rows: usize,
    /// Good time, s.
    pub good_time: f64,
}

/// Observes a model of the sky through response functions, and writes a photon file (FT1) and a spacecraft file (FT2).
///
/// The orbit is a plausible one: rocked by 50 degrees to the north and the south in turn, dead in the South Atlantic anomaly, with the Earth
/// in the way. Each source sends candidates at a rate that is nowhere below what can be detected, and of these as many stay as effective
/// area, live time and template say. Energy dispersion and PSF are those of the inclination; the effective area is that of inclination and azimuth.
/// `map` reads the map cube of a file that a spatial model names. Memory does not grow with the time: photons are drawn by blocks of rows,
/// on all cores, and the files depend on neither.
///
/// # Errors
/// [`Error::Option`](crate::Error::Option) for an option outside its range, [`Error::Shape`](crate::Error::Shape) for a spatial model of which no
/// photons can be drawn, [`Error::NoResponse`](crate::Error::NoResponse) without response functions, and when a file cannot be written.
///
/// ```no_run
/// use roi_simulate::{EventOptions, observe};
/// let irfs = lat_io::read_irf_set("/opt/caldb".as_ref(), "P8R3_SOURCE_V3", 3)?;
/// let library = roi_model::read_xml(&std::fs::read_to_string("model.xml")?, &|_: &str| unreachable!())?;
/// let map = |file: &str| Ok(lat_io::read_map_cube(file.as_ref())?);
/// let seen = observe(&library.sources, &map, &irfs, &EventOptions::default(), ["photons.fits".as_ref(), "spacecraft.fits".as_ref()])?;
/// println!("{} photons in {} s", seen.photons, seen.good_time);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn observe(
    sources: &[Source],
    map: &dyn Fn(&str) -> Result<SkyCube>,
    irfs: &[Irf],
    options: &EventOptions,
    [photons, spacecraft]: [&Path; 2],
) -> Result<ObservedEvents> {
    let center = options.check()?;
    let detector = Detector::new(irfs, options.edisp, options.azimuth)?;
    let beyond = if options.edisp { BEYOND } else { 1.0 };
    let energies = (options.energies.0 / beyond, options.energies.1 * beyond);
    let radius = (options.radius + detector.reach(energies.0)).to_radians();
    let cap = Cap { middle: vector(center), radius };
    let area = |energy: f64| detector.largest_area(energy);
    let mut emitters = Vec::with_capacity(sources.len());
    for source in sources {
        emitters
            .extend(Emitter::new(source, cap, energies, &area, map).map_err(|error| error.of_source(source.name()))?);
    }
    let orbit = Orbit::new(options.times());
    let drawing = Drawing { options, orbit: &orbit, detector, emitters, cap };
    let good_times = orbit.good_times();
    let good_time = good_times.iter().map(|(start, stop)| stop - start).sum();

    let mut file = NewPhotonFile::create(photons, "P8R3")?;
    draw(&drawing, &mut file)?;
    let found = file.rows();
    let (emin, emax) = options.energies;
    let [ra, dec] = options.center;
    let cuts = vec![
        Cut::GoodTimes,
        Cut::Mask { column: "EVENT_CLASS".into(), mask: options.event_class, pass: Some("P8R3".into()) },
        Cut::Cone { ra, dec, radius: options.radius },
        Cut::range("ENERGY", "MeV", emin, emax),
    ];
    file.finish(&PhotonHeader { cuts, good_times, times: options.times(), inputs: None })?;
    write_spacecraft_rows(spacecraft, options.times(), (0..orbit.rows()).map(|row| orbit.row(row)))?;
    Ok(ObservedEvents { photons: found, rows: orbit.rows(), good_time })
}

/// Draws all blocks, some at a time on all cores, and appends them in their order.
fn draw(drawing: &Drawing<'_>, file: &mut NewPhotonFile) -> Result<()> {
    let blocks = drawing.orbit.rows().div_ceil(TOGETHER);
    let together = 2 * rayon::current_num_threads();
    for first in (0..blocks).step_by(together) {
        let drawn: Vec<_> =
            (first..(first + together).min(blocks)).into_par_iter().map(|block| drawing.block(block)).collect();
        for photons in drawn {
            for mut photon in photons? {
                photon.event_id = i32::try_from(file.rows() + 1).unwrap_or(i32::MAX);
                photon.run_id = run(drawing.options.start);
                file.push(&photon)?;
            }
        }
    }
    Ok(())
}

/// The number of a run is the mission time of its begin.
fn run(start: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the options allow times to 1e9 s")]
    let run = start as i32;
    run
}
