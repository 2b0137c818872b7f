//! The settings that somebody wrote in YAML, as the JSON that a generator reads.

use serde_json::Value as Json;

use super::GenerateError;

/// The settings of a generator: the whole mapping, or its section of the generator's name where it has one.
pub fn settings(yaml: &str, generator: &str) -> Result<String, GenerateError> {
    let written: Json = match serde_saphyr::from_str(yaml) {
        Ok(written) => written,
        Err(error) => return Err(GenerateError::NoSettings(error.to_string())),
    };
    let settings = match written.get(generator) {
        Some(section) => section,
        None => &written,
    };
    match settings {
        Json::Null => Ok("{}".to_owned()),
        Json::Object(_) => Ok(settings.to_string()),
        found => Err(GenerateError::NoSettings(found.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_the_mapping_or_its_section() {
        let json = |yaml| settings(yaml, "smartshop").map_err(|error| error.to_string());
        assert_eq!(json("max_skus: 7\nunit_price_min: 0.5\n").as_deref(), Ok(r#"{"max_skus":7,"unit_price_min":0.5}"#));
        let both = "smartshop:\n  max_skus: 7\nother:\n  bootstrap: [a, b]\n";
        assert_eq!(json(both).as_deref(), Ok(r#"{"max_skus":7}"#));
        assert_eq!(json("# nothing\n").as_deref(), Ok("{}"));
        assert_eq!(json("[1]"), Err("wanted the settings as a YAML mapping, found [1]".to_owned()));
        assert!(json("a: [").expect_err("no YAML").starts_with("wanted the settings as a YAML mapping, found "));
    }
}
