//! WITH_USER: a purchase and the user who made it, in one row. Without a user the purchase stays.

use crate::number::canonical;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// Milliseconds since the epoch.
    pub event_time: Option<i64>,
    pub product_id: Option<String>,
    pub price: Option<f64>,
    pub user_session: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct User {
    pub firstname: Option<String>,
    pub lastname: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventUser {
    /// A price that is NaN is the canonical one.
    pub event: Event,
    /// All null where no user matched.
    pub user: User,
}

pub fn eval(event: Event, user: Option<User>) -> EventUser {
    EventUser { event: Event { price: event.price.map(canonical), ..event }, user: user.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            event_time: Some(1_700_000_000_000),
            product_id: Some("p-1".to_owned()),
            price: Some(9.5),
            user_session: Some("s-1".to_owned()),
        }
    }

    #[test]
    fn a_user_is_put_beside_the_event() {
        let user =
            User { firstname: Some("Ada".to_owned()), email: Some("ada@example.org".to_owned()), ..User::default() };
        assert_eq!(eval(event(), Some(user.clone())), EventUser { event: event(), user });
    }

    #[test]
    fn without_a_user_the_event_stays() {
        assert_eq!(eval(event(), None), EventUser { event: event(), user: User::default() });
    }

    #[test]
    fn a_price_that_is_no_number_is_one_nan() {
        let row = eval(Event { price: Some(-f64::NAN), ..event() }, None);
        assert_eq!(row.event.price.map(f64::to_bits), Some(0x7ff8_0000_0000_0000));
    }
}
