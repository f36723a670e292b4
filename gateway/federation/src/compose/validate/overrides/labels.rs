//! Labels of progressive overrides.

/// The forms of labels that routers understand.
pub(super) fn is_label(label: &str) -> bool {
    if let Some(percentage) = label
        .strip_prefix("percent(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return is_percentage(percentage);
    }
    label.starts_with(|first: char| first.is_ascii_alphabetic())
        && label
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-:./".contains(letter))
}

/// From `0` to `99.99999999`, or `100`.
fn is_percentage(text: &str) -> bool {
    let are_digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
    };
    match text.split_once('.') {
        None => text == "100" || are_digits(text, 2),
        Some((whole, fraction)) => are_digits(whole, 2) && are_digits(fraction, 8),
    }
}
