//! The accounts of the all-in-one: made with random passwords at the first start, kept in the data folder, readable by
//! its owner alone.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

const FILE: &str = "accounts.json";
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A card and its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The card's barcode.
    pub card: String,
    /// The password.
    pub password: String,
}

/// The demo's accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Works the desk.
    pub librarian: Account,
    /// Looks after the system.
    pub operator: Account,
    /// Borrows books; `None` until the seeding is done.
    pub patron: Option<Account>,
}

impl Credentials {
    /// The accounts kept in `data_dir`, or new ones, kept from now on.
    pub fn load_or_create(data_dir: &Path) -> io::Result<Self> {
        match fs::read(path(data_dir)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let account = |card: &str| {
                    Ok::<_, io::Error>(Account {
                        card: card.to_owned(),
                        password: password()?,
                    })
                };
                let created = Self {
                    librarian: account("LIBRARIAN-1")?,
                    operator: account("OPERATOR-1")?,
                    patron: None,
                };
                created.save(data_dir)?;
                Ok(created)
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps the accounts: written beside and moved over, so that a crash leaves the old or the new.
    pub fn save(&self, data_dir: &Path) -> io::Result<()> {
        let beside = data_dir.join(format!("{FILE}.new"));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(beside, path(data_dir))
    }
}

/// Where the accounts are kept.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// A new password of 16 letters and digits: 80 bits.
pub(crate) fn password() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect())
}
