//! What the log holds, at its most talkative.

use crate::world::{Reply, World, request, serve};
use crate::{in_a_minute, make, refuse};
use cfn_custom_resource::{Failure, Success};
use serde_json::{Map, Value};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Captured;
    fn make_writer(&self) -> Captured {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_names_outcomes_and_never_the_url_or_properties() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(captured.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::replying(&[Reply::Unreachable, Reply::Status(503), Reply::Status(200)]);
    serve(request("Create"), in_a_minute(), &world.answering(), make)
        .await
        .unwrap();
    serve(request("Update"), in_a_minute(), &world.answering(), refuse)
        .await
        .unwrap();
    let long = async |_| {
        Err(Failure {
            physical_resource_id: None,
            reason: "x".repeat(1_000_000),
        })
    };
    serve(request("Update"), in_a_minute(), &world.answering(), long)
        .await
        .unwrap();
    let roomy = async |_| {
        let large = Value::from("hush".repeat(1_000));
        let success = Success {
            physical_resource_id: "thing".to_owned(),
            data: Map::from_iter([("Large".to_owned(), large)]),
            ..Success::default()
        };
        Ok(success)
    };
    serve(request("Update"), in_a_minute(), &world.answering(), roomy)
        .await
        .unwrap();
    let world = World::replying(&[Reply::Status(403)]);
    let error = serve(request("Delete"), in_a_minute(), &world.answering(), make)
        .await
        .unwrap_err();
    drop(guard);
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("answering SUCCESS").count(), 3, "{log}");
    assert_eq!(log.matches("answering FAILED").count(), 2);
    let left_out = "no room in the answer for attributes";
    let left_out: Vec<&str> = log.lines().filter(|it| it.contains(left_out)).collect();
    assert!(
        left_out.len() == 1 && left_out[0].contains("attributes=\"Large\""),
        "{log}"
    );
    assert!(log.lines().all(|line| line.len() < 5_000));
    assert!(
        log.contains("`Name` is missing: set it") && log.contains("stack/s/1"),
        "{log}"
    );
    for secret in ["X-Amz-Signature", "sealed", "hush"] {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
        assert!(
            !format!("{error} {error:?}").contains(secret),
            "{secret} in {error}"
        );
    }
}
