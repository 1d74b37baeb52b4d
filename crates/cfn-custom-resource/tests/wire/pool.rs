//! The answer shares the SDK clients' connections and root certificates. The HTTP client keeps a
//! pool for each pair of connect and read time-outs, so these must be the SDK's.

use crate::world::{World, request, serve};
use crate::{in_a_minute, make};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use std::io::Error;
use std::sync::{Arc, Mutex};

#[tokio::test(start_paused = true)]
async fn an_answer_asks_for_the_same_connections_as_an_sdk_client() {
    let world = World::default();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let connector = SharedHttpConnector::new(world.clone());
    let mut answering = world.answering();
    answering.http = http_client_fn(move |settings, _| {
        let times = (settings.connect_timeout(), settings.read_timeout());
        noted.lock().unwrap().push(times);
        connector.clone()
    });
    let sdk_call = Operation::builder()
        .service_name("any")
        .operation_name("Any")
        .behavior_version(BehaviorVersion::latest())
        .http_client(answering.http.clone())
        .endpoint_url("https://any.amazonaws.com")
        .no_auth()
        .no_retry()
        .sleep_impl(TokioSleep::new())
        .serializer(|_: ()| Ok(HttpRequest::empty()))
        .deserializer(|_: &HttpResponse| Ok::<(), OrchestratorError<Error>>(()))
        .build();
    sdk_call.invoke(()).await.unwrap();
    serve(request("Create"), in_a_minute(), &answering, make)
        .await
        .unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
}
