//! The keys that a configuration may hold: fermipy's own, and `files`.

use super::yaml::{Entry, Node, Value};
use crate::error::{Error, Result};
use std::path::Path;

/// A section with the keys that decide something here, and those that only fermipy's set-up steps use.
struct Section {
    name: &'static str,
    used: &'static [&'static str],
    set_up: &'static [&'static str],
}

const SECTIONS: &[Section] = &[
    Section { name: "data", used: &[], set_up: &["evfile", "scfile", "ltcube", "cacheft1"] },
    Section {
        name: "binning",
        used: &["projtype", "coordsys"],
        set_up: &[
            "proj",
            "npix",
            "roiwidth",
            "binsz",
            "binsperdec",
            "enumbins",
            "hpx_order",
            "hpx_ordering_scheme",
            "hpx_ebin",
        ],
    },
    Section {
        name: "selection",
        used: &["emin", "emax", "logemin", "logemax", "target", "ra", "dec", "glon", "glat"],
        set_up: &[
            "tmin", "tmax", "zmax", "evclass", "evtype", "convtype", "phasemin", "phasemax", "radius", "filter",
            "roicut",
        ],
    },
    Section {
        name: "gtlike",
        used: &["edisp", "edisp_bins", "edisp_disable", "srcmap", "bexpmap", "wmap", "src_expscale", "expscale"],
        set_up: &[
            "irfs",
            "minbinsz",
            "rfactor",
            "convolve",
            "resample",
            "srcmap_base",
            "bexpmap_base",
            "bexpmap_roi",
            "bexpmap_roi_base",
            "use_external_srcmap",
            "use_scaled_srcmap",
            "llscan_npts",
        ],
    },
    Section {
        name: "model",
        used: &[
            "catalogs",
            "src_radius",
            "src_roiwidth",
            "extdir",
            "merge_sources",
            "assoc_xmatch_columns",
            "galdiff",
            "isodiff",
            "sources",
            "limbdiff",
            "diffuse",
            "diffuse_xml",
            "src_radius_roi",
            "diffuse_dir",
        ],
        set_up: &["extract_diffuse"],
    },
    Section {
        name: "optimizer",
        used: &["optimizer", "tol", "max_iter", "init_lambda", "retries", "min_fit_quality", "verbosity"],
        set_up: &[],
    },
    Section {
        name: "roiopt",
        used: &["npred_frac", "npred_threshold", "shape_ts_threshold", "max_free_sources", "skip", "optimizer"],
        set_up: &[],
    },
    Section {
        name: "fileio",
        used: &["outdir"],
        set_up: &["logfile", "scratchdir", "workdir", "savefits", "workdir_regex", "outdir_regex", "usescratch"],
    },
    Section { name: "files", used: &["ccube", "srcmap", "bexpmap", "psf", "drm", "wmap", "xml"], set_up: &[] },
    Section { name: "mc", used: &[], set_up: &["seed"] },
    Section { name: "logging", used: &[], set_up: &["prefix", "chatter", "verbosity"] },
    Section {
        name: "ltcube",
        used: &[],
        set_up: &["binsz", "phibins", "dcostheta", "use_local_ltcube", "zmax", "dir"],
    },
];

/// Sections of fermipy methods that do not exist here; what they hold is not looked at.
const OTHER_METHODS: &[&str] = &[
    "curvature",
    "extension",
    "lightcurve",
    "localize",
    "plotting",
    "psmap",
    "residmap",
    "sed",
    "sensitivity",
    "sourcefind",
    "tscube",
    "tsmap",
];

/// Sections that a component must not override: they belong to the whole analysis.
const WHOLE_ANALYSIS: &[&str] = &["optimizer", "roiopt", "fileio", "logging", "mc", "plotting"];

/// Checks every key of the configuration and tells, one note a section, which ones are ignored.
pub(super) fn check(path: &Path, root: &Node) -> Result<Vec<String>> {
    if !matches!(root.value, Value::Map(_)) {
        let reason = format!("expected a mapping of sections (binning, selection, files, ...), found {}", root.value);
        return Err(Error::Yaml { path: path.to_owned(), reason });
    }
    let mut notes = Vec::new();
    check_sections(path, root, None, &mut notes)?;
    if let Some(components) = root.get("components") {
        for (name, component) in components_of(path, components)? {
            check_sections(path, component, Some(&name), &mut notes)?;
        }
    }
    Ok(notes)
}

/// The components by name: `00`, `01`, ... for a list, the keys in sorted order for a mapping, as fermipy names its files.
pub(super) fn components_of<'a>(path: &Path, node: &'a Node) -> Result<Vec<(String, &'a Node)>> {
    let mut components: Vec<(String, &Node)> = match &node.value {
        Value::Null => Vec::new(),
        Value::List(items) => items.iter().enumerate().map(|(i, item)| (format!("{i:02}"), item)).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), &entry.node)).collect(),
        other => return Err(wrong(path, node, "components", other, "a list or mapping of components")),
    };
    if matches!(node.value, Value::Map(_)) {
        components.sort_by(|a, b| a.0.cmp(&b.0));
    }
    for (name, component) in &components {
        if !matches!(component.value, Value::Map(_) | Value::Null) {
            let key = format!("components.{name}");
            return Err(wrong(path, component, &key, &component.value, "a mapping of sections"));
        }
    }
    Ok(components)
}

fn check_sections(path: &Path, node: &Node, component: Option<&str>, notes: &mut Vec<String>) -> Result<()> {
    let place = component.map_or_else(String::new, |name| format!("components.{name}."));
    for entry in node.entries() {
        let name = entry.key.as_str();
        if component.is_none() && name == "components" {
            continue;
        }
        if component.is_some() && WHOLE_ANALYSIS.contains(&name) {
            let found = Value::Text(name.to_owned());
            let expected = "a section that may differ between components; move it to the top level";
            return Err(wrong(path, &entry.node, &format!("components.{}", component.unwrap_or("")), &found, expected));
        }
        if OTHER_METHODS.contains(&name) {
            notes.push(format!(
                "section '{place}{name}' is ignored: it configures a fermipy method that is not part of this program"
            ));
            continue;
        }
        let Some(section) = SECTIONS.iter().find(|section| section.name == name) else {
            let known = SECTIONS.iter().map(|section| section.name).chain(OTHER_METHODS.iter().copied());
            let section = component.map_or_else(|| "the top level".to_owned(), |name| format!("component '{name}'"));
            return Err(unknown(path, entry, section, known.chain(component.is_none().then_some("components"))));
        };
        if !matches!(entry.node.value, Value::Map(_) | Value::Null) {
            return Err(wrong(path, &entry.node, &format!("{place}{name}"), &entry.node.value, "a mapping"));
        }
        check_keys(path, section, &entry.node, &place, notes)?;
    }
    Ok(())
}

fn check_keys(path: &Path, section: &Section, node: &Node, place: &str, notes: &mut Vec<String>) -> Result<()> {
    let mut ignored = Vec::new();
    for entry in node.entries() {
        let name = entry.key.as_str();
        if section.set_up.contains(&name) {
            ignored.push(name);
        } else if !section.used.contains(&name) {
            let label = format!("section '{place}{}'", section.name);
            let home = SECTIONS.iter().find(|other| other.used.contains(&name) || other.set_up.contains(&name));
            return Err(match home {
                Some(home) => Error::UnknownKey {
                    path: path.to_owned(),
                    line: entry.line,
                    section: label,
                    key: name.to_owned(),
                    near: Some(format!("{}.{name}", home.name)),
                },
                None => unknown(path, entry, label, section.used.iter().chain(section.set_up).copied()),
            });
        }
    }
    if !ignored.is_empty() {
        let keys = ignored.join(", ");
        notes.push(format!("'{place}{}': {keys} ignored: only the set-up steps of fermipy use them", section.name));
    }
    Ok(())
}

fn unknown<'a>(path: &Path, entry: &Entry, section: String, known: impl Iterator<Item = &'a str>) -> Error {
    let near = nearest(&entry.key, known).map(|(_, near)| near.to_owned());
    Error::UnknownKey { path: path.to_owned(), line: entry.line, section, key: entry.key.clone(), near }
}

pub(super) fn wrong(path: &Path, node: &Node, key: &str, found: &Value, expected: &str) -> Error {
    Error::ConfigValue {
        path: path.to_owned(),
        line: node.line,
        key: key.to_owned(),
        found: found.to_string(),
        expected: expected.to_owned(),
    }
}

/// The known name that is most like `name`, and how alike they are from 0 to 1.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<(f64, &'a str)> {
    let name = name.to_lowercase();
    known
        .map(|known| (strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase()), known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
}
