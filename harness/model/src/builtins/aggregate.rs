//! The aggregates: of each dialect's name and types, the component functions, the rows they see, and the wrapper.

use super::Wrapper;
use crate::{Dialect, SqlType, Value};

use SqlType::{BigInt, Date, Double, Float, Int, SmallInt, String as Text, Time, Timestamp, TimestampLtz, TinyInt};

/// The algebra of a part of a built-in: what the native implementation goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algebra {
    Sum,
    Count,
    Min,
    Max,
    /// The least of the values that are there: with a memory of all of them.
    Least,
    Greatest,
    Avg,
    Earliest,
    Latest,
    /// Each value with the number of times it occurs, as Flink's MULTISET has it: an INT.
    Multiset,
    /// The same as a BIGINT.
    Histogram,
    /// The values in the order of their arrival.
    List,
}

/// What a built-in aggregate means for one dialect and one list of argument types.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateRule {
    /// The type that the engine casts the argument to; `None` without one.
    pub argument: Option<SqlType>,
    /// The component functions whose values `wrapper` takes, in its order.
    pub parts: Vec<Part>,
    /// Which rows reach them.
    pub rows: Rows,
    /// The engine quietly stops at so many elements.
    pub most: Option<usize>,
    pub wrapper: Wrapper,
    pub updates: Updates,
    pub result: SqlType,
    /// The engine's page.
    pub link: &'static str,
}

/// A component function, or the native algebra in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub algebra: Algebra,
    pub function: &'static str,
    /// What the function takes: nothing, the argument, or the argument and the number of its arrival.
    pub arguments: Vec<SqlType>,
}

/// Which rows reach the component functions of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    All,
    /// Those whose argument is not null. Set where the function takes no argument that could be skipped.
    NotNull,
    /// The first of each value, null among them.
    Distinct,
    /// All, and a null as this text. Where the text is there already, a null has no answer, because of this.
    NullAs(&'static str, &'static str),
    /// All, and a null makes everything new: the latest value is null then.
    NullResets,
}

/// What becomes of a row that is taken back: a table's rows are, when they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updates {
    /// The functions retract.
    Retract,
    /// This function, of another algebra, is taken in place of the rule's one.
    By(Algebra, &'static str),
    /// The engine refuses the call.
    Refused(&'static str),
    /// The engine has an answer, and this harness no rule for it.
    NoRule,
}

const KSQLDB: &str =
    "https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/aggregate-functions.html";
const FLINK: &str = "https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/functions/systemfunctions/#aggregate-functions";

const NO_UNDO: &str = "ksqlDB's has no undo for a row, and a table's rows are undone when they change";
const NULL_KEY: &str = "ksqlDB's JSON has it under the text `null`, and no rule says what becomes of a second one";

/// ksqlDB's COLLECT_LIST, COLLECT_SET and HISTOGRAM keep no more elements than this, and say nothing.
const KSQLDB_MOST: usize = 1000;

/// The built-in aggregates that the harness knows, by dialect.
pub fn aggregate_names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Ksqldb => &[
            "AVG",
            "COLLECT_LIST",
            "COLLECT_SET",
            "COUNT",
            "COUNT_DISTINCT",
            "EARLIEST_BY_OFFSET",
            "HISTOGRAM",
            "LATEST_BY_OFFSET",
            "MAX",
            "MIN",
            "SUM",
            "TOPK",
        ],
        Dialect::Flink => &["AVG", "COLLECT", "COUNT", "FIRST_VALUE", "LAST_VALUE", "MAX", "MIN", "SUM"],
    }
}

/// The rule of a built-in aggregate. `COUNT(*)` comes with no arguments. `None`: no such built-in, or not with these types.
pub fn aggregate(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<AggregateRule> {
    match (dialect, name, arguments) {
        (_, "COUNT", []) => Some(count(dialect, None)),
        (_, "COUNT", [of]) => Some(count(dialect, Some(of))),
        (Dialect::Ksqldb, _, [of]) => ksqldb(name, of),
        (Dialect::Ksqldb, "LATEST_BY_OFFSET", [of, SqlType::Boolean]) => ksqldb(name, of),
        // How many is said by the literal.
        (Dialect::Ksqldb, "TOPK", [of @ (Int | BigInt | Double), Int]) => Some(AggregateRule {
            wrapper: Wrapper::Greatest(0),
            updates: Updates::Refused(NO_UNDO),
            result: SqlType::Array(Box::new(of.clone())),
            ..AggregateRule::of(Algebra::Multiset, "COLLECT", of, SqlType::Multiset(Box::new(of.clone())), KSQLDB)
        }),
        (Dialect::Flink, _, [of]) => flink(name, of),
        _ => None,
    }
}

fn ksqldb(name: &str, of: &SqlType) -> Option<AggregateRule> {
    let list = matches!(of, Text | Int | BigInt | Double | TimestampLtz | Date | Time);
    let rule = |algebra, function, result: SqlType| AggregateRule::of(algebra, function, of, result, KSQLDB);
    let refused = |rule| AggregateRule { updates: Updates::Refused(NO_UNDO), ..rule };
    // A sum and an average of nothing but nulls are 0: ksqlDB's aggregates start there.
    let zero = |rule, zero| AggregateRule { wrapper: Wrapper::InsteadOfNull(zero), ..rule };
    Some(match (name, of) {
        ("SUM", Int) => zero(rule(Algebra::Sum, "SUM", Int), Value::S32(0)),
        ("SUM", BigInt) => zero(rule(Algebra::Sum, "SUM", BigInt), Value::S64(0)),
        ("SUM", Double) => zero(rule(Algebra::Sum, "SUM", Double), Value::F64(0.0)),
        // Its precision stays, and a sum beyond it ends the query.
        ("SUM", SqlType::Decimal(_, scale)) => {
            zero(rule(Algebra::Sum, "SUM", of.clone()), Value::Decimal { unscaled: 0, scale: *scale })
        }
        // The sum of INTs is an INT on the way too, and wraps around as one.
        ("AVG", Int | BigInt) => AggregateRule {
            parts: vec![Part::over(Algebra::Sum, "SUM", of), Part::over(Algebra::Count, "COUNT", of)],
            wrapper: Wrapper::Quotient { of_nothing: Value::F64(0.0) },
            ..rule(Algebra::Sum, "SUM", Double)
        },
        ("AVG", Double) => zero(rule(Algebra::Avg, "AVG", Double), Value::F64(0.0)),
        ("MIN", Int | BigInt | Double | SqlType::Decimal(..) | TimestampLtz | Date | Time) => {
            refused(rule(Algebra::Min, "MIN", of.clone()))
        }
        ("MAX", Int | BigInt | Double | SqlType::Decimal(..) | TimestampLtz | Date | Time) => {
            refused(rule(Algebra::Max, "MAX", of.clone()))
        }
        // Its offset is a number that it gives to each row that arrives, nulls aside.
        ("EARLIEST_BY_OFFSET", _) if list || *of == SqlType::Boolean => refused(AggregateRule {
            parts: vec![Part::by_arrival(Algebra::Earliest, "EARLIEST", of)],
            ..rule(Algebra::Earliest, "EARLIEST", of.clone())
        }),
        ("LATEST_BY_OFFSET", _) if list || *of == SqlType::Boolean => refused(AggregateRule {
            parts: vec![Part::by_arrival(Algebra::Latest, "LATEST", of)],
            ..rule(Algebra::Latest, "LATEST", of.clone())
        }),
        ("COLLECT_LIST", _) if list => AggregateRule {
            most: Some(KSQLDB_MOST),
            ..rule(Algebra::List, "COLLECT_LIST", SqlType::Array(Box::new(of.clone())))
        },
        // In the order of arrival, with null as a value like any other.
        ("COLLECT_SET", _) if list => refused(AggregateRule {
            rows: Rows::Distinct,
            most: Some(KSQLDB_MOST),
            ..rule(Algebra::List, "COLLECT_LIST", SqlType::Array(Box::new(of.clone())))
        }),
        // `CountDistinct` skips nulls; its estimate hangs on nothing but the different values.
        ("COUNT_DISTINCT", Text) => refused(AggregateRule {
            rows: Rows::Distinct,
            wrapper: Wrapper::CountDistinct,
            ..rule(Algebra::List, "COLLECT_LIST", BigInt)
        }),
        ("HISTOGRAM", Text) => AggregateRule {
            rows: Rows::NullAs("null", NULL_KEY),
            most: Some(KSQLDB_MOST),
            ..rule(Algebra::Histogram, "HISTOGRAM", SqlType::Map(Box::new(Text), Box::new(BigInt)))
        },
        _ => return None,
    })
}

fn flink(name: &str, of: &SqlType) -> Option<AggregateRule> {
    let number = matches!(of, TinyInt | SmallInt | Int | BigInt | Float | Double | SqlType::Decimal(..));
    let ordered = number || matches!(of, Text | Date | Time | Timestamp | TimestampLtz);
    let rule = |algebra, function, result: SqlType| AggregateRule::of(algebra, function, of, result, FLINK);
    Some(match (name, of) {
        ("SUM", SqlType::Decimal(_, scale)) => rule(Algebra::Sum, "SUM", SqlType::Decimal(38, *scale)),
        ("SUM", _) if number => rule(Algebra::Sum, "SUM", of.clone()),
        // The average of integers is one, of a sum that is a BIGINT.
        ("AVG", TinyInt | SmallInt | Int | BigInt) => AggregateRule {
            argument: Some(BigInt),
            parts: vec![Part::over(Algebra::Sum, "SUM", &BigInt), Part::over(Algebra::Count, "COUNT", &BigInt)],
            wrapper: Wrapper::WholeQuotient,
            ..rule(Algebra::Sum, "SUM", of.clone())
        },
        ("AVG", Float | Double) => AggregateRule {
            argument: Some(Double),
            parts: vec![Part::over(Algebra::Avg, "AVG", &Double)],
            ..rule(Algebra::Avg, "AVG", of.clone())
        },
        ("AVG", SqlType::Decimal(_, scale)) => AggregateRule {
            parts: vec![Part::over(Algebra::Sum, "SUM", of), Part::over(Algebra::Count, "COUNT", of)],
            wrapper: Wrapper::DecimalQuotient,
            ..rule(Algebra::Sum, "SUM", SqlType::Decimal(38, 6.max(*scale)))
        },
        ("MIN", _) if ordered => AggregateRule {
            updates: Updates::By(Algebra::Least, "MIN_WITH_RETRACT"),
            ..rule(Algebra::Min, "MIN", of.clone())
        },
        ("MAX", _) if ordered => AggregateRule {
            updates: Updates::By(Algebra::Greatest, "MAX_WITH_RETRACT"),
            ..rule(Algebra::Max, "MAX", of.clone())
        },
        ("FIRST_VALUE", _) if ordered || *of == SqlType::Boolean => AggregateRule {
            parts: vec![Part::by_arrival(Algebra::Earliest, "EARLIEST", of)],
            updates: Updates::NoRule,
            ..rule(Algebra::Earliest, "EARLIEST", of.clone())
        },
        ("LAST_VALUE", _) if ordered || *of == SqlType::Boolean => AggregateRule {
            parts: vec![Part::by_arrival(Algebra::Latest, "LATEST", of)],
            updates: Updates::NoRule,
            ..rule(Algebra::Latest, "LATEST", of.clone())
        },
        ("COLLECT", _) if ordered => rule(Algebra::Multiset, "COLLECT", SqlType::Multiset(Box::new(of.clone()))),
        _ => return None,
    })
}

/// COUNT counts anything: by the function of that type where there is one, and by COUNT(*) over the rows that have a value.
fn count(dialect: Dialect, of: Option<&SqlType>) -> AggregateRule {
    let link = if dialect == Dialect::Ksqldb { KSQLDB } else { FLINK };
    let of_its_own = |of: &&SqlType| {
        !matches!(of, SqlType::Bytes | SqlType::Array(_) | SqlType::Map(..) | SqlType::Multiset(_) | SqlType::Row(_))
    };
    AggregateRule {
        argument: of.cloned(),
        parts: vec![Part {
            algebra: Algebra::Count,
            function: "COUNT",
            arguments: of.filter(of_its_own).into_iter().cloned().collect(),
        }],
        rows: if of.is_some_and(|of| !of_its_own(&of)) { Rows::NotNull } else { Rows::All },
        most: None,
        wrapper: Wrapper::Value,
        updates: Updates::Retract,
        result: BigInt,
        link,
    }
}

impl AggregateRule {
    fn of(algebra: Algebra, function: &'static str, of: &SqlType, result: SqlType, link: &'static str) -> Self {
        AggregateRule {
            argument: Some(of.clone()),
            parts: vec![Part::over(algebra, function, of)],
            rows: Rows::All,
            most: None,
            wrapper: Wrapper::Value,
            updates: Updates::Retract,
            result,
            link,
        }
    }

    /// The rule of a call whose last argument is this literal: `LATEST_BY_OFFSET(x, ignoreNulls)`, `TOPK(x, k)`. `None`: it
    /// has no such argument, or not this one.
    pub fn given(self, literal: &Value) -> Option<Self> {
        match (&self.wrapper, literal) {
            (Wrapper::Greatest(_), Value::S32(most @ 1..)) => {
                Some(AggregateRule { wrapper: Wrapper::Greatest(usize::try_from(*most).ok()?), ..self })
            }
            (Wrapper::Value, Value::Bool(true)) => Some(self),
            (Wrapper::Value, Value::Bool(false)) => Some(AggregateRule { rows: Rows::NullResets, ..self }),
            _ => None,
        }
    }

    /// The rule over rows that are taken back, where [`AggregateRule::updates`] allows any.
    pub fn over_updates(mut self) -> Self {
        if let (Updates::By(algebra, function), [part]) = (self.updates, self.parts.as_mut_slice()) {
            (part.algebra, part.function) = (algebra, function);
        }
        self
    }
}

impl Part {
    fn over(algebra: Algebra, function: &'static str, of: &SqlType) -> Self {
        Part { algebra, function, arguments: vec![of.clone()] }
    }

    fn by_arrival(algebra: Algebra, function: &'static str, of: &SqlType) -> Self {
        Part { algebra, function, arguments: vec![of.clone(), BigInt] }
    }
}

/// The argument types a built-in aggregate is known for: `[]` is `*`. A DECIMAL stands for all of them.
pub fn aggregate_overloads(dialect: Dialect, name: &str) -> Vec<Vec<SqlType>> {
    let types = [
        SqlType::Boolean,
        TinyInt,
        SmallInt,
        Int,
        BigInt,
        Float,
        Double,
        SqlType::Decimal(38, 18),
        Text,
        Date,
        Time,
        Timestamp,
        TimestampLtz,
    ];
    // ksqlDB has no column of the types that it has no word for.
    let there = |of: &SqlType| dialect == Dialect::Flink || of.ksqldb().is_ok();
    let arguments = |of| if name == "TOPK" { vec![of, Int] } else { vec![of] };
    let all = std::iter::once(vec![]).chain(types.into_iter().filter(there).map(arguments));
    all.filter(|arguments| aggregate(dialect, name, arguments).is_some()).collect()
}

/// The signatures a built-in aggregate is known for, for an error that names them.
pub fn aggregate_signatures(dialect: Dialect, name: &str) -> Vec<String> {
    let spelled = |of: &SqlType| match of {
        SqlType::Decimal(..) => "DECIMAL".to_owned(),
        of => super::spelled(dialect, of),
    };
    let signature = |arguments: Vec<SqlType>| match arguments.as_slice() {
        [] => format!("{name}(*)"),
        arguments => format!("{name}({})", arguments.iter().map(spelled).collect::<Vec<_>>().join(", ")),
    };
    aggregate_overloads(dialect, name).into_iter().map(signature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;

    fn rule(dialect: Dialect, name: &str, of: SqlType) -> AggregateRule {
        aggregate(dialect, name, std::slice::from_ref(&of)).unwrap_or_else(|| panic!("{dialect}: {name}({of})"))
    }

    #[test]
    fn a_sum_of_nothing_but_nulls_is_zero_in_ksqldb_and_null_in_flink() {
        assert_eq!(rule(Ksqldb, "SUM", Int).wrapper, Wrapper::InsteadOfNull(Value::S32(0)));
        assert_eq!(rule(Flink, "SUM", Int).wrapper, Wrapper::Value);
    }

    #[test]
    fn a_sum_has_the_type_of_what_it_adds_in_both_engines() {
        for dialect in [Ksqldb, Flink] {
            for of in [Int, BigInt, Double] {
                assert_eq!(rule(dialect, "SUM", of.clone()).result, of);
            }
        }
        assert_eq!(rule(Ksqldb, "SUM", SqlType::Decimal(6, 2)).result, SqlType::Decimal(6, 2));
        assert_eq!(rule(Flink, "SUM", SqlType::Decimal(6, 2)).result, SqlType::Decimal(38, 2));
    }

    #[test]
    fn an_average_of_integers_is_a_double_in_ksqldb_and_an_integer_in_flink() {
        assert_eq!(rule(Ksqldb, "AVG", Int).result, Double);
        assert_eq!(rule(Flink, "AVG", Int).result, Int);
        assert_eq!(rule(Flink, "AVG", SqlType::Decimal(10, 2)).result, SqlType::Decimal(38, 6));
    }

    #[test]
    fn count_of_what_has_no_overload_counts_rows_where_it_is_not_null() {
        let of_rows = rule(Ksqldb, "COUNT", SqlType::Array(Box::new(Int)));
        assert!(of_rows.rows == Rows::NotNull && of_rows.parts[0].arguments.is_empty());
        let of_values = rule(Ksqldb, "COUNT", Text);
        assert!(of_values.rows == Rows::All && of_values.parts[0].arguments == [Text]);
    }

    #[test]
    fn what_forgets_rows_is_refused_over_ksqldbs_tables() {
        for name in ["MIN", "MAX", "EARLIEST_BY_OFFSET", "LATEST_BY_OFFSET", "COLLECT_SET"] {
            assert!(matches!(rule(Ksqldb, name, Int).updates, Updates::Refused(_)), "{name}");
        }
        assert!(matches!(rule(Ksqldb, "COUNT_DISTINCT", Text).updates, Updates::Refused(_)));
        for name in ["SUM", "AVG", "COUNT", "COLLECT_LIST"] {
            assert_eq!(rule(Ksqldb, name, Int).updates, Updates::Retract, "{name}");
        }
    }

    #[test]
    fn flinks_extremes_retract_by_another_function() {
        let over_updates = rule(Flink, "MAX", Int).over_updates();
        assert_eq!(over_updates.parts[0].function, "MAX_WITH_RETRACT");
        assert_eq!(rule(Flink, "SUM", Int).over_updates().parts[0].function, "SUM");
    }

    #[test]
    fn a_literal_says_how_many_and_whether_nulls_count() {
        let top = aggregate(Ksqldb, "TOPK", &[Int, Int]).expect("TOPK(INT, INT)");
        assert_eq!(top.clone().given(&Value::S32(2)).map(|rule| rule.wrapper), Some(Wrapper::Greatest(2)));
        assert_eq!(top.given(&Value::S32(0)), None);
        let latest =
            |literal| rule(Ksqldb, "LATEST_BY_OFFSET", Text).given(&Value::Bool(literal)).map(|rule| rule.rows);
        assert_eq!((latest(true), latest(false)), (Some(Rows::All), Some(Rows::NullResets)));
    }

    #[test]
    fn an_error_can_name_the_signatures_that_exist() {
        let signatures = ["SUM(INT)", "SUM(BIGINT)", "SUM(DOUBLE)", "SUM(DECIMAL)"];
        assert_eq!(aggregate_signatures(Ksqldb, "SUM"), signatures);
        assert_eq!(aggregate_signatures(Ksqldb, "MAX").last().map(String::as_str), Some("MAX(TIMESTAMP)"));
    }

    #[test]
    fn every_name_has_a_rule() {
        for dialect in [Ksqldb, Flink] {
            for name in aggregate_names(dialect) {
                assert!(!aggregate_overloads(dialect, name).is_empty(), "{dialect}: {name}");
            }
        }
    }
}
