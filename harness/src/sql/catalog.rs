//! What DataFusion's planner may ask for: columns of relations, and which functions there are. Their types are decided where
//! expressions are converted, by the engines' rules and not the planner's.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{Result as DfResult, TableReference, plan_err};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::planner::ContextProvider;
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, Expr, HigherOrderUDF, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, TableSource, TypeSignature, Volatility, WindowUDF,
};
use streamfn_model::columns;

use super::functions::Functions;
use super::node::Relation;
use super::operation::Operation;

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
        let operation = Operation::parse(name);
        let known = operation.is_some() || (self.functions.is_known(name) && !self.functions.is_aggregate(name));
        known.then(|| Arc::new(ScalarUDF::new_from_impl(Named::new(name, operation))))
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        let known = self.functions.is_aggregate(name);
        known.then(|| Arc::new(AggregateUDF::new_from_impl(Named::new(name, None))))
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

/// The operation that a call stands for; `None` if it is a function's.
pub fn operation(call: &ScalarFunction) -> Option<&Operation> {
    call.func.inner().downcast_ref::<Named>()?.operation.as_ref()
}

/// A function as the planner sees it: a name, and nothing about types.
#[derive(Debug)]
struct Named {
    name: String,
    operation: Option<Operation>,
    signature: Signature,
}

impl Named {
    fn new(name: &str, operation: Option<Operation>) -> Self {
        let name = name.to_owned();
        let signature = vec![TypeSignature::Nullary, TypeSignature::VariadicAny];
        Named { name, operation, signature: Signature::one_of(signature, Volatility::Immutable) }
    }

    /// What it is called wherever it stands.
    fn meaning(&self) -> &str {
        self.operation.as_ref().map_or(&self.name, |operation| &operation.symbol)
    }
}

// By name: within one statement a name means one function, and an operation the same wherever it stands.
impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }
}

impl Eq for Named {}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning().hash(state);
    }
}

impl ScalarUDFImpl for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The planner names every part of an expression. A name that held those of its arguments would grow with each of them.
    fn schema_name(&self, args: &[Expr]) -> DfResult<String> {
        let mut hasher = DefaultHasher::new();
        args.hash(&mut hasher);
        Ok(format!("{} {:016x}", self.meaning(), hasher.finish()))
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Null)
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

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Null)
    }

    fn accumulator(&self, _: datafusion_expr::function::AccumulatorArgs) -> DfResult<Box<dyn Accumulator>> {
        plan_err!("{} is called by the harness's own operators", self.name)
    }
}
