//! Card barcodes: `C`, eight digits, and a check digit, so that a misread scan is not somebody else's card.

/// How many different numbers there are.
const NUMBERS: u64 = 100_000_000;

/// The card with a number drawn from `random`.
pub fn from_random(random: [u8; 8]) -> String {
    let digits = format!("{:08}", u64::from_le_bytes(random) % NUMBERS);
    let check = luhn(&digits);
    format!("C{digits}{check}")
}

/// Whether a card chosen by an operator can be used: it must fit on a barcode and in a URL.
pub fn is_acceptable(card: &str) -> bool {
    (1..=32).contains(&card.len())
        && card
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The check digit of ISO/IEC 7812-1, annex B.
fn luhn(digits: &str) -> u32 {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            // The check digit will stand to the right: the digit beside it is doubled.
            0 if digit > 4 => digit * 2 - 9,
            0 => digit * 2,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_the_standard_one() {
        // The standard's own example, and a well-known test number of a credit card.
        assert_eq!(luhn("7992739871"), 3);
        assert_eq!(luhn("411111111111111"), 1);
    }

    #[test]
    fn a_card_has_a_fixed_shape() {
        for random in [[0; 8], [255; 8], [1, 2, 3, 4, 5, 6, 7, 8]] {
            let card = from_random(random);
            assert_eq!(card.len(), 10);
            assert!(is_acceptable(&card));
            assert_eq!(card.as_bytes()[9], b'0' + luhn(&card[1..9]) as u8);
        }
    }

    #[test]
    fn a_chosen_card_fits_on_a_barcode() {
        assert!(is_acceptable("DESK-1"));
        for bad in ["", "with space", "ä", &"x".repeat(33)] {
            assert!(!is_acceptable(bad), "{bad:?}");
        }
    }
}
