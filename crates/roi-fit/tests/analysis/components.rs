//! Components that do not share a template.

use std::path::Path;

use roi_fit::{Analysis, Error};
use roi_simulate::{SimulationOptions, simulate};

/// A region of two components on disk, the second of which has a source model of its own, with twice the isotropic table.
fn opened(directory: &Path) -> Analysis {
    let options = SimulationOptions::default().with_sources(2).with_npix(20).with_ebins(5).with_components(2);
    let config = simulate(&options).unwrap().write(directory).unwrap();
    let shared = std::fs::read_to_string(directory.join("srcmdl_00.xml")).unwrap();
    let table = std::fs::read_to_string(directory.join("iso_simulated.txt")).unwrap();
    let twice = |line: &str| {
        let (energy, dnde) = line.split_once(char::is_whitespace).unwrap();
        format!("{energy} {:e}\n", 2.0 * dnde.trim().parse::<f64>().unwrap())
    };
    let twice: String = table.lines().filter(|line| !line.starts_with('#')).map(twice).collect();
    std::fs::write(directory.join("iso_twice.txt"), twice).unwrap();
    std::fs::write(directory.join("srcmdl_01.xml"), shared.replace("iso_simulated.txt", "iso_twice.txt")).unwrap();
    // Each component finds its own model.
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.lines().filter(|line| !line.contains("srcmdl_00.xml")).collect::<Vec<_>>().join("\n");
    std::fs::write(&config, text).unwrap();
    Analysis::open(config).unwrap()
}

#[test]
fn a_component_has_its_own_table_in_counts_and_in_what_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut analysis = opened(directory.path());
    let npred = |analysis: &mut Analysis| -> Vec<Vec<f64>> {
        let components = analysis.loglike_report().unwrap().components;
        components.iter().map(|component| component.npred["isodiff"].clone()).collect()
    };
    let own = npred(&mut analysis);
    std::fs::remove_file(directory.path().join("srcmdl_01.xml")).unwrap();
    let shared = npred(&mut Analysis::open(directory.path().join("config.yaml")).unwrap());
    assert_eq!(own[0], shared[0]);
    for (own, shared) in own[1].iter().zip(&shared[1]) {
        approx::assert_relative_eq!(own / shared, 2.0, max_relative = 1e-6);
    }

    analysis.write_roi(directory.path().join("saved")).unwrap();
    let written = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    assert!(written("saved_00.xml").contains("iso_simulated.txt"));
    assert!(
        written("saved_01.xml").contains("iso_twice.txt") && !written("saved_01.xml").contains("iso_simulated.txt")
    );

    let error = analysis.set_source_spectrum("isodiff", "PowerLaw", &[]).unwrap_err();
    assert!(matches!(&error, Error::OwnSpectrum { component, .. } if component == "01"), "{error}");
    assert_eq!(npred(&mut analysis), own);
}
