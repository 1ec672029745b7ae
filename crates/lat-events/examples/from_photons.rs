//! From a photon file and a spacecraft file to a selection, a counts cube and a livetime cube, with the time that each step takes.
//!
//! `cargo run --release -p lat-events --example from_photons -- PHOTONS SPACECRAFT FOLDER`

#![expect(clippy::print_stdout, reason = "it is there to be looked at")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use lat_events::{
    EnergyBinning, GoodTimeOptions, LivetimeOptions, PhotonFiles, SelectOptions, Selection, Spacecraft, TimeBinning,
};
use lat_response::{Frame, HealpixOrdering, SkyGrid, WcsHeader};

/// 3C 279.
const CENTER: [f64; 2] = [194.0465, -5.7893];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photons, spacecraft, folder] = arguments.as_slice() else {
        return Err("usage: from_photons PHOTONS SPACECRAFT FOLDER".into());
    };
    let out = |name: &str| Path::new(folder).join(name);
    let files = timed("open", || Ok((PhotonFiles::open(&[photons])?, Spacecraft::open(&[spacecraft])?)))?;
    let (photons, spacecraft) = (&files.0, &files.1);
    let [ra, dec] = CENTER;
    let options = SelectOptions::default()
        .with_cone(ra, dec, 10.0)
        .with_energies(100.0, 1e5)
        .with_zenith(0.0, 90.0)
        .with_event_class(128)
        .with_event_type(3);
    let selection = lat_events::select(photons, &options)?;
    timed("select", || selection.write(&out("selected.fits")))?;
    let filter = GoodTimeOptions::default().with_filter("DATA_QUAL>0 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52");
    let good_times = timed("good times", || lat_events::good_times(&selection, spacecraft, &filter))?;
    let selection = selection.within(good_times);
    timed("write photons", || selection.write(&out("ft1.fits")))?;
    bin(&selection, &out)?;
    let options = LivetimeOptions::default().with_zenith(0.0, 90.0);
    let livetime = timed("livetime", || lat_events::livetime(spacecraft, selection.good_times(), &options))?;
    timed("write livetime", || livetime.write(&out("ltcube.fits")))?;
    let part = options.clone().with_region(ra, dec, 20.0);
    timed("livetime of a region", || lat_events::livetime(spacecraft, selection.good_times(), &part))?;
    let azimuths = options.with_cosine_step(0.05).with_pixel_size(4.0).with_azimuth_bins(6);
    timed("livetime by azimuth", || lat_events::livetime(spacecraft, selection.good_times(), &azimuths))?;
    Ok(())
}

fn bin(selection: &Selection<'_>, out: &dyn Fn(&str) -> std::path::PathBuf) -> Result<(), Box<dyn Error>> {
    let grid = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", CENTER))?;
    let pixels = SkyGrid::Healpix(lat_events::pixels_within(6, HealpixOrdering::Ring, Frame::Celestial, CENTER, 7.0)?);
    let energies = EnergyBinning::logarithmic(100.0, 1e5, 24)?;
    timed("counts cube", || lat_events::bin_cube(selection, &grid, &energies)?.write(&out("ccube.fits")))?;
    timed("HEALPix cube", || lat_events::bin_cube(selection, &pixels, &energies)?.write(&out("hpx.fits")))?;
    let wcs = WcsHeader::centered([200, 200], 0.1, Frame::Celestial, "STG", CENTER);
    timed("counts map", || lat_events::bin_map(selection, &wcs)?.write(&out("cmap.fits")))?;
    let (start, stop) = selection.times();
    let bins = TimeBinning::linear(start, stop, 5400.0)?;
    timed("light curve", || lat_events::bin_light_curve(selection, &bins)?.write(&out("lc.fits")))?;
    Ok(())
}

fn timed<T>(step: &str, run: impl FnOnce() -> lat_events::Result<T>) -> lat_events::Result<T> {
    let begin = Instant::now();
    let result = run()?;
    println!("{step:<22} {:>9.2} ms", 1e3 * begin.elapsed().as_secs_f64());
    Ok(result)
}
