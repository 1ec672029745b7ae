//! Reading the pixels of images: whole, plane by plane, as cubes.

use fitsio_pure::hdu as raw;
use fitsio_pure::image;
use ndarray::{Array3, ArrayD};

use super::file::{FitsFile, Hdu, number};
use super::structure::Kind;
use crate::error::{Error, Result};

/// Pixels of an image of any number of axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Image<T> {
    /// Pixels in C order: the last axis is FITS `NAXIS1` (the fastest).
    pub pixels: ArrayD<T>,
}

impl FitsFile {
    /// The pixels of an image with `BSCALE` and `BZERO` applied, as `f32`. Pixels equal to `BLANK` are NaN.
    ///
    /// # Errors
    /// When the HDU is not an image or its data cannot be read.
    pub fn read_image_f32(&self, hdu: &Hdu) -> Result<Image<f32>> {
        let (raw, shape) = self.raw_image(hdu)?;
        let pixels = image::read_image_physical_f32(&self.data(hdu)?, &raw).map_err(|e| self.bad(hdu, &e))?;
        self.shaped(hdu, shape, pixels)
    }

    /// One plane (the two fastest axes) of an image, as [`FitsFile::read_image_f32`]; only its bytes are read from disk.
    ///
    /// # Errors
    /// As [`FitsFile::read_image_f32`], and when there is no such plane.
    pub fn read_plane_f32(&self, hdu: &Hdu, plane: usize) -> Result<Vec<f32>> {
        let (mut raw, shape) = self.raw_image(hdu)?;
        let pixels: usize = shape.iter().rev().take(2).product();
        let total: usize = shape.iter().product();
        let first = plane.checked_mul(pixels).filter(|first| first.checked_add(pixels).is_some_and(|end| end <= total));
        let (Some(first), Some(width)) = (first, raw.data_len.checked_div(total)) else {
            return Err(self.unusable(hdu, &format!("an image with a plane {plane}")));
        };
        if let raw::HduInfo::Image { naxes, .. } = &mut raw.info {
            *naxes = vec![pixels];
        }
        raw.data_len = pixels * width;
        let bytes = self.bytes.get(hdu.data_start + (first * width) as u64, raw.data_len);
        let bytes = bytes.map_err(|source| Error::io("read", &self.path, source))?;
        image::read_image_physical_f32(&bytes, &raw).map_err(|e| self.bad(hdu, &e))
    }

    /// The pixels of an image with `BSCALE` and `BZERO` applied, as `f64`. Pixels equal to `BLANK` are NaN.
    ///
    /// # Errors
    /// When the HDU is not an image or its data cannot be read.
    pub fn read_image_f64(&self, hdu: &Hdu) -> Result<Image<f64>> {
        let (raw, shape) = self.raw_image(hdu)?;
        let pixels = image::read_image_physical(&self.data(hdu)?, &raw).map_err(|e| self.bad(hdu, &e))?;
        self.shaped(hdu, shape, pixels)
    }

    /// An image of three axes as `f32`, shape `[NAXIS3, NAXIS2, NAXIS1]`. It is read plane by plane, so that beside the pixels no more than a plane
    /// of the file is held.
    ///
    /// # Errors
    /// As [`FitsFile::read_image_f32`], and when the image has not three axes.
    pub fn read_cube_f32(&self, hdu: &Hdu) -> Result<Array3<f32>> {
        let (_, shape) = self.raw_image(hdu)?;
        let &[nz, ny, nx] = shape.as_slice() else {
            return Err(self.misshapen(hdu, format!("{:?}", shape.iter().rev().collect::<Vec<_>>())));
        };
        // No more than the file holds: its size was checked against the header.
        let mut pixels = Vec::with_capacity(nx * ny * nz);
        if nx * ny > 0 {
            for plane in 0..nz {
                pixels.append(&mut self.read_plane_f32(hdu, plane)?);
            }
        }
        let shaped = Array3::from_shape_vec((nz, ny, nx), pixels);
        shaped.map_err(|_| self.misshapen(hdu, format!("[{nx}, {ny}, {nz}]")))
    }

    fn misshapen(&self, hdu: &Hdu, found: String) -> Error {
        Error::Shape {
            path: self.path.clone(),
            hdu: hdu.label(),
            found,
            expected: "an image of 3 axes [x, y, energy]".into(),
        }
    }

    fn raw_image(&self, hdu: &Hdu) -> Result<(raw::Hdu, Vec<usize>)> {
        let Kind::Image { bitpix, axes } = &hdu.kind else {
            return Err(self.unusable(hdu, "an image"));
        };
        if axes.is_empty() {
            return Err(self.unusable(hdu, "an image with data"));
        }
        let range = match bitpix {
            8 => 0..=255,
            16 => i64::from(i16::MIN)..=i64::from(i16::MAX),
            32 => i64::from(i32::MIN)..=i64::from(i32::MAX),
            _ => i64::MIN..=i64::MAX,
        };
        let mut cards = vec![number("BSCALE", hdu.header()), number("BZERO", hdu.header())];
        // A BLANK that the pixel type cannot hold marks nothing; the library would wrap it round.
        cards.push(
            number("BLANK", hdu.header()).filter(|_| hdu.header().integer("BLANK").is_some_and(|b| range.contains(&b))),
        );
        let info = raw::HduInfo::Image { bitpix: *bitpix, naxes: axes.clone() };
        let bytes_per_pixel = match bitpix.unsigned_abs() {
            8 => 1,
            16 => 2,
            32 => 4,
            64 => 8,
            other => return Err(self.unusable(hdu, &format!("an image of 8, 16, 32 or 64 bits a pixel, not {other}"))),
        };
        let raw = raw::Hdu {
            info,
            header_start: 0,
            data_start: 0,
            // PCOUNT bytes may follow the pixels.
            data_len: axes.iter().product::<usize>() * bytes_per_pixel,
            cards: cards.into_iter().flatten().collect(),
        };
        Ok((raw, axes.iter().rev().copied().collect()))
    }

    fn shaped<T>(&self, hdu: &Hdu, shape: Vec<usize>, pixels: Vec<T>) -> Result<Image<T>> {
        let found = format!("{shape:?}");
        let pixels = ArrayD::from_shape_vec(shape, pixels).map_err(|error| Error::Shape {
            path: self.path.clone(),
            hdu: hdu.label(),
            found,
            expected: error.to_string(),
        })?;
        Ok(Image { pixels })
    }
}
