//! FITS files: headers alone; images, columns, and the cubes and maps made of them.

use lat_io::{FitsFile, SourceMapFile};
use ndarray::Axis;

use crate::with_file::{named, with_file};

pub(crate) fn run_header(data: &[u8]) {
    with_file(data, |path| {
        let Some(file) = named(FitsFile::open(path)) else { return };
        assert!(file.primary().is_ok(), "opened without a primary HDU");
        for hdu in file.hdus() {
            for card in hdu.header().cards() {
                let _ = (
                    hdu.header().integer(&card.keyword),
                    hdu.header().real(&card.keyword),
                    hdu.header().text(&card.keyword),
                );
            }
            let _ = (hdu.label(), hdu.image_axes(), hdu.table_rows());
        }
    });
}

pub(crate) fn run_table(data: &[u8]) {
    with_file(data, |path| {
        let Some(file) = named(FitsFile::open(path)) else { return };
        for hdu in file.hdus() {
            let axes = hdu.image_axes().map(|axes| axes.iter().product::<usize>());
            for pixels in [
                named(file.read_image_f32(hdu)).map(|i| i.pixels.len()),
                named(file.read_image_f64(hdu)).map(|i| i.pixels.len()),
            ] {
                assert!(pixels.is_none() || pixels == axes, "{pixels:?} pixels, axes {axes:?}");
            }
            let rows = hdu.table_rows().unwrap_or(0);
            for column in hdu.column_names() {
                let repeat = named(file.column_repeat(hdu, column)).unwrap_or(0);
                if let Some(values) = named(file.read_column(hdu, column)) {
                    assert_eq!(values.len(), rows * repeat, "column '{column}': {rows} rows of {repeat} values");
                }
                if let Some(texts) = named(file.read_text_column(hdu, column)) {
                    assert_eq!(texts.len(), rows, "column '{column}'");
                }
            }
        }
        if let Some(counts) = named(lat_io::read_counts_cube(path)) {
            assert!(counts.cube.total().is_finite());
        }
        if let Some(cube) = named(lat_io::read_map_cube(path)) {
            let (read, summed) = (cube.integral(), named(lat_io::map_cube_integral(path)));
            assert!(summed.is_none_or(|summed| summed == read), "the planes of a map and the map have other integrals");
        }
        if let Some(maps) = named(SourceMapFile::open(path)) {
            for name in maps.names() {
                let (map, planes) = (named(maps.read(name)), maps.n_planes(name));
                assert!(map.is_none_or(|map| planes == Some(map.planes().len_of(Axis(0)))), "'{name}': {planes:?}");
                let _ = (maps.inputs(name), maps.origin(name));
            }
            named(maps.read_counts());
            named(maps.read_weights());
        }
    });
}

pub(crate) const WORDS: &[&str] = &[
    "END",
    "SIMPLE  =                    T",
    "XTENSION= 'BINTABLE'",
    "XTENSION= 'IMAGE   '",
    "XTENSION= 'TABLE   '",
    "BITPIX  =                    8",
    "BITPIX  =                  -32",
    "BITPIX  =                   64",
    "NAXIS   =                    0",
    "NAXIS   =                    3",
    "NAXIS   =                  999",
    "NAXIS1  =                    0",
    "NAXIS1  =                    1",
    "NAXIS2  =           4294967296",
    "NAXIS2  =  9223372036854775807",
    "NAXIS3  =                    2",
    "NAXIS4  =                    1",
    "PCOUNT  =                    0",
    "PCOUNT  =                 2880",
    "PCOUNT  =  9223372036854775807",
    "GCOUNT  =                    1",
    "GCOUNT  =                    0",
    "GROUPS  =                    T",
    "TFIELDS =                    1",
    "TFIELDS =                  999",
    "TFIELDS =   1000000000000000000",
    "TFORM1  = '1J      '",
    "TFORM1  = '0A      '",
    "TFORM1  = '1PE(7)  '",
    "TFORM1  = '1QD(9)  '",
    "TFORM2  = '99X     '",
    "TFORM2  = '3C      '",
    "TFORM3  = '2M      '",
    "TFORM3  = '20A5    '",
    "TFORM1  = '9223372036854775807D'",
    "TSCAL1  =                  0.0",
    "TZERO1  =                1E400",
    "TZERO2  =                32768",
    "TNULL1  =                  -99",
    "TDIM1   = '(2,3)   '",
    "TTYPE1  = 'E_MIN   '",
    "TUNIT2  = 'GeV     '",
    "BSCALE  =                  0.0",
    "BZERO   =                1E300",
    "BLANK   =                  -99",
    "BLANK   = 9223372036854775807",
    "ZIMAGE  =                    T",
    "EXTNAME = 'EBOUNDS '",
    "EXTNAME = 'GTI     '",
    "EXTNAME = 'isodiff '",
    "EXTNAME = '&'",
    "EXTNAME = 'it''s'",
    "CONTINUE  'more&'",
    "CONTINUE  'end' / comment",
    "LONGSTRN= 'OGIP 1.0'",
    "HIERARCH ESO A B = 'c'",
    "HIERARCH a = 1E400",
    "COMMENT = 1",
    "HISTORY",
    "        = 'blank'",
    "DATE",
    "CRPIX1  =                  NaN",
    "CDELT1  =                    0",
    "CTYPE1  = 'RA---TAN'",
    "CTYPE2  = 'DEC--TAN'",
    "CRVAL2  =                 91.0",
    "CROTA2  =                 45.0",
    "LONPOLE =                180.0",
    "PIXTYPE = 'HEALPIX '",
    "CDS-NAME= '4FGL    '",
    "(1.0, 2.0)",
    "1D5",
    "T",
    "'",
    "''",
    "/ comment",
    "&'",
    "= ",
    "\u{7f}",
];
