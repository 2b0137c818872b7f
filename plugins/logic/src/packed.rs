//! Values one after another in one list of bytes, so that a state which grows by a value only grows at its end.
//!
//! An entry is a number in LEB128 and what it announces: 0 is a null, n + 1 is a value of n bytes. Numbers are little
//! endian, strings UTF-8. So entries can be found and compared without knowing their type, and equal values have equal
//! bytes.

use crate::decimal::Decimal;
use crate::order::Ordered;

/// A value that can be an entry.
pub trait Packed: Ordered {
    /// What follows the announcement.
    fn bytes(&self) -> impl AsRef<[u8]>;
    /// None if these are no bytes of this type.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! little_endian {
    ($($t:ty),*) => {$(
        impl Packed for $t {
            fn bytes(&self) -> impl AsRef<[u8]> {
                self.to_le_bytes()
            }
            fn read(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_le_bytes(bytes.try_into().ok()?))
            }
        }
    )*};
}

little_endian! { i8, i16, i32, i64, f32, f64 }

impl Packed for String {
    fn bytes(&self) -> impl AsRef<[u8]> {
        self.as_bytes()
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(str::from_utf8(bytes).ok()?.to_owned())
    }
}

/// The scale, then the unscaled number.
impl Packed for Decimal {
    fn bytes(&self) -> impl AsRef<[u8]> {
        let mut bytes = [self.scale; 17];
        bytes[1..].copy_from_slice(&self.unscaled().to_le_bytes());
        bytes
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        let (scale, unscaled) = bytes.split_first()?;
        Some(Self::new(i128::from_le_bytes(unscaled.try_into().ok()?), *scale))
    }
}

/// Writes an entry behind those that are there, and looks at none of them.
pub fn append<T: Packed>(entries: &mut Vec<u8>, x: Option<T>) {
    let Some(x) = x.map(T::stored) else { return entries.push(0) };
    let value = x.bytes();
    let mut announced = value.as_ref().len() + 1;
    while announced > 0x7f {
        entries.push(announced as u8 | 0x80);
        announced >>= 7;
    }
    entries.push(announced as u8);
    entries.extend_from_slice(value.as_ref());
}

/// All entries as values.
pub fn values<T: Packed>(bytes: &[u8]) -> Result<Vec<Option<T>>, String> {
    entries(bytes).map(|entry| entry.and_then(value)).collect()
}

/// How many entries there are.
pub fn count(bytes: &[u8]) -> Result<usize, String> {
    entries(bytes).try_fold(0, |count, entry| entry.map(|_| count + 1))
}

/// Takes the last entry out that is equal to `wanted`, and says whether there was one.
pub fn remove_last(bytes: &mut Vec<u8>, wanted: &[u8]) -> Result<bool, String> {
    let (mut last, mut end) = (None, 0);
    for entry in entries(bytes) {
        let entry = entry?;
        let start = end;
        end += entry.whole.len();
        if entry.whole == wanted {
            last = Some(start..end);
        }
    }
    Ok(last.map(|place| bytes.drain(place)).is_some())
}

/// One value with its announcement, as it stands in the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub whole: &'a [u8],
    /// None is a null.
    value: Option<&'a [u8]>,
}

/// Every entry in turn; the first that is broken is the last.
pub fn entries(bytes: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, String>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = first(rest);
        rest = entry.map_or(&[], |entry| &rest[entry.whole.len()..]);
        Some(entry.ok_or_else(|| broken("an entry is cut short")))
    })
}

fn first(bytes: &[u8]) -> Option<Entry<'_>> {
    let (announced, start) = announcement(bytes)?;
    let Some(length) = announced.checked_sub(1) else {
        return Some(Entry { whole: &bytes[..start], value: None });
    };
    let end = start.checked_add(length)?;
    Some(Entry { whole: bytes.get(..end)?, value: bytes.get(start..end) })
}

/// The number that the bytes begin with, and how many of them it takes.
fn announcement(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut announced = 0_u64;
    for (i, byte) in bytes.iter().enumerate().take(5) {
        announced |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(announced).ok()?, i + 1));
        }
    }
    None
}

fn value<T: Packed>(entry: Entry) -> Result<Option<T>, String> {
    match entry.value {
        None => Ok(None),
        Some(bytes) => T::read(bytes).map(Some).ok_or_else(|| broken("an entry is no value of the list's type")),
    }
}

fn broken(how: &str) -> String {
    format!("the state is not what this function made of it: {how}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed<T: Packed>(values: &[Option<T>]) -> Vec<u8> {
        values.iter().fold(Vec::new(), |mut bytes, x| {
            append(&mut bytes, x.clone());
            bytes
        })
    }

    #[test]
    fn an_entry_is_an_announcement_and_its_bytes() {
        assert_eq!(packed(&[Some("mug".to_owned()), None, Some(String::new())]), b"\x04mug\x00\x01");
        assert_eq!(packed(&[Some(-2_i32)]), [5, 0xfe, 0xff, 0xff, 0xff]);
        assert_eq!(packed(&[Some("x".repeat(200))])[..3], [0xc9, 0x01, b'x']);
        assert_eq!(packed(&[Some(Decimal::new(-1, 2))])[..3], [18, 2, 0xff]);
    }

    #[test]
    fn there_is_one_nan() {
        assert_eq!(packed(&[Some(-f64::NAN)]), packed(&[Some(f64::NAN)]));
        assert_ne!(packed(&[Some(-0.0_f32)]), packed(&[Some(0.0_f32)]));
    }

    #[test]
    fn the_last_of_equal_entries_is_taken_out() {
        let mut bytes = packed(&[Some(1_i8), Some(2), Some(1), None]);
        assert_eq!(remove_last(&mut bytes, &packed(&[Some(1_i8)])), Ok(true));
        assert_eq!(values(&bytes), Ok(vec![Some(1_i8), Some(2), None]));
        assert_eq!(remove_last(&mut bytes, &packed(&[Some(3_i8)])), Ok(false));
        assert_eq!(remove_last(&mut bytes, &[0]), Ok(true));
        assert_eq!(count(&bytes), Ok(2));
    }

    #[test]
    fn broken_bytes_are_refused() {
        for bytes in [
            &[5, 1, 2][..],
            &[0x80],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0xff, 0xff, 0xff, 0xff, 0x0f],
            &[4, 1, 2, 3],
        ] {
            assert!(values::<i32>(bytes).is_err(), "{bytes:?}");
        }
        assert!(values::<String>(&[2, 0xff]).is_err());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(strings: Vec<Option<String>>, numbers: Vec<Option<i64>>) {
            prop_assert_eq!(values(&packed(&strings)), Ok(strings.clone()));
            prop_assert_eq!(count(&packed(&strings)), Ok(strings.len()));
            prop_assert_eq!(values(&packed(&numbers)), Ok(numbers));
        }

        #[test]
        fn decimals_come_back_as_they_were(unscaled: i128, scale: u8) {
            let values_before = vec![Some(Decimal::new(unscaled, scale))];
            prop_assert_eq!(values(&packed(&values_before)), Ok(values_before));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, wanted: Vec<u8>) {
            let _ = (values::<i32>(&bytes), values::<String>(&bytes), values::<Decimal>(&bytes), count(&bytes));
            let _ = remove_last(&mut bytes.clone(), &wanted);
        }
    }
}
