//! Makes the source maps of a region and compares them with a file of gtsrcmaps, source by source and plane by plane.
//!
//! `compare_source_maps CCUBE BEXPMAP PSF MODEL.xml SRCMAP EXTRA_PLANES [accurate]`

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use lat_dataset::Templates;
use lat_io::SourceMapFile;
use lat_response::{Recipe, Response, SourceMapBuilder, SourceMapOptions};
use ndarray::Axis;
use roi_model::Source;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ccube, bexpmap, psf_file, model, srcmap, extra, rest @ ..] = arguments.as_slice() else {
        return Err("usage: compare_source_maps CCUBE BEXPMAP PSF MODEL.xml SRCMAP EXTRA_PLANES [accurate]".into());
    };
    let directory = Path::new(model).parent().unwrap_or(Path::new("."));
    let load = |name: &str| Ok(lat_io::read_file_function(&directory.join(name))?);
    let sources = roi_model::read_xml(&std::fs::read_to_string(model)?, &load)?.sources;
    let counts = lat_io::read_counts_cube(Path::new(ccube))?;
    let reference = SourceMapFile::open(Path::new(srcmap))?;

    let mut options = SourceMapOptions::default();
    if rest.iter().any(|word| word == "accurate") {
        options.recipe = Recipe::accurate();
    }
    let response = Response {
        exposure: lat_io::read_exposure(Path::new(bexpmap))?,
        psf: lat_io::read_psf(Path::new(psf_file))?.into(),
    };
    let files = Templates::below(directory);
    let sources: Vec<&Source> = sources.iter().filter(|source| reference.contains(source.name())).collect();

    let start = Instant::now();
    let grid = counts.grid.clone();
    let builder = SourceMapBuilder::new(&grid, counts.cube.axis(), extra.parse()?, response, options)?;
    let maps = builder.build_all(&sources, &files, &|_| ())?;
    println!("{} maps of {} planes in {:.2} s", maps.len(), builder.energies().len(), start.elapsed().as_secs_f64());

    println!("plane by plane: largest difference / peak of the plane, sum / sum of the reference - 1");
    for (source, map) in sources.iter().zip(&maps) {
        let theirs = reference.read(source.name())?;
        let mut line = format!("{:>10}", source.name());
        let pairs = map.planes().axis_iter(Axis(0)).zip(theirs.planes().axis_iter(Axis(0)));
        for ((mine, theirs), energy) in pairs.zip(builder.energies()) {
            let peak = theirs.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            let worst = mine.iter().zip(&theirs).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
            let sum = |plane: &ndarray::ArrayView2<'_, f32>| plane.iter().copied().map(f64::from).sum::<f64>();
            write!(line, " {energy:.0}:{:.0e}/{:+.0e}", worst / peak, sum(&mine) / sum(&theirs) - 1.0)?;
        }
        println!("{line}");
    }
    Ok(())
}
