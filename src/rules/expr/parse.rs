//! A text → the parser's tree → an [`Expr`].

use std::str::FromStr;

use pg_query::NodeEnum;
use pg_query::protobuf::a_const::Val;
use pg_query::protobuf::{
    AConst, AExpr, AExprKind, BoolExpr, BoolExprType, BoolTestType, BooleanTest, CaseExpr, CollateClause, FuncCall, Node, NullTestType,
    ScanToken, SqlValueFunction, SqlValueFunctionOp, Token, TypeCast,
};

use super::functions::Function;
use super::{BaseType, Comparison, Expr, ExprError, Form, Match, Operator, Pattern, Term, Test, TypeName, refuse};
use crate::name::Name;
use crate::sql::{self, LONGEST_NAME, Mistake};

/// What stands before the text for the parser; a line end keeps a comment at its end from swallowing what follows.
const BEFORE: &str = "SELECT (\n";
const AFTER: &str = "\n)";

/// A condition longer than this is not read.
const LONGEST: usize = 1 << 20;

/// The masks of `interval '6' month` and its like: a bit for each field (`INTERVAL_MASK` in src/include/utils/timestamp.h,
/// with the numbers of src/include/utils/datetime.h).
const INTERVAL_FIELDS: &[(i32, &str)] =
    &[(1 << 2, "year"), (1 << 1, "month"), (1 << 3, "day"), (1 << 10, "hour"), (1 << 11, "minute"), (1 << 12, "second")];

/// Reads a condition.
///
/// # Errors
/// Where the text is no expression of PostgreSQL, or holds something that is not in the language.
pub fn parse(text: &str) -> Result<Expr, ExprError> {
    if text.len() > LONGEST {
        return Err(refuse::mistake(0, format!("the condition is {} bytes long, expected {LONGEST} at most", text.len()), None));
    }
    let tokens = sql::tokens(text).map_err(|_| {
        let message = "the condition breaks off inside a string, a quoted name or a comment";
        refuse::mistake(0, message, Some("a string is written in single quotes, a name in double quotes"))
    })?;
    check(text, &tokens)?;
    let statements = sql::statements(&format!("{BEFORE}{text}{AFTER}")).map_err(|mistake| syntax(text, &tokens, mistake))?;
    let found = match statements.into_iter().next() {
        Some(NodeEnum::SelectStmt(mut select)) => select.target_list.pop().and_then(|target| target.node),
        _ => None,
    };
    let Some(NodeEnum::ResTarget(target)) = found else { return Err(refuse::named(0, "a whole statement")) };
    let reader = Reader { outer: 0 };
    Ok(Expr { root: reader.term(target.val.as_deref())? })
}

/// What the parser would take in silence: parentheses that close those around the text, and names that it cuts.
fn check(text: &str, tokens: &[ScanToken]) -> Result<(), ExprError> {
    if tokens.is_empty() {
        return Err(refuse::mistake(0, "the condition is empty, expected one such as status = 'open'", None));
    }
    let mut depth = 0_u32;
    for token in tokens {
        let (start, end) = (offset(token.start), offset(token.end));
        match token.token() {
            Token::Ascii40 => depth += 1,
            Token::Ascii41 => {
                depth = depth.checked_sub(1).ok_or_else(|| refuse::mistake(start, "found a \")\" that closes nothing", None))?;
            }
            Token::Ident if end - start > LONGEST_NAME => {
                let name = text.get(start..end).unwrap_or("");
                let name =
                    name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or(name.to_owned(), |own| own.replace("\"\"", "\""));
                if name.len() > LONGEST_NAME {
                    return Err(refuse::mistake(
                        start,
                        format!("found a name of {} bytes, expected {LONGEST_NAME} at most", name.len()),
                        None,
                    ));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { Err(refuse::mistake(text.len(), "the condition ends before its last \")\"", None)) } else { Ok(()) }
}

/// A syntax error, and where it is: the parser tells the word, but its crate not the place.
fn syntax(text: &str, tokens: &[ScanToken], mistake: Mistake) -> ExprError {
    let said = match mistake {
        Mistake::Depth => return refuse::mistake(0, "the condition is nested too deeply, expected some 40 levels at most", None),
        Mistake::Syntax(said) => said,
    };
    let Some((_, word)) = said.split_once(" at or near \"") else { return refuse::mistake(0, said, None) };
    let word = word.strip_suffix('"').unwrap_or(word);
    // The parser stops at the first token that cannot follow. So where a text that ends with a token stops at it, that is
    // the place; there are only as many tries as there are equal words.
    let stops = |token: &&ScanToken| {
        let cut = text.get(..offset(token.end)).unwrap_or("");
        matches!(sql::statements(&format!("{BEFORE}{cut}")), Err(Mistake::Syntax(said)) if said.contains(" at or near "))
    };
    let same = |token: &&ScanToken| text.get(offset(token.start)..).is_some_and(|rest| rest.starts_with(word));
    let place = tokens.iter().filter(same).take(64).find(stops);
    let (at, found) = match place {
        Some(token) => (offset(token.start), text.get(offset(token.start)..offset(token.end)).unwrap_or(word)),
        None => (text.len(), word),
    };
    let found = if place.is_none() && word.trim() == ")" { "the end".to_owned() } else { format!("{found:?}") };
    refuse::mistake(at, format!("found {found} where the grammar of SQL has none"), None)
}

/// A location of the tree as an offset; nothing known is 0.
fn offset(location: i32) -> usize {
    usize::try_from(location).unwrap_or(0)
}

/// Takes the tree over, from the outside in.
#[derive(Clone, Copy)]
struct Reader {
    /// The place of the term around: for nodes without one of their own.
    outer: usize,
}

impl Reader {
    /// The place of a node.
    fn at(self, location: i32) -> usize {
        usize::try_from(location).ok().and_then(|location| location.checked_sub(BEFORE.len())).unwrap_or(self.outer)
    }

    fn inside(location: usize) -> Reader {
        Reader { outer: location }
    }

    fn term(self, node: Option<&Node>) -> Result<Term, ExprError> {
        let missing = || refuse::named(self.outer, "something that is no plain expression");
        let node = node.and_then(|node| node.node.as_ref()).ok_or_else(missing)?;
        match node {
            NodeEnum::AConst(constant) => self.constant(constant),
            NodeEnum::ColumnRef(reference) => {
                let at = self.at(reference.location);
                match strings(&reference.fields).as_deref() {
                    Some([name]) => Ok(Term { at, form: Form::Column(Name::new(*name)) }),
                    Some([.., name]) => {
                        let message = format!("found a name with a dot, expected the column's name alone: {}", Name::new(*name));
                        Err(refuse::mistake(at, message, Some("a condition reads the columns of its own row")))
                    }
                    _ => Err(refuse::named(at, "*")),
                }
            }
            NodeEnum::AExpr(operation) => self.operation(operation),
            NodeEnum::BoolExpr(connective) => self.connective(connective),
            NodeEnum::NullTest(test) => {
                let at = self.at(test.location);
                let argument = Reader::inside(at).boxed(test.arg.as_deref())?;
                Ok(Term { at, form: Form::IsNull(argument, test.nulltesttype() == NullTestType::IsNotNull) })
            }
            NodeEnum::BooleanTest(test) => self.truth(test),
            NodeEnum::TypeCast(cast) => self.cast(cast),
            NodeEnum::CollateClause(clause) => self.collate(clause),
            NodeEnum::FuncCall(call) => self.call(call),
            NodeEnum::CoalesceExpr(call) => {
                let at = self.at(call.location);
                Ok(Term { at, form: Form::Call(Function::Coalesce, Reader::inside(at).terms(&call.args)?) })
            }
            NodeEnum::SqlvalueFunction(function) => self.value_function(node, function),
            NodeEnum::AArrayExpr(array) => {
                let at = self.at(array.location);
                Ok(Term { at, form: Form::Array(Reader::inside(at).terms(&array.elements)?) })
            }
            NodeEnum::CaseExpr(case) => self.case(case),
            other => Err(refuse::node(self.place_of(other), other)),
        }
    }

    fn boxed(self, node: Option<&Node>) -> Result<Box<Term>, ExprError> {
        self.term(node).map(Box::new)
    }

    fn terms(self, nodes: &[Node]) -> Result<Vec<Term>, ExprError> {
        nodes.iter().map(|node| self.term(Some(node))).collect()
    }

    /// The place of a node that is refused.
    fn place_of(self, node: &NodeEnum) -> usize {
        match node {
            NodeEnum::SubLink(node) => self.at(node.location),
            NodeEnum::RowExpr(node) => self.at(node.location),
            NodeEnum::ParamRef(node) => self.at(node.location),
            NodeEnum::MinMaxExpr(node) => self.at(node.location),
            NodeEnum::XmlExpr(node) => self.at(node.location),
            NodeEnum::JsonIsPredicate(node) => self.at(node.location),
            NodeEnum::JsonFuncExpr(node) => self.at(node.location),
            NodeEnum::NamedArgExpr(node) => self.at(node.location),
            NodeEnum::SetToDefault(node) => self.at(node.location),
            _ => self.outer,
        }
    }

    fn constant(self, constant: &AConst) -> Result<Term, ExprError> {
        let at = self.at(constant.location);
        let form = match &constant.val {
            _ if constant.isnull => Form::Null,
            Some(Val::Ival(number)) => Form::Number(number.ival.to_string()),
            Some(Val::Fval(number)) => {
                Form::Number(decimal(&number.fval).ok_or_else(|| refuse::named(at, "a number that is not decimal"))?)
            }
            Some(Val::Boolval(boolean)) => Form::Boolean(boolean.boolval),
            Some(Val::Sval(text)) => Form::Text(text.sval.clone()),
            Some(Val::Bsval(_)) => return Err(refuse::named(at, "a bit string (B'101')")),
            None => Form::Null,
        };
        Ok(Term { at, form })
    }

    fn connective(self, connective: &BoolExpr) -> Result<Term, ExprError> {
        let at = self.at(connective.location);
        let mut terms = Reader::inside(at).terms(&connective.args)?;
        let form = match connective.boolop() {
            BoolExprType::AndExpr => Form::And(terms),
            BoolExprType::OrExpr => Form::Or(terms),
            BoolExprType::NotExpr if terms.len() == 1 => match terms.pop() {
                Some(term) => Form::Not(Box::new(term)),
                None => Form::Null,
            },
            BoolExprType::NotExpr | BoolExprType::Undefined => return Err(refuse::named(at, "an unknown connective")),
        };
        Ok(Term { at, form })
    }

    fn truth(self, test: &BooleanTest) -> Result<Term, ExprError> {
        let at = self.at(test.location);
        let argument = Reader::inside(at).boxed(test.arg.as_deref())?;
        let form = match test.booltesttype() {
            BoolTestType::IsTrue => Form::Is(argument, Some(true), false),
            BoolTestType::IsNotTrue => Form::Is(argument, Some(true), true),
            BoolTestType::IsFalse => Form::Is(argument, Some(false), false),
            BoolTestType::IsNotFalse => Form::Is(argument, Some(false), true),
            BoolTestType::IsUnknown => Form::Is(argument, None, false),
            BoolTestType::IsNotUnknown => Form::Is(argument, None, true),
            BoolTestType::Undefined => return Err(refuse::named(at, "an unknown test")),
        };
        Ok(Term { at, form })
    }

    fn operation(self, operation: &AExpr) -> Result<Term, ExprError> {
        let at = self.at(operation.location);
        let inside = Reader::inside(at);
        let sign = sign(at, &operation.name)?;
        let (left, right) = (operation.lexpr.as_deref(), operation.rexpr.as_deref());
        let form = match operation.kind() {
            AExprKind::AexprOp => return inside.operator(at, sign, left, right),
            kind @ (AExprKind::AexprOpAny | AExprKind::AexprOpAll) => {
                let test =
                    test(sign).ok_or_else(|| refuse::mistake(at, format!("found {sign} ANY or ALL, expected a comparison"), None))?;
                Form::Any(inside.boxed(left)?, test, inside.boxed(right)?, kind == AExprKind::AexprOpAll)
            }
            AExprKind::AexprDistinct => Form::Distinct(inside.boxed(left)?, inside.boxed(right)?, false),
            AExprKind::AexprNotDistinct => Form::Distinct(inside.boxed(left)?, inside.boxed(right)?, true),
            AExprKind::AexprNullif => Form::Call(Function::NullIf, vec![inside.term(left)?, inside.term(right)?]),
            AExprKind::AexprIn => Form::In(inside.boxed(left)?, inside.terms(list(right))?, sign == "<>"),
            AExprKind::AexprLike | AExprKind::AexprIlike | AExprKind::AexprSimilar => {
                return inside.pattern(at, sign, operation.kind() == AExprKind::AexprSimilar, left, right);
            }
            kind @ (AExprKind::AexprBetween | AExprKind::AexprNotBetween | AExprKind::AexprBetweenSym | AExprKind::AexprNotBetweenSym) => {
                let [low, high] = list(right) else { return Err(refuse::named(at, "BETWEEN without two bounds")) };
                Form::Between {
                    value: inside.boxed(left)?,
                    low: inside.boxed(Some(low))?,
                    high: inside.boxed(Some(high))?,
                    symmetric: matches!(kind, AExprKind::AexprBetweenSym | AExprKind::AexprNotBetweenSym),
                    negated: matches!(kind, AExprKind::AexprNotBetween | AExprKind::AexprNotBetweenSym),
                }
            }
            AExprKind::Undefined => return Err(refuse::operator(at, sign)),
        };
        Ok(Term { at, form })
    }

    /// An operator between two operands, or before one.
    fn operator(self, at: usize, sign: &str, left: Option<&Node>, right: Option<&Node>) -> Result<Term, ExprError> {
        if left.is_none() {
            let operand = self.boxed(right)?;
            return match sign {
                "-" => Ok(Term { at, form: Form::Negate(operand) }),
                "+" => Ok(*operand),
                _ => Err(refuse::operator(at, sign)),
            };
        }
        let form = match (test(sign), Operator::of_sign(sign)) {
            (Some(Test::Compare(comparison)), _) => Form::Compare(comparison, self.boxed(left)?, self.boxed(right)?),
            (Some(Test::Match(_)), _) => return self.pattern(at, sign, false, left, right),
            (None, Some(operator)) => Form::Operator(operator, self.boxed(left)?, self.boxed(right)?),
            (None, None) => return Err(refuse::operator(at, sign)),
        };
        Ok(Term { at, form })
    }

    fn pattern(self, at: usize, sign: &str, similar: bool, left: Option<&Node>, right: Option<&Node>) -> Result<Term, ExprError> {
        let Some(Test::Match(how)) = test(sign) else { return Err(refuse::operator(at, sign)) };
        let how = if similar { Match { pattern: Pattern::Similar, ..how } } else { how };
        let value = self.boxed(left)?;
        // ESCAPE is a call around the pattern, and so is SIMILAR TO without it.
        let call = match right.and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::FuncCall(call)) => Some(call),
            _ => None,
        };
        let wrapped =
            |call: &&FuncCall| matches!(strings(&call.funcname).as_deref(), Some(["pg_catalog", "like_escape" | "similar_to_escape"]));
        let form = match call.map(AsRef::as_ref).filter(wrapped).map(|call| call.args.as_slice()) {
            Some([pattern]) => Form::Match { how, value, pattern: self.boxed(Some(pattern))?, escape: None },
            Some([pattern, escape]) => {
                Form::Match { how, value, pattern: self.boxed(Some(pattern))?, escape: Some(self.boxed(Some(escape))?) }
            }
            _ => Form::Match { how, value, pattern: self.boxed(right)?, escape: None },
        };
        Ok(Term { at, form })
    }

    fn collate(self, clause: &CollateClause) -> Result<Term, ExprError> {
        let at = self.at(clause.location);
        let bytes = matches!(strings(&clause.collname).as_deref(), Some(["C" | "POSIX"] | ["pg_catalog", "C" | "POSIX"]));
        if !bytes {
            let help = "the order of other collations is the server's own";
            return Err(refuse::mistake(at, "found a collation, expected COLLATE \"C\" or none", Some(help)));
        }
        Ok(Term { at, form: Form::ByBytes(Reader::inside(at).boxed(clause.arg.as_deref())?) })
    }

    fn call(self, call: &FuncCall) -> Result<Term, ExprError> {
        let at = self.at(call.location);
        let names = strings(&call.funcname).unwrap_or_default();
        let name = match names.as_slice() {
            [name] | ["pg_catalog", name] => *name,
            other => return Err(refuse::function(at, &other.join("."))),
        };
        if let Some(what) = refuse::odd_call(call) {
            return Err(refuse::named(at, what));
        }
        let (function, least, most) = Function::find(name).ok_or_else(|| refuse::function(at, name))?;
        let count = call.args.len();
        if !(least..=most).contains(&count) {
            let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
            return Err(refuse::mistake(at, format!("{name}() is called with {count} arguments, expected {expected}"), None));
        }
        Ok(Term { at, form: Form::Call(function, Reader::inside(at).terms(&call.args)?) })
    }

    fn value_function(self, node: &NodeEnum, function: &SqlValueFunction) -> Result<Term, ExprError> {
        let at = self.at(function.location);
        let called = match function.op() {
            SqlValueFunctionOp::SvfopCurrentDate => Function::CurrentDate,
            SqlValueFunctionOp::SvfopCurrentTimestamp => Function::Now,
            SqlValueFunctionOp::SvfopLocaltimestamp => Function::LocalTimestamp,
            _ => return Err(refuse::node(at, node)),
        };
        Ok(Term { at, form: Form::Call(called, Vec::new()) })
    }

    fn case(self, case: &CaseExpr) -> Result<Term, ExprError> {
        let at = self.at(case.location);
        let inside = Reader::inside(at);
        let mut branches = Vec::new();
        for branch in &case.args {
            let Some(NodeEnum::CaseWhen(branch)) = &branch.node else { return Err(refuse::named(at, "CASE without WHEN")) };
            let condition = inside.term(branch.expr.as_deref())?;
            let condition = match case.arg.as_deref() {
                Some(value) => {
                    let value = inside.boxed(Some(value))?;
                    Term { at: condition.at, form: Form::Compare(Comparison::Equal, value, Box::new(condition)) }
                }
                None => condition,
            };
            branches.push((condition, inside.term(branch.result.as_deref())?));
        }
        let otherwise = case.defresult.as_deref().map(|result| inside.boxed(Some(result))).transpose()?;
        Ok(Term { at, form: Form::Case(branches, otherwise) })
    }

    fn cast(self, cast: &TypeCast) -> Result<Term, ExprError> {
        // `type 'x'` has no place of its own.
        let place = if cast.location < 0 { cast.type_name.as_ref().map_or(-1, |name| name.location) } else { cast.location };
        let at = self.at(place);
        let mut term = Reader::inside(at).term(cast.arg.as_deref())?;
        let type_name = cast.type_name.as_ref().ok_or_else(|| refuse::named(at, "a cast to nothing"))?;
        let names = strings(&type_name.names).unwrap_or_default();
        let base = base_type(&names).ok_or_else(|| refuse::named(at, "a cast to a type with %TYPE"))?;
        let mut modifiers = Vec::new();
        for modifier in &type_name.typmods {
            let number = match &modifier.node {
                Some(NodeEnum::AConst(AConst { val: Some(Val::Ival(number)), .. })) => number.ival,
                _ => return Err(refuse::mistake(at, "found a type whose modifier is no number", None)),
            };
            modifiers.push(number);
        }
        if base == BaseType::Interval && !modifiers.is_empty() {
            term = interval_field(at, term, &modifiers)?;
            modifiers.clear();
        }
        if type_name.setof || type_name.pct_type {
            return Err(refuse::named(at, "a cast to a type with %TYPE or SETOF"));
        }
        let array = !type_name.array_bounds.is_empty();
        Ok(Term { at, form: Form::Cast(Box::new(term), TypeName { base, modifiers, array }) })
    }
}

/// `interval '6' month` as `interval '6 month'`.
fn interval_field(at: usize, term: Term, modifiers: &[i32]) -> Result<Term, ExprError> {
    let unit = INTERVAL_FIELDS.iter().find(|(mask, _)| [*mask].as_slice() == modifiers).map(|(_, unit)| *unit);
    let number = |text: &str| f64::from_str(text.trim()).is_ok();
    match (unit, term.form) {
        (Some(unit), Form::Text(text)) if number(&text) => Ok(Term { at: term.at, form: Form::Text(format!("{text} {unit}")) }),
        _ => Err(refuse::mistake(at, "found an interval that is cut to some fields, expected one such as interval '6 months'", None)),
    }
}

/// A number as the scanner left it, without the underscores of PostgreSQL 16; `None` for other bases than ten.
fn decimal(written: &str) -> Option<String> {
    let number: String = written.chars().filter(|c| *c != '_').collect();
    number.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b)).then_some(number)
}

/// The elements of a list.
fn list(node: Option<&Node>) -> &[Node] {
    match node.and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

/// A qualified name, where it is nothing but names.
fn strings(nodes: &[Node]) -> Option<Vec<&str>> {
    nodes.iter().map(string).collect()
}

fn string(node: &Node) -> Option<&str> {
    match &node.node {
        Some(NodeEnum::String(text)) => Some(text.sval.as_str()),
        _ => None,
    }
}

/// The sign of an operator; `OPERATOR(pg_catalog.=)` is the same.
fn sign(at: usize, names: &[Node]) -> Result<&str, ExprError> {
    match strings(names).as_deref() {
        Some([sign] | ["pg_catalog", sign]) => Ok(*sign),
        _ => Err(refuse::named(at, "an operator of another schema than pg_catalog")),
    }
}

/// What an operator tests, where it yields a boolean for any type.
fn test(sign: &str) -> Option<Test> {
    let matches = |pattern, ignore_case, negated| Some(Test::Match(Match { pattern, ignore_case, negated }));
    match sign {
        "=" => Some(Test::Compare(Comparison::Equal)),
        "<>" => Some(Test::Compare(Comparison::NotEqual)),
        "<" => Some(Test::Compare(Comparison::Less)),
        "<=" => Some(Test::Compare(Comparison::LessOrEqual)),
        ">" => Some(Test::Compare(Comparison::Greater)),
        ">=" => Some(Test::Compare(Comparison::GreaterOrEqual)),
        "~~" => matches(Pattern::Like, false, false),
        "!~~" => matches(Pattern::Like, false, true),
        "~~*" => matches(Pattern::Like, true, false),
        "!~~*" => matches(Pattern::Like, true, true),
        "~" => matches(Pattern::Regex, false, false),
        "!~" => matches(Pattern::Regex, false, true),
        "~*" => matches(Pattern::Regex, true, false),
        "!~*" => matches(Pattern::Regex, true, true),
        _ => None,
    }
}

/// The type of a name. A schema other than pg_catalog does not matter: what it is compared with tells the type.
fn base_type(names: &[&str]) -> Option<BaseType> {
    let (name, own) = match names {
        [name] => (*name, true),
        ["pg_catalog", name] => (*name, true),
        [_, name] => (*name, false),
        _ => return None,
    };
    let known = match name {
        "citext" => Some(BaseType::Citext),
        "text" => Some(BaseType::Text),
        "varchar" => Some(BaseType::Varchar),
        "bpchar" => Some(BaseType::Char),
        "bool" => Some(BaseType::Boolean),
        "int2" => Some(BaseType::Integer(16)),
        "int4" => Some(BaseType::Integer(32)),
        "int8" => Some(BaseType::Integer(64)),
        "numeric" => Some(BaseType::Numeric),
        "float4" => Some(BaseType::Float(32)),
        "float8" => Some(BaseType::Float(64)),
        "date" => Some(BaseType::Date),
        "timestamp" => Some(BaseType::Timestamp),
        "timestamptz" => Some(BaseType::TimestampTz),
        "time" => Some(BaseType::Time),
        "interval" => Some(BaseType::Interval),
        "uuid" => Some(BaseType::Uuid),
        "inet" => Some(BaseType::Inet),
        "cidr" => Some(BaseType::Cidr),
        "json" => Some(BaseType::Json),
        "jsonb" => Some(BaseType::Jsonb),
        _ => None,
    };
    Some(known.filter(|known| own || *known == BaseType::Citext).unwrap_or_else(|| BaseType::Named(Name::new(name))))
}
