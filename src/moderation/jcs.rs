//! JSON in its one canonical form (RFC 8785), for what is signed or hashed. Numbers are whole: none of our documents
//! has a fraction, and how a fraction is written is the one hard part of the form.

use serde_json::{Map, Number, Value};

/// The largest whole number that every reader of JSON keeps (RFC 8785, section 3.2.2.3): 2^53 - 1.
const WHOLE_MAX: i64 = (1 << 53) - 1;

/// A document that has no canonical form here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number that is not whole, or too large: {0}")]
pub struct Error(String);

/// The canonical form: no white space, members by the order of their names in UTF-16 (section 3.2.3).
pub fn text(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), Error> {
    match value {
        Value::Number(number) => {
            check(number)?;
            out.push_str(&number.to_string());
        }
        Value::Array(items) => list('[', ']', items, out, write)?,
        Value::Object(members) => {
            let members = sorted(members);
            list('{', '}', &members, out, |(name, value), out| {
                quote(name, out);
                out.push(':');
                write(value, out)
            })?;
        }
        Value::String(text) => quote(text, out),
        Value::Bool(_) | Value::Null => out.push_str(&value.to_string()),
    }
    Ok(())
}

fn list<T>(
    open: char,
    close: char,
    items: &[T],
    out: &mut String,
    write: impl Fn(&T, &mut String) -> Result<(), Error>,
) -> Result<(), Error> {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out)?;
    }
    out.push(close);
    Ok(())
}

fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    members
}

fn check(number: &Number) -> Result<(), Error> {
    match number.as_i64() {
        Some(whole) if whole.abs() <= WHOLE_MAX => Ok(()),
        _ => Err(Error(number.to_string())),
    }
}

/// A string as ECMAScript writes it (section 3.2.2.2).
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            letter if letter < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_stand_in_the_order_of_utf_16() {
        // RFC 8785, section 3.2.3.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O",
        });
        let text = text(&value).expect("no numbers in it");
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
        let places: Vec<_> = order.iter().map(|word| text.find(word).expect("it is written")).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn letters_are_escaped_only_where_they_must_be() {
        let value = json!({ "a": "\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{2028}", "b": [null, true, -5, 0] });
        let expected = "{\"a\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\u{2028}\",\"b\":[null,true,-5,0]}";
        assert_eq!(text(&value).as_deref(), Ok(expected));
    }

    #[test]
    fn what_readers_understand_differently_is_refused() {
        for value in [json!(1.5), json!(1e3), json!(1_i64 << 53), json!(u64::MAX), json!(-(1_i64 << 53))] {
            assert!(text(&json!([{ "a": value }])).is_err(), "{value}");
        }
        assert_eq!(text(&json!((1_i64 << 53) - 1)).as_deref(), Ok("9007199254740991"));
    }
}
