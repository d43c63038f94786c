//! Closed lists: each of its things has a word, in the database, in addresses, in keys of texts.

/// An enumeration whose variants are written as words, all of them in order (`ALL`), and read again (`parse`).
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$about_variant:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$about_variant])* $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            pub fn parse(text: &str) -> Option<$name> {
                match text { $($word => Some($name::$variant),)* _ => None }
            }
        }
    };
}

pub(crate) use words;
