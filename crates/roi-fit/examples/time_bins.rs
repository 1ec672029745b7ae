//! Cuts an analysis into equal bins of time and prints what each bin has, and how long that took.
//!
//! ```text
//! cargo run --release --example time_bins -- config.yaml 100 [automatic|exact|scaled]
//! ```

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use rayon::prelude::*;
use roi_fit::{Analysis, Quiet, SliceOptions, TimeSlices, peak_memory};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let config = arguments.next().ok_or("name a configuration")?;
    let count: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let options =
        SliceOptions::default().with_source_maps(arguments.next().map_or(Ok(Default::default()), |text| text.parse())?);
    let start = Instant::now();
    let analysis = Analysis::open(&config)?;
    println!("opened in {:.2} s", start.elapsed().as_secs_f64());
    let (first, last) = analysis.observation_times()?;
    let edge = |bin: u32| first + (last - first) * f64::from(bin) / f64::from(count);
    let bins: Vec<(f64, f64)> = (0..count).map(|bin| (edge(bin), edge(bin + 1))).collect();

    let start = Instant::now();
    let slices = TimeSlices::open(&analysis, &bins, &options, &mut Quiet)?;
    println!("{count} bins read in {:.2} s, {} bytes held", start.elapsed().as_secs_f64(), slices.bytes());
    let start = Instant::now();
    let evaluated: Vec<_> = (0..slices.len())
        .into_par_iter()
        .map(|bin| {
            let slice = slices.slice(bin)?;
            let loglike = slice.session.map(|mut session| session.loglike()).transpose()?;
            Ok((slice.bin, slice.livetime, slice.counts, slice.maps, loglike))
        })
        .collect::<roi_fit::Result<_>>()?;
    println!("maps and likelihoods in {:.2} s", start.elapsed().as_secs_f64());
    for ((start, stop), livetime, counts, maps, loglike) in evaluated {
        println!("{start:.1} to {stop:.1} s: livetime {livetime:.1} s, {counts} counts, logL {loglike:?}, {maps}");
    }
    println!("peak memory {:?} bytes", peak_memory());
    Ok(())
}
