//! The operators of a query, as a tree: what each does, the columns that leave it, and what its key is.

use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::builtins::AggregateRule;
use streamfn_model::window::Windows;
use streamfn_model::{Field, SqlType, table};

use super::ddl::Collection;
use super::expression::Call;
use super::functions::FunctionRef;
use super::system_columns;

/// Something a query reads or writes: a topic with its columns.
#[derive(Debug, Clone)]
pub struct Relation {
    pub name: String,
    pub collection: Collection,
    pub fields: Vec<Field>,
    /// Positions of the key's columns.
    pub key: Vec<usize>,
    pub reading: Reading,
}

/// What a query gets that reads a relation.
#[derive(Debug, Clone)]
pub enum Reading {
    /// The relation's changes.
    Changes,
    /// Flink's upsert sources: rows to put in the place of their key's, and deletions by key alone. They are changes of a
    /// table once a query has compared them with what it knows of their key.
    Upserts,
    /// Rows made of the rows before it in FROM.
    Lateral(Box<LateralRows>),
    /// What a query makes of other relations: a view, or columns computed from those that records have.
    Plan(Arc<Node>),
}

/// What makes rows of a row in FROM.
#[derive(Debug, Clone)]
pub enum LateralRows {
    /// A collection, with its type.
    Unnest(Arc<dyn PhysicalExpr>, SqlType),
    /// A component's table function.
    Function(Call),
}

impl Relation {
    /// Whether its rows are results of windows: their bounds are two more columns, and part of its key.
    pub fn is_windowed(&self) -> bool {
        self.key.iter().any(|column| self.fields[*column].name == system_columns::WINDOWSTART)
    }
}

/// An operator with the columns that leave it.
#[derive(Debug, Clone)]
pub struct Node {
    pub operator: Operator,
    pub fields: Vec<Field>,
    pub collection: Collection,
    /// For each part of the key the columns that hold it: a join's key is in two. Empty without a key.
    pub key: Vec<Vec<usize>>,
}

impl Node {
    /// The operators that this one takes its changes from.
    pub fn inputs(&self) -> Vec<&Node> {
        match &self.operator {
            Operator::Source { .. } => vec![],
            Operator::SystemColumns { input }
            | Operator::Calls { input, .. }
            | Operator::Rows { input, .. }
            | Operator::Lateral { input, .. }
            | Operator::Filter { input, .. }
            | Operator::Project { input, .. }
            | Operator::Normalize { input, .. }
            | Operator::Materialize { input, .. }
            | Operator::WithoutUpdateBefore { input }
            | Operator::Aggregate { input, .. }
            | Operator::TimeWindows { input, .. }
            | Operator::Sessions { input, .. } => vec![input],
            Operator::Join { left, right, .. } => vec![left, right],
            Operator::StreamTableJoin { stream, table, .. } => vec![stream, table],
            Operator::RegularJoin { left, right, .. } => vec![&left.node, &right.node],
        }
    }

    /// Whether its rows come from upserts that were just made changes, with nothing but expressions between: there Flink
    /// filters before it compares, so that a row which no longer passes is a deletion.
    pub fn is_over_normalized(&self) -> bool {
        match &self.operator {
            Operator::Normalize { .. } => true,
            Operator::Filter { input, .. }
            | Operator::Project { input, .. }
            | Operator::WithoutUpdateBefore { input } => input.is_over_normalized(),
            _ => false,
        }
    }

    /// The columns that hold the same part of the key as this one; only itself where it is no part of the key.
    pub fn columns_of_key(&self, column: usize) -> Vec<usize> {
        let part = self.key.iter().find(|part| part.contains(&column));
        part.cloned().unwrap_or_else(|| vec![column])
    }

    /// One column for each part of the key.
    pub fn key_columns(&self) -> Vec<usize> {
        self.key.iter().filter_map(|part| part.first().copied()).collect()
    }

    /// The relation that is read first in the text of the query.
    pub fn first_source(&self) -> Option<&str> {
        match &self.operator {
            Operator::Source { relation } => Some(relation),
            _ => self.inputs().first()?.first_source(),
        }
    }

    /// Whether this or an operator before it is the source of that relation.
    pub fn reads(&self, relation: &str) -> bool {
        match &self.operator {
            Operator::Source { relation: mine } => mine == relation,
            _ => self.inputs().into_iter().any(|input| input.reads(relation)),
        }
    }
}

/// What is done to a changelog.
#[derive(Debug, Clone)]
pub enum Operator {
    /// The changes of a relation.
    Source {
        relation: String,
    },
    /// ksqlDB's system columns, behind the source's own.
    SystemColumns {
        input: Box<Node>,
    },
    /// A component's scalar functions, each one more column.
    Calls {
        input: Box<Node>,
        calls: Vec<Call>,
    },
    /// A component's table functions side by side: one row for each element, shorter lists filled with null.
    Rows {
        input: Box<Node>,
        calls: Vec<Call>,
    },
    /// Flink's UNNEST and LATERAL TABLE: each row with each of those that are made of it.
    Lateral {
        input: Box<Node>,
        rows: LateralRows,
        /// Whether a row that nothing is made of is kept.
        is_outer: bool,
    },
    Filter {
        input: Box<Node>,
        predicate: Arc<dyn PhysicalExpr>,
    },
    Project {
        input: Box<Node>,
        expressions: Vec<Arc<dyn PhysicalExpr>>,
    },
    /// Flink's ChangelogNormalize: upserts by a key as changes, and silence where none of the compared columns changes.
    Normalize {
        input: Box<Node>,
        key: Vec<usize>,
        /// The columns that the query uses.
        compared: Vec<usize>,
    },
    /// Flink's SinkUpsertMaterializer: of all rows that are one to the sink's key, the one that came last stays.
    Materialize {
        input: Box<Node>,
        key: Vec<usize>,
        /// What tells the input's own rows apart; without one whole rows are compared.
        row_key: Option<Vec<usize>>,
    },
    /// Flink: nobody after this needs a row as it was.
    WithoutUpdateBefore {
        input: Box<Node>,
    },
    Aggregate {
        input: Box<Node>,
        group: Vec<Arc<dyn PhysicalExpr>>,
        aggregates: Vec<AggregateCall>,
    },
    /// Rows once for each TUMBLING or HOPPING window they fall into.
    TimeWindows {
        input: Box<Node>,
        windows: Windows,
        size: i64,
        advance: i64,
        /// What the rows are grouped by afterwards, beside the window.
        group: Vec<Arc<dyn PhysicalExpr>>,
        /// The columns of the window's start and end.
        bounds: [usize; 2],
    },
    /// GROUP BY in SESSION windows: what leaves has the start and end of the session behind the group.
    Sessions {
        input: Box<Node>,
        windows: Windows,
        gap: i64,
        group: Vec<Arc<dyn PhysicalExpr>>,
        aggregates: Vec<AggregateCall>,
    },
    /// Two tables, each by the columns of its primary key.
    Join {
        left: Box<Node>,
        right: Box<Node>,
        kind: table::Join,
        left_key: Vec<usize>,
        right_key: Vec<usize>,
        /// The column that FULL OUTER fills with whichever side's key is there.
        key: Option<usize>,
    },
    /// Flink's regular join: both sides are kept, whatever their keys.
    RegularJoin {
        left: Box<JoinSide>,
        right: Box<JoinSide>,
        /// What else has to be true of two rows beside their keys being equal.
        condition: Option<Arc<dyn PhysicalExpr>>,
    },
    /// A stream's records with the table's row of their key, as it is when they come.
    StreamTableJoin {
        stream: Box<Node>,
        table: Box<Node>,
        kind: table::Join,
        key: StreamTableKey,
    },
}

/// One side of a regular join.
#[derive(Debug, Clone)]
pub struct JoinSide {
    pub node: Node,
    /// The columns that the other side's have to equal.
    pub key: Vec<usize>,
    /// What tells this side's rows apart, if anything does.
    pub unique: Option<Vec<usize>>,
    /// Whether rows without a partner are kept.
    pub is_outer: bool,
}

/// By what a stream-table join finds the row.
#[derive(Debug, Clone)]
pub struct StreamTableKey {
    /// Over the stream's columns.
    pub lookup: Arc<dyn PhysicalExpr>,
    /// The table's primary key, among its columns.
    pub column: usize,
    /// Whether a column of the stream is looked up, so that it is the result's key.
    pub is_stream_column: bool,
}

/// An aggregate function and its arguments.
#[derive(Debug, Clone)]
pub struct AggregateCall {
    pub name: String,
    pub arguments: Vec<Arc<dyn PhysicalExpr>>,
    /// Equal values count once.
    pub distinct: bool,
    /// Rows for which this is not true are none to this aggregate.
    pub filter: Option<Arc<dyn PhysicalExpr>>,
    pub function: AggregateFunction,
    pub result: SqlType,
}

#[derive(Debug, Clone)]
pub enum AggregateFunction {
    /// A plugin's, as it is.
    Component(FunctionRef),
    /// A built-in by its rule: with a component function for each of its parts, or natively.
    Builtin(Box<AggregateRule>, Option<Vec<FunctionRef>>),
}
