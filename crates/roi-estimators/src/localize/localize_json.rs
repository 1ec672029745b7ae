//! The dictionary of `localize`, with fermipy's keys.

use serde_json::{Map, Value, json};

use crate::localize::localization::Localization;

impl Localization {
    /// The dictionary, with fermipy's keys; `null` where something is not known.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("name", json!(self.name));
        for (key, value) in self.numbers() {
            put(key, json!(value));
        }
        for (key, matrix) in self.matrices() {
            put(key, json!(matrix));
        }
        put("fit_success", json!(self.fit_success));
        put("fit_inbounds", json!(self.fit_inbounds));
        put("pos_contour", json!(self.pos_contour));
        if let Some(scan) = &self.scan {
            let rows = |values: Vec<f64>| values.chunks(scan.n).map(<[f64]>::to_vec).collect::<Vec<_>>();
            put(
                "tsmap_peak",
                json!({"nstep": scan.n, "step": scan.step, "ts": rows(scan.ts()), "loglike": rows(scan.loglike.clone()), "loglike_null": scan.loglike_null}),
            );
        }
        put("warnings", json!(self.warnings));
        put("config", json!(self.config));
        Value::Object(map)
    }

    /// All numbers by their keys.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, Option<f64>)> {
        let ((glon, glat), (glon_preloc, glat_preloc)) = (self.position.to_galactic(), self.preloc.to_galactic());
        let ellipse = self.ellipse.as_ref();
        let of = |value: fn(&crate::localize::ellipse::ErrorEllipse) -> f64| ellipse.map(value);
        vec![
            ("ra", Some(self.position.ra())),
            ("dec", Some(self.position.dec())),
            ("glon", Some(glon)),
            ("glat", Some(glat)),
            ("xpix", self.pixel.map(|pixel| pixel[0])),
            ("ypix", self.pixel.map(|pixel| pixel[1])),
            ("deltax", self.shift.map(|shift| shift[0])),
            ("deltay", self.shift.map(|shift| shift[1])),
            ("ra_preloc", Some(self.preloc.ra())),
            ("dec_preloc", Some(self.preloc.dec())),
            ("glon_preloc", Some(glon_preloc)),
            ("glat_preloc", Some(glat_preloc)),
            ("ra_err", of(|e| e.cel_cov[0][0].sqrt())),
            ("dec_err", of(|e| e.cel_cov[1][1].sqrt())),
            ("glon_err", of(|e| e.gal_cov[0][0].sqrt())),
            ("glat_err", of(|e| e.gal_cov[1][1].sqrt())),
            ("pos_offset", Some(self.pos_offset())),
            ("pos_err", of(super::ellipse::ErrorEllipse::sigma)),
            ("pos_r68", of(|e| e.r68)),
            ("pos_r95", of(|e| e.r95)),
            ("pos_r99", of(|e| e.r99)),
            ("pos_err_semimajor", of(|e| e.semimajor)),
            ("pos_err_semiminor", of(|e| e.semiminor)),
            ("pos_angle", of(|e| e.angle)),
            ("pos_ecc", of(|e| (1.0 - (e.semiminor / e.semimajor).powi(2)).max(0.0).sqrt())),
            ("pos_ecc2", of(|e| ((e.semimajor / e.semiminor).powi(2) - 1.0).max(0.0).sqrt())),
            ("pos_deviation", self.deviation),
            ("loglike_init", Some(self.loglike_init)),
            ("loglike_base", Some(self.loglike_base)),
            ("loglike_loc", Some(self.loglike_loc)),
            ("dloglike_loc", Some(self.loglike_loc - self.loglike_base)),
        ]
    }

    /// Covariances and correlations by their keys.
    pub(crate) fn matrices(&self) -> [(&'static str, Option<[[f64; 2]; 2]>); 4] {
        let ellipse = self.ellipse.as_ref();
        let correlation = |[[a, c], [_, b]]: [[f64; 2]; 2]| [[1.0, c / (a * b).sqrt()], [c / (a * b).sqrt(), 1.0]];
        [
            ("pos_gal_cov", ellipse.map(|e| e.gal_cov)),
            ("pos_gal_corr", ellipse.map(|e| correlation(e.gal_cov))),
            ("pos_cel_cov", ellipse.map(|e| e.cel_cov)),
            ("pos_cel_corr", ellipse.map(|e| correlation(e.cel_cov))),
        ]
    }
}
