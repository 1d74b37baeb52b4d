//! Where an answer may go.
//!
//! The `ResponseURL` comes with the request. Whoever may invoke the function could name any
//! host in it, so the answer, with its ids and attributes, leaves only towards AWS.

use http::Uri;

/// The `dnsSuffix` of every AWS partition, from the partition list (`partitions.json`) that all
/// AWS SDKs ship; read from aws-sdk-organizations 1.137.0. In order: aws and aws-us-gov, aws-cn,
/// aws-eusc, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f.
const AWS_SUFFIXES: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// Which `ResponseURL`s are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResponseUrlPolicy {
    /// HTTPS on the default port, on a host below an AWS partition's suffix. The host need not be
    /// CloudFormation's own: its buckets' names are not documented. So this keeps an answer within
    /// AWS, no more.
    #[default]
    AwsOnly,
    /// The same, and beside it one exact origin such as `http://127.0.0.1:4566`. For tests only.
    AlsoOrigin(String),
}

/// Why a `ResponseURL` is not answered. The text never repeats the URL: it is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseUrlRefused {
    /// There is none.
    #[error("the payload has no ResponseURL: only CloudFormation should invoke this function")]
    Missing,
    /// It cannot be parsed.
    #[error("the ResponseURL is not a valid URL")]
    Malformed,
    /// It is not HTTPS.
    #[error("the ResponseURL does not use https")]
    NotHttps,
    /// It names a user or a password.
    #[error("the ResponseURL names a user or password, which CloudFormation's never does")]
    UserInfo,
    /// It names a port.
    #[error("the ResponseURL names a port, which CloudFormation's never does")]
    Port,
    /// It points outside AWS.
    #[error("the ResponseURL's host is not below the domain of an AWS partition")]
    NotAws,
}

/// A checked `ResponseURL`, split as the sender needs it. No `Debug`: it is a credential.
pub(crate) struct ResponseUrl {
    /// Scheme, host and port.
    pub origin: String,
    /// The rest, signature included, exactly as it was checked.
    pub path_and_query: String,
}

impl ResponseUrlPolicy {
    pub(crate) fn check(&self, text: Option<&str>) -> Result<ResponseUrl, ResponseUrlRefused> {
        let text = text.ok_or(ResponseUrlRefused::Missing)?;
        let uri: Uri = text.parse().map_err(|_| ResponseUrlRefused::Malformed)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(ResponseUrlRefused::Malformed);
        };
        if authority.as_str().contains('@') {
            return Err(ResponseUrlRefused::UserInfo);
        }
        let host = authority.host().to_ascii_lowercase();
        let origin = match self.extra_origin(&uri) {
            Some(origin) => origin,
            None if scheme != "https" => return Err(ResponseUrlRefused::NotHttps),
            None if !["", ":443"].contains(&after_host(&uri)) => {
                return Err(ResponseUrlRefused::Port);
            }
            None if !is_aws(&host) => return Err(ResponseUrlRefused::NotAws),
            None => format!("https://{host}"),
        };
        // What is sent is what was checked, read by the parser of the HTTP client. A second reading
        // of the raw text by another parser could find another host in it.
        let path_and_query = uri.path_and_query().map_or("/", |it| it.as_str());
        Ok(ResponseUrl {
            origin,
            path_and_query: path_and_query.to_string(),
        })
    }

    /// The extra origin, if that is where the URL points.
    fn extra_origin(&self, uri: &Uri) -> Option<String> {
        match self {
            ResponseUrlPolicy::AwsOnly => None,
            ResponseUrlPolicy::AlsoOrigin(origin) => {
                let extra: Uri = origin.parse().ok()?;
                let authority = extra.authority()?;
                let same = extra.scheme()? == uri.scheme()? && authority == uri.authority()?;
                same.then(|| format!("{}://{authority}", extra.scheme_str().unwrap_or_default()))
            }
        }
    }
}

/// What follows the host's name before the path: nothing, or a colon and a port.
fn after_host(uri: &Uri) -> &str {
    let Some(authority) = uri.authority() else {
        return "";
    };
    let start = authority.host().len();
    authority.as_str().get(start..).unwrap_or_default()
}

/// Whether a host's name, in small letters, is below the domain of an AWS partition.
fn is_aws(host: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    host.chars().all(of_name)
        && AWS_SUFFIXES.iter().any(|suffix| {
            host.strip_suffix(suffix)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com\
        /arn%3Aaws%3Acloudformation%3Aus-east-1%3A222222222222%3Astack/s/guid%7CPolicy%7Crequest-1\
        ?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261122%2Fus-east-1%2Fs3\
        &X-Amz-Signature=0a1b";

    fn verdict(policy: &ResponseUrlPolicy, text: &str) -> Option<ResponseUrlRefused> {
        policy.check(Some(text)).err()
    }

    #[test]
    fn a_url_such_as_cloudformation_sends_passes_without_a_byte_changed() {
        let url = ResponseUrlPolicy::AwsOnly.check(Some(REAL)).ok().unwrap();
        assert_eq!(format!("{}{}", url.origin, url.path_and_query), REAL);
    }

    #[test]
    fn every_partition_is_answered() {
        for suffix in AWS_SUFFIXES {
            let url = format!("https://bucket.s3.region.{suffix}/key?signature");
            assert_eq!(verdict(&ResponseUrlPolicy::AwsOnly, &url), None, "{url}");
        }
        let capitals = ResponseUrlPolicy::AwsOnly.check(Some("HTTPS://S3.AmazonAWS.com/Key"));
        assert_eq!(capitals.ok().unwrap().origin, "https://s3.amazonaws.com");
    }

    #[test]
    fn anything_else_is_refused_for_a_reason() {
        use ResponseUrlRefused::*;
        for (url, reason) in [
            ("", Malformed),
            ("s3.amazonaws.com/key", Malformed),
            ("https://", Malformed),
            ("http://s3.amazonaws.com/key", NotHttps),
            ("file:///etc/passwd", Malformed),
            ("https://user@s3.amazonaws.com/key", UserInfo),
            ("https://user:word@s3.amazonaws.com/key", UserInfo),
            ("https://s3.amazonaws.com:8443/key", Port),
            ("https://amazonaws.com/key", NotAws),
            ("https://.amazonaws.com/key", NotAws),
            ("https://evilamazonaws.com/key", NotAws),
            ("https://s3.amazonaws.com.evil.example/key", NotAws),
            ("https://evil.example/s3.amazonaws.com", NotAws),
            ("https://evil.example\\.s3.amazonaws.com/key", Malformed),
            ("https://evil.example#.s3.amazonaws.com/key", NotAws),
            ("https://evil.example%2F.s3.amazonaws.com/key", Malformed),
            ("https://s3.amazonaws.com:/key", Port),
            ("https://s3.amazonaws.com:443@evil.example/key", UserInfo),
            ("https://ｅvil.example/s3.amazonaws.com", Malformed),
            ("https://s3.amazonaws.com./key", NotAws),
            ("https://169.254.169.254/latest/meta-data", NotAws),
            ("https://[::1]/key", NotAws),
            ("https://a_b.amazonaws.com/key", NotAws),
            ("https://a!b.amazonaws.com/key", NotAws),
            ("https://a~b.amazonaws.com/key", NotAws),
            ("https://localhost/key", NotAws),
        ] {
            assert_eq!(
                verdict(&ResponseUrlPolicy::AwsOnly, url),
                Some(reason),
                "{url}"
            );
        }
        assert_eq!(ResponseUrlPolicy::AwsOnly.check(None).err(), Some(Missing));
    }

    #[test]
    fn the_default_port_may_be_written_out() {
        let url = ResponseUrlPolicy::AwsOnly.check(Some("https://s3.amazonaws.com:443/key"));
        assert_eq!(url.ok().unwrap().origin, "https://s3.amazonaws.com");
    }

    #[test]
    fn one_extra_origin_lets_that_origin_through_and_no_other() {
        use ResponseUrlRefused::*;
        let policy = ResponseUrlPolicy::AlsoOrigin("http://127.0.0.1:4566".into());
        for (url, refused) in [
            ("http://127.0.0.1:4566/answer?x", None),
            (REAL, None),
            ("http://127.0.0.1:4567/answer", Some(NotHttps)),
            ("https://127.0.0.1:4566/answer", Some(Port)),
            ("http://127.0.0.1.evil.example:4566/answer", Some(NotHttps)),
            ("http://user@127.0.0.1:4566/answer", Some(UserInfo)),
            ("http://s3.amazonaws.com/answer", Some(NotHttps)),
        ] {
            assert_eq!(verdict(&policy, url), refused, "{url}");
        }
    }

    #[test]
    fn an_extra_origin_that_is_no_origin_lets_nothing_through() {
        for origin in ["", "127.0.0.1:4566", "data:text/plain,x", "*"] {
            let policy = ResponseUrlPolicy::AlsoOrigin(origin.into());
            assert!(
                verdict(&policy, "http://127.0.0.1:4566/answer").is_some(),
                "{origin}"
            );
            assert!(verdict(&policy, "data:text/plain,x").is_some(), "{origin}");
        }
    }
}
