//! How long the way from photons to source maps takes beside the LAT's own tools.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot be set up has failed; what it measures is told"
)]

use std::time::Instant;

use acceptance::data;
use roi_fit::{PrepareOptions, Quiet, prepare};

/// Processor time that the tools took on the 13 hours of 3C 279, as it was recorded with the data: gtselect, gtmktime, gtltcube, gtbin, gtexpcube2 of the
/// sky and of the region, gtsrcmaps, s. The exposure of the sky was in pixels of two degrees; ours has four times as many.
const TOOLS: [f64; 7] = [0.08, 0.05, 1.8, 0.13, 1.9, 0.04, 75.0];

/// How many times as fast it has to be.
const TIMES: f64 = 30.0;

#[test]
fn photons_become_source_maps_thirty_times_as_fast_as_with_the_tools() {
    if cfg!(debug_assertions) {
        println!("not judged: times are those of a release build (cargo test --release)");
        return;
    }
    let Some(data) = data::directory_or_skip("photons_become_source_maps") else { return };
    let data = data.canonicalize().unwrap();
    if !data.join("events-3c279").exists() {
        fixtures::skipped("no events-3c279 in the reference data");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "data: {{evfile: {data}/events-3c279/photons.fits.gz, scfile: {data}/events-3c279/spacecraft.fits.gz}}\n\
         selection: {{ra: 194.0465, dec: -5.7893, radius: 10, emin: 100, emax: 100000, zmax: 90, evclass: 128, evtype: 3, \
         tmin: 538032601, tmax: 538079602, filter: 'DATA_QUAL>0 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52'}}\n\
         binning: {{npix: 100, binsz: 0.1, enumbins: 24}}\n\
         gtlike: {{irfs: P8R3_SOURCE_V3, edisp: false, minbinsz: 0.1}}\n\
         files: {{xml: {data}/events-3c279/model.xml, irfs: {data}/irfs-p8r3-source-v3}}\nfileio: {{outdir: out}}\n",
        data = data.display()
    );
    let config = folder.path().join("config.yaml");
    std::fs::write(&config, text).unwrap();
    // On one thread the time on the clock is at least that of the processor.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let start = Instant::now();
    pool.install(|| prepare(&config, &PrepareOptions::default(), &mut Quiet)).unwrap();
    let ours = start.elapsed().as_secs_f64();
    let tools: f64 = TOOLS.iter().sum();
    println!(
        "photons to source maps in {ours:.2} s on one thread, {:.0} times as fast as the tools ({tools:.1} s)",
        tools / ours
    );
    assert!(ours * TIMES < tools, "{ours} s, the tools {tools} s");
}
