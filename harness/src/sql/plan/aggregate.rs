//! GROUP BY: the group's expressions and the rule or component of each aggregate.

use datafusion_expr::Expr;
use datafusion_expr::logical_plan::Aggregate;
use streamfn_model::builtins::{AggregateRule, Updates};
use streamfn_model::{Dialect, Field, SqlType};

use super::{Planner, with_calls};
use crate::contract::Shape;
use crate::sql::ddl::Collection;
use crate::sql::error::SqlError;
use crate::sql::expression::{Scope, Typed, cast, constant};
use crate::sql::functions::{FunctionRef, Meaning};
use crate::sql::node::{AggregateCall, AggregateFunction, Node, Operator};

impl Planner<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate) -> Result<Node, SqlError> {
        let input = self.node(&aggregate.input)?;
        let mut scope = self.scope(&aggregate.input, &input.fields);
        let mut fields = vec![];
        let mut group = vec![];
        for (expr, name) in aggregate.group_expr.iter().zip(aggregate.schema.fields()) {
            let Typed { expr, sql_type, .. } = scope.convert(expr).map_err(|e| self.placed(e))?;
            fields.push(Field::new(name.name(), sql_type));
            group.push(expr);
        }
        let mut aggregates = vec![];
        for (expr, name) in aggregate.aggr_expr.iter().zip(aggregate.schema.fields().iter().skip(group.len())) {
            let call = self.aggregate_call(expr, &mut scope, input.collection)?;
            fields.push(Field::new(name.name(), call.result.clone()));
            aggregates.push(call);
        }
        if aggregates.is_empty() && self.functions.dialect == Dialect::Ksqldb {
            return Err(SqlError::invalid("ksqlDB takes GROUP BY only with an aggregate function", None));
        }
        let key = (0..group.len()).map(|i| vec![i]).collect();
        let calls = scope.calls;
        let input = Box::new(with_calls(input, calls));
        let operator = match self.windows {
            Some(windows) => self.windowed(windows, input, group, aggregates)?,
            None => Operator::Aggregate { input, group, aggregates },
        };
        Ok(Node { operator, fields, collection: Collection::Table, key })
    }

    fn aggregate_call(&self, expr: &Expr, scope: &mut Scope<'_>, input: Collection) -> Result<AggregateCall, SqlError> {
        let Expr::AggregateFunction(call) = expr.clone().unalias() else {
            return Err(SqlError::not_supported(expr.to_string(), None));
        };
        let name = call.func.name().to_owned();
        let place = self.places.function(&name);
        let typed = call.params.args.iter().map(|arg| scope.convert(arg)).collect::<Result<Vec<_>, _>>();
        let typed = typed.map_err(|e| self.placed(e).or_at(place))?;
        let types: Vec<SqlType> = typed.iter().map(|a| a.sql_type.clone()).collect();
        let typed_arguments = typed.len();
        let no_retract = |component: FunctionRef| match &self.functions.function(component).shape {
            Shape::Aggregate { retract: false, .. } | Shape::Keyed { retract: false, .. } => {
                Some(format!("{name} has no retract, which a table's changes need"))
            }
            _ => None,
        };
        let meaning = self.functions.resolve(&name, &types).map_err(|e| e.or_at(place))?;
        let (function, wanted, result): (_, Vec<SqlType>, _) = match meaning {
            Meaning::BuiltinAggregate(rule) => {
                let rule = match typed.get(1) {
                    Some(literal) => with_literal(&name, rule, literal).map_err(|e| e.or_at(place))?,
                    None => rule,
                };
                let rule = match input {
                    Collection::Stream => rule,
                    Collection::Table => over_updates(&name, rule).map_err(|e| e.or_at(place))?,
                };
                let parts = self.functions.parts(&name, &rule)?;
                let (wanted, result) = (rule.argument.iter().cloned().collect(), rule.result.clone());
                (AggregateFunction::Builtin(Box::new(rule), parts), wanted, result)
            }
            Meaning::ComponentAggregate(component, result) => {
                if input == Collection::Table
                    && let Some(reason) = no_retract(component)
                {
                    return Err(SqlError::invalid(format!("{name} over a table: {reason}"), place));
                }
                let of = self.functions.function(component);
                let wanted = of.params.iter().map(|p| p.sql_type.clone()).collect();
                (AggregateFunction::Component(component), wanted, result)
            }
            Meaning::Component(..) | Meaning::BuiltinScalar(..) => {
                return Err(SqlError::invalid(format!("{name} is no aggregate"), place));
            }
        };
        let arguments = typed.into_iter().zip(&wanted).map(|(a, wanted)| cast(a, wanted)).collect();
        let distinct = call.params.distinct;
        if distinct && typed_arguments > 1 {
            return Err(SqlError::not_supported(format!("{name}(DISTINCT …) of several arguments"), place));
        }
        let filter = call.params.filter.as_ref().map(|filter| scope.boolean(filter, "FILTER"));
        let filter = filter.transpose().map_err(|e| self.placed(e).or_at(place))?;
        Ok(AggregateCall { name, arguments, distinct, filter, function, result })
    }
}

/// The rule of a built-in whose second argument says how it counts.
fn with_literal(name: &str, rule: AggregateRule, literal: &Typed) -> Result<AggregateRule, SqlError> {
    let given = constant(literal).and_then(|literal| rule.given(&literal));
    let clause = || format!("{name}() with this second argument; it wants a literal that the engine takes");
    given.ok_or_else(|| SqlError::not_supported(clause(), None))
}

/// The rule of a built-in over rows that are taken back when they change.
fn over_updates(name: &str, rule: AggregateRule) -> Result<AggregateRule, SqlError> {
    match rule.updates {
        Updates::Retract | Updates::By(..) => Ok(rule.over_updates()),
        Updates::Refused(reason) => Err(SqlError::invalid(format!("{name} over a table: {reason}"), None)),
        Updates::NoRule => Err(SqlError::not_supported(format!("{name} over rows that change"), None)),
    }
}
