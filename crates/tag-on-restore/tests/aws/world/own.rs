//! What AWS knows of the function itself: its queues, its metrics, and the bus that it reports on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::request::Asked;
use super::services::{Body, Refusal};
use super::{ACCOUNT, REGION, State, World};

/// The environment variable that makes the function look, with its value in the model.
pub const QUEUE: (&str, &str) = (
    "QUEUE_URL",
    "https://sqs.eu-west-1.amazonaws.com/111122223333/TagOnRestore",
);

#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    /// Messages that can be received, by the queue's name.
    messages: BTreeMap<String, u64>,
    /// A metric's data, by its name and what it is about: the period's beginning and the value.
    metrics: BTreeMap<(String, String), Vec<(i64, f64)>>,
    /// The details of what was put on the bus.
    reported: Vec<Value>,
    /// How many of the next events the bus does not take.
    refuses: usize,
}

impl World {
    /// A queue holds so many messages that can be received.
    pub fn put_messages(&self, queue: &str, number: u64) {
        let mut state = self.lock();
        state.own.messages.insert(queue.to_owned(), number);
    }

    /// A metric of a queue or function has these data.
    pub fn put_metric(&self, name: &str, of: &str, points: &[(i64, f64)]) {
        let key = (name.to_owned(), of.to_owned());
        self.lock().own.metrics.insert(key, points.to_vec());
    }

    /// The bus takes all but so many of the next events.
    pub fn bus_refuses(&self, events: usize) {
        self.lock().own.refuses = events;
    }

    /// The details of all events on the bus since this was last asked.
    pub fn take_reported(&self) -> Vec<Value> {
        std::mem::take(&mut self.lock().own.reported)
    }
}

impl State {
    pub(super) fn own(&mut self, asked: &Asked) -> Result<Body, Refusal> {
        match asked.operation.as_str() {
            "GetQueueAttributes" => self.queue_attributes(asked),
            "GetMetricData" => Ok(self.metric_data(asked)),
            "PutEvents" => Ok(self.put_events(asked)),
            other => panic!("{} has no {other}", asked.service),
        }
    }

    fn queue_attributes(&self, asked: &Asked) -> Result<Body, Refusal> {
        let url = asked.about();
        let name = url.strip_prefix(&format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"));
        let names = &asked.json["AttributeNames"];
        assert_eq!(names, &json!(["ApproximateNumberOfMessages"]));
        let Some(number) = name.and_then(|name| self.own.messages.get(name)) else {
            let code = "AWS.SimpleQueueService.NonExistentQueue";
            return Err(Refusal::new(400, code, format!("no queue {url}")));
        };
        let attributes = json!({ "ApproximateNumberOfMessages": number.to_string() });
        Ok(Body::Json(json!({ "Attributes": attributes })))
    }

    /// The data between start and end, the newest first.
    fn metric_data(&self, asked: &Asked) -> Body {
        let time = |name: &str| asked.json[name].as_i64().expect("a time");
        let (start, end) = (time("StartTime"), time("EndTime"));
        let queries = asked.json["MetricDataQueries"].as_array().expect("queries");
        let results = queries.iter().map(|query| {
            let metric = &query["MetricStat"]["Metric"];
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let of = text(&metric["Dimensions"][0]["Value"]);
            let data = self.own.metrics.get(&(text(&metric["MetricName"]), of));
            let data = data.into_iter().flatten().rev();
            let data = data.filter(|(begins, _)| (start..end).contains(begins));
            let (times, values): (Vec<i64>, Vec<f64>) = data.copied().unzip();
            json!({ "Id": query["Id"], "Label": "", "Timestamps": times, "Values": values,
                "StatusCode": "Complete" })
        });
        let (page, next) = self.page(asked, &results.collect::<Vec<_>>());
        let mut answer = json!({ "MetricDataResults": page, "Messages": [] });
        if let Some(next) = next {
            answer["NextToken"] = json!(next);
        }
        Body::Json(answer)
    }

    fn put_events(&mut self, asked: &Asked) -> Body {
        let entries = asked.json["Entries"].as_array().expect("entries");
        assert!((1..=10).contains(&entries.len()));
        let mut failed = 0;
        let answered = entries.iter().map(|entry| {
            assert_eq!(entry["Source"], "aws-backup-solution");
            assert_eq!(entry["DetailType"], "TagOnRestore Report");
            let detail = entry["Detail"].as_str().expect("a detail");
            if self.own.refuses > 0 {
                self.own.refuses -= 1;
                failed += 1;
                return json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "too many" });
            }
            let detail = serde_json::from_str(detail).expect("JSON");
            self.own.reported.push(detail);
            json!({ "EventId": "an-event" })
        });
        let answered: Vec<Value> = answered.collect();
        Body::Json(json!({ "FailedEntryCount": failed, "Entries": answered }))
    }
}
