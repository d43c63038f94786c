//! The JSON form of entities, as account archives carry them (diaspora* protocol, "JSON form"): what stands in XML, in
//! other brackets. It is read into the elements of XML, so that every rule of an entity is written once.

use serde_json::{Map, Value, json};

use super::Error;
use super::entity::Entity;
use super::xml::{self, ELEMENTS_MAX, Element};
use crate::model::Relay;

/// Lists: the name in JSON, and that of each thing in it in XML.
const LISTS: [(&str, &str); 2] = [("photos", "photo"), ("poll_answers", "poll_answer")];

/// Written as true and false.
const FLAGS: [&str; 6] = ["public", "positive", "searchable", "nsfw", "all_day", "nothing"];

/// Written as numbers.
const NUMBERS: [&str; 2] = ["width", "height"];

/// Properties of an entity at the most; the longest has 17.
const PROPERTIES_MAX: usize = 100;

/// Entities in each other at the most; a poll's answer in a post is the third.
const DEPTH_MAX: usize = 4;

/// Reads an entity.
pub fn read(json: &Value) -> Result<Entity, Error> {
    Entity::read(&element(json, 1, &mut Room(ELEMENTS_MAX))?)
}

fn wrong(property: &'static str) -> Error {
    Error::Invalid { entity: "archive", property }
}

/// Elements that an entity may still have.
struct Room(usize);

impl Room {
    fn take(&mut self) -> Result<(), Error> {
        self.0 = self.0.checked_sub(1).ok_or(wrong("entity_data"))?;
        Ok(())
    }
}

fn element(json: &Value, depth: usize, room: &mut Room) -> Result<Element, Error> {
    let name = json["entity_type"].as_str().ok_or(wrong("entity_type"))?;
    let data = json["entity_data"].as_object().ok_or(wrong("entity_data"))?;
    let order: Vec<&str> = json["property_order"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    // They are written out as names of elements when what they name is passed on.
    if !xml::is_name(name)
        || !order.iter().all(|name| xml::is_name(name))
        || !data.keys().all(|name| xml::is_name(name))
    {
        return Err(wrong("property_order"));
    }
    if data.len() > PROPERTIES_MAX || order.len() > PROPERTIES_MAX || depth > DEPTH_MAX {
        return Err(wrong("entity_data"));
    }
    // A name that stands there again and again would be written out as often, and what is in it, too.
    if order.iter().enumerate().any(|(at, name)| order[..at].contains(name)) {
        return Err(wrong("property_order"));
    }
    let mut children = Vec::new();
    // In a relayable's order what is nothing was signed as an empty text.
    for key in &order {
        push(&mut children, key, data.get(*key).unwrap_or(&Value::Null), depth, room)?;
    }
    for (key, value) in data.iter().filter(|(key, value)| !value.is_null() && !order.contains(&key.as_str())) {
        push(&mut children, key, value, depth, room)?;
    }
    Ok(Element::of_elements(name, children))
}

/// Appends a property: one element, or one for each thing in a list.
fn push(children: &mut Vec<Element>, key: &str, value: &Value, depth: usize, room: &mut Room) -> Result<(), Error> {
    room.take()?;
    match value {
        Value::Null => children.push(Element::of_text(key, "")),
        Value::String(text) => children.push(Element::of_text(key, text)),
        Value::Bool(_) | Value::Number(_) => children.push(Element::of_text(key, &value.to_string())),
        Value::Object(_) => children.push(element(value, depth + 1, room)?),
        Value::Array(list) => {
            for thing in list {
                room.take()?;
                children.push(element(thing, depth + 1, room)?);
            }
        }
    }
    Ok(())
}

/// Writes an entity that is not passed on by others: a post, a profile.
pub fn write(xml: &str) -> Result<Value, Error> {
    Ok(value(&xml::parse(xml.as_bytes())?))
}

fn value(element: &Element) -> Value {
    let mut data = Map::new();
    for child in element.children() {
        let name = child.local_name();
        let nested = child.children().next().is_some();
        match LISTS.iter().find(|(_, one)| nested && *one == name) {
            Some((list, _)) => {
                let list = data.entry(*list).or_insert_with(|| json!([]));
                list.as_array_mut().into_iter().for_each(|list| list.push(value(child)));
            }
            None if nested => {
                data.insert(name.to_owned(), value(child));
            }
            None => {
                data.insert(name.to_owned(), scalar(name, &child.text()));
            }
        }
    }
    json!({ "entity_type": element.local_name(), "entity_data": data })
}

fn scalar(name: &str, text: &str) -> Value {
    if FLAGS.contains(&name) {
        return text.parse().map_or(Value::Null, Value::Bool);
    }
    if NUMBERS.contains(&name) {
        return text.parse::<u64>().map_or(Value::Null, Value::from);
    }
    Value::from(text)
}

/// Writes a relayable with its order. Its author's signature is only for those that somebody else wrote.
pub fn write_relayable(name: &str, relay: &Relay, signed: bool) -> Value {
    let mut data: Map<String, Value> =
        relay.elements.iter().map(|(name, text)| (name.clone(), scalar(name, text))).collect();
    if signed {
        data.insert("author_signature".to_owned(), Value::from(relay.signature.as_str()));
    }
    let order: Vec<&str> = relay.elements.iter().map(|(name, _)| name.as_str()).collect();
    json!({ "entity_type": name, "entity_data": data, "property_order": order })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "<status_message><author>a@b.example</author><guid>1234567890abcdef</guid>\
        <created_at>2024-05-06T07:08:09Z</created_at><public>true</public><text>a &amp; b</text>\
        <photo><guid>2234567890abcdef</guid><author>a@b.example</author><public>true</public>\
        <remote_photo_path>https://b.example/p/</remote_photo_path><remote_photo_name>x.jpg</remote_photo_name>\
        <height>3</height><width>4</width></photo>\
        <poll><guid>3234567890abcdef</guid><question>?</question>\
        <poll_answer><guid>4234567890abcdef</guid><answer>y</answer></poll_answer>\
        <poll_answer><guid>5234567890abcdef</guid><answer>n</answer></poll_answer></poll></status_message>";

    #[test]
    fn an_entity_is_the_same_in_json() {
        let json = write(POST).expect("written");
        assert_eq!(json["entity_data"]["public"], true);
        assert_eq!(json["entity_data"]["photos"][0]["entity_data"]["width"], 4);
        assert_eq!(json["entity_data"]["poll"]["entity_data"]["poll_answers"][1]["entity_data"]["answer"], "n");
        assert_eq!(read(&json), Entity::parse(POST.as_bytes()));
    }

    #[test]
    fn an_entity_does_not_grow_while_it_is_read() {
        let mut thing = json!({ "entity_type": "profile", "entity_data": { "a": "x" } });
        assert!(element(&thing, 1, &mut Room(10)).is_ok());
        thing["property_order"] = json!(["a", "a"]);
        assert_eq!(read(&thing), Err(wrong("property_order")), "each time it stands there it would be written out");
        let inner = json!({ "entity_type": "photo", "entity_data": { "text": "x" } });
        let list =
            |length| json!({ "entity_type": "status_message", "entity_data": { "photos": vec![&inner; length] } });
        assert!(element(&list(ELEMENTS_MAX / 2 - 1), 1, &mut Room(ELEMENTS_MAX)).is_ok());
        assert!(element(&list(ELEMENTS_MAX / 2), 1, &mut Room(ELEMENTS_MAX)).is_err());
    }

    #[test]
    fn a_relayable_keeps_its_order_and_what_is_nothing_is_signed_as_empty() {
        let json = json!({
            "entity_type": "comment",
            "entity_data": {
                "author": "a@b.example", "guid": "1234567890abcdef", "parent_guid": "2234567890abcdef", "text": "x",
                "edited_at": null, "author_signature": "AA==",
            },
            "property_order": ["guid", "author", "parent_guid", "edited_at", "text"],
        });
        let Ok(Entity::Comment(comment)) = read(&json) else { panic!("a comment") };
        let names: Vec<&str> = comment.relay.elements.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["guid", "author", "parent_guid", "edited_at", "text"]);
        assert_eq!(comment.relay.signature, "AA==");
        let again = write_relayable("comment", &comment.relay, true);
        assert_eq!(read(&again), Ok(Entity::Comment(comment)));
    }

    #[test]
    fn what_is_no_name_of_an_element_names_nothing() {
        for name in ["a></a><b", "a b", "a:b", "", "1", "\u{0}"] {
            let mut comment = json!({ "entity_type": "comment", "entity_data": {
                "author": "a@b.example", "guid": "1234567890abcdef", "parent_guid": "2234567890abcdef", "text": "x",
                "author_signature": "AA==" } });
            assert!(read(&comment).is_ok());
            comment["property_order"] = json!([name]);
            assert_eq!(read(&comment), Err(wrong("property_order")), "{name}");
            comment["property_order"] = json!([]);
            comment["entity_data"][name] = json!("x");
            assert_eq!(read(&comment), Err(wrong("property_order")), "{name}");
        }
    }

    #[test]
    fn what_is_no_entity_is_refused() {
        let deep = (0..9).fold(json!("x"), |inner, _| json!({ "entity_type": "photo", "entity_data": { "a": inner } }));
        for json in [json!(null), json!([]), json!({}), json!({ "entity_type": "comment", "entity_data": 1 }), deep] {
            assert!(read(&json).is_err(), "{json}");
        }
    }
}
