//! What the fuzz targets share: libFuzzer in front of a target of `fuzz_targets`.

pub use fuzz_targets;
pub use libfuzzer_sys;

/// The entry points of libFuzzer for the target of this name. Every other mutation is one that knows words and cards of the format.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        fn target() -> &'static $crate::fuzz_targets::Target {
            $crate::fuzz_targets::TARGETS.iter().find(|target| target.name == $name).expect("a target of this name")
        }

        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| (target().run)(data));

        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate(target(), data, size, max_size, seed)
        });
    };
}

/// Changes the first `size` bytes of `data` in place; tells the new size.
pub fn mutate(target: &fuzz_targets::Target, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed % 2 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mut state = seed;
    // Numerical Recipes' linear congruential generator; its high bits are good enough to choose edits.
    let mut number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.rotate_left(16)
    };
    let edits: Vec<[u32; 4]> = (0..1 + number() % 4).map(|_| [number(), number(), number(), number()]).collect();
    let changed = target.mutated(&data[..size], &edits);
    let size = changed.len().min(max_size);
    data[..size].copy_from_slice(&changed[..size]);
    size
}
