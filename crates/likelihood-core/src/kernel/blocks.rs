//! How the blocks of filled bins are dealt out: to all threads, or to one. Every block has its own place for what it sums, so that the
//! sums of the places, which are made in their order, are the same bits either way.

use rayon::prelude::*;

/// Who works on the blocks of an evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Threads {
    /// All threads of the pool.
    #[default]
    All,
    /// The calling thread alone.
    One,
}

impl Threads {
    /// Calls `task` with each place, and with what `init` makes for the thread.
    pub(crate) fn for_each<P: Send, S>(
        self,
        places: Vec<P>,
        init: impl Fn() -> S + Sync + Send,
        task: impl Fn(&mut S, P) + Sync + Send,
    ) {
        match self {
            Self::All => places.into_par_iter().for_each_init(init, task),
            Self::One => {
                let mut own = init();
                for place in places {
                    task(&mut own, place);
                }
            }
        }
    }
}

/// Consecutive parts of a slice, of these lengths.
pub(crate) fn parts<T>(
    mut slice: &mut [T],
    lengths: impl IntoIterator<Item = usize>,
) -> impl Iterator<Item = &mut [T]> {
    lengths.into_iter().map_while(move |length| slice.split_off_mut(..length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_one_another_and_may_be_empty() {
        let mut all = [1, 2, 3, 4, 5];
        let found: Vec<Vec<i32>> = parts(&mut all, [2, 0, 3]).map(|part| part.to_vec()).collect();
        assert_eq!(found, [vec![1, 2], vec![], vec![3, 4, 5]]);
        assert_eq!(parts(&mut all, std::iter::repeat_n(0, 4)).count(), 4);
    }

    #[test]
    fn every_place_is_worked_on_once() {
        for threads in [Threads::All, Threads::One] {
            let mut places = vec![0_u32; 1000];
            threads.for_each(places.iter_mut().collect(), || 1, |own, place| *place += *own);
            assert!(places.iter().all(|&place| place == 1));
        }
    }
}
