//! A plugin as a stranger would write it: WIT of its own, wit-bindgen, nothing else.

wit_bindgen::generate!({ path: "wit", world: "plugin" });

use exports::acme::pricing::basket_lines::BasketLine;
use exports::acme::pricing::price_range::Span;
use exports::acme::pricing::weighted_mean::State;
use exports::acme::pricing::{basket_lines, price_range, vat, weighted_mean};

struct Pricing;
export!(Pricing);

impl vat::Guest for Pricing {
    fn eval(net: i64, country: String) -> Result<i64, String> {
        let percent = match country.as_str() {
            "ch" => 8,
            "de" => 19,
            "fr" => 20,
            "hu" => 27,
            _ => return Err(format!("unknown country {country:?}")),
        };
        let gross = (i128::from(net) * (100 + percent) + 50).div_euclid(100);
        i64::try_from(gross).map_err(|_| format!("{gross} cents are more than a BIGINT holds"))
    }
}

impl weighted_mean::Guest for Pricing {
    fn create() -> State {
        State { rows: 0, weight: 0, total: 0.0 }
    }

    fn accumulate(state: State, price: f64, weight: i64) -> Result<State, String> {
        changed(state, price, weight, 1)
    }

    fn retract(state: State, price: f64, weight: i64) -> Result<State, String> {
        changed(state, price, weight, -1)
    }

    fn merge(a: State, b: State) -> State {
        summed(a.rows + b.rows, a.weight.wrapping_add(b.weight), a.total + b.total)
    }

    fn value(state: State) -> Option<f64> {
        (state.weight != 0).then(|| state.total / state.weight as f64)
    }
}

fn changed(state: State, price: f64, weight: i64, sign: i64) -> Result<State, String> {
    if weight < 0 {
        return Err(format!("negative weight {weight}"));
    }
    // Wrapping, so that a sum which passes the maximum on its way comes back: whether a row is refused depends on it alone.
    let sum = state.weight.wrapping_add(sign * weight);
    Ok(summed(state.rows + sign, sum, state.total + sign as f64 * (price * weight as f64)))
}

/// What rounding left behind goes with the last row.
fn summed(rows: i64, weight: i64, total: f64) -> State {
    if rows == 0 { <Pricing as weighted_mean::Guest>::create() } else { State { rows, weight, total } }
}

impl price_range::Guest for Pricing {
    fn key(article: Option<String>, _price: f64) -> Option<String> {
        article
    }

    fn accumulate(entry: Option<Span>, _article: Option<String>, price: f64) -> Option<Span> {
        let offer = Span { low: price, high: price, offers: 1 };
        Some(match entry {
            Some(entry) => widest(entry, offer),
            None => offer,
        })
    }

    fn merge(a: Span, b: Span) -> Option<Span> {
        Some(widest(a, b))
    }
}

fn widest(a: Span, b: Span) -> Span {
    Span { low: a.low.min(b.low), high: a.high.max(b.high), offers: a.offers + b.offers }
}

impl basket_lines::Guest for Pricing {
    fn rows(basket: String) -> Result<Vec<BasketLine>, String> {
        basket.split(',').filter(|line| !line.trim().is_empty()).map(line).collect()
    }
}

fn line(text: &str) -> Result<BasketLine, String> {
    let (article, quantity) = text.split_once(':').unwrap_or((text, "1"));
    let quantity = quantity.trim().parse().map_err(|_| format!("no quantity: {quantity:?} in {text:?}"))?;
    Ok(BasketLine { article: article.trim().to_owned(), quantity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vat_is_rounded_half_up() {
        assert_eq!(vat_of(50, "hu"), Ok(64));
        assert_eq!(vat_of(-50, "hu"), Ok(-63));
        assert_eq!(vat_of(100, "xx"), Err("unknown country \"xx\"".to_owned()));
        assert!(vat_of(i64::MAX, "de").is_err());
    }

    fn vat_of(net: i64, country: &str) -> Result<i64, String> {
        <Pricing as vat::Guest>::eval(net, country.to_owned())
    }

    #[test]
    fn retracting_every_row_gives_the_new_state() {
        use weighted_mean::Guest;
        let one = <Pricing as Guest>::accumulate(Pricing::create(), 0.1, 3).expect("it weighs something");
        let two = <Pricing as Guest>::accumulate(one, 0.7, 1).expect("it weighs something");
        assert_eq!(Pricing::value(two), Some((0.1 * 3.0 + 0.7) / 4.0));
        let one = <Pricing as Guest>::retract(two, 0.1, 3).expect("it was there");
        let none = <Pricing as Guest>::retract(one, 0.7, 1).expect("it was there");
        assert_eq!((none.rows, none.weight, none.total.to_bits()), (0, 0, 0.0_f64.to_bits()));
        assert!(<Pricing as Guest>::accumulate(none, 1.0, -1).is_err());
    }

    #[test]
    fn a_basket_is_split_into_lines() {
        use basket_lines::Guest;
        let lines = Pricing::rows("apple:2, pear".to_owned()).expect("both have a quantity");
        let lines: Vec<_> = lines.iter().map(|l| (l.article.as_str(), l.quantity)).collect();
        assert_eq!(lines, [("apple", 2), ("pear", 1)]);
        assert!(Pricing::rows(String::new()).expect("empty is no error").is_empty());
        assert!(Pricing::rows("apple:many".to_owned()).is_err());
    }
}
