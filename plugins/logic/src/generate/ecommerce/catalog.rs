//! What a user, a product or a session is like: all of it follows from its number.

use crate::generate::random::Random;

#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub user_id: String,
    pub firstname: &'static str,
    pub lastname: &'static str,
    pub username: String,
    pub email: String,
    pub title: &'static str,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    pub product_code: String,
    pub product_color: &'static str,
    pub promo_code: Option<String>,
    pub product_name: String,
}

/// What an event says of its product.
pub struct Offer {
    pub category_id: String,
    pub category_code: String,
    pub brand: String,
    pub price: f64,
}

/// What streams of random numbers are of.
const USER: u64 = 5;
const PRODUCT: u64 = 6;

const FIRSTNAMES: [&str; 12] = ["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gül", "Hugo", "Ida", "José", "Kim", "Zoë"];
const LASTNAMES: [&str; 12] =
    ["Alder", "Ash", "Birch", "Cedar", "Elm", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan", "Willow"];
const TITLES: [&str; 4] = ["Dr", "Mr", "Ms", "Mx"];
const STREETS: [&str; 8] = ["Bridge", "Castle", "Church", "Garden", "Harbour", "Market", "Mill", "Station"];
const COLOURS: [&str; 8] = ["black", "blue", "green", "grey", "red", "silver", "white", "yellow"];
const THINGS: [&str; 10] = ["Bag", "Chair", "Clock", "Desk", "Kettle", "Lamp", "Mug", "Phone", "Radio", "Shoe"];
const DEPARTMENTS: [&str; 6] = ["apparel", "appliances", "computers", "electronics", "furniture", "sport"];
const KINDS: [&str; 6] = ["accessories", "classic", "compact", "outdoor", "premium", "small"];

pub fn user_id(number: u64) -> String {
    format!("U{number}")
}

pub fn product_code(number: u64) -> String {
    format!("P{number}")
}

/// First name, user name and mail address stay; the rest is as of a change, of which 0 is none yet.
pub fn user(seed: u64, number: u64, change: u64) -> User {
    let firstname = one(&mut Random::of(seed, &[USER, number]), &FIRSTNAMES);
    let mut random = Random::of(seed, &[USER, number, change]);
    let username = format!("user{number}");
    User {
        user_id: user_id(number),
        firstname,
        lastname: one(&mut random, &LASTNAMES),
        email: format!("{username}@example.com"),
        username,
        title: one(&mut random, &TITLES),
        address: format!("{} {} Street", random.between((1, 200)), one(&mut random, &STREETS)),
    }
}

/// The name stays; the rest is as of a change.
pub fn product(seed: u64, number: u64, change: u64) -> Product {
    let thing = one(&mut Random::of(seed, &[PRODUCT, number]), &THINGS);
    let mut random = Random::of(seed, &[PRODUCT, number, change]);
    Product {
        product_code: product_code(number),
        product_color: one(&mut random, &COLOURS),
        promo_code: random.chance(0.25).then(|| format!("PROMO{}", random.between((5, 50)))),
        product_name: format!("{thing} {number}"),
    }
}

pub fn offer(seed: u64, product: u64, categories: u64, brands: u64) -> Offer {
    let mut random = Random::of(seed, &[PRODUCT, product]);
    let _thing = random.any();
    let (category, brand) = (random.below(categories), random.below(brands));
    let department = DEPARTMENTS[(category % DEPARTMENTS.len() as u64) as usize];
    let kind = KINDS[(category / DEPARTMENTS.len() as u64 % KINDS.len() as u64) as usize];
    Offer {
        category_id: format!("C{category}"),
        category_code: format!("{department}.{kind}"),
        brand: format!("B{brand}"),
        price: random.between((100, 100_000)) as f64 / 100.0,
    }
}

/// Of version 4 and variant 1, as RFC 9562 has random ones.
pub fn uuid(random: &mut Random) -> String {
    let high = random.any() & !0xf000 | 0x4000;
    let low = random.any() & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

fn one(random: &mut Random, of: &[&'static str]) -> &'static str {
    of[random.below(of.len() as u64) as usize]
}
