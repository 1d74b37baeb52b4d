//! The envelope: what CloudFormation asks for, read by hand and tolerantly, so that a request
//! we do not understand can still be answered.

use serde_json::{Map, Value};
use std::fmt;

/// What CloudFormation wants done with the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestType {
    /// Make the resource.
    Create,
    /// Change the resource from the old properties to the new ones.
    Update,
    /// Remove the resource.
    Delete,
}

/// One request for one resource.
///
/// The fields are those of "Custom resource request objects" in the CloudFormation User Guide,
/// without the `ResponseURL`: it is a credential, and answering is [`serve`](crate::serve)'s job.
/// `Debug` leaves the properties out, because they may hold secrets.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// What is wanted.
    pub request_type: RequestType,
    /// The id of this request. A resent request carries the same id.
    pub request_id: String,
    /// The ARN of the stack.
    pub stack_id: String,
    /// The resource's name in the template.
    pub logical_resource_id: String,
    /// The type in the template, for instance `Custom::BackupOrgPolicy`; empty if it was missing.
    pub resource_type: String,
    /// The id that an earlier answer gave to the resource. CloudFormation sends it with every
    /// Update and Delete.
    pub physical_resource_id: Option<String>,
    /// The properties as the template has them; an empty object if they were missing.
    /// CloudFormation passes numbers and booleans as strings.
    pub resource_properties: Value,
    /// The previous properties, with an Update; an empty object otherwise.
    pub old_resource_properties: Value,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("request_type", &self.request_type)
            .field("request_id", &self.request_id)
            .field("stack_id", &self.stack_id)
            .field("logical_resource_id", &self.logical_resource_id)
            .field("resource_type", &self.resource_type)
            .field("physical_resource_id", &self.physical_resource_id)
            .finish_non_exhaustive()
    }
}

/// The ids that an answer repeats verbatim. A missing one is an empty string.
#[derive(Clone, Default)]
pub(crate) struct Addressee {
    pub stack_id: String,
    pub request_id: String,
    pub logical_resource_id: String,
    /// Never empty: an empty id in a request is as good as none.
    pub physical_resource_id: Option<String>,
}

/// Everything an answer needs, beside the request itself, which may be unusable.
pub(crate) struct Envelope {
    pub response_url: Option<String>,
    pub addressee: Addressee,
    pub is_delete: bool,
    /// The request, or why it cannot be acted on.
    pub request: Result<Request, String>,
}

impl Envelope {
    /// Reads any JSON value; it never fails, it only knows less.
    pub fn read(payload: Value) -> Envelope {
        let mut fields = match payload {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let response_url = text(&mut fields, "ResponseURL");
        let addressee = Addressee {
            stack_id: text(&mut fields, "StackId").unwrap_or_default(),
            request_id: text(&mut fields, "RequestId").unwrap_or_default(),
            logical_resource_id: text(&mut fields, "LogicalResourceId").unwrap_or_default(),
            physical_resource_id: text(&mut fields, "PhysicalResourceId"),
        };
        let request_type = request_type(fields.get("RequestType"));
        Envelope {
            response_url,
            is_delete: request_type == Ok(RequestType::Delete),
            request: request(request_type, &addressee, &mut fields),
            addressee,
        }
    }
}

fn request(
    request_type: Result<RequestType, String>,
    addressee: &Addressee,
    fields: &mut Map<String, Value>,
) -> Result<Request, String> {
    let request_type = request_type?;
    let required = [
        ("RequestId", &addressee.request_id),
        ("StackId", &addressee.stack_id),
        ("LogicalResourceId", &addressee.logical_resource_id),
    ];
    let missing: Vec<&str> = required
        .iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(name, _)| *name)
        .collect();
    if !missing.is_empty() {
        return Err(format!(
            "the request has no {}: only CloudFormation should invoke this function",
            missing.join(", ")
        ));
    }
    Ok(Request {
        request_type,
        request_id: addressee.request_id.clone(),
        stack_id: addressee.stack_id.clone(),
        logical_resource_id: addressee.logical_resource_id.clone(),
        resource_type: text(fields, "ResourceType").unwrap_or_default(),
        physical_resource_id: addressee.physical_resource_id.clone(),
        resource_properties: properties(fields, "ResourceProperties"),
        old_resource_properties: properties(fields, "OldResourceProperties"),
    })
}

fn request_type(value: Option<&Value>) -> Result<RequestType, String> {
    match value.and_then(Value::as_str) {
        Some("Create") => Ok(RequestType::Create),
        Some("Update") => Ok(RequestType::Update),
        Some("Delete") => Ok(RequestType::Delete),
        _ => Err(
            "the request's RequestType is none of Create, Update and Delete: \
                  only CloudFormation should invoke this function"
                .to_owned(),
        ),
    }
}

/// A non-empty string, or nothing.
fn text(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    match fields.get_mut(name).map(Value::take) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn properties(fields: &mut Map<String, Value>, name: &str) -> Value {
    match fields.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(properties) => properties,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payload() -> Value {
        json!({
            "RequestType": "Update",
            "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:f",
            "ResponseURL": "https://s3.amazonaws.com/answer",
            "StackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Policy",
            "PhysicalResourceId": "p-1",
            "ResourceType": "Custom::Thing",
            "ResourceProperties": {"Secret": "hush"},
            "OldResourceProperties": {"Secret": "earlier"},
        })
    }

    fn without(name: &str) -> Value {
        let mut payload = payload();
        payload.as_object_mut().unwrap().remove(name);
        payload
    }

    #[test]
    fn a_complete_request_is_read_completely() {
        let envelope = Envelope::read(payload());
        assert_eq!(
            envelope.response_url.as_deref(),
            Some("https://s3.amazonaws.com/answer")
        );
        assert_eq!(
            envelope.request.unwrap(),
            Request {
                request_type: RequestType::Update,
                request_id: "request-1".into(),
                stack_id: "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1".into(),
                logical_resource_id: "Policy".into(),
                resource_type: "Custom::Thing".into(),
                physical_resource_id: Some("p-1".into()),
                resource_properties: json!({"Secret": "hush"}),
                old_resource_properties: json!({"Secret": "earlier"}),
            }
        );
    }

    #[test]
    fn what_a_handler_can_do_without_may_be_missing() {
        for name in [
            "PhysicalResourceId",
            "ResourceType",
            "ResourceProperties",
            "OldResourceProperties",
        ] {
            let request = Envelope::read(without(name)).request.unwrap();
            match name {
                "PhysicalResourceId" => assert_eq!(request.physical_resource_id, None),
                "ResourceType" => assert_eq!(request.resource_type, ""),
                "ResourceProperties" => assert_eq!(request.resource_properties, json!({})),
                _ => assert_eq!(request.old_resource_properties, json!({})),
            }
        }
    }

    #[test]
    fn a_missing_id_makes_the_request_unusable_but_keeps_it_answerable() {
        for name in ["RequestId", "StackId", "LogicalResourceId"] {
            let envelope = Envelope::read(without(name));
            assert!(envelope.response_url.is_some());
            assert_eq!(
                envelope.addressee.physical_resource_id.as_deref(),
                Some("p-1")
            );
            let reason = envelope.request.unwrap_err();
            assert!(
                reason.starts_with(&format!("the request has no {name}")),
                "{reason}"
            );
        }
    }

    #[test]
    fn an_empty_id_is_as_good_as_none() {
        let with_empty = |name: &str| {
            let mut payload = payload();
            payload[name] = json!("");
            Envelope::read(payload)
        };
        let envelope = with_empty("PhysicalResourceId");
        assert_eq!(envelope.addressee.physical_resource_id, None);
        assert_eq!(envelope.request.unwrap().physical_resource_id, None);
        assert_eq!(with_empty("ResponseURL").response_url, None);
        for name in ["RequestId", "StackId", "LogicalResourceId"] {
            let reason = with_empty(name).request.unwrap_err();
            assert!(
                reason.starts_with(&format!("the request has no {name}")),
                "{reason}"
            );
        }
    }

    #[test]
    fn only_the_three_request_types_are_known() {
        for wrong in [
            json!("Read"),
            json!("create"),
            json!(""),
            json!(1),
            json!(null),
        ] {
            let mut payload = payload();
            payload["RequestType"] = wrong;
            let reason = Envelope::read(payload).request.unwrap_err();
            assert!(
                reason.contains("none of Create, Update and Delete"),
                "{reason}"
            );
        }
    }

    #[test]
    fn debug_output_keeps_property_values_to_itself() {
        let request = Envelope::read(payload()).request.unwrap();
        let text = format!("{request:?}");
        assert!(text.contains("request-1"), "{text}");
        assert!(
            !text.contains("hush") && !text.contains("earlier"),
            "{text}"
        );
    }
}
