//! What is read of templates. cfn-lint reads the same ones in `tests/templates/test_reading.py`, so that
//! the reading is not ours alone.

use serde_json::Value;

use super::intrinsics::Scope;
use super::{expand, resources};
use crate::parameters::Parameters;
use crate::yaml;

const READINGS: &str = include_str!("../../tests/readings.json");

#[test]
fn templates_are_read_so() {
    let readings: Value = serde_json::from_str(READINGS).unwrap();
    let cases = readings["cases"].as_array().unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let snippet = case["template"].as_str().unwrap();
        let snippet = snippet.replace('\n', &format!("\n{}", " ".repeat(8)));
        let text = format!("{}{snippet}\n", readings["preamble"].as_str().unwrap());
        let (document, _) = yaml::parse_template(&text).unwrap();
        let parameters = Parameters::default();
        let expanded = expand(&document, &parameters);
        let scope = Scope::new(expanded.document.value(), &parameters);
        let found = resources(&scope, &expanded.document);
        assert_eq!(found[0].properties["Content"], case["reads"], "{case}");
    }
}
