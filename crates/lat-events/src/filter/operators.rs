//! What can be done with the values of a filter. True is 1 and false 0.

use crate::separation::separation;

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unary {
    Not,
    Negate,
}

impl Unary {
    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Self::Not => truth(value == 0.0),
            Self::Negate => -value,
        }
    }
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Remainder,
    Multiply,
    Divide,
    Power,
}

impl Binary {
    pub(super) fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Or => truth(a == 1.0 || b == 1.0),
            Self::And => truth(a == 1.0 && b == 1.0),
            Self::Equal => truth(a == b),
            Self::NotEqual => truth(a != b),
            Self::Less => truth(a < b),
            Self::LessOrEqual => truth(a <= b),
            Self::Greater => truth(a > b),
            Self::GreaterOrEqual => truth(a >= b),
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Remainder => a % b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
        }
    }
}

/// A function of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    Abs,
    Sqrt,
    Exp,
    Log,
    Log10,
    Sin,
    Cos,
    Tan,
    ArcSin,
    ArcCos,
    ArcTan,
    ArcTan2,
    Floor,
    Ceil,
    Min,
    Max,
    AngSep,
}

/// The name of each function.
const NAMES: [(&str, Function); 17] = [
    ("ABS", Function::Abs),
    ("SQRT", Function::Sqrt),
    ("EXP", Function::Exp),
    ("LOG", Function::Log),
    ("LOG10", Function::Log10),
    ("SIN", Function::Sin),
    ("COS", Function::Cos),
    ("TAN", Function::Tan),
    ("ARCSIN", Function::ArcSin),
    ("ARCCOS", Function::ArcCos),
    ("ARCTAN", Function::ArcTan),
    ("ARCTAN2", Function::ArcTan2),
    ("FLOOR", Function::Floor),
    ("CEIL", Function::Ceil),
    ("MIN", Function::Min),
    ("MAX", Function::Max),
    ("ANGSEP", Function::AngSep),
];

impl Function {
    /// The most arguments that one takes.
    pub(super) const MOST: usize = 4;

    /// The function of a name, without regard to case.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
    }

    /// All names, for messages.
    pub(super) fn names() -> String {
        NAMES.map(|(name, _)| name).join(", ")
    }

    /// How many arguments it takes.
    pub(super) fn arguments(self) -> usize {
        match self {
            Self::AngSep => 4,
            Self::Min | Self::Max | Self::ArcTan2 => 2,
            _ => 1,
        }
    }

    pub(super) fn apply(self, [a, b, c, d]: [f64; Self::MOST]) -> f64 {
        match self {
            Self::Abs => a.abs(),
            Self::Sqrt => a.sqrt(),
            Self::Exp => a.exp(),
            Self::Log => a.ln(),
            Self::Log10 => a.log10(),
            Self::Sin => a.sin(),
            Self::Cos => a.cos(),
            Self::Tan => a.tan(),
            Self::ArcSin => a.asin(),
            Self::ArcCos => a.acos(),
            Self::ArcTan => a.atan(),
            Self::ArcTan2 => a.atan2(b),
            Self::Floor => a.floor(),
            Self::Ceil => a.ceil(),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::AngSep => separation([a, b], [c, d]),
        }
    }
}

fn truth(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}
