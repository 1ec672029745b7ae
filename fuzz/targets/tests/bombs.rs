//! Inputs made to exhaust stack or memory: too large for a fuzzer to find, so they are written down.

use std::path::Path;

use fuzz_targets::TARGETS;
use lat_io::Config;
use roi_model::spectrum::FileTable;

fn run(name: &str, text: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    (target.run)(text.as_bytes());
}

fn xml_error(text: &str) -> String {
    run("xml", text);
    roi_model::xml::read(text, &|_| Ok(FileTable::new(vec![1.0, 2.0], vec![1.0, 1.0])?)).unwrap_err().to_string()
}

fn yaml_error(text: &str) -> String {
    run("yaml", text);
    Config::parse(Path::new("config.yaml"), text).unwrap_err().to_string()
}

#[test]
fn xml_entities_are_not_expanded() {
    let mut entities = "<!ENTITY e0 \"lol\">".to_owned();
    for level in 1..20 {
        let ten = format!("&e{};", level - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY e{level} \"{ten}\">"));
    }
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
    let indented: String = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    yaml_error(&indented);
}

#[test]
fn yaml_aliases_do_not_multiply() {
    let mut text = "a0: &a0 [lol, lol]\n".to_owned();
    for level in 1..30 {
        let ten = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{ten}]\n"));
    }
    let error = yaml_error(&text);
    assert!(error.contains("config.yaml") && error.contains("not valid YAML"), "{error}");
    yaml_error("a: &a [*a]");
    yaml_error("a: &a {<<: *a}");
    let mut merged = "plotting: &m0 {x: 1}\n".to_owned();
    merged.extend((1..200).map(|n| format!("sed: &m{n} {{<<: [*m{0}, *m{0}]}}\n", n - 1)));
    yaml_error(&merged);
}

#[test]
fn long_lists_end() {
    run("yaml", &format!("sed: [{}]", "1, ".repeat(200_000)));
    let keys: String = (0..50_000).map(|n| format!("  k{n}: {n}\n")).collect();
    run("yaml", &format!("sed:\n{keys}"));
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=\"\"")).collect();
    run("xml", &format!("<source_library xmlns:x=\"u\"{attributes}/>"));
    run("spectrum_table", &"1 ".repeat(500_000));
    run("spectrum_table", &(1..100_000).map(|n| format!("{n} 1\n")).collect::<String>());
}
