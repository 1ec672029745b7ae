//! The keywords of a sky projection in FITS headers.

pub use lat_response::geometry::{Frame, WcsHeader};

use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu, Header};

/// Reads the projection of an image HDU and checks it.
pub(crate) fn read(file: &FitsFile, hdu: &Hdu) -> Result<WcsHeader> {
    let header = hdu.header();
    let missing = |keyword: &str, found: String, expected| Error::Keyword {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        keyword: keyword.to_owned(),
        found,
        expected,
    };
    let found = |keyword: &str| header.get(keyword).map_or("missing".to_owned(), ToString::to_string);
    let real = |keyword: &str| {
        let value = header.real(keyword).filter(|value| value.is_finite());
        value.ok_or_else(|| missing(keyword, found(keyword), "a finite number"))
    };
    let text = |keyword: &str| {
        let value = header.text(keyword).map(|text| text.trim().to_owned());
        value.ok_or_else(|| missing(keyword, found(keyword), "a projection such as GLON-CAR"))
    };
    let Some([nx, ny, ..]) = hdu.image_axes() else {
        return Err(Error::Shape {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            found: format!("{:?}", hdu.image_axes().unwrap_or_default()),
            expected: "an image of at least 2 axes".into(),
        });
    };
    let wcs = WcsHeader {
        nx: *nx,
        ny: *ny,
        ctype1: text("CTYPE1")?,
        ctype2: text("CTYPE2")?,
        crpix: [real("CRPIX1")?, real("CRPIX2")?],
        crval: [real("CRVAL1")?, real("CRVAL2")?],
        cdelt: [real("CDELT1")?, real("CDELT2")?],
        crota2: if header.get("CROTA2").is_some() { real("CROTA2")? } else { 0.0 },
    };
    for (keyword, value) in ["CDELT1", "CDELT2"].iter().zip(wcs.cdelt) {
        if value == 0.0 {
            return Err(missing(keyword, "0".into(), "a pixel size in degrees other than 0"));
        }
    }
    match wcs.reference_direction() {
        Err(error) => Err(Error::BadFits { path: file.path().to_owned(), hdu: hdu.label(), reason: error.to_string() }),
        Ok(_) => Ok(wcs),
    }
}

/// Appends the keywords of the two sky axes.
pub(crate) fn write(wcs: &WcsHeader, header: &mut Header) {
    let axes = [("1", &wcs.ctype1), ("2", &wcs.ctype2)];
    for (((n, ctype), crpix), (crval, cdelt)) in
        axes.into_iter().zip(wcs.crpix).zip(wcs.crval.into_iter().zip(wcs.cdelt))
    {
        header.set(&format!("CTYPE{n}"), ctype.as_str(), "axis and projection");
        header.set(&format!("CRPIX{n}"), crpix, "reference pixel");
        header.set(&format!("CRVAL{n}"), crval, "coordinate at the reference pixel");
        header.set(&format!("CDELT{n}"), cdelt, "increment per pixel at the reference pixel");
        header.set(&format!("CUNIT{n}"), "deg", "physical unit of the axis");
    }
    header.set("CROTA2", wcs.crota2, "image rotation (deg)");
}
