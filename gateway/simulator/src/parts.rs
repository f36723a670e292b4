//! The parts of an answer with `@defer`, put together again.

use serde_json::{Map, Value};

/// The response that these payloads, one a line, come to; or what is wrong with them.
pub(crate) fn whole(payloads: &str) -> Result<String, String> {
    let mut payloads = payloads.lines();
    let first = payloads.next().ok_or("no answer")?;
    let mut whole: Map<String, Value> =
        serde_json::from_str(first).map_err(|error| error.to_string())?;
    let mut has_next = whole.remove("hasNext") == Some(Value::Bool(true));
    for payload in payloads {
        if !has_next {
            return Err("a payload after the last".to_owned());
        }
        let payload: Map<String, Value> =
            serde_json::from_str(payload).map_err(|error| error.to_string())?;
        has_next = payload.get("hasNext") == Some(&Value::Bool(true));
        let parts = payload.get("incremental").and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            if let Some(errors) = part.get("errors") {
                return Err(format!("a part with errors: {errors}"));
            }
            add(&mut whole, part)?;
        }
    }
    if has_next {
        return Err("no last payload".to_owned());
    }
    Ok(Value::Object(whole).to_string())
}

fn add(whole: &mut Map<String, Value>, part: &Value) -> Result<(), String> {
    let mut place = whole.get_mut("data").ok_or("no data")?;
    for step in part["path"].as_array().into_iter().flatten() {
        let below = match step {
            Value::String(key) => place.get_mut(key),
            Value::Number(index) => place.get_mut(index.as_u64().unwrap_or(0) as usize),
            _ => None,
        };
        place = below.ok_or_else(|| format!("a part at {}, where nothing is", part["path"]))?;
    }
    if !place.is_object() {
        return Err(format!("a part at {}, where no object is", part["path"]));
    }
    merge(place, &part["data"])
}

/// Both may hold the same field; it has to have the same value.
fn merge(known: &mut Value, part: &Value) -> Result<(), String> {
    match (known, part) {
        (Value::Object(known), Value::Object(part)) => {
            for (key, value) in part {
                match known.get_mut(key) {
                    Some(known) => merge(known, value)?,
                    None => {
                        known.insert(key.clone(), value.clone());
                    }
                }
            }
            Ok(())
        }
        (Value::Array(known), Value::Array(part)) if known.len() == part.len() => known
            .iter_mut()
            .zip(part)
            .try_for_each(|(known, part)| merge(known, part)),
        (known, part) if known == part => Ok(()),
        (known, part) => Err(format!("{known} in one part, {part} in another")),
    }
}
