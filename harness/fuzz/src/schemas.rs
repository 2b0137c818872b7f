//! What a schema registry answers: a schema's text, and those it names before it, then a datum under it.

use std::collections::HashMap;

use streamfn::topic::registry::{Known, Schemas};

use super::{assert_told, records};

/// Between two texts, and before the datum. It is in no text of UTF-8.
const END: u8 = 0xff;

pub fn run(data: &[u8]) {
    let mut parts: Vec<&[u8]> = data.split(|byte| *byte == END).collect();
    let datum = if parts.len() > 1 { parts.pop().unwrap() } else { &[] };
    let Ok(texts) = parts.into_iter().map(|text| String::from_utf8(text.to_vec())).collect::<Result<Vec<_>, _>>()
    else {
        return;
    };
    let known = Known(HashMap::from([(1, texts.clone())]));
    match known.schema(1) {
        Ok(schema) => {
            assert_eq!(schema.texts(), texts);
            if let Err(reason) = schema.read(datum) {
                assert_told(&reason);
            }
            if let [text] = texts.as_slice() {
                records::rows_of(text, datum);
            }
        }
        Err(error) => assert_told(&error.to_string()),
    }
}
