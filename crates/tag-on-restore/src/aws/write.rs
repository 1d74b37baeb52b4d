//! Everything that is written: tags that a resource lacks, and nothing else. Every call adds or
//! changes the keys that it names and leaves all others alone.

use aws_client::CallError;
use aws_client::request::{Input, encode};
use serde_json::{Value, json};

use super::operations::{
    BACKUP_GATEWAY_TAG, DSQL_TAG, S3_TAG, SSM_SAP_TAG, STORAGE_GATEWAY_ADD_TAGS, TIMESTREAM_TAG,
};

use crate::failure::{self, Class};
use crate::route::Write;
use crate::tags::without_values;
use crate::{Arn, Aws, Tags};

impl Aws {
    /// Writes tags. One resource a call: the Resource Groups Tagging API fails a call as a whole
    /// for one bad ARN among good ones.
    ///
    /// # Errors
    /// When the call fails, or its answer reports a failure for this resource. AWS's words are without the
    /// tags' values.
    pub async fn write_tags(&self, arn: &Arn, how: Write, tags: &Tags) -> Result<(), CallError> {
        let written = self.write(arn, how, tags).await;
        written.map_err(|error| CallError {
            message: without_values(&error.message, tags),
            ..error
        })
    }

    async fn write(&self, arn: &Arn, how: Write, tags: &Tags) -> Result<(), CallError> {
        let text = arn.to_string();
        let pairs = || -> Vec<Value> {
            let pairs = tags.iter();
            pairs
                .map(|(key, value)| json!({"Key": key, "Value": value}))
                .collect()
        };
        let path = || format!("/tags/{}", encode(&text));
        let map = || json!({ "tags": tags }).to_string();
        let list = || Input::Json(json!({ "ResourceARN": text, "Tags": pairs() }));
        let (operation, input) = match how {
            Write::TaggingApi => return self.tag_resources(arn, tags).await,
            // The gate lets nothing through that is never written: the tagging API would update a
            // stack.
            Write::Never => {
                let why = format!("not called, because `{arn}` is never to be tagged");
                return Err(CallError {
                    status: Some(400),
                    ..CallError::other("tag:TagResources", why)
                });
            }
            Write::S3 => return self.tag_bucket(arn, tags).await,
            Write::Dsql => (&DSQL_TAG, Input::Post(path(), map())),
            Write::SsmSap => (&SSM_SAP_TAG, Input::Post(path(), map())),
            Write::StorageGateway => (&STORAGE_GATEWAY_ADD_TAGS, list()),
            Write::Timestream => (&TIMESTREAM_TAG, list()),
            Write::BackupGateway => (&BACKUP_GATEWAY_TAG, list()),
        };
        self.call(operation, arn, input).await.map(drop)
    }

    /// By the Resource Groups Tagging API, which answers 200 and lists inside what failed.
    async fn tag_resources(&self, arn: &Arn, tags: &Tags) -> Result<(), CallError> {
        let arn = arn.to_string();
        let call = self.tagging().tag_resources().resource_arn_list(&arn);
        let output = call
            .set_tags(Some(tags.clone().into_iter().collect()))
            .customize()
            .config_override(self.tagging_limits())
            .send()
            .await
            .map_err(|error| CallError::new("tag:TagResources", &error))?;
        let failures = output.failed_resources_map.unwrap_or_default();
        // Whatever spelling of the ARN it uses: the call was about one resource.
        match failures.into_values().next() {
            None => Ok(()),
            Some(failure) => Err(CallError {
                code: failure.error_code.map(|code| code.as_str().to_string()),
                // It was an answer, whatever the status in it.
                status: Some(u16::try_from(failure.status_code).unwrap_or_default()),
                ..CallError::other(
                    "tag:TagResources",
                    failure.error_message.unwrap_or_default(),
                )
            }),
        }
    }

    /// By S3's own call, which adds tags. Where that does not work, by the Resource Groups Tagging
    /// API, which adds them too. Never by PutBucketTagging, which replaces all tags: those that
    /// somebody adds at the same moment, or that mark a restore test, would be lost.
    async fn tag_bucket(&self, arn: &Arn, tags: &Tags) -> Result<(), CallError> {
        let text = arn.to_string();
        let mut body = String::from(
            "<TagResourceRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags>",
        );
        for (key, value) in tags {
            let (key, value) = (escape(key), escape(value));
            body.push_str(&format!(
                "<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"
            ));
        }
        body.push_str("</Tags></TagResourceRequest>");
        let path = format!("/v20180820/tags/{}", encode(&text));
        let Err(error) = self.call(&S3_TAG, arn, Input::Post(path, body)).await else {
            return Ok(());
        };
        match failure::classify(&error, 1) {
            Class::Permanent | Class::Invalid => self.tag_resources(arn, tags).await,
            _ => Err(error),
        }
    }
}

/// A text as XML has it. Tags have no control characters that XML forbids.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
}
