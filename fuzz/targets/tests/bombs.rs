//! Inputs made to exhaust stack or memory: too large for a fuzzer to find, so they are written down.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use std::path::Path;

use fuzz_targets::TARGETS;
use lat_dataset::Config;
use roi_model::FileTable;

fn run(name: &str, text: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    (target.run)(text.as_bytes());
}

fn xml_error(text: &str) -> String {
    run("xml", text);
    roi_model::read_xml(text, &|_| Ok(FileTable::new(vec![1.0, 2.0], vec![1.0, 1.0])?)).unwrap_err().to_string()
}

fn yaml_error(text: &str) -> String {
    run("yaml", text);
    Config::parse(Path::new("config.yaml"), text).unwrap_err().to_string()
}

#[test]
fn xml_entities_are_not_expanded() {
    let ten = |level: u32| format!("&e{level};").repeat(10);
    let entity =
        |level: u32| format!("<!ENTITY e{level} \"{}\">", if level == 0 { "lol".into() } else { ten(level - 1) });
    let entities = (0..20).map(entity).collect::<Vec<_>>().concat();
    let error = xml_error(&format!("<!DOCTYPE x [{entities}]><source_library title=\"&e19;\"/>"));
    assert!(error.contains("DTD"), "{error}");
}

#[test]
fn deep_xml_does_not_exhaust_the_stack() {
    for open in ["<a>", "<source_library>", "<source name=\"a\" type=\"CompositeSource\"><source_library>"] {
        xml_error(&open.repeat(200_000));
    }
    let depth = 50_000;
    let nested = "<source name=\"a\" type=\"CompositeSource\"><spectrum type=\"ConstantValue\"><parameter name=\"Value\" value=\"1\" \
                  scale=\"1\"/></spectrum><source_library>";
    let text = format!(
        "<source_library>{}{}</source_library>",
        nested.repeat(depth),
        "</source_library></source>".repeat(depth)
    );
    let error = xml_error(&text);
    assert!(error.contains("CompositeSource within a CompositeSource"), "{error}");
}

#[test]
fn deep_yaml_does_not_exhaust_the_stack() {
    for open in ["[", "{a: ", "- ", "? ", "!!seq [", "&a ["] {
        yaml_error(&format!("selection: {}", open.repeat(100_000)));
        yaml_error(&open.repeat(100_000));
    }
    let indented = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<Vec<_>>().concat();
    yaml_error(&indented);
}

#[test]
fn yaml_aliases_do_not_multiply() {
    let ten = |level: u32| vec![format!("*a{level}"); 10].join(", ");
    let line =
        |level: u32| format!("a{level}: &a{level} [{}]\n", if level == 0 { "lol".into() } else { ten(level - 1) });
    let text = (0..30).map(line).collect::<Vec<_>>().concat();
    let error = yaml_error(&text);
    assert!(error.contains("config.yaml") && error.contains("not valid YAML"), "{error}");
    yaml_error("a: &a [*a]");
    yaml_error("a: &a {<<: *a}");
    let merge = |n: u32| format!("sed{n}: &m{n} {{<<: [*m{0}, *m{0}]}}\n", n - 1);
    let merged =
        ["plotting: &m0 {x: 1}\n".to_owned()].into_iter().chain((1..200).map(merge)).collect::<Vec<_>>().concat();
    yaml_error(&merged);
}

#[test]
fn long_lists_end() {
    run("yaml", &format!("sed: [{}]", "1, ".repeat(200_000)));
    let keys = (0..50_000).map(|n| format!("  k{n}: {n}\n")).collect::<Vec<_>>().concat();
    run("yaml", &format!("sed:\n{keys}"));
    let attributes = (0..20_000).map(|n| format!(" a{n}=\"\"")).collect::<Vec<_>>().concat();
    run("xml", &format!("<source_library xmlns:x=\"u\"{attributes}/>"));
    run("spectrum_table", &"1 ".repeat(500_000));
    run("spectrum_table", &(1..100_000).map(|n| format!("{n} 1\n")).collect::<Vec<_>>().concat());
}
