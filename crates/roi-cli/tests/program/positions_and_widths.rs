//! Positions and widths of sources, from outside: `localize`, `extension`.

use crate::support::{json, refused, roi_fit};

#[test]
fn a_source_is_found_moved_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let size = ["--npix", "30", "--ebins", "6", "--sources", "1"];
    assert!(roi_fit(&[&["simulate", "--out", &path("."), "--response"], &size[..]].concat()).status.success());
    let (config, fitted, moved) = (path("config.yaml"), path("fitted"), path("moved"));
    let model = json(&["optimize", &config, "--write-roi", &fitted]);
    let name = model["sources"].as_object().unwrap().keys().find(|name| name.starts_with("SIM")).unwrap().clone();
    let saved = path("fitted.json");
    let (fits, ecsv) = (path("loc.fits"), path("loc.ecsv"));
    let common = ["localize", &config, &name, "--model", &saved];

    let found =
        json(&[&common[..], &["--fits", &fits, "--ecsv", &ecsv, "--write-roi", &moved, "--nstep", "3"]].concat());
    for key in ["ra", "dec", "glon", "ra_err", "pos_r95", "pos_angle", "loglike_loc", "pos_deviation", "deltax"] {
        assert!(found[key].is_number(), "{key}: {found}");
    }
    assert_eq!((&found["fit_success"], &found["config"]["nstep"]), (&true.into(), &3.into()));
    assert_eq!(found["tsmap_peak"]["ts"].as_array().unwrap().len(), 3);
    assert!(std::fs::read(&fits).unwrap().starts_with(b"SIMPLE"));
    assert!(std::fs::read_to_string(&ecsv).unwrap().contains("pos_r95"));
    // The model that was saved has the source where it was found, and logL is that of the fit.
    let again = json(&[&["localize", &config, &name, "--model", &path("moved.json"), "--nstep", "0"][..]].concat());
    assert!(again["pos_offset"].as_f64().unwrap() < 0.05 * found["pos_err"].as_f64().unwrap(), "{again}");
    let (a, b) = (again["loglike_init"].as_f64().unwrap(), found["loglike_loc"].as_f64().unwrap());
    assert!((a - b).abs() < 0.01, "{a} {b}");

    let (fits, ecsv) = (path("ext.fits"), path("ext.ecsv"));
    let options = ["--spatial-model", "RadialDisk", "--width-nstep", "4", "--fits", &fits, "--ecsv", &ecsv];
    let found = json(&[&["extension", &config, &name, "--model", &saved], &options[..]].concat());
    for key in ["ext", "ext_ul95", "ts_ext", "loglike_ptsrc", "loglike_ext"] {
        assert!(found[key].is_number(), "{key}: {found}");
    }
    assert_eq!(found["config"]["spatial_model"], "RadialDisk");
    let fits = std::fs::read(&fits).unwrap();
    assert!(fits.starts_with(b"SIMPLE") && fits.windows(6).any(|text| text == b"TSMAP "), "the map around it");
    let curve = std::fs::read_to_string(&ecsv).unwrap();
    assert!(curve.contains("dloglike") && curve.lines().count() > 10, "{curve}");

    // Behind a PSF that is half as wide again the point is too narrow; what either fit predicts is written.
    let (cubes, scale) = (path("cubes.fits"), ["--psf-scale-fn", "3:0.5,4.5:0.5", "--save-model-map"]);
    let wider = json(&[&["extension", &config, &name, "--model", &saved, "--fits", &cubes], &scale[..]].concat());
    assert_eq!(wider["config"]["psf_scale_fn"], serde_json::json!([[3.0, 4.5], [0.5, 0.5]]));
    assert!(wider["loglike_ptsrc"].as_f64().unwrap() < found["loglike_ptsrc"].as_f64().unwrap() - 1.0, "{wider}");
    let cubes = std::fs::read(&cubes).unwrap();
    assert!(cubes.windows(13).any(|text| text == b"PTSRC_TOT_MAP") && cubes.windows(7).any(|text| text == b"EBOUNDS"));
    for wrong in ["3", "3:x", "4:0.1,3:0.1", "3:-1", ""] {
        refused(&["extension", &config, &name, "--psf-scale-fn", wrong], &["psf-scale-fn"]);
    }
    refused(&["extension", &config, &name, "--psf-scale-fn", "3:0.1", "--update"], &["psf-scale-fn", "update"]);
    refused(&["extension", &config, &name, "--save-model-map"], &["--fits"]);

    refused(&["localize", &config, "galdiff"], &["galdiff", "MapCubeFunction", "RadialDisk"]);
    refused(&["extension", &config, "isodiff"], &["isodiff", "ConstantValue"]);
    refused(&["localize", &config, "nobody"], &["nobody"]);
    refused(&["localize", &config, "galdiff", "isodiff"], &["no source could be localized", "galdiff", "isodiff"]);
    refused(&["localize", &config, &name, "--dtheta-max", "0"], &["dtheta_max"]);
    refused(&["extension", &config, &name, "--width-min", "2"], &["width_min"]);
    std::fs::remove_file(path("psf_00.fits")).unwrap();
    refused(&["localize", &config, &name], &["psf"]);
}
