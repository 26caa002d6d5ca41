//! What is not in the language, by the name that SQL gives it.

use pg_query::NodeEnum;
use pg_query::protobuf::FuncCall;

use super::functions::Function;
use super::{ExprError, OPERATORS};
use crate::name::nearest;

/// What stands in every refusal of something that SQL has and a condition has not.
const ALLOWED: &str = "a condition is made of columns, literals, casts, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, ~, IS, CASE, arithmetic, JSON operators and some functions (docs/expressions.md)";

/// Something with a name of its own.
pub(super) fn named(offset: usize, what: &str) -> ExprError {
    ExprError { offset, message: format!("found {what}, which no condition can hold"), help: Some(ALLOWED.into()) }
}

/// A mistake with its own words.
pub(super) fn mistake(offset: usize, message: impl Into<String>, help: Option<&str>) -> ExprError {
    ExprError { offset, message: message.into(), help: help.map(str::to_owned) }
}

/// A node of the parser's tree.
pub(super) fn node(offset: usize, node: &NodeEnum) -> ExprError {
    match construct(node) {
        Some(what) => named(offset, what),
        None => named(offset, "something that is no plain expression"),
    }
}

fn construct(node: &NodeEnum) -> Option<&'static str> {
    Some(match node {
        NodeEnum::SubLink(_) | NodeEnum::SelectStmt(_) => "a subquery",
        NodeEnum::RowExpr(_) => "a row of several values (a, b)",
        NodeEnum::ParamRef(_) => "a parameter ($1)",
        NodeEnum::AIndirection(_) => "a subscript or field of a value (x[1], (x).y)",
        NodeEnum::AStar(_) => "*",
        NodeEnum::MinMaxExpr(_) => "greatest() or least()",
        NodeEnum::GroupingFunc(_) => "GROUPING",
        NodeEnum::XmlExpr(_) | NodeEnum::XmlSerialize(_) => "an XML expression",
        NodeEnum::JsonIsPredicate(_) => "IS JSON",
        NodeEnum::JsonFuncExpr(_) | NodeEnum::JsonObjectConstructor(_) | NodeEnum::JsonArrayConstructor(_) => "an SQL/JSON function",
        NodeEnum::JsonArrayQueryConstructor(_) | NodeEnum::JsonObjectAgg(_) | NodeEnum::JsonArrayAgg(_) => "an SQL/JSON function",
        NodeEnum::JsonParseExpr(_) | NodeEnum::JsonScalarExpr(_) | NodeEnum::JsonSerializeExpr(_) => "an SQL/JSON function",
        NodeEnum::CurrentOfExpr(_) => "CURRENT OF",
        NodeEnum::SetToDefault(_) => "DEFAULT",
        NodeEnum::NamedArgExpr(_) => "a named argument",
        NodeEnum::SqlvalueFunction(_) => "a function of the session (current_user, current_time, …)",
        _ => return None,
    })
}

/// An operator.
pub(super) fn operator(offset: usize, sign: &str) -> ExprError {
    let known = OPERATORS.iter().map(|(sign, _)| *sign);
    let comparisons = ["=", "<>", "<", "<=", ">", ">=", "~~", "~~*", "!~~", "!~~*", "~", "~*", "!~", "!~*"];
    let all: Vec<&str> = comparisons.into_iter().chain(known).collect();
    let help = (sign == "==").then_some("did you mean =?");
    mistake(offset, format!("found the operator {sign}, expected one of {}", all.join(" ")), help)
}

/// A function that the language has not, or a call in a form that it has not.
pub(super) fn function(offset: usize, name: &str) -> ExprError {
    let help = nearest(name, Function::names()).map(|near| format!("did you mean {near}()?"));
    let all: Vec<&str> = Function::names().collect();
    ExprError { offset, message: format!("found the function {name}(), expected one of {}", all.join(", ")), help }
}

/// What is odd about a call, where something is.
pub(super) fn odd_call(call: &FuncCall) -> Option<&'static str> {
    match call {
        _ if call.over.is_some() => Some("a window function"),
        _ if call.agg_star || call.agg_distinct || call.agg_within_group => Some("an aggregate"),
        _ if call.agg_filter.is_some() || !call.agg_order.is_empty() => Some("an aggregate"),
        _ if call.func_variadic => Some("VARIADIC"),
        _ => None,
    }
}
