//! Who is who: an Ed25519 key for each gateway and for the operator. It signs orders, and logs in where NATS carries.

use std::io::{self, Read, Write};
use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::nkey::{KeyKind, read, written};
use crate::notation::hex;
use crate::state;

/// A key that its owner keeps for himself.
#[derive(Clone)]
pub struct SecretKey {
    signing: SigningKey,
    role: KeyKind,
}

impl SecretKey {
    pub fn new(role: KeyKind) -> io::Result<SecretKey> {
        Ok(SecretKey::of_seed(role, random()?))
    }

    pub fn of_seed(role: KeyKind, seed: [u8; 32]) -> SecretKey {
        SecretKey { signing: SigningKey::from_bytes(&seed), role }
    }

    /// Reads it from a file that holds the 32 bytes of its seed in hexadecimal digits, and that only its owner may
    /// read.
    pub fn read(role: KeyKind, path: &Path) -> io::Result<SecretKey> {
        let named = |kind, why: &dyn std::fmt::Display| io::Error::new(kind, format!("{}: {why}", path.display()));
        let file = std::fs::File::open(path).map_err(|error| named(error.kind(), &error))?;
        #[cfg(unix)]
        if let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata()?) & 0o777
            && mode & 0o077 > 0
        {
            let why = format!("others may read or write this key (mode {mode:03o}): chmod 600 {}", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        let mut text = String::new();
        file.take(1024).read_to_string(&mut text).map_err(|error| named(error.kind(), &error))?;
        let seed = crate::notation::unhex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let seed = seed.ok_or_else(|| named(io::ErrorKind::InvalidData, &"it holds no key of 64 digits"))?;
        Ok(SecretKey::of_seed(role, seed))
    }

    /// Writes it into a file that is not there yet.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = state::private().create_new(true).open(path)?;
        file.write_all(format!("{}\n", hex(self.signing.as_bytes())).as_bytes())?;
        file.sync_all()
    }

    pub fn seed(&self) -> &[u8; 32] {
        self.signing.as_bytes()
    }

    /// What others know it by: `UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4`
    pub fn public(&self) -> String {
        self.public_as(self.role)
    }

    /// The same key as another kind's: the operator's signs orders, and logs in as a user of NATS.
    pub fn public_as(&self, role: KeyKind) -> String {
        written(role, self.signing.verifying_key().as_bytes())
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.signing.sign(bytes).to_bytes()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey of {}", self.public())
    }
}

/// So many bytes that nobody can guess.
pub fn random<const COUNT: usize>() -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// What tells these bytes from all others, in 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)).to_ascii_lowercase()
}

/// Whether the owner of that key has signed these bytes.
pub fn has_signed(public: &str, bytes: &[u8], signature: &[u8]) -> bool {
    let key = read(KeyKind::Operator, public).ok().and_then(|key| VerifyingKey::from_bytes(&key).ok());
    let signature = <[u8; 64]>::try_from(signature).ok();
    key.zip(signature)
        .is_some_and(|(key, signature)| key.verify_strict(bytes, &Signature::from_bytes(&signature)).is_ok())
}
