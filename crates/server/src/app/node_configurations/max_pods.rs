//! Formulas for the number of pods that a node takes: integers, `+ - * / %`, comparisons,
//! `condition ? a : b`, `math.least(…)`, `math.greatest(…)` and a few facts about the machine.
//!
//! A formula is read once, when it is set, and refused there; reckoning with it looks nothing up.

use std::fmt;

/// What a formula may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Network interfaces that the machine can have.
    MaxNetInterfaces,
    /// Addresses of each of them.
    IpPerInterface,
    /// Addresses that the network plug-in takes at once.
    IpPerPrefix,
    /// CPUs.
    Cpu,
    /// Memory in GiB, rounded down.
    RamGb,
}

impl Variable {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::MaxNetInterfaces, Self::IpPerInterface, Self::IpPerPrefix, Self::Cpu, Self::RamGb];
    /// Those that make sense for machines of every provider.
    pub const OF_ANY_MACHINE: [Self; 2] = [Self::Cpu, Self::RamGb];

    /// Its name in a formula.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxNetInterfaces => "NUM_MAX_NET_INTERFACES",
            Self::IpPerInterface => "NUM_IP_PER_INTERFACE",
            Self::IpPerPrefix => "NUM_IP_PER_PREFIX",
            Self::Cpu => "NUM_CPU",
            Self::RamGb => "NUM_RAM_GB",
        }
    }
}

/// Formulas to offer: what EKS reckons with, with addresses one by one and with delegated prefixes, and
/// Kubernetes' own limit.
pub const PRESETS: [&str; 3] = [
    "NUM_MAX_NET_INTERFACES * (NUM_IP_PER_INTERFACE - 1) + 2",
    "math.least(NUM_CPU < 30 ? 110 : 250, NUM_MAX_NET_INTERFACES * (NUM_IP_PER_INTERFACE - 1) * NUM_IP_PER_PREFIX + 2)",
    "110",
];

/// Deepest nesting, so that no text can exhaust the stack.
const DEEPEST: usize = 50;

/// Why a text is no formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be read at character {at}: {expected}")]
pub struct FormulaError {
    /// Where, counted from 1.
    at: usize,
    /// What would be right.
    expected: String,
}

/// A formula that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula(Term);

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(i64),
    Variable(Variable),
    Binary(Box<Term>, Operator, Box<Term>),
    Choice(Box<[Term; 3]>),
    Least(Vec<Term>),
    Greatest(Vec<Term>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Operators by how tightly they bind, loosest first. Longer spellings stand before their beginnings.
const OPERATORS: [&[(&str, Operator)]; 3] = [
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl Formula {
    /// Reads a formula over `variables`.
    ///
    /// # Errors
    /// Says where it cannot be read, and what would be right there.
    pub fn parse(text: &str, variables: &[Variable]) -> Result<Self, FormulaError> {
        let mut reader = Reader { text, at: 0, variables, depth: 0 };
        let term = reader.choice()?;
        reader.skip_space();
        if reader.at < text.len() {
            return Err(reader.expected("an operator or the end"));
        }
        Ok(Self(term))
    }

    /// What it comes to on a machine; `None` for a division by zero, or beyond 64 bits.
    pub fn pods(&self, machine: impl Fn(Variable) -> i64) -> Option<i64> {
        reckon(&self.0, &machine)
    }
}

fn reckon(term: &Term, machine: &impl Fn(Variable) -> i64) -> Option<i64> {
    let all = |terms: &[Term]| terms.iter().map(|term| reckon(term, machine)).collect::<Option<Vec<_>>>();
    match term {
        Term::Number(number) => Some(*number),
        Term::Variable(variable) => Some(machine(*variable)),
        Term::Binary(left, operator, right) => {
            let (left, right) = (reckon(left, machine)?, reckon(right, machine)?);
            match operator {
                Operator::Add => left.checked_add(right),
                Operator::Subtract => left.checked_sub(right),
                Operator::Multiply => left.checked_mul(right),
                Operator::Divide => left.checked_div(right),
                Operator::Remainder => left.checked_rem(right),
                Operator::Less => Some((left < right).into()),
                Operator::LessOrEqual => Some((left <= right).into()),
                Operator::Greater => Some((left > right).into()),
                Operator::GreaterOrEqual => Some((left >= right).into()),
                Operator::Equal => Some((left == right).into()),
                Operator::NotEqual => Some((left != right).into()),
            }
        }
        Term::Choice(parts) => {
            let [condition, then, otherwise] = &**parts;
            if reckon(condition, machine)? != 0 { reckon(then, machine) } else { reckon(otherwise, machine) }
        }
        Term::Least(terms) => all(terms)?.into_iter().min(),
        Term::Greatest(terms) => all(terms)?.into_iter().max(),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    variables: &'a [Variable],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn choice(&mut self) -> Result<Term, FormulaError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected("fewer parentheses"));
        }
        let condition = self.binary(0)?;
        let term = if self.takes("?") {
            let then = self.choice()?;
            self.take(":")?;
            Term::Choice(Box::new([condition, then, self.choice()?]))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(term)
    }

    fn binary(&mut self, level: usize) -> Result<Term, FormulaError> {
        let Some(operators) = OPERATORS.get(level) else { return self.single() };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(spelling, _)| self.takes(spelling)) {
            left = Term::Binary(Box::new(left), *operator, Box::new(self.binary(level + 1)?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Term, FormulaError> {
        if self.takes("(") {
            let inner = self.choice()?;
            self.take(")")?;
            return Ok(inner);
        }
        if self.takes("-") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.expected("fewer signs"));
            }
            let negated =
                Term::Binary(Box::new(Term::Number(0)), Operator::Subtract, Box::new(self.single()?));
            self.depth -= 1;
            return Ok(negated);
        }
        let begin = self.at;
        let word = self.word();
        match word {
            "math.least" => self.arguments().map(Term::Least),
            "math.greatest" => self.arguments().map(Term::Greatest),
            _ => {
                let number = word.parse().ok().map(Term::Number);
                let named = self.variables.iter().find(|variable| variable.as_str() == word);
                number.or(named.map(|variable| Term::Variable(*variable))).ok_or_else(|| {
                    self.at = begin;
                    let names: Vec<&str> = self.variables.iter().map(|variable| variable.as_str()).collect();
                    let names = names.join(", ");
                    self.expected(format_args!("a number, {names}, math.least(…) or math.greatest(…)"))
                })
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Term>, FormulaError> {
        self.take("(")?;
        let mut terms = vec![self.choice()?];
        while self.takes(",") {
            terms.push(self.choice()?);
        }
        self.take(")")?;
        Ok(terms)
    }

    fn word(&mut self) -> &'a str {
        self.skip_space();
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn takes(&mut self, token: &str) -> bool {
        self.skip_space();
        let there = self.text[self.at..].starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    fn take(&mut self, token: &str) -> Result<(), FormulaError> {
        if self.takes(token) { Ok(()) } else { Err(self.expected(format_args!("{token:?}"))) }
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expected(&self, what: impl fmt::Display) -> FormulaError {
        FormulaError {
            at: self.text[..self.at].chars().count() + 1,
            expected: format!("{what} must stand there"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An m5.large: 3 interfaces with 10 addresses each, 2 CPUs, 8 GiB.
    fn small(variable: Variable) -> i64 {
        match variable {
            Variable::MaxNetInterfaces => 3,
            Variable::IpPerInterface => 10,
            Variable::IpPerPrefix => 16,
            Variable::Cpu => 2,
            Variable::RamGb => 8,
        }
    }

    fn pods(text: &str) -> Option<i64> {
        Formula::parse(text, &Variable::ALL).unwrap().pods(small)
    }

    #[test]
    fn formulas_come_to_what_arithmetic_says() {
        for (text, expected) in [
            ("110", Some(110)),
            ("2 + 3 * 4 - 1", Some(13)),
            ("(2 + 3) * -4", Some(-20)),
            ("20 / 3 % 4", Some(2)),
            ("NUM_CPU <= 2 ? NUM_RAM_GB : 1 > 2 ? 3 : 4", Some(8)),
            ("math.greatest(1, math.least(NUM_RAM_GB, 30), 2)", Some(8)),
            (PRESETS[0], Some(29)),
            (PRESETS[1], Some(110)),
            ("1 / (NUM_CPU - 2)", None),
            ("9223372036854775807 + 1", None),
        ] {
            assert_eq!(pods(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_formula_is_refused_at_its_place() {
        for (text, at) in
            [("", 1), ("1 +", 4), ("NUM_PODS", 1), ("(1", 3), ("1 2", 3), ("1 ? 2", 6), ("math.least()", 12)]
        {
            assert_eq!(Formula::parse(text, &Variable::ALL).unwrap_err().at, at, "{text}");
        }
        let error = Formula::parse("NUM_IP_PER_PREFIX", &Variable::OF_ANY_MACHINE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot be read at character 1: a number, NUM_CPU, NUM_RAM_GB, math.least(…) or math.greatest(…) must stand there"
        );
        for deep in ["(".repeat(10_000), "-".repeat(10_000)] {
            assert!(Formula::parse(&deep, &Variable::ALL).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_formula_or_an_error(text in "[-+*/%()<>=!?:, 0-9a-zA-Z_.é]{0,40}") {
            if let Ok(formula) = Formula::parse(&text, &Variable::ALL) {
                let _ = formula.pods(small);
            }
        }
    }
}
