//! An event to `org-policy-manager`: CloudFormation is answered once, at an address of AWS's and in 4 KB, or
//! the event is refused; what the properties ask for is read to the content that would be sent.
//!
//! An object without `RequestType` is taken for the properties alone, so that they are reached without an
//! envelope that fits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use backup_policy::validate;
use cfn_custom_resource::{
    Answering, Failure, Handlers, MAX_ANSWER_BYTES, Payload, Request, ResponseUrlPolicy, Success,
    serve,
};
use policy_resource::accepted::{Accepted, content_digest, properties_digest};
use policy_resource::content::{Found, prepare, refusal};
use policy_resource::identity::{Owner, PolicyArn, stack_name};
use policy_resource::plan::{Desired, Live, plan};
use policy_resource::properties::{ContentSource, Properties, management_account, tag_keys};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::shown::now;

/// Characters of the longest reason, as a test of `policy-resource` has it.
const REASON: usize = 12_000;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(Payload(payload)) = serde_json::from_slice(bytes) else {
        return;
    };
    if payload.get("RequestType").is_none() {
        if let Err(reason) = asked(&payload) {
            is_reason(&reason);
        }
        return;
    }
    WORLD.with(|world| answered(world, payload));
}

fn is_reason(reason: &str) {
    let length = reason.chars().count();
    assert!(length < REASON, "{length} characters: {reason:.400}");
}

/// What stays from one event to the next.
struct World {
    runtime: Option<Runtime>,
    answering: Answering,
    recorder: Recorder,
}

/// An answer that was sent: where to, and what.
type Sent = (String, Vec<u8>);

/// Answers that were sent.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Sent>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        if let Ok(mut sent) = self.0.lock() {
            sent.push((request.uri().to_owned(), body));
        }
        let Ok(status) = 200.try_into() else {
            panic!("200 is a status");
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}

thread_local! {
    static WORLD: World = World::new();
}

impl World {
    fn new() -> World {
        let recorder = Recorder::default();
        let connector = SharedHttpConnector::new(recorder.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        World {
            runtime: runtime.ok(),
            answering: Answering {
                http: http_client_fn(move |_, _| connector.clone()),
                response_url: ResponseUrlPolicy::AwsOnly,
                handlers: Handlers::AsTasks,
            },
            recorder,
        }
    }
}

fn answered(world: &World, payload: Value) {
    let Some(runtime) = &world.runtime else {
        panic!("there is no runtime");
    };
    let result = runtime.block_on(async {
        let deadline = Instant::now() + Duration::from_secs(600);
        serve(payload, deadline, &world.answering, async |request| {
            handled(&request)
        })
        .await
    });
    let sent = world
        .recorder
        .0
        .lock()
        .map(|mut sent| std::mem::take(&mut *sent));
    let sent = sent.unwrap_or_default();
    assert_eq!(sent.len(), usize::from(result.is_ok()), "{result:?}");
    if let Ok((outcome, _)) = &result {
        outcome.reason.iter().for_each(|reason| is_reason(reason));
    }
    for (address, body) in sent {
        assert!(body.len() <= MAX_ANSWER_BYTES);
        let host = address
            .strip_prefix("https://")
            .and_then(|rest| rest.split('/').next());
        let host = host.unwrap_or_default();
        assert!(
            host.contains(".amazon")
                || host.contains(".ic.gov")
                || host.contains(".sgov.gov")
                || host.ends_with(".cloud.adc-e.uk"),
            "{host}"
        );
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        assert!(
            text("Status") == "SUCCESS" || !text("Reason").is_empty(),
            "{answer}"
        );
        assert!(!text("PhysicalResourceId").is_empty(), "{answer}");
    }
}

fn handled(request: &Request) -> Result<(Success, ()), Failure> {
    let failure = |reason| Failure {
        physical_resource_id: None,
        reason,
    };
    let id = request.physical_resource_id.clone().unwrap_or_default();
    if let Ok(arn) = id.parse::<PolicyArn>() {
        assert_eq!(arn.to_string(), id);
    }
    let owner = Owner {
        stack_id: request.stack_id.clone(),
        logical_id: request.logical_resource_id.clone(),
    };
    assert!(owner.description().chars().count() <= 512);
    assert!(stack_name(&request.stack_id).len() <= request.stack_id.len());
    tag_keys(&request.old_resource_properties);
    management_account(&request.old_resource_properties);
    let content = asked(&request.resource_properties).map_err(failure)?;
    let success = Success {
        physical_resource_id: id,
        data: [("PolicyContent".to_owned(), Value::from(content))]
            .into_iter()
            .collect(),
        ..Success::default()
    };
    Ok((success, ()))
}

/// From the properties to the content, and to the changes of a policy that is not yet so.
fn asked(properties: &Value) -> Result<String, String> {
    let read = Properties::read(properties).map_err(|errors| errors.to_string())?;
    let regions = read
        .regions
        .clone()
        .unwrap_or_else(|| vec!["eu-west-1".to_owned()]);
    let found = match &read.content {
        ContentSource::Object(value) => Found::Object(value.clone()),
        ContentSource::Text(text) => Found::Text(text.clone()),
        // What an object may hold is the target `policy`.
        ContentSource::S3(_) => Found::Text("{\"plans\": {}}".to_owned()),
    };
    let prepared = prepare(found, &read.variables, &regions)?;
    let findings = validate(&prepared.document, now());
    let content = prepared.document.minified();
    let memory = Accepted::default().and(
        &properties_digest(&read, &regions),
        &content_digest(&content),
    );
    assert_eq!(Accepted::read(Some(&memory.tag())), memory);
    let live = Live {
        arn: String::new(),
        id: "p-example123".to_owned(),
        name: String::new(),
        description: String::new(),
        content: "{}".to_owned(),
        targets: vec!["r-abcd".to_owned()],
        tags: read.variables.clone(),
    };
    let desired = Desired {
        name: read.name.clone(),
        description: read.description.clone().unwrap_or_default(),
        content: Some(content.clone()),
        targets: read.targets.clone().unwrap_or_default(),
        tags: read.tags.clone(),
        without_tags: read.variables.keys().cloned().collect(),
    };
    assert!(!plan(&desired, &live).is_empty());
    match refusal(&findings) {
        Some(reason) => Err(reason),
        None => Ok(content),
    }
}
