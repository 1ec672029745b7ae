//! HEALPix pixels compared with healpy 1.20: `ang2pix`, `pix2ang`, `get_interp_weights`, `get_all_neighbours`, `boundaries`.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for library code")]

use HealpixOrdering::{Nested, Ring};
use lat_response::{Frame, HealpixGrid, HealpixOrdering, SkyGrid, UnitVector};
use proptest::prelude::*;
use roi_model::SkyDirection;

fn grid(nside: u32, ordering: HealpixOrdering) -> HealpixGrid {
    HealpixGrid::new(nside, ordering, Frame::Celestial).unwrap()
}

fn direction([lon, lat]: [f64; 2]) -> SkyDirection {
    SkyDirection::new(lon, lat).unwrap()
}

/// NSIDE, numbering, longitude and latitude, its pixel, that pixel's centre, and pixels and weights of the interpolation.
type Point = (u32, HealpixOrdering, [f64; 2], usize, [f64; 2], [(usize, f64); 4]);

const POINTS: [Point; 12] = [
    (
        1,
        Ring,
        [10.0, 80.0],
        0,
        [45.0, 41.81031489577859],
        [(0, 0.3249353539725617), (1, 0.1981216780189958), (2, 0.1981216780189958), (3, 0.2788212899894468)],
    ),
    (
        4,
        Ring,
        [33.3, -41.2],
        153,
        [33.75, -41.81031489577862],
        [
            (137, 0.026871742930266604),
            (138, 0.024804685781784536),
            (152, 0.0189664714257591),
            (153, 0.9293570998621897),
        ],
    ),
    (
        4,
        Nested,
        [33.3, -41.2],
        137,
        [33.75, -41.81031489577862],
        [
            (137, 0.9293570998621897),
            (138, 0.0189664714257591),
            (139, 0.026871742930266604),
            (140, 0.024804685781784536),
        ],
    ),
    (
        64,
        Ring,
        [184.56, -5.78],
        27139,
        [184.921875, -5.979156796301311],
        [
            (26883, 0.25147326075408116),
            (26884, 0.08057769974866222),
            (27138, 0.17188555283062348),
            (27139, 0.4960634866666331),
        ],
    ),
    (
        64,
        Nested,
        [184.56, -5.78],
        25470,
        [184.921875, -5.979156796301311],
        [
            (25470, 0.4960634866666331),
            (25471, 0.08057769974866222),
            (25553, 0.17188555283062348),
            (25556, 0.25147326075408116),
        ],
    ),
    (
        64,
        Nested,
        [0.01, 89.7],
        4095,
        [45.0, 89.2690292915739],
        [
            (4095, 0.3526488920395877),
            (8191, 0.14739670942289101),
            (12287, 0.14739670942289101),
            (16383, 0.35255768911463026),
        ],
    ),
    (
        64,
        Ring,
        [359.99, -89.8],
        49151,
        [315.0, -89.2690292915739],
        [
            (49148, 0.3183717927430829),
            (49149, 0.18159780628193128),
            (49150, 0.18159780628193128),
            (49151, 0.3184325946930545),
        ],
    ),
    (
        64,
        Ring,
        [0.2, 41.9],
        8064,
        [0.703125, 41.81031489577859],
        [
            (7812, 0.07179366500820955),
            (8063, 0.04038393656711787),
            (8064, 0.5701792736549565),
            (8319, 0.3176431247697162),
        ],
    ),
    (
        6,
        Ring,
        [120.0, -60.0],
        397,
        [123.74999999999999, -58.413661903472075],
        [(396, 0.1337409084600262), (397, 0.6687045423001291), (411, 0.09877727461992238), (412, 0.09877727461992232)],
    ),
    (
        256,
        Nested,
        [83.6, 22.0],
        386969,
        [83.49609374999999, 22.02431283704216],
        [
            (386963, 0.12024086169429306),
            (386966, 0.25088506783110937),
            (386968, 0.030899886245464178),
            (386969, 0.5979741842291333),
        ],
    ),
    (2, Ring, [91.0, 90.0], 1, [135.0, 66.44353569089877], [(0, 0.25), (1, 0.25), (2, 0.25), (3, 0.25)]),
    (2, Ring, [271.0, -90.0], 47, [315.0, -66.44353569089876], [(44, 0.25), (45, 0.25), (46, 0.25), (47, 0.25)]),
];

#[test]
fn pixels_centres_and_weights_are_those_of_healpy() {
    for (nside, ordering, place, pixel, center, weights) in POINTS {
        let grid = grid(nside, ordering);
        let at_pole = place[1].abs() == 90.0;
        // At a pole every one of its four pixels is right.
        if !at_pole {
            assert_eq!(grid.pixel(&direction(place)), Some(pixel), "{nside} {place:?}");
        }
        let off = grid.direction_of(pixel).unwrap().separation(&direction(center));
        assert!(off < 1e-12, "{nside} {place:?}: centre {off} deg off");
        let mut found = grid.interpolation(&direction(place)).terms().to_vec();
        found.sort_unstable_by_key(|(pixel, _)| *pixel);
        assert_eq!(found.len(), 4, "{nside} {place:?}");
        for ((pixel, weight), (wanted, wanted_weight)) in found.into_iter().zip(weights) {
            assert_eq!(pixel, wanted, "{nside} {place:?}");
            assert!((weight - wanted_weight).abs() < 1e-10, "{nside} {place:?}: {weight} {wanted_weight}");
        }
    }
}

#[test]
fn neighbours_are_those_of_healpy() {
    for (nside, ordering, pixel, neighbours) in [
        (4, Nested, 0, vec![1, 2, 3, 69, 71, 90, 91, 143]),
        (4, Ring, 0, vec![1, 2, 3, 4, 5, 6, 11, 13]),
        (64, Nested, 12345, vec![12338, 12339, 12342, 12344, 12346, 12347, 12348, 12350]),
        (64, Ring, 20000, vec![19488, 19744, 19745, 19999, 20001, 20256, 20257, 20512]),
        (8, Nested, 767, vec![192, 296, 298, 468, 469, 764, 765, 766]),
    ] {
        assert_eq!(grid(nside, ordering).neighbours(pixel).unwrap(), neighbours, "{nside} {pixel}");
    }
    assert!(grid(6, Ring).neighbours(0).unwrap_err().to_string().contains("NSIDE is 6"));
}

#[test]
fn corners_are_those_of_healpy() {
    // South, east, north, west.
    for (nside, ordering, pixel, corners) in [
        (
            64,
            Nested,
            12345,
            [
                [0.6937764918687503, -0.7110167642556058, 0.11458333333333333],
                [0.7015607600201139, -0.7015607600201142, 0.125],
                [0.6919433238729327, -0.7091380422291325, 0.13541666666666666],
                [0.6841323001013575, -0.7185666259700809, 0.125],
            ],
        ),
        (
            64,
            Ring,
            20000,
            [
                [-0.6873390141763032, -0.7044193159239056, 0.17708333333333334],
                [-0.6773112693208919, -0.7114022732961445, 0.1875],
                [-0.6845615637638225, -0.7015728461626674, 0.19791666666666666],
                [-0.6945659615904023, -0.6945659615904021, 0.1875],
            ],
        ),
    ] {
        let grid = grid(nside, ordering);
        let found = grid.corners_of(pixel).unwrap();
        for (found, wanted) in found.into_iter().zip(corners) {
            assert!(found.angle(UnitVector(wanted)) < 1e-14, "{found:?} {wanted:?}");
        }
        // Edges are no great circles: the quadrangle of the corners is the pixel's solid angle to 1e-5 at this size.
        approx::assert_relative_eq!(UnitVector::quadrangle(found), grid.solid_angle(), max_relative = 2e-4);
    }
    approx::assert_relative_eq!(grid(64, Ring).solid_angle(), 4.0 * std::f64::consts::PI / 49152.0);
}

#[test]
fn a_part_of_the_sphere_keeps_the_order_of_its_list() {
    let sphere = grid(8, Nested);
    let part = sphere.clone().with_pixels(vec![300, 17, 301]).unwrap();
    assert_eq!((part.n_pixels(), part.is_full_sky(), part.pixels()), (3, false, Some(&[300, 17, 301][..])));
    assert_eq!((part.local_pixel(17), part.local_pixel(18), part.sphere_pixel(3)), (Some(1), None, None));
    let inside = sphere.direction_of(301).unwrap();
    let outside = sphere.direction_of(18).unwrap();
    assert_eq!((part.pixel(&inside), part.pixel(&outside)), (Some(2), None));
    assert!(part.interpolation(&outside).terms().is_empty());
    assert_eq!(part.neighbours(0).unwrap(), [2]);
    // A constant map is constant up to its border.
    approx::assert_relative_eq!(part.interpolation(&inside).apply(&[2.0; 3]).unwrap(), 2.0, max_relative = 1e-15);

    assert!(part.difference(&sphere.clone().with_pixels(vec![300, 18, 301]).unwrap()).unwrap().contains("at 1"));
    assert!(part.difference(&sphere).unwrap().contains("768"));
    assert_eq!(part.difference(&part.clone().with_region("DISK(1,2,3)")), None);
}

#[test]
fn the_middle_of_a_region_is_told_by_its_header_or_its_pixels() {
    let sphere = HealpixGrid::new(128, Ring, Frame::Galactic).unwrap();
    let center = SkyDirection::from_galactic(184.5, -60.25).unwrap();
    let disk = sphere.disk(&center, 8.0).unwrap();
    assert_eq!(disk.region(), Some("DISK(184.500000000,-60.250000000,8.000000000)"));
    assert!(disk.reference_direction().unwrap().separation(&center) < 1e-8);
    let radii = (0..disk.n_pixels()).map(|p| disk.direction_of(p).unwrap().separation(&center));
    assert!(radii.fold(0.0, f64::max) <= 8.0);
    // As many pixels as fit the solid angle of the disk.
    let expected = 2.0 * std::f64::consts::PI * (1.0 - 8f64.to_radians().cos()) / disk.solid_angle();
    assert!((disk.n_pixels() as f64 - expected).abs() < 25.0, "{} {expected}", disk.n_pixels());
    let nameless = sphere.with_pixels(disk.pixels().unwrap().to_vec()).unwrap();
    let off = nameless.reference_direction().unwrap().separation(&center);
    // A quarter of a pixel: the edge of a list of whole pixels is ragged.
    assert!(off < 0.11, "{off} deg");
    let grid = SkyGrid::Healpix(nameless.with_region("DISK_INC( 10 , -20, 3, 4)"));
    let told = grid.reference_direction().unwrap().separation(&SkyDirection::from_galactic(10.0, -20.0).unwrap());
    assert!(told < 1e-12);
}

#[test]
fn what_cannot_be_is_refused() {
    let make = |nside, ordering| HealpixGrid::new(nside, ordering, Frame::Galactic);
    assert!(make(0, Ring).is_err() && make(6, Nested).is_err() && make((1 << 29) + 1, Ring).is_err());
    assert!(make(1 << 29, Nested).is_ok() && make(6, Ring).is_ok());
    let with = |pixels: &[u64]| grid(4, Ring).with_pixels(pixels.to_vec()).map(|_| ());
    assert!(with(&[]).is_err());
    assert!(with(&[192]).unwrap_err().to_string().contains("pixel 192 does not exist"));
    assert!(with(&[3, 7, 3]).unwrap_err().to_string().contains("pixel 3 stands twice"));
    let center = direction([0.0, 0.0]);
    assert!(grid(4, Ring).disk(&center, f64::NAN).is_err() && grid(4, Ring).disk(&center, 1e-6).is_err());
    let bad = grid(4, Ring).with_region("DISK(10,95,3)");
    assert!(bad.reference_direction().unwrap_err().to_string().contains("DISK(10,95,3)"));
}

proptest! {
    #[test]
    fn a_pixels_centre_falls_in_it_and_is_its_own_value(order in 0u8..12, ring: bool, at in 0f64..1.0, place in (0f64..360.0, -90f64..=90.0)) {
        let grid = grid(1 << order, if ring { Ring } else { Nested });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the number of pixels")]
        let pixel = (at * grid.n_pixels() as f64) as usize;
        let center = grid.direction_of(pixel).unwrap();
        prop_assert_eq!(grid.pixel(&center), Some(pixel));
        // The rings next to the poles apart, where the pole's value is the mean of four pixels.
        let own: f64 = grid.interpolation(&center).terms().iter().filter(|(p, _)| *p == pixel).map(|(_, w)| w).sum();
        prop_assert!((own - 1.0).abs() < 1e-6, "{}", own);

        let anywhere = direction([place.0, place.1]);
        let terms = grid.interpolation(&anywhere);
        prop_assert!(terms.terms().iter().all(|(_, weight)| *weight >= 0.0));
        let sum: f64 = terms.terms().iter().map(|(_, weight)| weight).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }
}
