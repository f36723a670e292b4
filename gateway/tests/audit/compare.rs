//! Whether an answer is the one that is expected.

use serde_json::Value;

use crate::suite::Expected;

/// Says what differs. Objects are equal whatever the order of their keys, as the audit writes them in any; numbers by value.
pub(crate) fn against(expected: &Expected, answer: &Value) -> Result<(), String> {
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    if errors.is_empty() == expected.errors {
        let wanted = if expected.errors {
            "errors"
        } else {
            "no errors"
        };
        return Err(format!("{wanted} expected:\n{answer:#}"));
    }
    if let Some(place) = difference(&expected.data, &answer["data"], "data") {
        return Err(format!(
            "differs at {place}; expected:\n{:#}\nanswer:\n{answer:#}",
            expected.data
        ));
    }
    Ok(())
}

/// The first place at which two values differ.
fn difference(expected: &Value, found: &Value, place: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let unexpected = found.keys().find(|key| !expected.contains_key(*key));
            if let Some(key) = unexpected {
                return Some(format!("{place}.{key} (not expected)"));
            }
            expected.iter().find_map(|(key, value)| {
                let place = format!("{place}.{key}");
                match found.get(key) {
                    Some(found) => difference(value, found, &place),
                    None => Some(format!("{place} (missing)")),
                }
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                return Some(format!("{place} (length)"));
            }
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(index, (expected, found))| {
                difference(expected, found, &format!("{place}[{index}]"))
            })
        }
        (Value::Number(expected), Value::Number(found)) if expected.as_f64() == found.as_f64() => {
            None
        }
        _ => (expected != found).then(|| place.to_owned()),
    }
}
