//! The table of keys as a JSON Schema for editors.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::ours::SCENARIO;
use super::shape::{Effect, Field, Kind, Shape, Tagged};

/// The JSON Schema (draft 2020-12) of a scenario file.
pub fn json_schema() -> Json {
    let mut defs = BTreeMap::new();
    let mut schema = object(&[SCENARIO.fields, SCENARIO.more], SCENARIO.doc, &mut defs);
    if let Json::Object(members) = &mut schema {
        members.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        members.insert("title".to_owned(), json!("batchcast scenario"));
        members.insert("$defs".to_owned(), json!(defs));
    }
    schema
}

/// Named objects, made once; `None` while one is being made.
type Defs = BTreeMap<String, Json>;

fn object(groups: &[&'static [Field]], doc: &str, defs: &mut Defs) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in groups.iter().flat_map(|group| group.iter()) {
        properties.insert(field.name.to_owned(), property(field, defs));
        if field.required {
            required.push(field.name);
        }
    }
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("object"));
    if !doc.is_empty() {
        object.insert("description".to_owned(), json!(doc));
    }
    object.insert("properties".to_owned(), Json::Object(properties));
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
    object.insert("additionalProperties".to_owned(), json!(false));
    Json::Object(object)
}

fn property(field: &'static Field, defs: &mut Defs) -> Json {
    let mut schema = kind(&field.kind, defs);
    let mut doc = match field.effect {
        Effect::Heeded => field.doc.to_owned(),
        Effect::Ignored => "Accepted; no effect on the simulation.".to_owned(),
    };
    if !field.unit.is_empty() {
        doc = format!("{doc} Unit: {}.", field.unit);
    }
    if let Json::Object(members) = &mut schema {
        members.insert("description".to_owned(), json!(doc));
        if let Some(default) = field
            .default
            .and_then(|json| serde_json::from_str(json).ok())
        {
            members.insert("default".to_owned(), default);
        }
    }
    schema
}

fn kind(kind_of: &'static Kind, defs: &mut Defs) -> Json {
    match kind_of {
        Kind::Text => json!({"type": "string"}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Whole(least, most) => {
            let mut schema = json!({"type": "integer"});
            bound(
                &mut schema,
                "minimum",
                (*least != i64::MIN).then(|| json!(least)),
            );
            bound(
                &mut schema,
                "maximum",
                (*most != i64::MAX).then(|| json!(most)),
            );
            schema
        }
        Kind::Decimal(least, most) => {
            let mut schema = json!({"type": "number"});
            bound(
                &mut schema,
                "minimum",
                (*least != f64::MIN).then(|| json!(least)),
            );
            bound(
                &mut schema,
                "maximum",
                (*most != f64::MAX).then(|| json!(most)),
            );
            schema
        }
        Kind::Quantity => json!({"type": ["string", "integer"]}),
        Kind::Span => json!({
            "type": ["string", "number"],
            "pattern": "^[0-9]+(\\.[0-9]{1,9})?(ms|s|m|h|d)?$",
            "minimum": 0,
        }),
        Kind::Price => json!({
            "type": ["string", "number"],
            "pattern": "^[0-9]+(\\.[0-9]{1,10})?$",
            "minimum": 0,
        }),
        Kind::Memory => {
            json!({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "unlimited"}]})
        }
        Kind::Choice(words) => json!({"enum": words}),
        Kind::AnyCase(words) => {
            let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            let all: Vec<&str> = words
                .iter()
                .copied()
                .chain(lower.iter().map(String::as_str))
                .collect();
            json!({"enum": all})
        }
        Kind::Object(shape) => reference(shape, defs),
        Kind::Tagged(tagged) => variants(tagged, defs),
        Kind::List(item) => json!({"type": "array", "items": kind(item, defs)}),
        Kind::OneOrMany(item) => {
            let one = kind(item, defs);
            json!({"anyOf": [one.clone(), {"type": "array", "items": one}]})
        }
        Kind::Either(plain, object) => json!({"anyOf": [kind(plain, defs), kind(object, defs)]}),
        Kind::Map(item) => json!({"type": "object", "additionalProperties": kind(item, defs)}),
    }
}

fn bound(schema: &mut Json, key: &str, value: Option<Json>) {
    if let (Json::Object(members), Some(value)) = (schema, value) {
        members.insert(key.to_owned(), value);
    }
}

fn reference(shape: &'static Shape, defs: &mut Defs) -> Json {
    if !defs.contains_key(shape.name) {
        defs.insert(shape.name.to_owned(), Json::Null);
        let made = object(&[shape.fields, shape.more], shape.doc, defs);
        defs.insert(shape.name.to_owned(), made);
    }
    json!({"$ref": format!("#/$defs/{}", shape.name)})
}

fn variants(tagged: &'static Tagged, defs: &mut Defs) -> Json {
    let all: Vec<Json> = tagged
        .variants
        .iter()
        .map(|(word, shape)| {
            let mut schema = object(&[tagged.common, shape.fields, shape.more], shape.doc, defs);
            if let Some(Json::Object(properties)) = schema.get_mut("properties") {
                let tag = json!({"const": word, "description": tagged.tag_doc});
                properties.insert(tagged.tag.to_owned(), tag);
            }
            match schema.get_mut("required") {
                Some(Json::Array(required)) => required.push(json!(tagged.tag)),
                _ => schema["required"] = json!([tagged.tag]),
            }
            schema
        })
        .collect();
    json!({"description": tagged.doc, "oneOf": all})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name under `$ref` in `json`.
    fn references(json: &Json, into: &mut Vec<String>) {
        match json {
            Json::Object(members) => {
                if let Some(Json::String(target)) = members.get("$ref") {
                    into.push(target.clone());
                }
                members.values().for_each(|member| references(member, into));
            }
            Json::Array(items) => items.iter().for_each(|item| references(item, into)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_of_the_schema_leads_somewhere_and_every_default_fits_its_kind() {
        let schema = json_schema();
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.len() > 50);
        for target in found {
            let pointer = target.trim_start_matches('#');
            assert!(
                schema.pointer(pointer).is_some_and(Json::is_object),
                "{target}"
            );
        }
    }
}
