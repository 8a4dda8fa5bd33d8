//! The key that seals credentials: kept apart from the store, so that a copy of the store gives none
//! of them away.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::app::vault::Vault;
use crate::auth::key::Entropy;

/// The file in the data directory.
const FILE: &str = "secrets.key";
/// Its digits: 256 bits.
const HEX_DIGITS: usize = 64;

/// Where the key is.
#[derive(Clone, Debug, Args)]
pub(super) struct SecretsKeyArgs {
    /// Key that encrypts cloud credentials, 64 hexadecimal digits. Without it one is made in DIR/secrets.key.
    /// Servers that share a database need the same.
    #[arg(long, env = "SUPERCARGO_SECRETS_KEY", value_name = "KEY", hide_env_values = true)]
    secrets_key: Option<String>,
}

impl SecretsKeyArgs {
    /// The vault with the given key, or with the one of `directory`, which is made if there is none.
    pub(super) fn vault(&self, directory: &Path, entropy: &dyn Entropy) -> anyhow::Result<Vault> {
        let key = match &self.secrets_key {
            Some(text) => parse(text).context("--secrets-key (SUPERCARGO_SECRETS_KEY)")?,
            None => from_file(directory, entropy)?,
        };
        Ok(Vault::new(key))
    }
}

fn from_file(directory: &Path, entropy: &dyn Entropy) -> anyhow::Result<[u8; 32]> {
    let path: PathBuf = directory.join(FILE);
    let mut key = [0u8; 32];
    entropy.fill(&mut key);
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    match create_private(&path, &to_hex(&key)) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            parse(text.trim()).with_context(|| format!("{} is damaged", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

fn create_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn to_hex(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a key; says nothing of the text when it is none.
fn parse(text: &str) -> anyhow::Result<[u8; 32]> {
    if text.len() != HEX_DIGITS || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        bail!("must be {HEX_DIGITS} hexadecimal digits, as `openssl rand -hex 32` prints them");
    }
    let mut key = [0u8; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16)?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8; 32]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_may_read_it() {
        let directory = std::env::temp_dir().join(format!("supercargo-secrets-key-{}", std::process::id()));
        let made = from_file(&directory, &Fixed(7)).unwrap();
        assert_eq!(made, [7; 32]);
        assert_eq!(from_file(&directory, &Fixed(8)).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(directory.join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(directory.join(FILE), "cut").unwrap();
        assert!(from_file(&directory, &Fixed(8)).is_err(), "a damaged key is not replaced");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_key_survives_its_text() {
        let key: [u8; 32] = std::array::from_fn(|at| at as u8 * 7);
        assert_eq!(parse(&to_hex(&key)).unwrap(), key);
        assert!(parse("zz").is_err());
    }
}
