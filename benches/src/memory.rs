//! How fast the main memory is read: the floor of what streams.

use rayon::prelude::*;

/// More than any cache holds, in numbers of 8 bytes.
const LARGE: usize = 1 << 26;

/// Reads large parts of the main memory, each time another one.
#[derive(Debug)]
pub struct Memory {
    numbers: Vec<u64>,
    next: usize,
}

impl Memory {
    /// With much to read where times are measured, and little in tests.
    pub fn new(measuring: bool) -> Self {
        Self { numbers: vec![1; if measuring { LARGE } else { 1 << 20 }], next: 0 }
    }

    /// Reads so many bytes, with all threads. Sums of whole numbers vectorise, so that reading is all
    /// that this costs.
    pub fn read(&mut self, bytes: usize) -> u64 {
        let n = (bytes / 8).min(self.numbers.len());
        if self.next + n > self.numbers.len() {
            self.next = 0;
        }
        let part = &self.numbers[self.next..self.next + n];
        self.next += n;
        let sum = |chunk: &[u64]| chunk.iter().fold(0, |sum: u64, &x| sum.wrapping_add(x));
        part.par_chunks(1 << 14).map(sum).reduce(|| 0, u64::wrapping_add)
    }
}
