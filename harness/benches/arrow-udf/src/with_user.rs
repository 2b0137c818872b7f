//! WITH_USER, and the columns of a purchase and of who made it.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use streamfn_logic::with_user::{self, Event, EventUser, User};
use streamfn_model::Value;

use crate::function::{Function, Shape};

pub struct WithUser;

impl Function for WithUser {
    const SQL_NAME: &str = "WITH_USER";
    const INTERFACE: &str = "with-user";
    const SHAPE: Shape = Shape::Scalar;

    type Row = (Event, Option<User>);
    type Answer = EventUser;

    /// Every tenth purchase is nobody's.
    fn row(number: usize) -> (Event, Option<User>) {
        (event(number), (number % 10 != 9).then(|| user(number)))
    }

    fn native((event, user): (Event, Option<User>)) -> EventUser {
        with_user::eval(event, user)
    }

    fn arguments((event, user): &(Event, Option<User>)) -> Vec<Value> {
        let user = user.as_ref().map(|user| Value::Record(user_values(user)));
        vec![Value::Record(event_values(event)), user.unwrap_or(Value::Null)]
    }

    fn value(answer: EventUser) -> Value {
        Value::Record(event_user_values(&answer))
    }

    fn columns(rows: &[(Event, Option<User>)]) -> RecordBatch {
        let (events, users) = (rows.iter().map(|row| &row.0), rows.iter().map(|row| row.1.as_ref()));
        batch(event_columns(events).into_iter().chain(user_columns(users)))
    }

    fn answers() -> DataType {
        DataType::Struct(Self::columns(&[]).schema().fields().clone())
    }
}

/// A price is null in every tenth, and no number in every other tenth.
pub fn event(number: usize) -> Event {
    let price = match number % 10 {
        3 => None,
        4 => Some(-f64::NAN),
        _ => Some(number as f64 + 0.95),
    };
    Event {
        event_time: Some(1_700_000_000_000 + number as i64),
        product_id: Some(format!("product-{number}")),
        price,
        user_session: Some(format!("d8a1c1b2-59ee-4e5b-9a38-0f1e6a{number:06}")),
    }
}

pub fn user(number: usize) -> User {
    User {
        firstname: Some(format!("Ada-{number}")),
        lastname: Some("Lovelace".to_owned()),
        email: Some(format!("ada.lovelace.{number}@example.org")),
        address: Some(format!("{number} St James's Square, London")),
    }
}

pub fn event_user_values(EventUser { event, user }: &EventUser) -> Vec<Value> {
    [event_values(event), user_values(user)].concat()
}

fn event_values(Event { event_time, product_id, price, user_session }: &Event) -> Vec<Value> {
    vec![
        event_time.map_or(Value::Null, Value::S64),
        text(product_id),
        price.map_or(Value::Null, Value::F64),
        text(user_session),
    ]
}

pub fn user_values(User { firstname, lastname, email, address }: &User) -> Vec<Value> {
    [firstname, lastname, email, address].map(text).to_vec()
}

pub fn text(text: &Option<String>) -> Value {
    text.clone().map_or(Value::Null, Value::String)
}

/// A column by its name.
pub type Column = (&'static str, ArrayRef);

pub fn event_columns<'a>(events: impl Iterator<Item = &'a Event> + Clone) -> Vec<Column> {
    let numbers = Int64Array::from_iter(events.clone().map(|event| event.event_time));
    let prices = Float64Array::from_iter(events.clone().map(|event| event.price));
    vec![
        ("event_time", Arc::new(numbers)),
        ("product_id", texts(events.clone().map(|event| &event.product_id))),
        ("price", Arc::new(prices)),
        ("user_session", texts(events.map(|event| &event.user_session))),
    ]
}

/// All null where there is no user.
pub fn user_columns<'a>(users: impl Iterator<Item = Option<&'a User>> + Clone) -> Vec<Column> {
    let column = |of: fn(&User) -> &Option<String>| texts(users.clone().map(|user| user.map_or(&None, of)));
    vec![
        ("firstname", column(|user| &user.firstname)),
        ("lastname", column(|user| &user.lastname)),
        ("email", column(|user| &user.email)),
        ("address", column(|user| &user.address)),
    ]
}

pub fn texts<'a>(texts: impl Iterator<Item = &'a Option<String>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(texts.map(Option::as_deref)))
}

pub fn batch(columns: impl IntoIterator<Item = Column>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).expect("the columns are of one length")
}
