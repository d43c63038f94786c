//! Passwords: Argon2id with the least memory that OWASP allows (7 MiB, 5 passes), for small machines.
//!
//! Hashing takes a noticeable time: never inside a transaction.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};

use super::{Invalid, Result};

/// Characters.
pub const LENGTH_MIN: usize = 8;
/// Characters; more would only let strangers keep the processor busy.
pub const LENGTH_MAX: usize = 128;

fn argon2() -> Argon2<'static> {
    let params = Params::new(7 * 1024, 5, 1, None).expect("these parameters are legal");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a new password.
pub fn hash(password: &str) -> Result<String> {
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&password.chars().count()) {
        return Err(Invalid::Password { min: LENGTH_MIN, max: LENGTH_MAX }.into());
    }
    let hash = argon2().hash_password(password.as_bytes()).expect("Argon2 hashes any 128 characters");
    Ok(hash.to_string())
}

/// Whether the password belongs to the PHC string. An unreadable string fits nothing.
pub fn verify(password: &str, phc: &str) -> bool {
    if password.chars().count() > LENGTH_MAX {
        return false;
    }
    PasswordHash::new(phc).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_fits() {
        let phc = hash("correct horse").expect("long enough");
        assert!(phc.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{phc}");
        assert!(verify("correct horse", &phc));
        assert!(!verify("correct horsf", &phc) && !verify("", &phc) && !verify("correct horse", ""));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(hash("1234567").is_err() && hash(&"x".repeat(129)).is_err());
    }
}
