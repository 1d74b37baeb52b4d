//! Tags in services' answers: a list of keys and values or a map, in JSON or XML, each with names
//! of its own.

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::Tags;

/// The member of an answer that has the tags, by services: `Tags` or `tags`. `None` if they have no
/// form that is known: taken for no tags, the target's would be overwritten.
pub(super) fn json_tags(answer: &Value) -> Option<Tags> {
    let answer = answer.as_object()?;
    match answer.get("Tags").or_else(|| answer.get("tags")) {
        None | Some(Value::Null) => Some(Tags::new()),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, value)| Some((key.clone(), value.as_str()?.to_string())))
            .collect(),
        Some(Value::Array(list)) => list.iter().map(json_tag).collect(),
        Some(_) => None,
    }
}

fn json_tag(tag: &Value) -> Option<(String, String)> {
    let text = |names: [&str; 2]| {
        let mut values = names.iter().filter_map(|name| tag.get(name));
        values.find_map(Value::as_str).map(str::to_string)
    };
    let key = text(["Key", "key"])?;
    Some((key, text(["Value", "value"]).unwrap_or_default()))
}

/// All `Tag` elements with a `Key` and a `Value`.
pub(super) fn xml_tags(document: &Document<'_>) -> Tags {
    let tags = document.descendants();
    let tags = tags.filter(|node| node.tag_name().name() == "Tag");
    tags.filter_map(|tag| {
        let key = xml_text(tag, "Key")?.to_string();
        Some((key, xml_text(tag, "Value").unwrap_or_default().to_string()))
    })
    .collect()
}

/// The elements within the element of this name below the root.
pub(super) fn xml_children<'d, 'i>(
    document: &'d Document<'i>,
    name: &str,
) -> impl Iterator<Item = Node<'d, 'i>> {
    let mut below = document.root_element().children();
    let list = below.find(|node| node.tag_name().name() == name);
    list.into_iter()
        .flat_map(|list| list.children().filter(Node::is_element))
}

/// The text of the child element of this name. Elements without text have none.
pub(super) fn xml_text<'d>(node: Node<'d, '_>, name: &str) -> Option<&'d str> {
    let mut children = node.children();
    let child = children.find(|child| child.tag_name().name() == name)?;
    child.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_are_found_in_every_form() {
        let expected = Tags::from([("a".into(), "1".into()), ("b".into(), String::new())]);
        for answer in [
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]}),
            json!({"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}]}),
            json!({"tags": {"a": "1", "b": ""}}),
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b"}]}),
        ] {
            assert_eq!(json_tags(&answer), Some(expected.clone()), "{answer}");
        }
        let answer = "<R xmlns='urn:x'><TagList><Tag><Key>a</Key><Value>1</Value></Tag>\
                      <Tag><Key>b</Key><Value/></Tag></TagList></R>";
        assert_eq!(xml_tags(&Document::parse(answer).unwrap()), expected);
    }

    #[test]
    fn nothing_is_no_tags() {
        for answer in [json!({}), json!({"Tags": null}), json!({"Tags": []})] {
            assert_eq!(json_tags(&answer), Some(Tags::new()), "{answer}");
        }
    }

    #[test]
    fn what_is_of_another_form_is_not_taken_for_no_tags() {
        for answer in [
            json!(null),
            json!([]),
            json!({"Tags": "a"}),
            json!({"Tags": [{}]}),
            json!({"tags": {"a": 1}}),
        ] {
            assert_eq!(json_tags(&answer), None, "{answer}");
        }
    }

    #[test]
    fn what_is_escaped_in_xml_is_not_in_a_tag() {
        let answer = "<R><Tag><Key>a&amp;b</Key><Value>&lt;1&gt; &#228;</Value></Tag></R>";
        let tags = xml_tags(&Document::parse(answer).unwrap());
        assert_eq!(tags, Tags::from([("a&b".into(), "<1> ä".into())]));
    }
}
