//! The HTTP client: hear a request, fail as told or have the effect, answer.

use std::future::pending;
use std::panic::resume_unwind;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::fault::{self, Way};
use super::operations::{self, Refusal};
use super::request::{Asked, Reply};
use super::{Behaviour, Call, HOME, Process, State, World, answers};

/// A client for one process.
pub(super) fn client(world: World, process: Process) -> SharedHttpClient {
    SharedHttpClient::new(Wire { world, process })
}

#[derive(Clone, Debug)]
struct Wire {
    world: World,
    process: Process,
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

/// Reads the request's body as a connection does. The SDK takes one that nobody reads for a stalled
/// upload, and ends the call after a time that it takes from the real clock.
async fn send(request: &mut HttpRequest) {
    let body = std::mem::replace(request.body_mut(), SdkBody::taken());
    let bytes = ByteStream::new(body).collect().await.unwrap();
    *request.body_mut() = SdkBody::from(bytes.into_bytes());
}

impl Wire {
    async fn answer(self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        send(&mut request).await;
        if self.process.is_dead() {
            return pending().await;
        }
        let asked = Asked::read(&request);
        let (number, way, latency) = self.arrive(&asked);
        tokio::time::sleep(latency / 2).await;
        if self.process.is_dead() {
            return pending().await;
        }
        if let Some(way) = way
            && let Some(end) = self.before_the_effect(way, &asked)
        {
            self.note(number, end.word(way));
            return self.finish(end).await;
        }
        let reply = self.have_effect(&asked);
        let names = names_listed(&asked, &reply);
        let (word, response) = asked.respond(reply);
        let end = match way {
            Some(Way::LostAfter) => End::Broken,
            Some(Way::HangAfter) => End::Silence,
            Some(Way::CrashAfter) => End::Crash,
            _ => End::Response(Box::new(response)),
        };
        self.note(
            number,
            match way {
                Some(way) if !matches!(end, End::Response(_)) => {
                    format!("{word}, {}", end.word(way))
                }
                _ => word,
            },
        );
        tokio::time::sleep(latency / 2).await;
        if matches!(end, End::Response(_)) {
            self.process.0.seen.lock().unwrap().names.extend(names);
        }
        self.finish(end).await
    }

    fn arrive(&self, asked: &Asked) -> (usize, Option<Way>, std::time::Duration) {
        let call = Call {
            time: self.world.now(),
            service: asked.service,
            operation: asked.operation.clone(),
            policy: asked.member(&["PolicyId", "ResourceId", "Name"]),
            target: asked.member(&["TargetId"]),
            outcome: "under way".to_owned(),
        };
        let mut state = self.world.lock();
        let way = fault::next(&mut state.faults, &call);
        state.calls.push(call);
        if let Some(way) = way {
            *state.failed.entry(way).or_default() += 1;
        }
        self.process.0.seen.lock().unwrap().calls += usize::from(asked.operation != "PUT answer");
        let latency = match asked.service {
            "organizations" => state.behaviour.latency,
            _ => Behaviour::default().latency,
        };
        (state.calls.len() - 1, way, latency)
    }

    fn note(&self, number: usize, outcome: String) {
        // A test may have forgotten the calls meanwhile.
        if let Some(call) = self.world.lock().calls.get_mut(number) {
            call.outcome = outcome;
        }
    }

    fn before_the_effect(&self, way: Way, asked: &Asked) -> Option<End> {
        let organizations = asked.service == "organizations";
        let refusal = match way {
            Way::LostAfter | Way::HangAfter | Way::CrashAfter => return None,
            Way::LostBefore => return Some(End::Broken),
            Way::Hang => return Some(End::Silence),
            Way::CrashBefore => return Some(End::Crash),
            // Without the hook, whose words would hide a story.
            Way::Panic => resume_unwind(Box::new("a panic as told, with a secret in it")),
            Way::ServerError(status) => {
                let message = "We encountered an internal error. Please try again.";
                Refusal {
                    status,
                    ..Refusal::new("ServiceException", message)
                }
            }
            Way::Throttle if organizations => {
                let message = "You have sent too many requests in too short a period of time.";
                Refusal::new("TooManyRequestsException", message)
            }
            Way::Throttle if asked.service == "s3" => Refusal {
                status: 503,
                ..Refusal::new("SlowDown", "Reduce your request rate.")
            },
            Way::Throttle => Refusal::new("ThrottlingException", "Rate exceeded"),
            Way::Conflict => Refusal::new(
                "ConcurrentModificationException",
                "The target of the operation is currently being modified by a different request.",
            ),
            Way::ChangesInProgress => Refusal::new(
                "PolicyChangesInProgressException",
                "Changes to the effective policy are in progress.",
            ),
            Way::Refuse if organizations => Refusal::new(
                "AccessDeniedException",
                "You don't have permissions to access this resource.",
            ),
            Way::Expire if organizations => expired("ExpiredTokenException"),
            Way::Expire => expired("ExpiredToken"),
            Way::Refuse => Refusal {
                status: 403,
                ..Refusal::new("AccessDenied", "Access Denied")
            },
            Way::Constrain => Refusal::constraint(
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You have attached the maximum number of policies to the target.",
            ),
        };
        Some(End::Response(Box::new(asked.respond(Err(refusal)).1)))
    }

    fn have_effect(&self, asked: &Asked) -> Result<Reply, Refusal> {
        let now = self.world.now();
        let mut state = self.world.lock();
        match asked.service {
            "organizations" => state.organizations_call(asked, now).map(Reply::Json),
            "ssm" => {
                let reply = state.parameter_store(&asked.operation, &asked.input);
                reply.map(Reply::Json)
            }
            "events" => state.put_events(&asked.input).map(Reply::Json),
            "sts" => state.assume_role(&asked.form, now).map(Reply::Xml),
            "s3" => {
                let [bucket, key] = ["Bucket", "Key"].map(|it| asked.member(&[it]).unwrap());
                let version = asked.member(&["VersionId"]);
                let (text, version) = state.get_object(&bucket, &key, version.as_deref())?;
                Ok(Reply::Object { text, version })
            }
            "cloudformation" if asked.operation == "DescribeStackResource" => {
                let key = asked.access_key.as_deref();
                let account = key.and_then(|key| state.account_of(key));
                let described = state.describe_stack_resource(&asked.form, account, now);
                described.map(Reply::Xml)
            }
            "cloudformation" => {
                let content_type = asked.content_type.as_deref();
                let answer = answers::read(&asked.path, content_type, &asked.body)?;
                state.hear(&answer, now);
                state.answers.push(answer);
                self.world.0.answered.notify_waiters();
                Ok(Reply::Xml(String::new()))
            }
            _ => Err(Refusal::new(
                "UnknownOperationException",
                "the model has no such service",
            )),
        }
    }

    async fn finish(&self, end: End) -> Result<HttpResponse, ConnectorError> {
        match end {
            End::Response(response) => Ok(*response),
            End::Broken => Err(ConnectorError::io("connection reset by peer".into())),
            End::Silence => pending().await,
            End::Crash => {
                self.process.kill();
                pending().await
            }
        }
    }
}

/// The names on a page of ListPolicies.
fn names_listed(asked: &Asked, reply: &Result<Reply, Refusal>) -> Vec<String> {
    let Ok(Reply::Json(page)) = reply else {
        return Vec::new();
    };
    let policies = page["Policies"]
        .as_array()
        .filter(|_| asked.operation == "ListPolicies");
    let names = policies.into_iter().flatten();
    names
        .filter_map(|it| it["Name"].as_str().map(str::to_owned))
        .collect()
}

fn expired(code: &'static str) -> Refusal {
    let message = "The security token included in the request is expired";
    Refusal {
        status: 403,
        ..Refusal::new(code, message)
    }
}

impl State {
    fn organizations_call(&mut self, asked: &Asked, now: std::time::Duration) -> operations::Reply {
        let account = match asked.access_key.as_deref() {
            Some(key) => self.account_of(key).unwrap_or_else(|| HOME.to_owned()),
            None => {
                return Err(Refusal::new(
                    "MissingAuthenticationTokenException",
                    "unsigned",
                ));
            }
        };
        let key = asked.access_key.as_deref().unwrap_or_default();
        if self.has_expired(key, now) {
            return Err(expired("ExpiredTokenException"));
        }
        let Some(manager) = self.manages(&account) else {
            let message = "You don't have permissions to access this resource.";
            return Err(Refusal::new("AccessDeniedException", message));
        };
        let operation = asked.operation.as_str();
        if self.behaviour.enforce_rates && !self.rates.allow(&account, operation, now) {
            let message = "You have sent too many requests in too short a period of time.";
            return Err(Refusal::new("TooManyRequestsException", message));
        }
        let organization = self.organizations.get_mut(&manager).unwrap();
        organization.advance(now);
        operations::perform(operation, &asked.input, organization, &self.behaviour)
    }
}

/// How a call ends.
enum End {
    Response(Box<HttpResponse>),
    Broken,
    Silence,
    Crash,
}

impl End {
    fn word(&self, way: Way) -> String {
        match self {
            End::Response(_) => format!("{way:?}"),
            End::Broken => "connection broken".to_owned(),
            End::Silence => "no answer".to_owned(),
            End::Crash => "process dead".to_owned(),
        }
    }
}
