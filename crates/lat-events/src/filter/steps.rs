//! What a filter does step by step, on a stack of numbers.

use super::operators::{Binary, Function, Unary};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Puts a number on the stack; true is 1, false 0.
    Push(f64),
    /// Puts the value of a column (by its place in the list of those used) on the stack.
    Column(usize),
    /// Replaces the top.
    Unary(Unary),
    /// Replaces the two on top.
    Binary(Binary),
    /// Replaces as many as the function takes.
    Call(Function),
}

/// Runs a program. Each step finds what it takes: the parser saw to it.
pub(super) fn run(steps: &[Step], column: impl Fn(usize) -> f64, stack: &mut Vec<f64>) -> f64 {
    stack.clear();
    for step in steps {
        let mut pop = || stack.pop().unwrap_or(f64::NAN);
        let value = match step {
            Step::Push(number) => *number,
            Step::Column(index) => column(*index),
            Step::Unary(operator) => operator.apply(pop()),
            Step::Binary(operator) => {
                let right = pop();
                operator.apply(pop(), right)
            }
            Step::Call(function) => {
                let mut arguments = [f64::NAN; Function::MOST];
                for argument in arguments.iter_mut().take(function.arguments()).rev() {
                    *argument = pop();
                }
                function.apply(arguments)
            }
        };
        stack.push(value);
    }
    stack.pop().unwrap_or(f64::NAN)
}
