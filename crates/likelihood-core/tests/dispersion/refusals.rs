//! Maps and settings that do not fit the data.

use super::*;

#[test]
fn a_map_without_the_extra_planes_is_named_with_what_it_needs() {
    let settings = Settings::default().with_dispersion(dispersion(1));
    let mut component = ComponentData::with_settings("00", &counts(), settings).unwrap();
    component.add_source_map("A", &SourceMap::new(Array3::ones((4, 1, 2))).unwrap()).unwrap();
    let mut roi = Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), vec![power_law("A", 2.0, 1e-2, -2.0)]).unwrap();
    let error = component.npred(&roi.sources()[0]).unwrap_err();
    assert!(matches!(error, Error::TooFewPlanes { found: 4, needed: 6, .. }), "{error}");
    assert!(error.to_string().contains("'A'"), "{error}");
    roi.sources_mut()[0].set_apply_edisp(false);
    assert!(component.npred(&roi.sources()[0]).is_ok(), "without energy dispersion the planes at the edges are enough");
}

#[test]
fn settings_that_do_not_fit_the_counts_are_refused() {
    let other = DetectorResponse::new(Array2::eye(4)).unwrap();
    let dispersion = Dispersion::from_bins(&other, 0).unwrap();
    assert_eq!(dispersion, None);
    let wide = DetectorResponse::new(Array2::zeros((6, 4))).unwrap();
    let settings = Settings::default().with_dispersion(Dispersion::from_bins(&wide, -1).unwrap());
    assert!(matches!(ComponentData::with_settings("00", &counts(), settings), Err(Error::Shape { .. })));
    let weights = Some(LikelihoodWeights::new(Array3::ones((3, 2, 1))).unwrap());
    let settings = Settings::default().with_weights(weights);
    assert!(matches!(ComponentData::with_settings("00", &counts(), settings), Err(Error::Shape { .. })));
}
