//! The source library XML: what is read, what is kept, and what is refused.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and says when it is skipped"
)]

mod common;

use std::path::Path;

use proptest::prelude::*;
use roi_model::{
    BoxError, DarkMatterTable, EblTable, Error, FileTable, Parameter, SkyDirection, Source, SourceLibrary, SourceType,
    SpatialModel, Spectrum, TableReader,
};

/// The example of section 2.6 of the LAT specification, with attributes that nobody knows.
const EXAMPLE: &str = r#"<?xml version="1.0" standalone="no"?>
<!-- a comment -->
<source_library title="demo roi" origin="by hand">
  <source name="src_a" type="PointSource" ROI_Center_Distance="1.2" Significance='7 &amp; more'>
    <spectrum type="LogParabola" apply_edisp="true" note="n">
      <parameter max_unit="cgs" name="norm"  value="2.5"  scale="1e-12" min="0.001" max="1000"  free="1"/>
      <parameter name="alpha" value="2.10" scale="1"     min="0"     max="5"     free="true" error="0.25"/>
      <parameter name="beta"  value="0.08" scale="1"     min="-1"    max="2"     free="0"/>
      <parameter name="Eb"    value="1000" scale="1"     min="10"    max="1e6"   free="False"/>
    </spectrum>
    <spatialModel type="SkyDirFunction" apply_psf="true">
      <parameter name="RA"  value="83.10" scale="1" min="-360" max="360" free="0"/>
      <parameter name="DEC" value="21.70" scale="1" min="-90"  max="90"  free="0"/>
    </spatialModel>
  </source>
  <source name="disk_b" type="DiffuseSource">
    <spectrum type="PowerLaw2">
      <parameter name="UpperLimit" value="1e5"  scale="1"    min="20"   max="1e6" free="1"/>
      <parameter name="Integral"   value="4.0"  scale="1e-9" min="1e-4" max="1e4" free="1"/>
      <parameter name="Index"      value="-2.2" scale="1"    min="-5"   max="0"   free="1"/>
      <parameter name="LowerLimit" value="1000" scale="1"    min="20"   max="1e6" free="0"/>
    </spectrum>
    <spatialModel type="RadialDisk">
      <parameter name="RA"     value="84.0" scale="1" min="-360" max="360" free="0"/>
      <parameter name="DEC"    value="22.5" scale="1" min="-90"  max="90"  free="0"/>
      <parameter name="Radius" value="0.4"  scale="1" min="0"    max="180" free="0"/>
    </spatialModel>
  </source>
  <source name="galactic" type="DiffuseSource">
    <spectrum type="PowerLaw" apply_edisp="true" scaling_file="scaling.txt">
      <parameter name="Prefactor" value="1"    scale="1"  min="0.1"  max="10"  free="1"/>
      <parameter name="Index"     value="0"    scale="-1" min="-1"   max="1"   free="0"/>
      <parameter name="Scale"     value="1000" scale="1"  min="1000" max="1000" free="0"/>
    </spectrum>
    <spatialModel type="MapCubeFunction" file="$(FERMI_DIFF)/gll_iem.fits" map_based_integral="true" apply_exposure="false">
      <parameter name="Normalization" value="1" scale="1" min="0" max="0" free="0"/>
    </spatialModel>
  </source>
  <source name="iso" type="DiffuseSource">
    <spectrum type="FileFunction" file="iso.txt" apply_edisp="false">
      <parameter name="Normalization" value="1" scale="1" min="0.01" max="100" free="1"/>
    </spectrum>
    <spatialModel type="ConstantValue">
      <parameter name="Value" value="1" scale="1" free="0"/>
    </spatialModel>
  </source>
</source_library>
"#;

fn load(file: &str) -> Result<FileTable, BoxError> {
    match file {
        "iso.txt" => Ok(FileTable::new(vec![30.0, 1e6], vec![1e-8, 1e-18])?),
        "scaling.txt" => Ok(FileTable::new(vec![30.0, 1e6], vec![0.5, 0.5])?),
        other => Err(format!("no file {other}").into()),
    }
}

fn read(text: &str) -> Result<SourceLibrary, Error> {
    roi_model::read_xml(text, &load)
}

/// Everything of a source that the XML holds.
fn content(source: &Source) -> String {
    let spectrum = source.spectrum();
    format!(
        "{:?} {:?} {:?} {:?} {:?} | {} {:?} {:?} {:?} {:?} | {} {:?} {:?} {:?}",
        source.name(),
        source.source_type(),
        source.attributes(),
        source.members().iter().map(content).collect::<Vec<_>>(),
        (source.apply_edisp(), source.apply_psf(), source.apply_exposure()),
        spectrum.type_name(),
        spectrum.file(),
        spectrum.scaling_file(),
        spectrum.attributes(),
        spectrum.parameters(),
        source.spatial().type_name(),
        source.spatial().file(),
        source.spatial().attributes(),
        source.spatial().parameters(),
    )
}

fn assert_round_trip(library: &SourceLibrary, load: &dyn Fn(&str) -> Result<FileTable, BoxError>) {
    let text = library.to_xml().unwrap();
    let again = roi_model::read_xml(&text, load).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!((&library.title, &library.attributes), (&again.title, &again.attributes));
    let contents = |l: &SourceLibrary| l.sources.iter().map(content).collect::<Vec<_>>();
    assert_eq!(contents(library), contents(&again));
    assert_eq!(text, again.to_xml().unwrap(), "the second write differs");
}

#[test]
fn the_example_reads_as_it_says() {
    let library = read(EXAMPLE).unwrap();
    assert_eq!(library.title, "demo roi");
    assert_eq!(library.attributes, [("origin".to_owned(), "by hand".to_owned())]);
    let names: Vec<_> = library.sources.iter().map(Source::name).collect();
    assert_eq!(names, ["src_a", "disk_b", "galactic", "iso"]);
    let [a, disk, galactic, iso] = library.sources.as_slice() else { panic!("four sources") };

    assert_eq!(a.source_type(), SourceType::Point);
    assert_eq!(a.attributes()[1], ("Significance".to_owned(), "7 & more".to_owned()));
    assert_eq!(a.spectrum().attributes(), [("note".to_owned(), "n".to_owned())]);
    let norm = a.spectrum().parameter("norm").unwrap();
    assert_eq!((norm.value(), norm.scale(), norm.min(), norm.max(), norm.is_free()), (2.5, 1e-12, 0.001, 1000.0, true));
    assert_eq!(norm.attributes(), [("max_unit".to_owned(), "cgs".to_owned())]);
    assert_eq!(a.spectrum().parameter("alpha").unwrap().error(), 0.25);
    assert_eq!(a.direction(), Some(SkyDirection::new(83.1, 21.7).unwrap()));

    let names: Vec<_> = disk.spectrum().parameters().iter().map(Parameter::name).collect();
    assert_eq!(names, ["Integral", "Index", "LowerLimit", "UpperLimit"]);
    assert!(!disk.spectrum().parameter("UpperLimit").unwrap().is_free(), "a limit of an integral cannot be freed");

    assert_eq!(galactic.spatial().attributes(), [("map_based_integral".to_owned(), "true".to_owned())]);
    assert_eq!((galactic.apply_edisp(), galactic.apply_psf(), galactic.apply_exposure()), (true, true, false));
    assert_eq!(galactic.spatial().file(), Some("$(FERMI_DIFF)/gll_iem.fits"));
    assert!((galactic.spectrum().dnde(500.0).unwrap() - 0.5).abs() < 1e-15, "scaled by the table");
    assert!(galactic.spectrum().dnde(20.0).is_err(), "outside the scaling table");
    assert!(galactic.spatial().is_diffuse_background() && iso.spatial().is_diffuse_background());
    assert!(!disk.spatial().is_diffuse_background());
    assert!(!iso.apply_edisp());
    assert!((iso.spectrum().dnde(3e5).unwrap() > 0.0) && iso.spectrum().file() == Some("iso.txt"));
    assert_round_trip(&library, &load);
}

#[test]
fn all_models_of_the_shared_data_round_trip() {
    let Some(root) = common::shared_data("") else { return };
    let mut found = 0;
    for directory in std::fs::read_dir(root).unwrap() {
        let directory = directory.unwrap().path();
        if !directory.is_dir() {
            continue;
        }
        // Some models name the folder that their tables were published in.
        let place = |file: &str| {
            let named = directory.join(file);
            if named.exists() { named } else { directory.join(Path::new(file).file_name().unwrap_or_default()) }
        };
        let load = |file: &str| Ok(FileTable::parse(&std::fs::read_to_string(place(file))?)?);
        for file in std::fs::read_dir(&directory).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "xml") {
                let text = std::fs::read_to_string(&file).unwrap();
                let library =
                    roi_model::read_xml(&text, &load).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                assert_eq!(library.sources.len(), text.matches("<source ").count());
                let free = library.sources.iter().flat_map(|s| s.spectrum().parameters()).filter(|p| p.is_free());
                assert_eq!(free.count(), text.matches("free=\"1\"").count());
                assert_round_trip(&library, &load);
                found += 1;
            }
        }
    }
    assert!(found >= 8, "only {found} models found");
    println!("{found} models round-tripped");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    // (what to replace, by what, line, words that the message must have)
    let cases: &[(&str, &str, u32, &[&str])] = &[
        (" scale=\"1e-12\"", "", 6, &["src_a", "norm", "`scale`", "missing"]),
        ("value=\"2.5\"", "value=\"abc\"", 6, &["src_a", "norm", "abc", "no number"]),
        ("value=\"2.5\"", "value=\"inf\"", 6, &["src_a", "norm", "inf", "finite"]),
        ("value=\"2.5\"", "value=\"NaN\"", 6, &["src_a", "norm", "NaN", "finite"]),
        ("scale=\"1e-12\"", "scale=\"0\"", 6, &["src_a", "norm", "scale is zero"]),
        ("value=\"2.5\"", "value=\"1001\"", 6, &["src_a", "norm", "1001", "bounds [0.001, 1000.0]"]),
        ("min=\"0.001\"", "", 6, &["src_a", "norm", "`min` or `max`"]),
        ("min=\"0.001\" max=\"1000\"", "min=\"5\" max=\"2\"", 6, &["src_a", "norm", "lower bound 5.0 is above"]),
        ("error=\"0.25\"", "error=\"-1\"", 7, &["src_a", "alpha", "-1"]),
        ("free=\"true\"", "free=\"maybe\"", 7, &["src_a", "free", "maybe"]),
        ("\"LogParabola\"", "\"LogParabole\"", 5, &["src_a", "LogParabole", "LogParabola"]),
        ("name=\"beta\"", "name=\"betta\"", 5, &["src_a", "LogParabola", "beta", "missing"]),
        ("name=\"src_a\"", "name=\"iso\"", 39, &["two sources", "iso"]),
        ("name=\"src_a\" ", "", 4, &["`name`", "missing"]),
        ("\"PointSource\"", "\"Point\"", 4, &["src_a", "Point", "PointSource"]),
        ("\"PointSource\"", "\"DiffuseSource\"", 4, &["src_a", "SkyDirFunction"]),
        ("\"SkyDirFunction\"", "\"SkyDir\"", 11, &["src_a", "SkyDir", "SkyDirFunction"]),
        ("name=\"DEC\" value=\"21.70\"", "name=\"DEC\" value=\"91\"", 13, &["src_a", "DEC", "91"]),
        ("file=\"iso.txt\"", "file=\"iso2.txt\"", 40, &["iso", "iso2.txt", "no file"]),
        ("file=\"iso.txt\"", "", 40, &["iso", "FileFunction", "file"]),
        ("apply_edisp=\"false\"", "apply_edisp=\"no\"", 40, &["iso", "apply_edisp", "no"]),
        ("source_library title=\"demo roi\"", "source_libary", 3, &["source_library"]),
        ("<parameter name=\"RA\"  ", "<par name=\"RA\" ", 12, &["src_a", "<par>", "<parameter>"]),
        ("<spatialModel type=\"SkyDirFunction\" apply_psf=\"true\">", "<spectrum type=\"PowerLaw\">", 11, &["src_a"]),
    ];
    for (old, new, line, words) in cases {
        let text = EXAMPLE.replacen(old, new, 1);
        assert_ne!(text, EXAMPLE, "{old}");
        let text =
            if old.contains("source_library") { text.replace("</source_library>", "</source_libary>") } else { text };
        let text = if new.starts_with("<spectrum") { text.replacen("</spatialModel>", "</spectrum>", 1) } else { text };
        match read(&text) {
            Ok(_) => panic!("{old} -> {new} was accepted"),
            Err(error) => {
                let message = error.to_string();
                assert!(message.starts_with(&format!("line {line}, column ")), "{old} -> {new}: {message}");
                assert!(words.iter().all(|word| message.contains(word)), "{old} -> {new}: {message}");
            }
        }
    }
    assert!(matches!(read(&EXAMPLE[..300]), Err(Error::XmlSyntax(_))));
    assert!(matches!(read(""), Err(Error::XmlSyntax(_))));
}

/// A source of the example, as text.
fn example_source(name: &str) -> &'static str {
    let start = EXAMPLE.find(&format!("  <source name=\"{name}\"")).unwrap();
    let end = start + EXAMPLE[start..].find("</source>").unwrap() + "</source>\n".len();
    &EXAMPLE[start..end]
}

fn composite(members: &str) -> String {
    format!(
        r#"<source_library title="t"><source name="sum" type="CompositeSource" note="x">
        <spectrum type="ConstantValue" apply_edisp="false"><parameter name="Value" value="1" scale="1" free="1"/></spectrum>
        <source_library>{members}</source_library></source></source_library>"#
    )
}

#[test]
fn composite_sources() {
    let members = format!("{}{}", example_source("src_a"), example_source("disk_b"));
    let library = read(&composite(&members)).unwrap();
    let sum = &library.sources[0];
    assert_eq!(sum.source_type(), SourceType::Composite);
    assert_eq!(sum.members().iter().map(Source::name).collect::<Vec<_>>(), ["src_a", "disk_b"]);
    assert_eq!((sum.direction(), sum.apply_edisp(), sum.apply_psf()), (None, false, true));
    assert_round_trip(&library, &load);

    let one = example_source("src_a");
    let inner = composite(one).replace("<source_library title=\"t\">", "");
    let nested = composite(inner.strip_suffix("</source_library>").unwrap());
    for (text, word) in [
        (composite(""), "no members"),
        (composite(&format!("{one}{one}")), "two sources"),
        (nested, "CompositeSource within"),
        (
            composite("").replace("<source_library></source_library>", "<spatialModel/>"),
            "unexpected element <spatialModel>",
        ),
    ] {
        let message = read(&text).map_or_else(|error| error.to_string(), |_| "accepted".to_owned());
        assert!(message.contains(word), "{message}\n{text}");
    }
    // However deep, it is an error, not an overflow of the stack.
    let levels = 20_000;
    let open = "<source_library><source name='a' type='CompositeSource'>".repeat(levels);
    let deep = format!("{open}{}", "</source></source_library>".repeat(levels));
    assert!(read(&deep).is_err());
}

#[test]
fn members_of_composite_sources_may_stand_in_a_file_of_their_own() {
    struct Reader(String);
    impl TableReader for Reader {
        fn spectrum(&self, file: &str) -> Result<FileTable, BoxError> {
            load(file)
        }
        fn library(&self, file: &str) -> Result<String, BoxError> {
            if file == "members.xml" { Ok(self.0.clone()) } else { Err("no such file".into()) }
        }
    }
    let members = format!("{}{}", example_source("src_a"), example_source("disk_b"));
    let inside = Reader(format!("<source_library title=\"m\">{members}</source_library>"));
    let nested =
        composite("").replace("<source_library></source_library>", "<source_library xmlFile=\"members.xml\"/>");
    let attribute = composite("")
        .replace("<source_library></source_library>", "")
        .replace("note=\"x\"", "xmlFile=\"members.xml\" note=\"x\"");
    for text in [nested, attribute] {
        let library = roi_model::read_xml_with(&text, &inside).unwrap();
        let sum = &library.sources[0];
        assert_eq!(sum.members().iter().map(Source::name).collect::<Vec<_>>(), ["src_a", "disk_b"]);
        assert_eq!(sum.attributes(), [("note".to_owned(), "x".to_owned())]);
        let written = library.to_xml().unwrap();
        assert!(written.contains("xmlFile=\"members.xml\"") && !written.contains("src_a"), "{written}");
        let again = roi_model::read_xml_with(&written, &inside).unwrap();
        assert_eq!(again.to_xml().unwrap(), written);
        assert_eq!(content(&again.sources[0]), content(sum));
        let missing =
            roi_model::read_xml_with(&text.replace("members.xml", "gone.xml"), &inside).unwrap_err().to_string();
        assert!(missing.contains("gone.xml") && missing.contains("sum"), "{missing}");
        assert!(read(&text).unwrap_err().to_string().contains("no source library was supplied"));
    }
    // A file that names itself is no endless loop: composite members are refused.
    let own = composite("").replace("<source_library></source_library>", "<source_library xmlFile=\"members.xml\"/>");
    let error = roi_model::read_xml_with(&own, &Reader(own.clone())).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("composite"), "{error}");
}

#[test]
fn tables_of_every_kind_are_asked_for() {
    struct Reader;
    impl TableReader for Reader {
        fn spectrum(&self, file: &str) -> Result<FileTable, BoxError> {
            load(file)
        }
        fn ebl(&self, model: i64) -> Result<EblTable, BoxError> {
            let tau = if model == 4 { 2.0 } else { 3.0 };
            Ok(EblTable::new(vec![1.0, 1e7], vec![0.0, 1.0], vec![vec![tau, tau]; 2])?)
        }
        fn dark_matter(&self, file: Option<&str>) -> Result<DarkMatterTable, BoxError> {
            assert_eq!(file, Some("yields.dat"));
            Ok(DarkMatterTable::parse(&"8 ".repeat(12 * 24 * 250))?)
        }
    }
    let parameters = |list: &[(&str, f64)]| -> String {
        let element = |(name, value): &(&str, f64)| format!(r#"<parameter name="{name}" value="{value}" scale="1"/>"#);
        list.iter().map(element).collect()
    };
    let dimmed = [("Normalization", 1.0), ("tau_norm", 1.0), ("redshift", 0.5), ("ebl_model", 4.7)];
    let yields =
        [("norm", 1.0), ("sigmav", 1.0), ("mass", 10.0), ("bratio", 1.0), ("channel0", 4.0), ("channel1", 1.0)];
    let spatial = r#"<spatialModel type="ConstantValue"><parameter name="Value" value="1" scale="1"/></spatialModel>"#;
    let text = format!(
        r#"<source_library><source name="a" type="DiffuseSource"><spectrum type="EblAtten::FileFunction" file="iso.txt">{}</spectrum>{spatial}</source>
        <source name="b" type="DiffuseSource"><spectrum type="DMFitFunction" file="yields.dat">{}</spectrum>{spatial}</source></source_library>"#,
        parameters(&dimmed),
        parameters(&yields)
    );
    let library = roi_model::read_xml_with(&text, &Reader).unwrap();
    let plain = load("iso.txt").unwrap().dnde(1e3).unwrap();
    let [a, b] = library.sources.as_slice() else { panic!("two sources") };
    assert!((a.spectrum().dnde(1e3).unwrap() / (plain * (-2f64).exp()) - 1.0).abs() < 1e-14);
    let expected = 8.0 / (8.0 * std::f64::consts::PI * 100.0) * 1e-3;
    assert!((b.spectrum().dnde(1e3).unwrap() / expected - 1.0).abs() < 1e-14);
    let again = roi_model::read_xml_with(&library.to_xml().unwrap(), &Reader).unwrap();
    assert_eq!(again.sources[1].spectrum().file(), Some("yields.dat"));
    // A plain function of files says what it lacks, and for which source.
    let message = read(&text).unwrap_err().to_string();
    assert!(message.contains("\"a\"") && message.contains("EBL model 4"), "{message}");
}

#[test]
fn bounds_of_zero_are_no_bounds() {
    let library = read(&EXAMPLE.replace("min=\"0.001\" max=\"1000\"", "min=\"0\" max=\"0\"")).unwrap();
    assert_eq!(library.sources[0].spectrum().parameter("norm").unwrap().bounds().1, f64::INFINITY);
    assert_round_trip(&library, &load);
}

#[test]
fn characters_that_xml_cannot_hold_are_refused() {
    let spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
    let spatial = SpatialModel::isotropic().unwrap();
    let source = Source::new("a\u{1}b", SourceType::Diffuse, spectrum, spatial).unwrap();
    assert!(matches!(roi_model::write_xml("t", &[source]), Err(Error::InSource { .. })));
}

proptest! {
    #[test]
    fn any_source_round_trips(
        name in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{fffe}\u{ffff}]*[a-z]",
        title in "[ -~äΓ☉\n\t\r]*",
        value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO,
        scale in proptest::num::f64::NORMAL,
        error in 0.0..1e300f64,
        free in proptest::bool::ANY,
    ) {
        let prefactor = Parameter::new("Prefactor", value).unwrap().with_scale(scale).unwrap();
        let prefactor = prefactor.with_error(error).unwrap().with_free(free);
        let parameters = vec![Parameter::new("Index", -2.0).unwrap(), prefactor, Parameter::new("Scale", 1e3).unwrap()];
        let spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
        let spatial = SpatialModel::map(format!("{name}.fits")).unwrap();
        let mut source = Source::new(name, SourceType::Diffuse, spectrum, spatial).unwrap();
        source.set_apply_psf(free);
        let library = SourceLibrary { title, sources: vec![source], attributes: Vec::new() };
        assert_round_trip(&library, &load);
    }

    #[test]
    fn no_text_makes_it_panic(cut in 0..EXAMPLE.len(), junk in "[ -~<>&\"']{0,12}", skip in 0..40usize) {
        let end = (cut + skip).min(EXAMPLE.len());
        if let (Some(head), Some(tail)) = (EXAMPLE.get(..cut), EXAMPLE.get(end..)) {
            let _ = read(&format!("{head}{junk}{tail}"));
        }
    }
}

#[test]
fn attributes_with_a_prefix_keep_its_declaration() {
    let text = EXAMPLE
        .replace("title=", "xmlns:x=\"urn:a&amp;b\" xmlns=\"urn:default\" title=")
        .replace("note=\"n\"", "x:note=\"n\" x:other=\"o\" xml:lang=\"en\"");
    let library = read(&text).unwrap();
    let attributes = library.sources[0].spectrum().attributes();
    let expected = [("xmlns:x", "urn:a&b"), ("x:note", "n"), ("x:other", "o"), ("xml:lang", "en")];
    assert_eq!(attributes, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let written = library.to_xml().unwrap();
    let again = read(&written).unwrap();
    assert_eq!(again.sources[0].spectrum().attributes(), attributes);
    assert_eq!(again.to_xml().unwrap(), written);
}
