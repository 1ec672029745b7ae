//! The keywords of a sky projection in FITS headers.

use lat_response::WcsHeader;

use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu, Header};
use crate::tables::keywords::Keywords;

/// Reads the projection of an image HDU and checks it. A rotation may be stated by CROTA2, or by a PC or CD matrix.
pub(crate) fn read(file: &FitsFile, hdu: &Hdu) -> Result<WcsHeader> {
    let Some([nx, ny, ..]) = hdu.image_axes() else {
        return Err(Error::Shape {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            found: hdu.shape(),
            expected: "an image of at least 2 axes".into(),
        });
    };
    let keywords = Keywords { file, hdu };
    let units = [keywords.degrees("CUNIT1")?, keywords.degrees("CUNIT2")?];
    let (cdelt, crota2) = keywords.scale_and_rotation(units)?;
    let wcs = WcsHeader {
        nx: *nx,
        ny: *ny,
        ctype1: keywords.text("CTYPE1")?,
        ctype2: keywords.text("CTYPE2")?,
        crpix: [keywords.real("CRPIX1")?, keywords.real("CRPIX2")?],
        crval: [keywords.real("CRVAL1")? * units[0], keywords.real("CRVAL2")? * units[1]],
        cdelt,
        crota2,
    };
    for (keyword, value) in ["CDELT1", "CDELT2"].iter().zip(wcs.cdelt) {
        if value == 0.0 {
            return Err(keywords.wrong(keyword, "a pixel size in degrees other than 0"));
        }
    }
    keywords.check_native_pole(&wcs)?;
    match wcs.reference_direction() {
        Err(error) => Err(Error::BadFits { path: file.path().to_owned(), hdu: hdu.label(), reason: error.to_string() }),
        Ok(_) => Ok(wcs),
    }
}

impl Keywords<'_> {
    fn has(&self, keyword: &str) -> bool {
        self.hdu.header().get(keyword).is_some()
    }

    fn real(&self, keyword: &str) -> Result<f64> {
        let value = self.hdu.header().real(keyword).filter(|value| value.is_finite());
        value.ok_or_else(|| self.wrong(keyword, "a finite number"))
    }

    fn real_or(&self, keyword: &str, default: f64) -> Result<f64> {
        if self.has(keyword) { self.real(keyword) } else { Ok(default) }
    }

    /// Axis types are taken in upper case: some programs write `glon-car`.
    fn text(&self, keyword: &str) -> Result<String> {
        let value = self.hdu.header().text(keyword).map(|text| text.trim().to_ascii_uppercase());
        value.ok_or_else(|| self.wrong(keyword, "a projection such as GLON-CAR"))
    }

    /// Degrees in the unit of an axis; without unit it is in degrees.
    fn degrees(&self, keyword: &str) -> Result<f64> {
        match self.hdu.header().text(keyword).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "deg" | "degree" | "degrees") => Ok(1.0),
            Some("arcmin") => Ok(1.0 / 60.0),
            Some("arcsec") => Ok(1.0 / 3600.0),
            Some("rad") => Ok(180.0 / std::f64::consts::PI),
            Some(_) => Err(self.wrong(keyword, "deg, arcmin, arcsec or rad")),
        }
    }

    /// CDELT in degrees and CROTA2. A PC or CD matrix is taken apart into them (Calabretta & Greisen 2002, A&A 395, 1077, section 6.1).
    fn scale_and_rotation(&self, [unit1, unit2]: [f64; 2]) -> Result<([f64; 2], f64)> {
        let any = |kind: &str| ["1_1", "1_2", "2_1", "2_2"].iter().any(|ij| self.has(&format!("{kind}{ij}")));
        let matrix = if any("CD") {
            let cd = |ij: &str| self.real_or(&format!("CD{ij}"), 0.0);
            [[cd("1_1")?, cd("1_2")?], [cd("2_1")?, cd("2_2")?]]
        } else {
            let [cdelt1, cdelt2] = [self.real("CDELT1")?, self.real("CDELT2")?];
            if !any("PC") {
                return Ok(([cdelt1 * unit1, cdelt2 * unit2], self.real_or("CROTA2", 0.0)?));
            }
            let pc = |ij: &str, default| self.real_or(&format!("PC{ij}"), default);
            [[cdelt1 * pc("1_1", 1.0)?, cdelt1 * pc("1_2", 0.0)?], [cdelt2 * pc("2_1", 0.0)?, cdelt2 * pc("2_2", 1.0)?]]
        };
        let [[m11, m12], [m21, m22]] = [matrix[0].map(|m| m * unit1), matrix[1].map(|m| m * unit2)];
        if m12 == 0.0 && m21 == 0.0 {
            return Ok(([m11, m22], 0.0));
        }
        let rotation = (-m12).atan2(m22);
        let (sin, cos) = rotation.sin_cos();
        let cdelt = [m11 * cos + m21 * sin, m12.hypot(m22)];
        let error = (m11 - cdelt[0] * cos).abs().max((m21 - cdelt[0] * sin).abs());
        if error > 1e-9 * cdelt[1] {
            return Err(Error::BadFits {
                path: self.file.path().to_owned(),
                hdu: self.hdu.label(),
                reason: format!("matrix {matrix:?} of the pixel axes is no rotation; axes must be perpendicular"),
            });
        }
        Ok((cdelt, rotation.to_degrees()))
    }

    /// LONPOLE and LATPOLE may be there, but only with the values that put north up at the reference pixel (the standard's defaults).
    fn check_native_pole(&self, wcs: &WcsHeader) -> Result<()> {
        if !self.has("LONPOLE") {
            return Ok(());
        }
        let zenithal = ["ARC", "SIN", "STG", "TAN", "ZEA"].contains(&wcs.projection());
        let reference_latitude = if zenithal { 90.0 } else { 0.0 };
        let default = if wcs.crval[1] >= reference_latitude { 0.0 } else { 180.0 };
        let lonpole = self.real("LONPOLE")?;
        // On the equator of a projection that is not zenithal both values mean the same.
        let either = !zenithal && wcs.crval[1] == 0.0 && lonpole.rem_euclid(180.0) == 0.0;
        if either || (lonpole - default).rem_euclid(360.0) < 1e-9 {
            return Ok(());
        }
        Err(self.wrong("LONPOLE", "its default (north is up at the reference pixel); use CROTA2 for a rotation"))
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
