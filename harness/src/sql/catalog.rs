//! What DataFusion's planner may ask for: columns of relations, and the types that functions give.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{DataFusionError, Result as DfResult, TableReference, plan_err};
use datafusion_expr::planner::ContextProvider;
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, HigherOrderUDF, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, TableSource, TypeSignature, Volatility, WindowUDF,
};
use streamfn_model::{SqlType, columns};

use super::functions::{Functions, Meaning};
use super::node::Relation;
use super::normalize::FIELD;

/// What DataFusion's planner may ask for.
pub struct Catalog<'a> {
    pub functions: Arc<Functions>,
    pub relations: &'a BTreeMap<String, Relation>,
    pub options: ConfigOptions,
}

impl ContextProvider for Catalog<'_> {
    fn get_table_source(&self, name: TableReference) -> DfResult<Arc<dyn TableSource>> {
        match self.relations.get(name.table()) {
            Some(relation) => Ok(Arc::new(Columns(columns::schema(&relation.fields)))),
            None => plan_err!("unknown table {name}"),
        }
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        let known = name == FIELD || (self.functions.is_known(name) && !self.functions.is_aggregate(name));
        known.then(|| Arc::new(ScalarUDF::new_from_impl(Named::new(name, &self.functions))))
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        let known = self.functions.is_aggregate(name);
        known.then(|| Arc::new(AggregateUDF::new_from_impl(Named::new(name, &self.functions))))
    }

    fn get_higher_order_meta(&self, _: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_window_meta(&self, _: &str) -> Option<Arc<WindowUDF>> {
        None
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        self.functions.names().into_iter().map(str::to_owned).collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        vec![]
    }

    fn udaf_names(&self) -> Vec<String> {
        vec![]
    }

    fn udwf_names(&self) -> Vec<String> {
        vec![]
    }
}

/// A relation as the planner sees it: columns and no data.
#[derive(Debug)]
struct Columns(SchemaRef);

impl TableSource for Columns {
    fn schema(&self) -> SchemaRef {
        self.0.clone()
    }
}

/// A function as the planner sees it: a name, and the type of what it gives.
#[derive(Debug)]
struct Named {
    name: String,
    pub functions: Arc<Functions>,
    signature: Signature,
}

impl Named {
    fn new(name: &str, functions: &Arc<Functions>) -> Self {
        let signature = vec![TypeSignature::Nullary, TypeSignature::VariadicAny];
        Named {
            name: name.to_owned(),
            functions: functions.clone(),
            signature: Signature::one_of(signature, Volatility::Immutable),
        }
    }

    fn result(&self, arguments: &[DataType]) -> DfResult<DataType> {
        let types: Option<Vec<SqlType>> = arguments.iter().map(columns::sql_type).collect();
        let Some(types) = types else { return plan_err!("{}: an argument has no SQL type", self.name) };
        let meaning = self.functions.resolve(&self.name, &types);
        let result = match meaning.map_err(|e| DataFusionError::External(Box::new(e)))? {
            Meaning::Component(_, result)
            | Meaning::ComponentAggregate(_, result)
            | Meaning::BuiltinScalar(_, result) => result,
            Meaning::BuiltinAggregate(rule) => rule.result,
        };
        Ok(columns::data_type(&result))
    }
}

// By name: within one statement a name means one function.
impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Named {}

impl std::hash::Hash for Named {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> DfResult<DataType> {
        self.result(arguments)
    }

    fn return_field_from_args(&self, args: datafusion_expr::ReturnFieldArgs) -> DfResult<arrow::datatypes::FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|f| f.data_type().clone()).collect();
        if self.name == FIELD {
            let field = match (types.first(), args.scalar_arguments.get(1)) {
                (Some(DataType::Struct(fields)), Some(Some(name))) => {
                    let name = name.to_string();
                    fields.iter().find(|f| f.name().eq_ignore_ascii_case(&name)).cloned()
                }
                _ => None,
            };
            // An unknown field is told, with the nearest name, where the expression is converted.
            return Ok(field.unwrap_or_else(|| Arc::new(arrow::datatypes::Field::new(FIELD, DataType::Utf8, true))));
        }
        Ok(Arc::new(arrow::datatypes::Field::new(&self.name, self.result(&types)?, true)))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        plan_err!("{} is called by the harness's own operators", self.name)
    }
}

impl AggregateUDFImpl for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> DfResult<DataType> {
        self.result(arguments)
    }

    fn accumulator(&self, _: datafusion_expr::function::AccumulatorArgs) -> DfResult<Box<dyn Accumulator>> {
        plan_err!("{} is called by the harness's own operators", self.name)
    }
}
