//! Errors, limits and test statistics obey their laws, with as many draws as the tests of every day have time for: `cargo xtask calibrate` makes thousands.

use acceptance::calibration::draws::Sizes;
use acceptance::calibration::page::Calibration;

#[test]
fn pulls_coverage_and_test_statistics_obey_their_laws_within_four_standard_deviations() {
    let found = Calibration::measure(Sizes::smallest(), |_| ()).unwrap();
    for law in &found.laws {
        println!("{}: {:.4}, expected {:.4} -{:.4} +{:.4}", law.what, law.found, law.expected, law.below, law.above);
    }
    assert!(found.broken().is_empty(), "{:#?}", found.broken());
    assert!(found.laws.len() > 20);
    let page = found.page("few");
    assert!(!page.contains("NaN") && page.matches("](pictures/").count() == 5, "{page}");
}
