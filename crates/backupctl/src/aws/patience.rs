//! How long AWS is waited for: what takes long is told while it lasts, and ends.

use std::collections::HashMap;
use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_client::ATTEMPT_TIMEOUT;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared as _;
use tokio::time::{Instant, sleep, timeout};

/// After this long somebody who waits is told for what. Our choice.
const TOLD_AFTER: Duration = Duration::from_secs(5);

/// And again after each of these. Our choice.
const TOLD_AGAIN: Duration = Duration::from_secs(10);

/// One request may take so long to be answered: a little less than an attempt of the SDK, so that it
/// ends here, and is counted. What finds credentials has no such limit of its own.
const ANSWER: Duration = ATTEMPT_TIMEOUT.saturating_sub(Duration::from_secs(1));

/// A host that has answered nothing for so long is asked no more: three or four requests without an
/// answer, the last of which may take its [`ANSWER`].
/// Without this, each of the thousands of calls of `doctor` would wait for itself where a network
/// lets nothing through to one Region. Our choice.
const SILENCE: Duration = Duration::from_secs(60);

/// Where lines go that are for whoever waits.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// To standard error, on a line of its own whatever stands there.
pub(super) fn on_standard_error() -> Tell {
    let terminal = std::io::stderr().is_terminal();
    Arc::new(move |line| {
        // A line that cannot be written is no reason to stop.
        let _ = match terminal {
            true => writeln!(std::io::stderr(), "\r\x1b[K{line}"),
            false => writeln!(std::io::stderr(), "{line}"),
        };
    })
}

/// Waits for something at most so long, and tells meanwhile for what; `None` when it has not come.
pub async fn wait<T>(
    what: &str,
    at_most: Duration,
    tell: &Tell,
    work: impl Future<Output = T>,
) -> Option<T> {
    let began = Instant::now();
    let telling = async {
        sleep(TOLD_AFTER).await;
        loop {
            tell(&format!(
                "waiting for {what}: {} s so far",
                began.elapsed().as_secs()
            ));
            sleep(TOLD_AGAIN).await;
        }
    };
    tokio::select! {
        ended = timeout(at_most, work) => ended.ok(),
        () = telling => None,
    }
}

/// An HTTP client that asks no host without end: one that has answered nothing for a minute is asked no more.
#[derive(Clone)]
pub struct Patient {
    http: SharedHttpClient,
    hosts: Arc<Mutex<HashMap<String, Silent>>>,
    tell: Tell,
}

/// A host that has not answered what it was asked last.
#[derive(Debug, Clone, Copy)]
struct Silent {
    /// When the first of those questions was asked.
    since: Instant,
    told: Option<Instant>,
}

impl Patient {
    /// Over another client.
    pub fn over(http: SharedHttpClient, tell: Tell) -> SharedHttpClient {
        let hosts = Arc::default();
        Patient { http, hosts, tell }.into_shared()
    }

    /// Asked from now on, or since the first question that has no answer.
    fn asked(&self, host: &str) -> Silent {
        let new = Silent {
            since: Instant::now(),
            told: None,
        };
        *self.locked().entry(host.to_owned()).or_insert(new)
    }

    fn heard(&self, host: &str) {
        self.locked().remove(host);
    }

    /// Tells that a host is silent, unless another request to it did so a moment ago.
    fn tell(&self, host: &str) {
        let now = Instant::now();
        let line = {
            let mut hosts = self.locked();
            let Some(silent) = hosts.get_mut(host) else {
                return;
            };
            if silent.told.is_some_and(|told| now - told < TOLD_AGAIN) {
                return;
            }
            silent.told = Some(now);
            let silence = (now - silent.since).as_secs();
            format!("waiting for {host}: no answer for {silence} s")
        };
        (self.tell)(&line);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<String, Silent>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patient")
    }
}

impl HttpClient for Patient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            connector: self.http.http_connector(settings, components),
            patient: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    patient: Patient,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let host = host(request.uri()).to_owned();
        let patient = self.patient.clone();
        if patient.asked(&host).since.elapsed() >= SILENCE {
            let why = format!("{host} has not answered for a minute, so it is not asked again");
            return HttpConnectorFuture::ready(Err(ConnectorError::user(why.into())));
        }
        let sent = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let telling = async {
                sleep(TOLD_AFTER).await;
                loop {
                    patient.tell(&host);
                    sleep(TOLD_AGAIN).await;
                }
            };
            let answer = tokio::select! {
                answer = timeout(ANSWER, sent) => answer,
                () = telling => return Err(ConnectorError::timeout("never".into())),
            };
            match answer {
                Ok(Err(error)) if error.is_timeout() => Err(error),
                // A refusal and a connection that broke are answers, too.
                Ok(answer) => {
                    patient.heard(&host);
                    answer
                }
                Err(_) => {
                    let why = format!("{host} does not answer");
                    Err(ConnectorError::timeout(why.into()))
                }
            }
        })
    }
}

/// The host of an address, with its port if it has one.
fn host(uri: &str) -> &str {
    let behind = uri.split_once("://").map_or(uri, |(_, behind)| behind);
    behind.split(['/', '?']).next().unwrap_or(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_from_any_address() {
        assert_eq!(
            host("https://sts.eu-west-1.amazonaws.com/"),
            "sts.eu-west-1.amazonaws.com"
        );
        assert_eq!(host("http://127.0.0.1:4566?a=/b"), "127.0.0.1:4566");
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_is_told_and_ends() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&said);
        let tell: Tell = Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()));
        let limit = Duration::from_secs(20);
        let began = Instant::now();
        let got = wait("a sign", limit, &tell, std::future::pending::<()>()).await;
        assert_eq!((got, began.elapsed()), (None, limit));
        assert_eq!(
            *said.lock().unwrap(),
            [
                "waiting for a sign: 5 s so far",
                "waiting for a sign: 15 s so far"
            ]
        );
        assert_eq!(wait("a sign", limit, &tell, async { 1 }).await, Some(1));
        assert_eq!(said.lock().unwrap().len(), 2);
    }
}
