//! A CloudFormation template, in YAML 1.1 or JSON.

use std::sync::LazyLock;

use backupctl::parameters::Parameters;

use crate::policy::look;

static PARAMETERS: LazyLock<Parameters> = LazyLock::new(|| {
    let values =
        r#"{"AWS::Region": "eu-west-1", "Names": "a,b", "Environment": "prod", "Days": 35}"#;
    Parameters::parse(values).unwrap_or_default()
});

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    look("stack.template", text, &PARAMETERS);
}
