//! Counts cubes and source maps: what is written is read back, and real files hold what other programs read in them.

use fixtures::{real_data, small_counts, small_maps};
use lat_io::{Column, ColumnValues, CountsCubeFile, Error, FitsFile, FitsWriter, Header, SourceMapFile};
use likelihood_core::{CountsCube, EnergyAxis};
use ndarray::Array3;

#[test]
fn a_counts_cube_comes_back_bit_for_bit_plain_and_gzip() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["ccube_00.fits", "ccube_00.fits.gz"] {
        let path = dir.path().join(name);
        let counts = small_counts();
        lat_io::write_counts_cube(&path, &counts).unwrap();
        assert_eq!(lat_io::read_counts_cube(&path).unwrap(), counts);
        let packed = std::fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]);
        assert_eq!(packed, path.extension().unwrap() == "gz");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn source_maps_come_back_bit_for_bit_by_name() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["srcmap_00.fits", "srcmap_00.fits.gz"] {
        let path = dir.path().join(name);
        lat_io::write_source_maps(&path, &small_counts(), &mut small_maps().into_iter()).unwrap();
        let file = SourceMapFile::open(&path).unwrap();
        assert_eq!(file.names(), ["isodiff", "4FGL J0000.0-0000"]);
        for (name, map) in small_maps() {
            assert_eq!(file.read(&name).unwrap(), map);
            assert_eq!(file.read(&name.to_lowercase()).unwrap(), map, "case is a fallback");
        }
        assert_eq!(file.axis().edges(), small_counts().cube.axis().edges());
        assert_eq!(*file.grid(), small_counts().grid);
        assert_eq!(lat_io::read_counts_cube(&path).unwrap(), small_counts(), "the primary HDU is the counts cube");
        let error = file.read("nobody").unwrap_err();
        assert!(matches!(&error, Error::MissingHdu { name, .. } if name == "nobody"), "{error}");
    }
}

#[test]
fn a_failed_write_leaves_the_file_that_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("srcmap_00.fits");
    lat_io::write_source_maps(&path, &small_counts(), &mut small_maps().into_iter()).unwrap();
    let before = std::fs::read(&path).unwrap();
    let twice = || small_maps().into_iter().chain(small_maps());
    let renamed = |name: &'static str| small_maps().into_iter().map(move |(_, map)| (name.to_owned(), map));
    let wrong_shape = small_maps().into_iter().map(|(name, map)| {
        let planes = map.planes().slice_axis(ndarray::Axis(1), (1..).into()).to_owned();
        (name, likelihood_core::SourceMap::new(planes).unwrap())
    });
    assert!(matches!(lat_io::write_source_maps(&path, &small_counts(), &mut twice()), Err(Error::Unwritable { .. })));
    for name in ["", "__weights__", "end ", "caf\u{e9}", "line\nbreak"] {
        let error = lat_io::write_source_maps(&path, &small_counts(), &mut renamed(name)).unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{name:?}: {error}");
    }
    let error = lat_io::write_source_maps(&path, &small_counts(), &mut { wrong_shape }).unwrap_err();
    assert!(matches!(&error, Error::Data { hdu, .. } if hdu == "'isodiff'"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn names_longer_than_a_card_survive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("srcmap_00.fits");
    let name = "a 'quoted' name that is far too long for one header card and has to be continued on the next one";
    let (_, map) = small_maps().remove(0);
    lat_io::write_source_maps(&path, &small_counts(), &mut std::iter::once((name.to_owned(), map.clone()))).unwrap();
    assert_eq!(SourceMapFile::open(&path).unwrap().read(name).unwrap(), map);
}

#[test]
fn a_header_with_a_continued_text_declares_the_convention_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.fits");
    // 68 characters fit a card, of which a quote takes two.
    for (texts, is_continued) in [
        (vec!["a".repeat(68)], false),
        (vec!["a".repeat(69)], true),
        (vec![format!("'{}", "a".repeat(67))], true),
        (vec!["a".repeat(1000), "b".repeat(300)], true),
    ] {
        let mut header = Header::default();
        header.set("FIRST", 1, "stands in front of the long ones");
        for (text, number) in texts.iter().zip(1..) {
            header.set(&format!("LONG{number}"), text.as_str(), "a comment that goes wherever there is room");
        }
        // As a file that was read is written again.
        let mut declared = header.clone();
        declared.set("LONGSTRN", "OGIP 1.0", "");
        let columns = [Column { name: "V".into(), unit: String::new(), values: ColumnValues::Int(vec![1]) }];
        let mut writer = FitsWriter::create(&path).unwrap();
        writer.image(&header, &Array3::zeros((1, 2, 2))).unwrap();
        writer.table("T", &header, &columns).unwrap();
        writer.table("AGAIN", &declared, &columns).unwrap();
        for (keyword, value) in [("TTYPE1", "V"), ("TFORM1", "J")] {
            header.set(keyword, value, "");
        }
        header.set("TFIELDS", 1, "");
        let mut rows = writer.rows(&header, 4, 1).unwrap();
        rows.write(&[0; 4]).unwrap();
        rows.finish().unwrap();
        writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let records: Vec<&[u8]> = bytes.chunks(80).collect();
        let at = |word: &str| -> Vec<usize> {
            (0..records.len()).filter(|record| records[*record].starts_with(word.as_bytes())).collect()
        };
        assert_eq!(!at("CONTINUE").is_empty(), is_continued);
        assert_eq!(at("LONGSTRN= 'OGIP 1.0'").len(), if is_continued { 4 } else { 1 });
        if is_continued {
            assert_eq!(at("LONGSTRN")[0] + 1, at("LONG1   ")[0], "it stands in front of what it declares");
        }
        let file = FitsFile::open(&path).unwrap();
        for hdu in file.hdus() {
            for (text, number) in texts.iter().zip(1..) {
                assert_eq!(hdu.header().text(&format!("LONG{number}")), Some(text.as_str()));
            }
            assert_eq!(hdu.header().integer("FIRST"), Some(1));
        }
    }
}

#[test]
fn what_the_format_cannot_hold_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.fits");
    let column = |width, n| {
        let values = ColumnValues::FloatVectors { width, values: vec![1.0; n] };
        [Column { name: "V".into(), unit: String::new(), values }]
    };
    for (width, n, fits) in [(3, 6, true), (3, 7, false), (3, 2, false), (0, 1, false)] {
        let mut writer = FitsWriter::create(&path).unwrap();
        let written = writer.table("T", &Header::default(), &column(width, n)).and_then(|()| writer.finish());
        assert_eq!(written.is_ok(), fits, "{n} values in rows of {width}");
        assert_eq!(std::fs::remove_file(&path).is_ok(), fits);
    }
    // Channels are numbered in 16 bits.
    let n = 32_768;
    let axis = EnergyAxis::new((0..=n).map(|k| 100.0 * 1.0003f64.powi(k)).collect()).unwrap();
    let cube = CountsCube::new(axis, Array3::zeros((32_768, 4, 5))).unwrap();
    let error = lat_io::write_counts_cube(&path, &CountsCubeFile { cube, ..small_counts() }).unwrap_err();
    assert!(error.to_string().contains("32768 energy bins"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_factor_of_the_exposure_that_is_no_number_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("srcmap_00.fits");
    let origin = lat_io::MapOrigin { inputs: None, exposure_scale: 1.25 };
    let counts = small_counts();
    let mut writer = lat_io::SourceMapWriter::create(&path, &counts).unwrap();
    for (name, map) in small_maps() {
        writer.add(&name, &map, &origin).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(SourceMapFile::open(&path).unwrap().exposure_scale("isodiff"), 1.25);
    let mut bytes = std::fs::read(&path).unwrap();
    let card = bytes.windows(10).position(|card| card == b"EXPSCALE= ").unwrap();
    bytes[card + 10..card + 30].copy_from_slice(b"'one'               ");
    std::fs::write(&path, bytes).unwrap();
    let error = SourceMapFile::open(&path).unwrap_err();
    assert!(matches!(&error, Error::Keyword { keyword, .. } if keyword == "EXPSCALE"), "{error}");
}

/// Facts read in the real files with astropy: total counts, edges, and of one map its sum and the pixel at (planes/2, ny/3, nx/4).
struct Facts {
    counts: &'static str,
    maps: &'static str,
    total: f64,
    edges: [f64; 3],
    intervals: usize,
    n_maps: usize,
    map: (&'static str, f64, f32),
}

const REAL: [Facts; 3] = [
    Facts {
        counts: "gc-3fhl-srcmaps/ccube.fits.gz",
        maps: "gc-3fhl-srcmaps/srcmaps.fits.gz",
        total: 16514.0,
        edges: [10000.0, 14270.915, 500_000.0],
        intervals: 1,
        n_maps: 19,
        map: ("3FHL J1753.8-2537", 3_886_589_378_533.759, 534_654.25),
    },
    Facts {
        counts: "fermitools-roi/ccube.fits.gz",
        maps: "fermitools-roi/srcmap.fits.gz",
        total: 293_129.0,
        edges: [100.0, 130.588_234_375, 300_000.0],
        intervals: 1,
        n_maps: 22,
        map: ("galdiff", 6_873.719_969_479_488, 4.850_403_6e-5),
    },
    Facts {
        counts: "crab-p7v6/cntmap.fits.gz",
        maps: "crab-p7v6/srcmap_with_crab.fits.gz",
        total: 2211.0,
        edges: [100.0, 125.892_539_062_5, 10000.0],
        intervals: 103,
        n_maps: 3,
        map: ("Crab", 12_692_784_202.671_616, 10738.904),
    },
];

#[test]
fn real_files_hold_what_astropy_reads_in_them() {
    for facts in &REAL {
        let (Some(counts), Some(maps)) = (real_data(facts.counts), real_data(facts.maps)) else { continue };
        let counts = lat_io::read_counts_cube(&counts).unwrap();
        assert_eq!(counts.cube.total(), facts.total, "{}", facts.counts);
        let edges = counts.cube.axis().edges();
        assert_eq!([edges[0], edges[1], *edges.last().unwrap()], facts.edges, "edges are the 32-bit keV values / 1000");
        assert_eq!(counts.gti.len(), facts.intervals);

        let file = SourceMapFile::open(&maps).unwrap();
        assert_eq!(file.names().len(), facts.n_maps);
        let (name, sum, pixel) = facts.map;
        let map = file.read(name).unwrap();
        let planes = map.planes();
        let found: f64 = planes.iter().map(|&v| f64::from(v)).sum();
        approx::assert_relative_eq!(found, sum, max_relative = 1e-12);
        let (nz, ny, nx) = planes.dim();
        assert_eq!(planes[[nz / 2, ny / 3, nx / 4]], pixel);
    }
}
