//! What a misspelt name was probably meant to be.

/// The name that is written most alike, if one is much alike.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = name.chars().count() / 3 + 1;
    names
        .map(|one| (distance(name, one), one))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, one)| one)
}

/// How many letters to change, add or remove from one name to the other, whatever their case (Levenshtein's distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (place, other_letter) in row.iter_mut().skip(1).zip(&other) {
            let substituted = diagonal + usize::from(letter != *other_letter);
            diagonal = *place;
            left = substituted.min(diagonal + 1).min(left + 1);
            *place = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
