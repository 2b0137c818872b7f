//! Single values, made up in some nanoseconds each: over small domains, so that they meet again, with the ends of each type
//! among them.

use streamfn::contract::WitType;

use crate::wire::{write_bytes, write_count};

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): a generator of 64 bits of state, for it is only to be quick.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The one of a block: it hangs on nothing but the seed, the function's name and the block's number.
    pub fn of(seed: u64, interface: &str, block: u64) -> Random {
        let mut random = Random(seed);
        let name =
            interface.bytes().fold(random.next(), |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        random = Random(name ^ block.wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.0 = random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        ((self.next() >> 32) * end) >> 32
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Where the values of a sequence come from.
#[derive(Debug, Clone, Copy)]
pub struct Domain {
    pub scale: u8,
    pub floats: Floats,
}

/// Which floats there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Floats {
    Finite,
    /// Those that are not finite among them, and those so large that their sum is not.
    Wild,
    /// Only such as can be added in any order.
    Whole,
}

const TEXTS: [&str; 16] =
    ["a", "b", "", "ab", "a", "b", "", "A", " a", "é", "e\u{301}", "😀", "\u{0}", "\u{ffff}", "\u{10ffff}", "'"];
const FLOATS: [f64; 16] =
    [0.0, 1.0, -1.0, 0.5, 3.0, 0.1, 0.2, -0.7, 1e15, 1e-9, 0.0, 1.0, -0.0, -0.0, 7.25, 1_000_000.0];
/// NaNs of several payloads and both signs among them.
const WILD: [u64; 16] = [
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ff8_0000_0000_0123,
    0x7ff0_0000_0000_0001,
    0xffff_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x8000_0000_0000_0000,
    0x7e37_e43c_8800_759c,
    0x4340_0000_0000_0001,
    0x3ff0_0000_0000_0001,
    0x0000_0000_0000_0000,
];
const WILD_SINGLE: [u32; 12] = [
    0x7fc0_0000,
    0xffc0_0000,
    0x7fc0_0123,
    0x7f80_0001,
    0xffff_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x0080_0000,
    0x0000_0001,
    0x8000_0000,
];
/// The largest DECIMAL.
const MOST: i128 = 10_i128.pow(38) - 1;

impl Domain {
    pub fn value(self, ty: &WitType, random: &mut Random, out: &mut Vec<u8>) {
        match ty {
            WitType::Bool => out.push(random.below(2) as u8),
            WitType::S8 => {
                out.extend_from_slice(&(integer(random, i8::MIN.into(), i8::MAX.into()) as i8).to_le_bytes())
            }
            WitType::S16 => {
                out.extend_from_slice(&(integer(random, i16::MIN.into(), i16::MAX.into()) as i16).to_le_bytes())
            }
            WitType::S32 => {
                out.extend_from_slice(&(integer(random, i32::MIN.into(), i32::MAX.into()) as i32).to_le_bytes())
            }
            WitType::S64 => out.extend_from_slice(&integer(random, i64::MIN, i64::MAX).to_le_bytes()),
            WitType::F32 => out.extend_from_slice(&self.single(random).to_le_bytes()),
            WitType::F64 => out.extend_from_slice(&self.double(random).to_le_bytes()),
            WitType::String => text(random, out),
            WitType::Decimal => {
                let unscaled = match random.below(8) {
                    0 => random.pick(&[MOST, -MOST, MOST - 1, MOST / 2 + 1]),
                    1 => (i128::from(random.next() as i64) << 64 | i128::from(random.next())) % (MOST + 1),
                    _ => i128::from(random.below(12)) - 4,
                };
                out.extend_from_slice(&unscaled.to_le_bytes());
                out.push(self.scale);
            }
            WitType::Option(of) => match random.once_in(4) {
                true => out.push(0),
                false => {
                    out.push(1);
                    self.value(of, random, out);
                }
            },
            WitType::List(of) => {
                let count = random.below(5) as usize;
                write_count(count, out);
                (0..count).for_each(|_| self.value(of, random, out));
            }
            WitType::Record(fields) => fields.iter().for_each(|(_, ty)| self.value(ty, random, out)),
            WitType::Tuple(types) => types.iter().for_each(|ty| self.value(ty, random, out)),
            other => panic!("no function here takes a {other}"),
        }
    }

    /// As bits, for a NaN to keep its own.
    fn double(self, random: &mut Random) -> u64 {
        match (self.floats, random.below(8)) {
            (Floats::Whole, number) => (number as f64 - 2.0).to_bits(),
            (Floats::Wild, 0..3) => random.pick(&WILD),
            (Floats::Wild, 3) => random.next(),
            (_, 7) => ((random.next() as i64 >> 20) as f64 / 1024.0).to_bits(),
            _ => random.pick(&FLOATS).to_bits(),
        }
    }

    fn single(self, random: &mut Random) -> u32 {
        match (self.floats, random.below(8)) {
            (Floats::Whole, number) => (number as f32 - 2.0).to_bits(),
            (Floats::Wild, 0..3) => random.pick(&WILD_SINGLE),
            (Floats::Wild, 3) => random.next() as u32,
            (_, 7) => ((random.next() as i64 >> 40) as f32 / 128.0).to_bits(),
            _ => (random.pick(&FLOATS) as f32).to_bits(),
        }
    }
}

fn integer(random: &mut Random, least: i64, most: i64) -> i64 {
    match random.below(8) {
        0 => random.pick(&[most, least, most - 1, -1]),
        // Truncated to the type by whoever asked.
        1 => random.next() as i64,
        _ => random.below(8) as i64 - 2,
    }
}

fn text(random: &mut Random, out: &mut Vec<u8>) {
    match random.below(32) {
        // Long enough for its length to take two bytes in LEB128.
        0 => write_bytes("0123456789".repeat(15).as_bytes(), out),
        1 => {
            let count = random.below(5);
            let chars = (0..count).map(|_| char::from_u32(random.below(0x11_0000) as u32).unwrap_or('x'));
            write_bytes(chars.collect::<String>().as_bytes(), out);
        }
        _ => write_bytes(random.pick(&TEXTS).as_bytes(), out),
    }
}
