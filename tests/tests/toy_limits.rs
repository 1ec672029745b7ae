//! How often limits by toys lie above the truth of a faint source in a region of few counts, where the limit from the fall of `logL` covers too much.
//!
//! `TOY_LIMIT_DRAWS=1000 TOY_LIMIT_TOYS=1000 cargo test -p acceptance --test toy_limits -- --nocapture` measures with as many draws of the counts, and toys at each value;
//! `cargo xtask calibrate` does it in larger regions.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use acceptance::calibration::draws::{Stream, draws};
use acceptance::calibration::scene::{Scene, norm_of};
use acceptance::calibration::statistics::Share;
use roi_estimators::{ToyLimitOptions, toy_limit};
use roi_fit::{Analysis, Quiet};
use roi_simulate::{SimulationOptions, simulate};

/// A source of one standard deviation in the middle of a region with some photons, and its name; all norms are free.
fn faint() -> (Scene, String) {
    let options =
        SimulationOptions::default().with_sources(1).with_npix(12).with_binsz(0.2).with_ebins(6).with_years(0.03);
    let mut scene = Scene::of(&simulate(&options).unwrap()).unwrap();
    let point = scene.roi().sources().iter().find(|source| source.direction().is_some());
    let name = point.unwrap().name().to_owned();
    for _ in 0..60 {
        let factor = (1.0 / scene.significance(&name).unwrap()).powf(0.6);
        scene
            .change(|roi| {
                let source = roi.source_mut(&name)?;
                let norm = norm_of(source)?;
                let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
                parameter.set_bounds(0.0, 1e6)?;
                Ok(parameter.set_value(parameter.value() * factor)?)
            })
            .unwrap();
    }
    scene.free(|source, parameter| Ok(source.spectrum().index_of(parameter.name()) == Some(norm_of(source)?))).unwrap();
    assert!((scene.significance(&name).unwrap() - 1.0).abs() < 0.01);
    (scene, name)
}

#[test]
fn limits_by_toys_cover_what_they_say_where_the_fall_of_the_likelihood_covers_more() {
    let number = |name: &str, default: usize| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (n, toys) = (number("TOY_LIMIT_DRAWS", 500), number("TOY_LIMIT_TOYS", 100));
    let (scene, name) = faint();
    let maker = scene.toy_maker().unwrap();
    let source = scene.roi().source(&name).unwrap();
    let truth = source.spectrum().parameters()[norm_of(source).unwrap()].value();
    let limits = draws(n, Stream::Toys, |_, seed| {
        let session = scene.draw(seed)?;
        let analysis = Analysis::new(session.roi().clone(), session.data().clone())?;
        let options = ToyLimitOptions::default().with_toys(toys).with_seed(seed);
        let found = toy_limit(&analysis, &maker, &name, &options, &mut Quiet)?;
        Ok((found.limit.norm, found.asymptotic.norm, found.failed(), found.tested.len()))
    });
    let limits = limits.unwrap();
    let covers = |limit: Option<f64>| limit.is_some_and(|limit| limit >= truth);
    let by_toys = Share::of(limits.iter().map(|found| covers(found.0)));
    let asymptotic = Share::of(limits.iter().map(|found| covers(found.1)));
    let failed: usize = limits.iter().map(|found| found.2).sum();
    let tested = limits.iter().map(|found| found.3).sum::<usize>() as f64 / n as f64;
    println!(
        "toys {}, fall of logL {}; {failed} toys failed; {tested:.1} values a limit",
        by_toys.words(),
        asymptotic.words()
    );
    // Three standard deviations, and what the number of toys of each limit adds.
    assert!((by_toys.value() - 0.95).abs() < 3.0 * by_toys.error(0.95) + 0.01, "{}", by_toys.words());
    assert!(asymptotic.value() > by_toys.value(), "{} {}", asymptotic.words(), by_toys.words());
    assert_eq!(failed, 0);
}
