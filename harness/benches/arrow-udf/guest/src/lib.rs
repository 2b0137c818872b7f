//! The functions of `plugins/enrich` for arrow-udf's runtime: hands each row to `streamfn-logic` and gives its answer back.
//!
//! Nothing is decided here. arrow-udf takes records and maps as arguments in no form, so a record is its fields, and a
//! multiset or a map two lists of one length. A user or a product that is null is one whose fields are null, which is the
//! same to these functions.

use arrow_udf::codegen::arrow_array::StringArray;
use arrow_udf::function;
use arrow_udf::types::StructType;
use streamfn_logic as logic;

#[derive(StructType)]
struct EventUser {
    event_time: Option<i64>,
    product_id: Option<String>,
    price: Option<f64>,
    user_session: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    email: Option<String>,
    address: Option<String>,
}

#[function("with_user(int64, string, float64, string, string, string, string, string) -> struct EventUser")]
#[expect(clippy::too_many_arguments, reason = "the fields of two records")]
fn with_user(
    event_time: Option<i64>,
    product_id: Option<&str>,
    price: Option<f64>,
    user_session: Option<&str>,
    firstname: Option<&str>,
    lastname: Option<&str>,
    email: Option<&str>,
    address: Option<&str>,
) -> EventUser {
    let event = event(event_time, product_id, price, user_session);
    let user = user(firstname, lastname, email, address);
    let logic::with_user::EventUser { event, user } = logic::with_user::eval(event, Some(user));
    let logic::with_user::Event { event_time, product_id, price, user_session } = event;
    let logic::with_user::User { firstname, lastname, email, address } = user;
    EventUser { event_time, product_id, price, user_session, firstname, lastname, email, address }
}

#[derive(StructType)]
struct EnrichedEvent {
    user_session: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
    email: Option<String>,
    address: Option<String>,
    price: Option<f64>,
    product_name: Option<String>,
}

#[function(
    "with_product(int64, string, float64, string, string, string, string, string, string) -> struct EnrichedEvent"
)]
#[expect(clippy::too_many_arguments, reason = "the fields of two records")]
fn with_product(
    event_time: Option<i64>,
    product_id: Option<&str>,
    price: Option<f64>,
    user_session: Option<&str>,
    firstname: Option<&str>,
    lastname: Option<&str>,
    email: Option<&str>,
    address: Option<&str>,
    product_name: Option<&str>,
) -> EnrichedEvent {
    let event = event(event_time, product_id, price, user_session);
    let row = logic::with_user::EventUser { event, user: user(firstname, lastname, email, address) };
    let product = logic::with_product::Product { product_name: owned(product_name) };
    let logic::with_product::EnrichedEvent { user_session, user, price, product_name } =
        logic::with_product::eval(row, Some(product));
    let logic::with_user::User { firstname, lastname, email, address } = user;
    EnrichedEvent { user_session, firstname, lastname, email, address, price, product_name }
}

fn event(
    event_time: Option<i64>,
    product_id: Option<&str>,
    price: Option<f64>,
    user_session: Option<&str>,
) -> logic::with_user::Event {
    logic::with_user::Event { event_time, product_id: owned(product_id), price, user_session: owned(user_session) }
}

fn user(
    firstname: Option<&str>,
    lastname: Option<&str>,
    email: Option<&str>,
    address: Option<&str>,
) -> logic::with_user::User {
    logic::with_user::User {
        firstname: owned(firstname),
        lastname: owned(lastname),
        email: owned(email),
        address: owned(address),
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

#[derive(StructType)]
struct Times {
    element: String,
    multiplicity: i32,
}

#[function("unnest_entries(string[], int32[]) -> setof struct Times")]
fn of_multiset(elements: &StringArray, multiplicities: &[i32]) -> Result<impl Iterator<Item = Times> + use<>, String> {
    let entries = logic::unnest_entries::of_multiset(entries(elements, multiplicities))?;
    Ok(entries.into_iter().map(|(element, multiplicity)| Times { element, multiplicity }))
}

#[derive(StructType)]
struct Entry {
    key: String,
    value: i64,
}

#[function("unnest_entries(string[], int64[]) -> setof struct Entry")]
fn of_map(keys: &StringArray, values: &[i64]) -> impl Iterator<Item = Entry> + use<> {
    logic::unnest_entries::of_map(entries(keys, values)).into_iter().map(|(key, value)| Entry { key, value })
}

fn entries<V: Copy>(keys: &StringArray, values: &[V]) -> Vec<(String, V)> {
    keys.iter().flatten().map(str::to_owned).zip(values.iter().copied()).collect()
}
