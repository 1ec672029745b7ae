//! What cuts mean for the rows of a file.

use lat_io::{Cut, PhotonFile};

use super::masks::is_bit_number;
use super::options::SelectOptions;
use crate::error::{Error, Result};
use crate::photons::Test;

/// The tests of some cuts on a file. A cut of its header on a column that it has not is one that its photons have passed elsewhere.
///
/// # Errors
/// [`Error::MissingColumn`] when a cut that the options ask for needs a column that the file has not.
pub(super) fn of(file: &PhotonFile, cuts: &[Cut], options: &SelectOptions) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for cut in cuts {
        let (name, is_asked) = match cut {
            Cut::Cone { .. } => {
                tests.extend(cone(cut));
                continue;
            }
            Cut::Range { column, .. } | Cut::Mask { column, .. } => (column, asked(column, options)),
            // Good times are tested apart; the others say nothing of a row.
            _ => continue,
        };
        let Some(column) = file.column(name)? else {
            if is_asked {
                let (path, needed_by) = (file.path().to_owned(), format!("a cut on {name}"));
                return Err(Error::MissingColumn { path, column: name.clone(), needed_by });
            }
            continue;
        };
        tests.push(match cut {
            Cut::Mask { mask, .. } if is_bit_number(file.pass_version()) => Test::Bit { column, number: *mask },
            Cut::Mask { mask, .. } => Test::AnyBit { column, mask: *mask },
            Cut::Range { min, max, .. } => Test::Range { column, min: *min, max: *max },
            _ => continue,
        });
    }
    Ok(tests)
}

/// The cone that headers tell: gtselect filters with its text, which has ten digits.
fn cone(cut: &Cut) -> Option<Test> {
    let [_, _, value, _] = cut.texts();
    let inside = value.strip_prefix("CIRCLE(")?.strip_suffix(')')?;
    let numbers: Vec<f64> = inside.split(',').filter_map(|number| number.parse().ok()).collect();
    let &[ra, dec, radius] = numbers.as_slice() else { return None };
    Some(Test::Cone { ra, dec, radius })
}

fn asked(column: &str, options: &SelectOptions) -> bool {
    match column {
        "TIME" => options.times.is_some(),
        "ENERGY" => options.energies.is_some(),
        "CONVERSION_TYPE" => options.conversion_type.is_some(),
        "EVENT_CLASS" => options.event_class.is_some(),
        "EVENT_TYPE" => options.event_type.is_some(),
        "ZENITH_ANGLE" => options.zenith.is_some(),
        "PULSE_PHASE" => options.phases.is_some(),
        _ => false,
    }
}
