use super::*;

fn value(text: &str) -> Value {
    parse(text).unwrap().value().clone()
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn scalars_are_those_of_json() {
    let text = "[12, 060, yes, true, null, '12', 2012-10-17, 1.5, '@@assign', '']";
    let expected = json!([
        12,
        "060",
        "yes",
        true,
        null,
        "12",
        "2012-10-17",
        1.5,
        "@@assign",
        ""
    ]);
    assert_eq!(value(text), expected);
}

#[test]
fn short_functions_become_long_ones() {
    let text = "a: !Ref X\nb: !Sub 'x-${Y}'\nc: !If [C, 1, !GetAtt R.Arn]\nd: !Condition E";
    let expected = json!({
        "a": {"Ref": "X"},
        "b": {"Fn::Sub": "x-${Y}"},
        "c": {"Fn::If": ["C", 1, {"Fn::GetAtt": "R.Arn"}]},
        "d": {"Condition": "E"},
    });
    assert_eq!(value(text), expected);
}

#[test]
fn places_are_lines_and_columns() {
    let document = parse("plans:\n  dä: {x: [1, two]}\n").unwrap();
    let plan = &document.spot().unwrap().children[0].children[0];
    assert_eq!(
        plan.key,
        Some(Position {
            line: 2,
            column: 3,
            length: 2
        })
    );
    let two = &plan.children[0].children[1];
    assert_eq!(
        two.value,
        Position {
            line: 2,
            column: 15,
            length: 3
        }
    );
}

#[test]
fn aliases_are_written_out_and_bounded() {
    assert_eq!(value("a: &x [1]\nb: *x"), json!({"a": [1], "b": [1]}));
    let mut bomb = "a0: &a0 [1]\n".to_owned();
    for i in 1..30 {
        let before = i - 1;
        bomb += &format!("a{i}: &a{i} [*a{before}, *a{before}]\n");
    }
    assert!(message(&bomb).starts_with("there are too many values"));
}

#[test]
fn aliases_of_one_long_text_are_bounded() {
    let long = "x".repeat(1024 * 1024);
    let aliases = "*a, ".repeat(1000);
    let message = message(&format!("a: &a {long}\nb: [{aliases}]\n"));
    assert!(
        message.starts_with("aliases make too much text"),
        "{message}"
    );
    // So are anchors in anchors, each of which is kept.
    let mut nested = long;
    for depth in 0..60 {
        nested = format!("&a{depth} [{nested}]");
    }
    assert!(self::message(&nested).starts_with("aliases make too much text"));
}

#[test]
fn a_template_says_what_arrives_as_something_else() {
    let (document, rewritten) =
        parse_template("a: yes\nb: 'yes'\nc: [070, 60, True, 1_000]\n").unwrap();
    assert_eq!(
        *document.value(),
        json!({"a": true, "b": "yes", "c": [56, 60, true, 1000]})
    );
    let mut rewritten: Vec<_> = rewritten.into_iter().collect();
    rewritten.sort();
    let expected = [((1, 4), "yes"), ((3, 5), "070"), ((3, 20), "1_000")];
    assert_eq!(rewritten, expected.map(|(at, text)| (at, text.to_owned())));
}

#[test]
fn errors_say_where() {
    assert_eq!(
        message("a: 1\na: 2"),
        "the key `a` is there twice (line 2, column 1)"
    );
    assert!(message("a: [1").contains("(line "));
    assert!(message("# nothing").starts_with("there is nothing in the file"));
    assert!(message("a: 1\n---\nb: 2").starts_with("there is a second document"));
    assert!(message("<<: {a: 1}").starts_with("merge keys"));
    assert!(message("? [a]\n: b").starts_with("a key must be a single value"));
    assert!(message(&"[".repeat(3000)).contains("(line 1"));
}
