//! What to do about a text that is no JSON or YAML, by the character at the place.

/// The remedy for a syntax error at a line and column, both counted from 1.
///
/// # Example
/// ```
/// let help = backup_policy::syntax_help("{} // daily", 1, 4, false);
/// assert_eq!(help.as_deref(), Some("JSON has no comments: take it out"));
/// ```
pub fn syntax_help(text: &str, line: usize, column: usize, is_yaml: bool) -> Option<String> {
    let before = column.saturating_sub(1);
    let row = text.split('\n').nth(line.saturating_sub(1))?;
    let rest: String = row.chars().skip(before).take(WORD).collect();
    let found = of_both(&rest).or_else(|| match is_yaml {
        true => of_yaml(&rest, row.chars().take(before).last()),
        false => of_json(&rest, text, line, before),
    });
    found.map(str::to_owned)
}

/// How much of the text is looked at.
const WORD: usize = 16;

/// What some program makes of quotation marks and spaces.
pub(crate) fn of_both(rest: &str) -> Option<&'static str> {
    if rest.starts_with("...") || rest.starts_with('…') {
        return Some(
            "`...` stands for something that was left out: write it, or take the dots out",
        );
    }
    match rest.chars().next()? {
        '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '«' | '»' => {
            Some("these are typographic quotation marks: write straight ones, `\"`")
        }
        '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{3000}' | '\u{feff}' => {
            Some("this is a no-break space or another unusual one: write an ordinary space")
        }
        _ => None,
    }
}

fn of_yaml(rest: &str, last: Option<char>) -> Option<&'static str> {
    match rest.chars().next() {
        Some('@') => Some("a text that begins with `@` wants quotes in YAML: `'@@assign'`"),
        Some('`' | '%') => Some("a text that begins with this character wants quotes in YAML"),
        Some('\t') => Some("YAML is indented with spaces: write spaces instead of the tab"),
        Some('*') => Some("a text that begins with `*` wants quotes in YAML: `'*'`"),
        _ => match last? {
            '*' => Some("a text that begins with `*` wants quotes in YAML: `'*'`"),
            '\t' => Some("YAML is indented with spaces: write spaces instead of the tab"),
            _ => None,
        },
    }
}

fn of_json(rest: &str, text: &str, line: usize, before: usize) -> Option<&'static str> {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    match (word.as_str(), rest.chars().next()) {
        ("True" | "False" | "None", _) => {
            Some("JSON writes `true`, `false` and `null`, in small letters")
        }
        (_, Some('/' | '#')) => Some("JSON has no comments: take it out"),
        (_, Some('\'')) => Some("JSON has double quotation marks only: write `\"`"),
        (_, Some('@')) => Some("keys and texts stand in quotation marks: `\"@@assign\"`"),
        (_, Some('}' | ']')) => match last_before(text, line, before) {
            Some(',') => Some("take out the comma before it"),
            _ => None,
        },
        (_, Some('\t')) => Some("a tab inside a text is written `\\t`"),
        (_, Some(',')) => match last_before(text, line, before) {
            Some(',' | '[' | '{') => Some("take out the comma"),
            _ => None,
        },
        (_, Some('+')) => Some(NUMBER),
        (_, Some('0'..='9')) if text_before(text, line, before).ends_with('0') => Some(NUMBER),
        (_, Some(letter)) if letter.is_alphabetic() => {
            Some("keys and texts stand in quotation marks, `\"...\"`")
        }
        (_, None) if is_over(text, line) => {
            Some("the text ends here: a bracket or a quotation mark is not closed")
        }
        _ => None,
    }
}

const NUMBER: &str = "a number has no leading zero or plus in JSON: write it in quotation marks";

/// What stands before a place in its line.
fn text_before(text: &str, line: usize, before: usize) -> String {
    let row = text.split('\n').nth(line.saturating_sub(1));
    row.unwrap_or_default().chars().take(before).collect()
}

/// The last character before a place that is no space.
fn last_before(text: &str, line: usize, before: usize) -> Option<char> {
    let last = |row: &str| row.trim_end().chars().next_back();
    let earlier: Vec<&str> = text.split('\n').take(line.saturating_sub(1)).collect();
    last(&text_before(text, line, before))
        .or_else(|| earlier.iter().rev().find_map(|row| last(row)))
}

/// Whether nothing comes after a line, in a text that is not empty.
fn is_over(text: &str, line: usize) -> bool {
    let mut after = text.split('\n').skip(line);
    !text.trim().is_empty() && after.all(|row| row.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use crate::Document;

    fn help(text: &str) -> Option<String> {
        Document::parse(text).unwrap_err().help
    }

    #[test]
    fn a_json_error_has_a_remedy_for_the_character_at_its_place() {
        for (text, remedy) in [
            ("// root\n{}", "no comments"),
            ("{\"a\": 1} # daily", "no comments"),
            ("{\"a\": 1, // x\n\"b\": 2}", "no comments"),
            ("{'a': 1}", "double quotation marks"),
            ("{“a”: 1}", "typographic"),
            ("{\"a\": “b”}", "typographic"),
            ("{\u{a0}\"a\": 1}", "no-break space"),
            ("{\"a\":\u{a0}1}", "no-break space"),
            ("{\"plans\": {...}}", "left out"),
            ("{\"a\": [1, …]}", "left out"),
            ("{\"a\": 1,\n}", "take out the comma before it"),
            ("[1,]", "take out the comma before it"),
            ("[1,,2]", "take out the comma"),
            ("{\"a\": \"x\ty\"}", "`\\t`"),
            ("{@@assign: 1}", "\"@@assign\""),
            ("{plans: {}}", "quotation marks"),
            ("{\"a\": True}", "small letters"),
            ("{\"a\": 060}", "leading zero"),
            ("{\"a\": +60}", "plus"),
            ("{\"a\": {\"b\": 1}\n", "not closed"),
        ] {
            let found = help(text).unwrap_or_default();
            assert!(found.contains(remedy), "{text:?}: {found:?}");
        }
        for text in ["", "{\"a\" 1}", "{\"a\": }"] {
            assert_eq!(help(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_yaml_error_has_a_remedy_for_the_character_at_its_place_or_before_it() {
        for (text, column, remedy) in [
            ("@@assign: x", 1, "`'@@assign'`"),
            ("key: `x`", 6, "this character wants quotes"),
            ("key: %x", 6, "this character wants quotes"),
            ("\tkey: x", 1, "spaces instead of the tab"),
            ("\tkey: x", 2, "spaces instead of the tab"),
            ("key: *", 6, "`'*'`"),
            ("key: * x", 7, "`'*'`"),
            ("key: “x”", 6, "typographic"),
        ] {
            let found = super::syntax_help(text, 1, column, true).unwrap_or_default();
            assert!(found.contains(remedy), "{text:?}: {found:?}");
        }
        assert_eq!(super::syntax_help("key: x: y", 1, 7, true), None);
    }
}
