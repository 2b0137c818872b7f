//! WITH_PRODUCT: a purchase and the name of what was bought, in one row. Without a product the purchase stays.

use crate::number::canonical;
use crate::with_user::{EventUser, User};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Product {
    pub product_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct EnrichedEvent {
    pub user_session: Option<String>,
    pub user: User,
    /// A NaN is the canonical one.
    pub price: Option<f64>,
    pub product_name: Option<String>,
}

pub fn eval(EventUser { event, user }: EventUser, product: Option<Product>) -> EnrichedEvent {
    EnrichedEvent {
        user_session: event.user_session,
        user,
        price: event.price.map(canonical),
        product_name: product.and_then(|product| product.product_name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_user::Event;

    fn purchase() -> EventUser {
        EventUser {
            event: Event { price: Some(9.5), user_session: Some("s-1".to_owned()), ..Event::default() },
            user: User { lastname: Some("Lovelace".to_owned()), ..User::default() },
        }
    }

    fn enriched(product_name: Option<String>) -> EnrichedEvent {
        EnrichedEvent {
            user_session: Some("s-1".to_owned()),
            user: User { lastname: Some("Lovelace".to_owned()), ..User::default() },
            price: Some(9.5),
            product_name,
        }
    }

    #[test]
    fn the_name_of_the_product_is_put_beside_the_purchase() {
        let product_name = Some("Chair".to_owned());
        assert_eq!(eval(purchase(), Some(Product { product_name: product_name.clone() })), enriched(product_name));
    }

    #[test]
    fn without_a_product_or_its_name_the_purchase_stays() {
        assert_eq!(eval(purchase(), None), enriched(None));
        assert_eq!(eval(purchase(), Some(Product { product_name: None })), enriched(None));
    }

    #[test]
    fn a_price_that_is_no_number_is_one_nan() {
        let mut row = purchase();
        row.event.price = Some(-f64::NAN);
        assert_eq!(eval(row, None).price.map(f64::to_bits), Some(0x7ff8_0000_0000_0000));
    }
}
