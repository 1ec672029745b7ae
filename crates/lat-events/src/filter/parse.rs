//! From the text of a filter to its program: the grammar and the precedences of CFITSIO's row filters (its `eval.y`).

use std::fmt;

use lat_io::RowColumn;
use winnow::ascii::{Caseless, float, multispace0};
use winnow::combinator::{Infix, alt, expression, opt, peek};
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};
use winnow::token::{any, literal, take_while};

use super::operators::{Binary, Function, Unary};
use super::steps::Step;

/// More than any filter needs, and few enough for the parser's recursion.
const LONGEST: usize = 4000;
const MOST_BRACKETS: usize = 32;
const MOST_POWERS: usize = 32;

/// The columns of a file, and those of them that a filter uses.
pub(super) struct Columns<'a> {
    find: &'a dyn Fn(&str) -> Option<RowColumn>,
    known: Vec<String>,
    used: Vec<(String, RowColumn)>,
    /// Brackets that are open where the parser stands.
    open: usize,
}

impl<'a> Columns<'a> {
    /// The columns that `find` knows; `known` are their names for messages.
    pub(super) fn new(find: &'a dyn Fn(&str) -> Option<RowColumn>, known: Vec<String>) -> Self {
        Self { find, known, used: Vec::new(), open: 0 }
    }
}

impl fmt::Debug for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns").field("used", &self.used).finish_non_exhaustive()
    }
}

type Input<'a> = Stateful<LocatingSlice<&'a str>, Columns<'a>>;

/// What is wrong, and where. `told` is final: no other reading of the text is tried.
#[derive(Debug)]
struct Fault {
    position: usize,
    reason: Option<String>,
}

impl ParserError<Input<'_>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        Self { position: input.current_token_start(), reason: None }
    }

    fn or(self, other: Self) -> Self {
        if self.reason.is_some() || self.position > other.position { self } else { other }
    }

    fn is_backtrack(&self) -> bool {
        self.reason.is_none()
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

fn fault<T>(position: usize, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { position, reason: Some(reason.into()) })
}

/// A part of the text that has a value.
#[derive(Debug)]
struct Value {
    position: usize,
    /// A condition, or else a number.
    is_condition: bool,
    steps: Vec<Step>,
}

/// A program, and the columns that it uses.
pub(super) struct Parsed {
    pub(super) steps: Vec<Step>,
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<RowColumn>,
}

/// The program of a text, the names of the columns that it uses, and the columns; or place and reason of the first fault.
pub(super) fn parse<'a>(text: &'a str, columns: Columns<'a>) -> Result<Parsed, (usize, String)> {
    if text.len() > LONGEST {
        return Err((0, format!("{} characters, expected at most {LONGEST}", text.len())));
    }
    if text.matches("**").count() + text.matches('^').count() > MOST_POWERS {
        return Err((0, format!("more than {MOST_POWERS} powers")));
    }
    let mut input = Stateful { input: LocatingSlice::new(text), state: columns };
    let characters = |bytes: usize| text.get(..bytes).map_or(bytes, |before| before.chars().count());
    let told = |fault: Fault| {
        let found = text.get(fault.position..).and_then(|rest| rest.split_whitespace().next());
        let found = found.map_or("the end".to_owned(), |found| format!("'{found}'"));
        let reason =
            fault.reason.unwrap_or_else(|| format!("expected a number, a column, '(' or a function, found {found}"));
        (characters(fault.position), reason)
    };
    let value = value(&mut input).map_err(told)?;
    let position = input.current_token_start();
    if let Some(next) = text.get(position..).filter(|rest| !rest.is_empty()) {
        let word = next.split_whitespace().next().unwrap_or_default();
        let reason = match next.as_bytes() {
            [b'=', ..] => "a single '=' is no comparison, write '=='".to_owned(),
            [b'&' | b'|', ..] => "write '&&' for and, '||' for or".to_owned(),
            [b')', ..] => "no bracket is open here".to_owned(),
            _ => format!("expected an operator such as && or <, found '{word}'"),
        };
        return Err((characters(position), reason));
    }
    if !value.is_condition {
        return Err((characters(value.position), "a number, expected a condition such as DATA_QUAL>0".into()));
    }
    let (names, columns) = input.state.used.into_iter().unzip();
    Ok(Parsed { steps: value.steps, names, columns })
}

fn value(input: &mut Input<'_>) -> Result<Value, Fault> {
    expression(operand).infix(infix).parse_next(input)
}

/// An operator between two values; binding powers in the order of CFITSIO.
fn infix<'a>(input: &mut Input<'a>) -> Result<Infix<Input<'a>, Value, Fault>, Fault> {
    use Infix::{Left, Right};
    Ok(match operator(input)? {
        Binary::Or => Left(2, |_, a, b| join(Binary::Or, a, b)),
        Binary::And => Left(4, |_, a, b| join(Binary::And, a, b)),
        Binary::Equal => Left(6, |_, a, b| join(Binary::Equal, a, b)),
        Binary::NotEqual => Left(6, |_, a, b| join(Binary::NotEqual, a, b)),
        Binary::Less => Left(8, |_, a, b| join(Binary::Less, a, b)),
        Binary::LessOrEqual => Left(8, |_, a, b| join(Binary::LessOrEqual, a, b)),
        Binary::Greater => Left(8, |_, a, b| join(Binary::Greater, a, b)),
        Binary::GreaterOrEqual => Left(8, |_, a, b| join(Binary::GreaterOrEqual, a, b)),
        Binary::Add => Left(10, |_, a, b| join(Binary::Add, a, b)),
        Binary::Subtract => Left(10, |_, a, b| join(Binary::Subtract, a, b)),
        Binary::Remainder => Left(10, |_, a, b| join(Binary::Remainder, a, b)),
        Binary::Multiply => Left(12, |_, a, b| join(Binary::Multiply, a, b)),
        Binary::Divide => Left(12, |_, a, b| join(Binary::Divide, a, b)),
        Binary::Power => Right(14, |_, a, b| join(Binary::Power, a, b)),
    })
}

fn operator(input: &mut Input<'_>) -> Result<Binary, Fault> {
    if peek(opt('.')).parse_next(input)?.is_some() {
        let word: &str = ('.', take_while(2..=3, |c: char| c.is_ascii_alphabetic()), '.').take().parse_next(input)?;
        return match word.to_ascii_lowercase().as_str() {
            ".or." => Ok(Binary::Or),
            ".and." => Ok(Binary::And),
            ".eq." => Ok(Binary::Equal),
            ".ne." => Ok(Binary::NotEqual),
            ".gt." => Ok(Binary::Greater),
            ".lt." => Ok(Binary::Less),
            ".ge." => Ok(Binary::GreaterOrEqual),
            ".le." => Ok(Binary::LessOrEqual),
            _ => Err(Fault::from_input(input)),
        };
    }
    // The longer ones first; CFITSIO reads both '**' and '^' as a power.
    let logical = alt(("||".value(Binary::Or), "&&".value(Binary::And)));
    let comparison = alt((
        "==".value(Binary::Equal),
        "!=".value(Binary::NotEqual),
        "<=".value(Binary::LessOrEqual),
        ">=".value(Binary::GreaterOrEqual),
        "<".value(Binary::Less),
        ">".value(Binary::Greater),
    ));
    let arithmetic = alt((
        "**".value(Binary::Power),
        "^".value(Binary::Power),
        "*".value(Binary::Multiply),
        "/".value(Binary::Divide),
        "+".value(Binary::Add),
        "-".value(Binary::Subtract),
        "%".value(Binary::Remainder),
    ));
    alt((logical, comparison, arithmetic)).parse_next(input)
}

/// Two values joined by an operator, if they are of the kinds that it takes.
fn join(operator: Binary, mut a: Value, b: Value) -> Result<Value, Fault> {
    use Binary::{And, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Or};
    let is_condition = match operator {
        Or | And => {
            expect(&a, true, "'&&' and '||'")?;
            expect(&b, true, "'&&' and '||'")?;
            true
        }
        Equal | NotEqual => {
            if a.is_condition != b.is_condition {
                let reason =
                    "a condition is compared with a number; values that are true or false are compared with T and F";
                return fault(b.position, reason);
            }
            true
        }
        Less | LessOrEqual | Greater | GreaterOrEqual => {
            expect(&a, false, "a comparison")?;
            expect(&b, false, "a comparison")?;
            true
        }
        _ => {
            expect(&a, false, "arithmetic")?;
            expect(&b, false, "arithmetic")?;
            false
        }
    };
    a.steps.extend(b.steps);
    a.steps.push(Step::Binary(operator));
    Ok(Value { is_condition, ..a })
}

fn expect(value: &Value, condition: bool, user: &str) -> Result<(), Fault> {
    match (value.is_condition, condition) {
        (true, false) => fault(value.position, format!("{user} needs numbers, this is true or false")),
        (false, true) => {
            fault(value.position, format!("{user} need conditions such as LAT_CONFIG==1, this is a number"))
        }
        _ => Ok(()),
    }
}

/// A value with the signs and negations before it, and the blanks around.
fn operand(input: &mut Input<'_>) -> Result<Value, Fault> {
    let mut before = Vec::new();
    multispace0.parse_next(input)?;
    let position = input.current_token_start();
    loop {
        let sign = opt(alt((
            "!".map(|_| Some(Unary::Not)),
            literal(Caseless(".not.")).map(|_| Some(Unary::Not)),
            "-".map(|_| Some(Unary::Negate)),
            "+".map(|_| None),
        )))
        .parse_next(input)?;
        let Some(sign) = sign else { break };
        before.push(sign);
        multispace0.parse_next(input)?;
    }
    let mut value = primary(input)?;
    multispace0.parse_next(input)?;
    for sign in before.into_iter().rev() {
        match sign {
            Some(Unary::Not) => expect(&value, true, "'!' and .not.")?,
            _ => expect(&value, false, "a sign")?,
        }
        value.steps.extend(sign.map(Step::Unary));
    }
    Ok(Value { position, ..value })
}

/// A number, a name with what belongs to it, or brackets.
fn primary(input: &mut Input<'_>) -> Result<Value, Fault> {
    let position = input.current_token_start();
    let Some(next) = peek(opt(any)).parse_next(input)? else {
        return fault(position, "the expression ends where a value is expected");
    };
    match next {
        '(' => bracketed(input),
        '0'..='9' | '.' => {
            let number: f64 = float.parse_next(input)?;
            if !number.is_finite() {
                return fault(position, "the number is larger than any that can be");
            }
            Ok(Value { position, is_condition: false, steps: vec![Step::Push(number)] })
        }
        'A'..='Z' | 'a'..='z' | '_' => named(input),
        other => fault(position, format!("expected a number, a column, '(' or a function, found '{other}'")),
    }
}

fn bracketed(input: &mut Input<'_>) -> Result<Value, Fault> {
    let position = input.current_token_start();
    input.state.open += 1;
    if input.state.open > MOST_BRACKETS {
        return fault(position, format!("more than {MOST_BRACKETS} brackets within each other"));
    }
    any.parse_next(input)?;
    let value = value(input)?;
    close(input, position)?;
    Ok(Value { position, ..value })
}

fn close(input: &mut Input<'_>, opened: usize) -> Result<(), Fault> {
    let position = input.current_token_start();
    input.state.open = input.state.open.saturating_sub(1);
    match opt(')').parse_next(input)? {
        Some(_) => Ok(()),
        None => fault(position, format!("expected ')' for the '(' at character {}", opened + 1)),
    }
}

/// `T`, `F`, a function with its arguments, or a column.
fn named(input: &mut Input<'_>) -> Result<Value, Fault> {
    let position = input.current_token_start();
    let name: &str = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)?;
    let after = input.checkpoint();
    multispace0.parse_next(input)?;
    if peek(opt('(')).parse_next(input)?.is_some() {
        return call(input, name, position);
    }
    input.reset(&after);
    let constant = match name.to_ascii_uppercase().as_str() {
        "T" | "TRUE" => Some(1.0),
        "F" | "FALSE" => Some(0.0),
        _ => None,
    };
    if let Some(value) = constant {
        return Ok(Value { position, is_condition: true, steps: vec![Step::Push(value)] });
    }
    column(&mut input.state, name, position)
}

fn column(columns: &mut Columns<'_>, name: &str, position: usize) -> Result<Value, Fault> {
    let Some(found) = (columns.find)(name) else {
        let upper = name.to_ascii_uppercase();
        let near = columns
            .known
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(a, &upper).total_cmp(&strsim::jaro_winkler(b, &upper)));
        let near = near.filter(|near| strsim::jaro_winkler(near, &upper) > 0.8);
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return fault(position, format!("no column '{name}' of numbers{hint}; there are {}", columns.known.join(", ")));
    };
    let place = columns.used.iter().position(|(used, _)| used.eq_ignore_ascii_case(name));
    let place = place.unwrap_or_else(|| {
        columns.used.push((name.to_owned(), found));
        columns.used.len() - 1
    });
    Ok(Value { position, is_condition: found.is_logical(), steps: vec![Step::Column(place)] })
}

fn call(input: &mut Input<'_>, name: &str, position: usize) -> Result<Value, Fault> {
    let Some(function) = Function::named(name) else {
        return fault(position, format!("no function '{name}'; there are {}", Function::names()));
    };
    let opened = input.current_token_start();
    input.state.open += 1;
    if input.state.open > MOST_BRACKETS {
        return fault(position, format!("more than {MOST_BRACKETS} brackets within each other"));
    }
    any.parse_next(input)?;
    let mut steps = Vec::new();
    let mut count = 0;
    loop {
        let argument = value(input)?;
        expect(&argument, false, name)?;
        steps.extend(argument.steps);
        count += 1;
        if opt(',').parse_next(input)?.is_none() {
            break;
        }
    }
    close(input, opened)?;
    if count != function.arguments() {
        return fault(position, format!("{name} takes {} arguments, found {count}", function.arguments()));
    }
    steps.push(Step::Call(function));
    Ok(Value { position, is_condition: false, steps })
}
