//! The function's own queues and metrics, and the bus on which it reports them.

use aws_client::CallError;
use aws_client::request::Input;
use chrono::DateTime;
use serde_json::{Value, json};

use super::operations::{CLOUDWATCH_GET_METRIC_DATA, EVENTS_PUT_EVENTS, SQS_GET_QUEUE_ATTRIBUTES};
use super::{Operation, json as parse};
use crate::health::{DETAIL_TYPE, LOOK_BACK_SECONDS, PERIOD_SECONDS, Points, SOURCE, Trouble};
use crate::{Arn, Aws};

/// One metric of one queue or function.
#[derive(Debug, Clone, Copy)]
pub struct Metric<'m> {
    /// `AWS/SQS` or `AWS/Lambda`.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `QueueName` or `FunctionName`.
    pub dimension: &'static str,
    /// Which queue or function.
    pub of: &'m str,
    /// `Maximum` or `Sum`.
    pub statistic: &'static str,
}

impl Aws {
    /// How many messages a queue holds that can be received. AWS calls the figure approximate.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn messages(&self, function: &Arn, queue_url: &str) -> Result<u64, CallError> {
        let operation = &SQS_GET_QUEUE_ATTRIBUTES;
        let input = Input::Json(json!({
            "QueueUrl": queue_url,
            "AttributeNames": ["ApproximateNumberOfMessages"],
        }));
        let answer = parse(operation, &self.call(operation, function, input).await?)?;
        let number = answer.pointer("/Attributes/ApproximateNumberOfMessages");
        let number = number
            .and_then(Value::as_str)
            .and_then(|it| it.parse().ok());
        number.ok_or_else(|| operation.unreadable("no number of messages"))
    }

    /// The data of metrics in the last hours before a time, in the metrics' order.
    ///
    /// # Errors
    /// When the call fails, or CloudWatch has only a part of the data.
    pub async fn metrics(
        &self,
        function: &Arn,
        metrics: &[Metric<'_>],
        now: i64,
    ) -> Result<Vec<Points>, CallError> {
        let operation = &CLOUDWATCH_GET_METRIC_DATA;
        let end = now - now.rem_euclid(i64::from(PERIOD_SECONDS)) + i64::from(PERIOD_SECONDS);
        let queries: Vec<Value> = metrics.iter().enumerate().map(query).collect();
        let mut found = vec![Points::new(); metrics.len()];
        let mut token = None;
        loop {
            let mut input = json!({
                "StartTime": end - i64::from(LOOK_BACK_SECONDS),
                "EndTime": end,
                "MetricDataQueries": queries,
            });
            if let (Some(token), Some(members)) = (token, input.as_object_mut()) {
                members.insert("NextToken".into(), token);
            }
            let answer = self.call(operation, function, Input::Json(input)).await?;
            let answer = parse(operation, &answer)?;
            for result in members(&answer, "MetricDataResults") {
                let (place, points) = points(operation, result)?;
                if let Some(all) = found.get_mut(place) {
                    all.extend(points);
                }
            }
            token = answer.get("NextToken").filter(|it| it.is_string()).cloned();
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Puts troubles on the account's default bus, each as an event. There are seven kinds, and a
    /// call takes ten events.
    ///
    /// # Errors
    /// When the call fails, or the bus does not take all of them.
    pub async fn report(&self, function: &Arn, troubles: &[Trouble]) -> Result<(), CallError> {
        let operation = &EVENTS_PUT_EVENTS;
        let entries: Vec<Value> = troubles
            .iter()
            .map(|trouble| {
                let detail = trouble.detail(&function.account, &function.region);
                json!({
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": detail.to_string(),
                })
            })
            .collect();
        let input = Input::Json(json!({ "Entries": entries }));
        let answer = parse(operation, &self.call(operation, function, input).await?)?;
        // It answers 200 and names inside what it did not take.
        let refused = members(&answer, "Entries").find_map(|entry| {
            let code = entry.get("ErrorCode")?.as_str()?;
            let message = entry.get("ErrorMessage").and_then(Value::as_str);
            Some(CallError {
                code: Some(code.to_string()),
                ..CallError::other(operation.action, message.unwrap_or_default())
            })
        });
        match refused {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// A query whose id tells its place.
fn query((place, metric): (usize, &Metric<'_>)) -> Value {
    json!({
        "Id": format!("m{place}"),
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{ "Name": metric.dimension, "Value": metric.of }],
            },
            "Period": PERIOD_SECONDS,
            "Stat": metric.statistic,
        },
    })
}

/// The place of a query, and its data on this page.
fn points(operation: &Operation, result: &Value) -> Result<(usize, Points), CallError> {
    let id = result.get("Id").and_then(Value::as_str).unwrap_or_default();
    let place = id.strip_prefix('m').and_then(|it| it.parse().ok());
    let place = place.ok_or_else(|| operation.unreadable("a metric that nobody asked for"))?;
    let status = result.get("StatusCode").and_then(Value::as_str);
    // `PartialData` announces another page.
    if !matches!(status, None | Some("Complete" | "PartialData")) {
        let status = status.unwrap_or_default();
        return Err(operation.unreadable(format_args!("the data of `{id}` are {status}")));
    }
    let begins = members(result, "Timestamps").map(seconds);
    let values = members(result, "Values").map(Value::as_f64);
    let points = begins.zip(values).map(|(begins, value)| {
        let begins = begins.ok_or_else(|| operation.unreadable("a time that is none"))?;
        let value = value.ok_or_else(|| operation.unreadable("a value that is no number"))?;
        Ok((begins, value))
    });
    Ok((place, points.collect::<Result<_, CallError>>()?))
}

/// A moment in seconds since 1970, of which AWS's JSON protocol writes the number; as text it is understood, too.
fn seconds(time: &Value) -> Option<i64> {
    match time {
        Value::String(text) => {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(time.timestamp())
        }
        other => other.as_f64().map(|seconds| seconds as i64),
    }
}

fn members<'v>(answer: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    let list = answer.get(name).and_then(Value::as_array);
    list.into_iter().flatten()
}
