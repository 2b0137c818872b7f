//! WITH_PRODUCT.

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field};
use streamfn_logic::with_product::{self, EnrichedEvent, Product};
use streamfn_logic::with_user::EventUser;
use streamfn_model::Value;

use crate::function::{Function, Shape};
use crate::with_user::{batch, event, event_columns, event_user_values, text, texts, user, user_columns, user_values};

pub struct WithProduct;

impl Function for WithProduct {
    const SQL_NAME: &str = "WITH_PRODUCT";
    const INTERFACE: &str = "with-product";
    const SHAPE: Shape = Shape::Scalar;

    type Row = (EventUser, Option<Product>);
    type Answer = EnrichedEvent;

    /// Of every tenth purchase the product is not known.
    fn row(number: usize) -> (EventUser, Option<Product>) {
        let product = Product { product_name: Some(format!("Chair no. {number}")) };
        (EventUser { event: event(number), user: user(number) }, (number % 10 != 9).then_some(product))
    }

    fn native((row, product): (EventUser, Option<Product>)) -> EnrichedEvent {
        with_product::eval(row, product)
    }

    fn arguments((row, product): &(EventUser, Option<Product>)) -> Vec<Value> {
        let product = product.as_ref().map(|product| Value::Record(vec![text(&product.product_name)]));
        vec![Value::Record(event_user_values(row)), product.unwrap_or(Value::Null)]
    }

    fn value(EnrichedEvent { user_session, user, price, product_name }: EnrichedEvent) -> Value {
        let price = price.map_or(Value::Null, Value::F64);
        Value::Record([vec![text(&user_session)], user_values(&user), vec![price, text(&product_name)]].concat())
    }

    fn columns(rows: &[(EventUser, Option<Product>)]) -> RecordBatch {
        let events = event_columns(rows.iter().map(|(row, _)| &row.event));
        let users = user_columns(rows.iter().map(|(row, _)| Some(&row.user)));
        let names = texts(rows.iter().map(|(_, product)| product.as_ref().map_or(&None, |it| &it.product_name)));
        batch(events.into_iter().chain(users).chain([("product_name", names)]))
    }

    fn answers() -> DataType {
        let text = |name| Field::new(name, DataType::Utf8, true);
        let [session, price] = [text("user_session"), Field::new("price", DataType::Float64, true)];
        let user = ["firstname", "lastname", "email", "address"].map(text);
        DataType::Struct([session].into_iter().chain(user).chain([price, text("product_name")]).collect())
    }
}
