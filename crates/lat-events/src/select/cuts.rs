//! How cuts join: what is new beside what a file tells, in the order and with the texts of gtselect.

use std::collections::BTreeMap;

use lat_io::Cut;

use super::masks::is_bit_number;
use crate::separation::separation;

/// The cuts of a header that are taken over: ranges in time become good times, ranges of event classes are those of old files and left
/// out. The good times stand last.
pub(super) fn inherited(header: &[Cut]) -> Vec<Cut> {
    let mut list = Vec::new();
    for cut in header {
        let left_out = match cut {
            Cut::GoodTimes => true,
            Cut::Range { column, .. } => column == "TIME" || column == "EVENT_CLASS",
            _ => false,
        };
        if !left_out {
            add(&mut list, cut.clone());
        }
    }
    list.push(Cut::GoodTimes);
    list
}

/// Adds a cut: not one that is there or is wider than one that is there; in place of one that it is narrower than; else at the end.
pub(super) fn add(list: &mut Vec<Cut>, new: Cut) {
    if list.contains(&new) {
        return;
    }
    for present in list.iter_mut() {
        if supersedes(&new, present) {
            *present = new;
            return;
        }
        if supersedes(present, &new) {
            return;
        }
    }
    list.push(new);
}

/// Whether whatever passes `narrow` passes `wide` too, as far as the two are of a kind. A mask takes the place of another of its column:
/// that it may is checked before.
fn supersedes(narrow: &Cut, wide: &Cut) -> bool {
    match (narrow, wide) {
        (Cut::Cone { ra, dec, radius }, Cut::Cone { ra: other_ra, dec: other_dec, radius: other_radius }) => {
            *radius <= other_radius - separation([*ra, *dec], [*other_ra, *other_dec])
        }
        (Cut::Range { column, min, max, .. }, Cut::Range { column: other, min: other_min, max: other_max, .. }) => {
            let above = other_min.is_none_or(|other| min.is_some_and(|min| min >= other));
            let below = other_max.is_none_or(|other| max.is_some_and(|max| max <= other));
            column == other && above && below
        }
        (Cut::Mask { column, mask, pass }, Cut::Mask { column: other, mask: other_mask, .. }) => {
            // Before Pass 8 the classes are nested, the higher bit in the lower.
            let nested = pass.as_deref().is_none_or(is_bit_number);
            column == other && (!nested || mask > other_mask)
        }
        _ => false,
    }
}

/// The same cuts with all ranges of a column intersected; ranges stand behind all others, in the order of their columns' names.
pub(super) fn with_ranges_joined(list: Vec<Cut>) -> Vec<Cut> {
    let mut joined = Vec::new();
    let mut ranges: BTreeMap<String, (String, Option<f64>, Option<f64>)> = BTreeMap::new();
    for cut in list {
        match cut {
            Cut::Range { column, unit, min, max } => {
                let (_, low, high) = ranges.entry(column).or_insert((unit, None, None));
                *low = narrower(*low, min, f64::max);
                *high = narrower(*high, max, f64::min);
            }
            other => joined.push(other),
        }
    }
    joined.extend(ranges.into_iter().map(|(column, (unit, min, max))| Cut::Range { column, unit, min, max }));
    joined
}

fn narrower(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[Cut]) -> Vec<String> {
        list.iter().map(Cut::texts).map(|[kind, _, value, _]| format!("{kind} {value}")).collect()
    }

    fn cone(ra: f64, radius: f64) -> Cut {
        Cut::Cone { ra, dec: 0.0, radius }
    }

    #[test]
    fn a_narrower_cone_takes_the_place_of_a_wider_one_and_others_stand_beside() {
        let mut list = inherited(&[cone(10.0, 10.0), Cut::range("ENERGY", "MeV", 1.0, 2.0)]);
        add(&mut list, cone(12.0, 8.0));
        assert_eq!(texts(&list), ["POS(RA,DEC) CIRCLE(12,0,8)", "ENERGY 1:2", "TIME TABLE"]);
        add(&mut list, cone(13.0, 20.0));
        assert_eq!(list.len(), 3, "a wider one says nothing new");
        add(&mut list, cone(16.0, 8.0));
        assert_eq!(texts(&list)[3], "POS(RA,DEC) CIRCLE(16,0,8)");
        add(&mut list, cone(16.0, 8.0));
        assert_eq!(list.len(), 4);
    }

    #[test]
    fn ranges_of_a_column_are_intersected_and_stand_last() {
        let open = Cut::Range { column: "ENERGY".into(), unit: "MeV".into(), min: Some(150.0), max: None };
        let time = Cut::range("TIME", "s", 0.0, 1.0);
        let mut list = inherited(&[Cut::range("ZENITH_ANGLE", "deg", 0.0, 105.0), time.clone(), open]);
        add(&mut list, Cut::range("ENERGY", "MeV", 100.0, 1000.0));
        add(&mut list, time);
        let list = with_ranges_joined(list);
        assert_eq!(texts(&list), ["TIME TABLE", "ENERGY 150:1000", "TIME 0:1", "ZENITH_ANGLE 0:105"]);
    }
}
