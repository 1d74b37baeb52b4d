//! The answer: its ids, and its JSON text of at most 4,096 bytes.

use crate::request::Addressee;
use serde::Serialize;
use serde_json::{Map, Value};

/// The most bytes an answer's body may have. "The total size of the response body can't exceed
/// 4096 bytes": CloudFormation User Guide, "Custom resource response objects". An answer that is
/// longer counts as none, and the stack waits until it times out.
pub const MAX_ANSWER_BYTES: usize = 4_096;

/// The most bytes a physical id may have. "Can be up to 1 KB in size", and "must be a non-empty
/// string": CloudFormation User Guide, "Custom resource response objects". Counted here as in the
/// answer's JSON text, so that a legal id always leaves room for the rest.
pub const MAX_PHYSICAL_ID_BYTES: usize = 1_024;

/// Ends a shortened reason. True because [`serve`](crate::serve) logs the reason before.
const SHORTENED: &str = "… (shortened: the function's log has all of it)";
const ELLIPSIS: &str = "…";

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// The resource is as wanted.
    Success,
    /// It is not; the reason has the details.
    Failed,
}

/// What a handler returns when the resource is as wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Success {
    /// The resource's id: not empty, at most [`MAX_PHYSICAL_ID_BYTES`]. If an Update returns
    /// another id than it was given, CloudFormation takes it for a replacement and later sends a
    /// Delete for the old id. For a Delete it is ignored: the request's own id is repeated.
    pub physical_resource_id: String,
    /// The attributes for `Fn::GetAtt`. What does not fit into the answer is left out, largest
    /// entry first (of equals the last), and named in the answer's reason and in the [`Outcome`].
    ///
    /// [`Outcome`]: crate::Outcome
    pub data: Map<String, Value>,
    /// Whether CloudFormation masks the attributes with asterisks.
    pub no_echo: bool,
    /// A remark, shown with the resource's event in the stack.
    pub reason: Option<String>,
}

/// What a handler returns when it could not do what was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The resource's id, if the failed request made a resource that CloudFormation must now
    /// know. `None`: the request's own id, or for a Create the [`create_failed_marker`].
    pub physical_resource_id: Option<String>,
    /// Why, for the person who reads the stack's events.
    pub reason: String,
}

/// The physical id of a failed Create for which the handler names none. CloudFormation sends a
/// Delete for it, which the handler recognises by this text; it carries the Create's RequestId, so
/// that the handler can find what that one request made, had it ended without cleaning up.
pub fn create_failed_marker(request_id: &str) -> String {
    let mut marker = format!("create-failed:{request_id}");
    // Real RequestIds have 36 characters. Only an invented one is cut.
    while !is_usable_id(&marker) && marker.pop().is_some() {}
    marker
}

/// An answer before it has been made to fit.
pub(crate) struct Answer {
    pub status: Status,
    pub reason: Option<String>,
    pub physical_resource_id: String,
    pub addressee: Addressee,
    pub no_echo: bool,
    pub data: Map<String, Value>,
}

/// The text to send, and the `Data` keys that found no room in it.
pub(crate) struct Body {
    pub json: String,
    pub left_out: Vec<String>,
}

/// Even without reason and data the answer is too long: its ids are no CloudFormation ids.
pub(crate) struct TooLong;

impl Answer {
    /// The answer for what a handler returned. An id that CloudFormation would not take turns a
    /// success into a failure: sending it would be no answer at all.
    pub fn new(addressee: Addressee, is_delete: bool, result: Result<Success, Failure>) -> Answer {
        let result = result.and_then(|success| {
            if is_delete || is_usable_id(&success.physical_resource_id) {
                return Ok(success);
            }
            Err(Failure {
                physical_resource_id: None,
                reason: format!(
                    "the resource is ready, but its physical id is empty or longer than \
                     {MAX_PHYSICAL_ID_BYTES} bytes: this is a defect of the function"
                ),
            })
        });
        let own_id = addressee.physical_resource_id.clone();
        let fallback = own_id.unwrap_or_else(|| create_failed_marker(&addressee.request_id));
        match result {
            Ok(success) => Answer {
                status: Status::Success,
                reason: success.reason.filter(|reason| !reason.is_empty()),
                physical_resource_id: if is_delete {
                    fallback
                } else {
                    success.physical_resource_id
                },
                addressee,
                no_echo: success.no_echo,
                data: success.data,
            },
            Err(failure) => Answer {
                status: Status::Failed,
                reason: Some(if failure.reason.is_empty() {
                    "the function gave no reason".to_owned()
                } else {
                    failure.reason
                }),
                physical_resource_id: failure
                    .physical_resource_id
                    .filter(|id| !is_delete && is_usable_id(id))
                    .unwrap_or(fallback),
                addressee,
                no_echo: false,
                data: Map::new(),
            },
        }
    }

    /// The JSON text, at most [`MAX_ANSWER_BYTES`] bytes: first the reason is shortened, keeping
    /// its beginning, then `Data` entries are left out, largest first.
    pub fn into_body(mut self) -> Result<Body, TooLong> {
        let mut left_out = Vec::new();
        let whole = self.json(self.reason.as_deref());
        if whole.len() <= MAX_ANSWER_BYTES {
            return Ok(Body {
                json: whole,
                left_out,
            });
        }
        while self.json(Some(ELLIPSIS)).len() > MAX_ANSWER_BYTES {
            left_out.push(remove_largest(&mut self.data).ok_or(TooLong)?);
        }
        let reason = match (left_out.is_empty(), self.reason.take()) {
            (true, reason) => reason.unwrap_or_default(),
            (false, None) => no_room_for(&left_out),
            (false, Some(reason)) => format!("{}; {reason}", no_room_for(&left_out)),
        };
        let room = MAX_ANSWER_BYTES - self.json(Some("")).len();
        Ok(Body {
            json: self.json(Some(&shorten(&reason, room))),
            left_out,
        })
    }

    fn json(&self, reason: Option<&str>) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire<'a> {
            status: Status,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<&'a str>,
            physical_resource_id: &'a str,
            stack_id: &'a str,
            request_id: &'a str,
            logical_resource_id: &'a str,
            no_echo: bool,
            #[serde(skip_serializing_if = "Map::is_empty")]
            data: &'a Map<String, Value>,
        }
        json_text(&Wire {
            status: self.status,
            reason,
            physical_resource_id: &self.physical_resource_id,
            stack_id: &self.addressee.stack_id,
            request_id: &self.addressee.request_id,
            logical_resource_id: &self.addressee.logical_resource_id,
            no_echo: self.no_echo,
            data: &self.data,
        })
    }
}

fn is_usable_id(id: &str) -> bool {
    !id.is_empty() && inner_length(id) <= MAX_PHYSICAL_ID_BYTES
}

fn no_room_for(keys: &[String]) -> String {
    format!(
        "no room in the answer for the attributes {}",
        keys.join(", ")
    )
}

fn remove_largest(data: &mut Map<String, Value>) -> Option<String> {
    let size = |key: &str, value: &Value| inner_length(key) + json_text(value).len();
    let key = data
        .iter()
        .max_by_key(|(key, value)| size(key, value))?
        .0
        .clone();
    data.shift_remove(&key);
    Some(key)
}

/// The longest beginning of `text` that takes at most `room` bytes as JSON, with a mark where it
/// was cut. Cut between characters only.
fn shorten(text: &str, room: usize) -> String {
    if inner_length(text) <= room {
        return text.to_owned();
    }
    let mark = if inner_length(SHORTENED) < room / 2 {
        SHORTENED
    } else {
        ELLIPSIS
    };
    let mut left = room.saturating_sub(inner_length(mark));
    let kept = text.chars().take_while(|character| {
        let length = inner_length(character.encode_utf8(&mut [0; 4]));
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    });
    kept.collect::<String>() + mark
}

/// How many bytes a text takes between the quotation marks of a JSON string.
fn inner_length(text: &str) -> usize {
    json_text(text).len().saturating_sub(2)
}

fn json_text<T: Serialize + ?Sized>(value: &T) -> String {
    // Strings, booleans and JSON values always serialise; there is no map with other keys here.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
