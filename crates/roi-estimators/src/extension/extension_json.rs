//! The dictionary of `extension`, with fermipy's keys.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::extension::extension_result::{EnergyWidth, Extension};

impl Extension {
    /// The dictionary, with fermipy's keys; `null` where something is not known.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("name", json!(self.name));
        put("width", json!(self.width));
        put("loglike", json!(self.loglike));
        put("dloglike", self.loglike.iter().map(|loglike| loglike - self.loglike_ptsrc).collect());
        for (key, value) in self.numbers() {
            put(key, json!(value));
        }
        put("fit_success", json!(self.fit_success));
        put("ebin_e_min", self.list(|bin| bin.e_min));
        put("ebin_e_ctr", self.list(|bin| (bin.e_min * bin.e_max).sqrt()));
        put("ebin_e_max", self.list(|bin| bin.e_max));
        put("ebin_ext", self.list(EnergyWidth::ext));
        put("ebin_ext_err", self.list(EnergyWidth::ext_err));
        put("ebin_ext_err_hi", self.list(|bin| bin.found.err_hi));
        put("ebin_ext_err_lo", self.list(|bin| bin.found.err_lo));
        put("ebin_ext_ul95", self.list(EnergyWidth::ext_ul95));
        put("ebin_ts_ext", self.list(EnergyWidth::ts_ext));
        put("ebin_loglike_ptsrc", self.list(|bin| bin.loglike_ptsrc));
        put("ebin_loglike_ext", self.list(|bin| bin.found.loglike));
        // The curves of bins have points of their own.
        put("ebin_width", self.list(|bin| bin.found.curve.iter().map(|point| point.0).collect::<Vec<_>>()));
        put("ebin_loglike", self.list(|bin| bin.found.curve.iter().map(|point| point.1).collect::<Vec<_>>()));
        put(
            "ebin_dloglike",
            self.list(|bin| bin.found.curve.iter().map(|point| point.1 - bin.loglike_ptsrc).collect::<Vec<_>>()),
        );
        put("warnings", json!(self.warnings));
        put("config", json!(self.config));
        Value::Object(map)
    }

    fn list<T: Serialize>(&self, of: impl Fn(&EnergyWidth) -> T) -> Value {
        self.ebins.iter().map(|bin| json!(of(bin))).collect()
    }

    /// All numbers by their keys.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, Option<f64>)> {
        let (glon, glat) = self.position.to_galactic();
        let ellipse = self.ellipse.as_ref();
        vec![
            ("ext", Some(self.ext)),
            ("ext_err", self.ext_err),
            ("ext_err_hi", self.ext_err_hi),
            ("ext_err_lo", self.ext_err_lo),
            ("ext_ul95", self.ext_ul95),
            ("ts_ext", Some(self.ts_ext())),
            ("loglike_ptsrc", Some(self.loglike_ptsrc)),
            ("loglike_ext", Some(self.loglike_ext)),
            ("loglike_init", Some(self.loglike_init)),
            ("loglike_base", Some(self.loglike_base)),
            ("ra", Some(self.position.ra())),
            ("dec", Some(self.position.dec())),
            ("glon", Some(glon)),
            ("glat", Some(glat)),
            ("ra_err", ellipse.map(|e| e.cel_cov[0][0].sqrt())),
            ("dec_err", ellipse.map(|e| e.cel_cov[1][1].sqrt())),
            ("glon_err", ellipse.map(|e| e.gal_cov[0][0].sqrt())),
            ("glat_err", ellipse.map(|e| e.gal_cov[1][1].sqrt())),
            ("pos_offset", Some(self.preloc.separation(&self.position))),
            ("pos_err", ellipse.map(crate::localize::ellipse::ErrorEllipse::sigma)),
            ("pos_r68", ellipse.map(|e| e.r68)),
            ("pos_r95", ellipse.map(|e| e.r95)),
            ("pos_r99", ellipse.map(|e| e.r99)),
            ("pos_err_semimajor", ellipse.map(|e| e.semimajor)),
            ("pos_err_semiminor", ellipse.map(|e| e.semiminor)),
            ("pos_angle", ellipse.map(|e| e.angle)),
        ]
    }
}
