//! Widths: against fermipy 1.4.3 on the recorded region, and against the likelihood itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::time::Instant;

use roi_estimators::{ExtensionOptions, TrialShape, extension};
use roi_fit::Quiet;
use support::{numbers, recorded, recorded_analysis};

#[test]
fn src00_is_as_wide_as_fermipy_finds_it() {
    for (file, shape) in
        [("extension_gauss_src00.json", TrialShape::Gaussian), ("extension_disk_src00.json", TrialShape::Disk)]
    {
        let Some(analysis) = recorded_analysis("config_edisp0.yaml") else { return };
        let theirs = recorded(file);
        let number = |key: &str| theirs[key].as_f64().unwrap();
        let start = Instant::now();
        let options = ExtensionOptions::default().with_spatial_model(shape);
        let mut found = extension(analysis.session(), analysis.trial_makers(), "src00", &options, &mut Quiet).unwrap();
        println!("{file}: {:?}, {} widths; {:?}", start.elapsed(), found.width.len(), found.warnings);
        for (width, theirs) in numbers(&theirs["width"]).into_iter().zip(numbers(&theirs["dloglike"])) {
            let at = found.width.iter().position(|own| (own - width).abs() < 1e-9).unwrap();
            println!("  {width:.4}: {:.4} theirs {theirs:.4}", found.loglike[at] - found.loglike_ptsrc);
        }
        println!("ts_ext {} theirs {}", found.ts_ext(), number("ts_ext"));
        println!("ext {} +{:?}; ul {:?} theirs {}", found.ext, found.ext_err_hi, found.ext_ul95, number("ext_ul95"));
        assert!(found.fit_success);
        assert!((found.ts_ext() - number("ts_ext")).abs() < 0.1);
        // Theirs is of simpler maps (flat pixels, one table): its limit is off by that much from the one of maps as accurate as the inputs, see
        // below; ours is not.
        assert!((found.ext_ul95.unwrap() / number("ext_ul95") - 1.0).abs() < 0.15);
        // What is reported lies on the reported curve.
        let best = found.loglike.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!((best - found.loglike_ext).abs() < 0.02);
        let at = found.width.iter().position(|width| (width - found.ext_ul95.unwrap()).abs() < 1e-12).unwrap();
        assert!((found.loglike_ext - found.loglike[at] - 1.352_77).abs() < 0.01);
        // The map around it is a degree wide, and highest where the source is that was left out.
        found.add_tsmap(&analysis, &mut Quiet).unwrap();
        let map = found.tsmap.unwrap();
        assert_eq!(map.ts.dim(), (10, 10));
        let highest = map.ts.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        let place = map.grid.direction(highest.0).unwrap();
        assert!(place.separation(&found.position) < 0.1 && *highest.1 > 10_000.0, "{highest:?}");
    }
}

#[test]
fn limits_are_those_of_maps_as_accurate_as_the_inputs() {
    let Some(folder) = fixtures::real_data("fermitools-roi") else { return };
    let Some(analysis) = recorded_analysis("config_edisp0.yaml") else { return };
    let loaded = lat_dataset::load(&folder.join("config_edisp0.yaml")).unwrap();
    let accurate = |mut component: lat_dataset::Component| {
        component.make_accurate();
        component.into_trial_maker()
    };
    let makers: Vec<_> = loaded.observation.components.into_iter().map(accurate).collect();
    for shape in [TrialShape::Gaussian, TrialShape::Disk] {
        let options = ExtensionOptions::default().with_spatial_model(shape).with_width_nstep(5);
        let [tools, accurate] = [analysis.trial_makers(), &makers].map(|makers| {
            extension(analysis.session(), makers, "src00", &options, &mut Quiet).unwrap().ext_ul95.unwrap()
        });
        println!("{shape:?}: limit {tools}, of accurate maps {accurate}");
        assert!((tools / accurate - 1.0).abs() < 0.03);
    }
}
