//! Handlers that compute, in real time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cfn_custom_resource::{ANSWER_MARGIN, Answering, Failure, Handlers, Request, Success};
use tokio::time::Instant;

use crate::world::{World, request, serve};

fn on_threads(world: &World) -> Answering {
    Answering {
        handlers: Handlers::OnThreads,
        ..world.answering()
    }
}

/// Ends what computes, also when the test fails: a runtime waits for its threads.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_handler_that_computes_without_end_keeps_neither_its_answer_nor_the_next_request() {
    let world = World::default();
    let end = Ends(Arc::default());
    let ended = Arc::clone(&end.0);
    let spin = async move |_: Request| -> Result<Success, Failure> {
        while !ended.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
        Ok(Success::default())
    };
    let deadline = Instant::now() + ANSWER_MARGIN + Duration::from_millis(100);
    serve(request("Create"), deadline, &on_threads(&world), spin)
        .await
        .unwrap();
    assert!(Instant::now() < deadline, "answered too late");
    let answer = world.only_answer();
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.contains("ran out of time"), "{reason}");

    // The first one still has its thread.
    let calm = async |_: Request| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Success {
            physical_resource_id: "p-1".into(),
            ..Success::default()
        })
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    serve(request("Create"), deadline, &on_threads(&world), calm)
        .await
        .unwrap();
    assert_eq!(world.only_answer()["Status"], "SUCCESS");
}

#[tokio::test]
async fn on_a_thread_too_a_panic_is_answered_and_what_waits_is_stopped() {
    let world = World::default();
    let handler = async |_: Request| panic!("password is hunter2");
    let deadline = Instant::now() + Duration::from_secs(60);
    serve(request("Create"), deadline, &on_threads(&world), handler)
        .await
        .unwrap();
    let answer = world.only_answer();
    assert!(answer["Reason"].as_str().unwrap().contains("(panic)"));

    let end = Ends(Arc::default());
    let stopped = Arc::clone(&end.0);
    let waits = async move |_: Request| -> Result<Success, Failure> {
        let _dropped = end;
        std::future::pending().await
    };
    let deadline = Instant::now() + ANSWER_MARGIN + Duration::from_millis(100);
    serve(request("Create"), deadline, &on_threads(&world), waits)
        .await
        .unwrap();
    assert_eq!(world.only_answer()["Status"], "FAILED");
    assert!(stopped.load(Ordering::SeqCst), "stopped work went on");
}
