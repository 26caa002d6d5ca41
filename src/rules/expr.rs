//! The language of conditions (`when`, `where`, `unless`, CHECK): PostgreSQL's own expressions, and of them a stated part
//! that can be evaluated on the text of a row. What the part is, docs/expressions.md says.
//!
//! [`parse()`] has PostgreSQL's parser read the text and takes over what is in the part; everything else is refused by its
//! name. Nothing here knows a schema: types are for `rewrite::filter` to find.

mod functions;
mod parse;
mod refuse;
mod simple;
#[cfg(test)]
mod tests;

use crate::name::Name;

pub use functions::Function;
pub use parse::parse;
pub use simple::Simple;

/// A condition, read and found to be in the language.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// The outermost term.
    pub root: Term,
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// Where in the text, in bytes.
    pub offset: usize,
    /// What was found and what was expected.
    pub message: String,
    /// What to do, where there is something.
    pub help: Option<String>,
}

/// A part of a condition and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The offset in the text, in bytes: of an operator's sign where it is one.
    pub at: usize,
    /// What it is.
    pub form: Form,
}

/// What a term is.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A column of the row, by its stored name.
    Column(Name),
    /// NULL.
    Null,
    /// TRUE or FALSE.
    Boolean(bool),
    /// A number, as written: `12`, `-1.50`, `2e3`.
    Number(String),
    /// A string: a literal of any type, which its surroundings decide.
    Text(String),
    /// `CAST (x AS type)`, `x::type`, `type 'x'`.
    Cast(Box<Term>, TypeName),
    /// `x COLLATE "C"`: text is ordered by its bytes.
    ByBytes(Box<Term>),
    /// AND of two or more.
    And(Vec<Term>),
    /// OR of two or more.
    Or(Vec<Term>),
    /// NOT.
    Not(Box<Term>),
    /// `= <> < <= > >=`.
    Compare(Comparison, Box<Term>, Box<Term>),
    /// `IS DISTINCT FROM`; with true, `IS NOT DISTINCT FROM`.
    Distinct(Box<Term>, Box<Term>, bool),
    /// `x IN (a, b)`; with true, NOT IN.
    In(Box<Term>, Vec<Term>, bool),
    /// `x = ANY (array)`; with true, ALL. The operator may be any comparison or match.
    Any(Box<Term>, Test, Box<Term>, bool),
    /// `BETWEEN a AND b`; BETWEEN SYMMETRIC takes the bounds in either order.
    Between {
        /// What is compared.
        value: Box<Term>,
        /// The first bound.
        low: Box<Term>,
        /// The second bound.
        high: Box<Term>,
        /// SYMMETRIC.
        symmetric: bool,
        /// NOT BETWEEN.
        negated: bool,
    },
    /// LIKE, a regular expression and their like.
    Match {
        /// Which kind, and whether it is negated.
        how: Match,
        /// What is searched.
        value: Box<Term>,
        /// The pattern.
        pattern: Box<Term>,
        /// What stands behind ESCAPE.
        escape: Option<Box<Term>>,
    },
    /// `IS NULL`; with true, `IS NOT NULL`.
    IsNull(Box<Term>, bool),
    /// `IS TRUE`, `IS FALSE`, `IS UNKNOWN` (`None`); with true, `IS NOT …`.
    Is(Box<Term>, Option<bool>, bool),
    /// `ARRAY[a, b]`.
    Array(Vec<Term>),
    /// Arithmetic, `||`, JSON, arrays, networks.
    Operator(Operator, Box<Term>, Box<Term>),
    /// `- x`.
    Negate(Box<Term>),
    /// A function; `extract` has its field as a [`Form::Text`] before its argument.
    Call(Function, Vec<Term>),
    /// CASE WHEN: conditions and results, and the result of ELSE. `CASE x WHEN y` has become `CASE WHEN x = y`.
    Case(Vec<(Term, Term)>, Option<Box<Term>>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The sign, as SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// Whether two values that compare so satisfy it.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The same with its sides changed.
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Equal | Comparison::NotEqual => self,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        }
    }
}

/// What an ANY or ALL does with each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It compares.
    Compare(Comparison),
    /// It matches: the elements are patterns.
    Match(Match),
}

/// A kind of pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The language of the pattern.
    pub pattern: Pattern,
    /// Whether case is ignored.
    pub ignore_case: bool,
    /// NOT LIKE, `!~`.
    pub negated: bool,
}

/// The language of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// LIKE, `~~`.
    Like,
    /// SIMILAR TO.
    Similar,
    /// `~`.
    Regex,
}

/// An operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `||`
    Concat,
    /// `->`: a member as JSON.
    Member,
    /// `->>`: a member as text.
    MemberText,
    /// `#>`: what stands at a path, as JSON.
    At,
    /// `#>>`: what stands at a path, as text.
    AtText,
    /// `?`: is the key there.
    HasKey,
    /// `?|`: is one of the keys there.
    HasAnyKey,
    /// `?&`: are all keys there.
    HasAllKeys,
    /// `@>`: contains (arrays, jsonb).
    Contains,
    /// `<@`: is contained in.
    ContainedIn,
    /// `&&`: have something in common (arrays, networks).
    Overlaps,
    /// `<<`: is a network strictly inside of.
    Inside,
    /// `<<=`: is inside of, or equal.
    InsideOrEqual,
    /// `>>`: strictly holds.
    Around,
    /// `>>=`: holds, or is equal.
    AroundOrEqual,
}

/// The operators by their signs.
const OPERATORS: &[(&str, Operator)] = &[
    ("+", Operator::Add),
    ("-", Operator::Subtract),
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("%", Operator::Modulo),
    ("||", Operator::Concat),
    ("->", Operator::Member),
    ("->>", Operator::MemberText),
    ("#>", Operator::At),
    ("#>>", Operator::AtText),
    ("?", Operator::HasKey),
    ("?|", Operator::HasAnyKey),
    ("?&", Operator::HasAllKeys),
    ("@>", Operator::Contains),
    ("<@", Operator::ContainedIn),
    ("&&", Operator::Overlaps),
    ("<<", Operator::Inside),
    ("<<=", Operator::InsideOrEqual),
    (">>", Operator::Around),
    (">>=", Operator::AroundOrEqual),
];

impl Operator {
    /// The operator of a sign.
    pub fn of_sign(sign: &str) -> Option<Operator> {
        OPERATORS.iter().find(|(known, _)| *known == sign).map(|(_, operator)| *operator)
    }

    /// The sign, as SQL writes it.
    pub fn sign(self) -> &'static str {
        OPERATORS.iter().find(|(_, known)| *known == self).map_or("", |(sign, _)| sign)
    }
}

/// A type that something is cast to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// The type, or that of the array's elements.
    pub base: BaseType,
    /// `varchar(40)`, `numeric(10,2)`, `timestamp(3)`.
    pub modifiers: Vec<i32>,
    /// Whether it is an array of them.
    pub array: bool,
}

/// The types that values can be cast to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseType {
    /// text
    Text,
    /// character varying
    Varchar,
    /// character
    Char,
    /// citext
    Citext,
    /// boolean
    Boolean,
    /// smallint, integer, bigint: width in bits.
    Integer(u8),
    /// numeric
    Numeric,
    /// real, double precision: width in bits.
    Float(u8),
    /// date
    Date,
    /// timestamp without time zone
    Timestamp,
    /// timestamp with time zone
    TimestampTz,
    /// time without time zone
    Time,
    /// interval
    Interval,
    /// uuid
    Uuid,
    /// inet
    Inet,
    /// cidr
    Cidr,
    /// json
    Json,
    /// jsonb
    Jsonb,
    /// Another type, by its name (an enum of the dump): only a literal can be cast to it, and only what it is compared
    /// with tells what it means.
    Named(Name),
}

impl Expr {
    /// The columns that it reads, in the order in which they stand, each once.
    pub fn columns(&self) -> Vec<&Name> {
        let mut found = Vec::new();
        self.root.visit(&mut |term| {
            if let Form::Column(name) = &term.form
                && !found.contains(&name)
            {
                found.push(name);
            }
        });
        found
    }

    /// What it demands of a column in simple forms: those of its conjuncts that are one. Other conjuncts, and what is said
    /// of other columns, are left out; [`Expr::is_simple`] says whether anything was.
    pub fn simple_forms(&self, column: &Name) -> Vec<Simple> {
        simple::forms(&self.root, column)
    }

    /// Whether [`Expr::simple_forms`] of that column are all that it demands.
    pub fn is_simple(&self, column: &Name) -> bool {
        simple::all_are_simple(&self.root, column)
    }
}

impl Term {
    /// Calls for the term and for all that stands in it, from left to right.
    pub fn visit<'a>(&'a self, call: &mut impl FnMut(&'a Term)) {
        call(self);
        match &self.form {
            Form::Column(_) | Form::Null | Form::Boolean(_) | Form::Number(_) | Form::Text(_) => {}
            Form::Cast(one, _) | Form::ByBytes(one) | Form::Not(one) | Form::IsNull(one, _) | Form::Is(one, ..) | Form::Negate(one) => {
                one.visit(call);
            }
            Form::And(all) | Form::Or(all) | Form::Array(all) | Form::Call(_, all) => all.iter().for_each(|one| one.visit(call)),
            Form::Compare(_, left, right)
            | Form::Distinct(left, right, _)
            | Form::Any(left, _, right, _)
            | Form::Operator(_, left, right) => {
                left.visit(call);
                right.visit(call);
            }
            Form::In(value, list, _) => {
                value.visit(call);
                list.iter().for_each(|one| one.visit(call));
            }
            Form::Between { value, low, high, .. } => [value, low, high].into_iter().for_each(|one| one.visit(call)),
            Form::Match { value, pattern, escape, .. } => {
                [Some(value), Some(pattern), escape.as_ref()].into_iter().flatten().for_each(|one| one.visit(call));
            }
            Form::Case(branches, otherwise) => {
                for (condition, result) in branches {
                    condition.visit(call);
                    result.visit(call);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.visit(call);
                }
            }
        }
    }
}
