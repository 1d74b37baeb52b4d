//! What CloudFormation receives: the documents put to its pre-signed URLs.

use serde_json::Value;

use super::operations::Refusal;

/// Whether CloudFormation was answered that a request succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Success,
    Failed,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub request_id: String,
    pub stack_id: String,
    pub logical_resource_id: String,
    pub status: Status,
    pub physical_resource_id: String,
    pub reason: String,
    pub data: Value,
}

/// The pre-signed URL that an answer to a request goes to.
pub fn response_url(request_id: &str) -> String {
    format!(
        "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/stack/\
         {request_id}?AWSAccessKeyId=AKIAMODEL&Signature=se%2Fcret%3D"
    )
}

/// Reads an answer as CloudFormation does, with all that it insists on.
pub(super) fn read(path: &str, content_type: Option<&str>, body: &[u8]) -> Result<Answer, Refusal> {
    let refuse = |status, message| Refusal {
        status,
        ..Refusal::new("AccessDenied", message)
    };
    // The signature of the URL covers an empty content type, and no other.
    if content_type.is_some_and(|it| !it.is_empty()) {
        return Err(refuse(403, "SignatureDoesNotMatch: content type"));
    }
    if body.len() > 4096 {
        return Err(refuse(400, "Response object is too long."));
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| refuse(400, "not JSON"))?;
    let text = |member: &str| match body[member].as_str() {
        Some(it) if !it.is_empty() => Ok(it.to_owned()),
        _ => Err(refuse(400, "a required member of the response is missing")),
    };
    let status = match text("Status")?.as_str() {
        "SUCCESS" => Status::Success,
        "FAILED" => Status::Failed,
        _ => return Err(refuse(400, "Status is SUCCESS or FAILED")),
    };
    let request_id = text("RequestId")?;
    if !path.contains(&request_id) {
        return Err(refuse(400, "this URL belongs to another request"));
    }
    let physical_resource_id = text("PhysicalResourceId")?;
    if physical_resource_id.len() > 1024 {
        return Err(refuse(400, "PhysicalResourceId is longer than 1 KB"));
    }
    Ok(Answer {
        request_id,
        stack_id: text("StackId")?,
        logical_resource_id: text("LogicalResourceId")?,
        status,
        physical_resource_id,
        reason: match status {
            Status::Failed => text("Reason")?,
            Status::Success => body["Reason"].as_str().unwrap_or_default().to_owned(),
        },
        data: body["Data"].clone(),
    })
}
