//! `${env.NAME}` and `${env.NAME:-default}` in the configuration text.
//!
//! Expanded before the YAML is read, so that a number stays a number and error positions stay those of the file.
//! Comments are left alone: a commented-out line must not demand a variable.

use super::ConfigError;

/// The text with every expression replaced.
pub(crate) fn expand(
    text: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<String, ConfigError> {
    let mut expanded = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let (code, comment) = line.split_at(comment_start(line));
        expand_line(code, &variable, &mut expanded).map_err(|reason| ConfigError::Expansion {
            line: index + 1,
            reason,
        })?;
        expanded.push_str(comment);
    }
    Ok(expanded)
}

fn expand_line(
    line: &str,
    variable: &impl Fn(&str) -> Option<String>,
    out: &mut String,
) -> Result<(), String> {
    let mut rest = line;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            return Err("`${` without a closing `}`".to_owned());
        };
        let expression = &rest[start + 2..start + length];
        out.push_str(&evaluate(expression, variable)?);
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(())
}

fn evaluate(
    expression: &str,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let Some(body) = expression.strip_prefix("env.") else {
        return Err(format!(
            "`${{{expression}}}` is not understood: write ${{env.NAME}} or ${{env.NAME:-default}}"
        ));
    };
    let (name, default) = match body.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (body, None),
    };
    // As in a shell, `:-` also covers a variable that is set to nothing.
    let value = match (variable(name), default) {
        (Some(value), Some(default)) if value.is_empty() => default.to_owned(),
        (Some(value), _) => value,
        (None, Some(default)) => default.to_owned(),
        (None, None) => {
            return Err(format!(
                "the environment variable {name} is not set and has no default"
            ));
        }
    };
    if value.contains(['\n', '\r']) {
        return Err(format!(
            "the environment variable {name} holds a line break"
        ));
    }
    Ok(value)
}

/// Where a line's comment starts: a `#` at the start or after white space, outside quotes.
fn comment_start(line: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (index, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'')
                if before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':') =>
            {
                quote = Some(c);
            }
            (None, '#') if before.is_whitespace() => return index,
            _ => {}
        }
        before = c;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand_with(text: &str) -> Result<String, String> {
        expand(text, |name| match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            "TWO_LINES" => Some("a\nb: c".to_owned()),
            _ => None,
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn replaces_variables_and_defaults() {
        assert_eq!(expand_with("a: ${env.SET}").unwrap(), "a: value");
        assert_eq!(
            expand_with("a: ${env.GONE:-http://x}/y").unwrap(),
            "a: http://x/y"
        );
        assert_eq!(expand_with("a: ${env.EMPTY:-b}").unwrap(), "a: b");
        assert_eq!(
            expand_with("a: '${env.SET}' # ${env.GONE}\n# ${x\n").unwrap(),
            "a: 'value' # ${env.GONE}\n# ${x\n"
        );
    }

    #[test]
    fn says_what_is_missing_and_where() {
        assert_eq!(
            expand_with("a: 1\nb: ${env.GONE}").unwrap_err(),
            "configuration line 2: the environment variable GONE is not set and has no default"
        );
        assert_eq!(
            expand_with("a: ${env.SET").unwrap_err(),
            "configuration line 1: `${` without a closing `}`"
        );
        assert!(
            expand_with("a: ${file.x}")
                .unwrap_err()
                .contains("is not understood")
        );
        assert!(
            expand_with("a: ${env.TWO_LINES}")
                .unwrap_err()
                .contains("line break")
        );
    }
}
