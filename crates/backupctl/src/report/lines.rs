//! The lines of a text, of which one may be all of it: what is minified has no other.

use std::ops::Range;

use backup_policy::Position;

/// After how many characters of a line there is a mark.
const STEP: usize = 256;

/// How much of a line that is cut is marked at most, so that what is marked can be seen.
const LONGEST_MARK: usize = 80;

/// The lines of a text.
#[derive(Debug)]
pub(super) struct Lines<'t>(Vec<Line<'t>>);

#[derive(Debug)]
struct Line<'t> {
    text: &'t str,
    /// Where every [`STEP`]th character begins, the first left out.
    marks: Vec<usize>,
}

/// What is shown of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'t> {
    /// Its text.
    pub(super) text: &'t str,
    /// The bytes of it that a position means: at least one character, where there is one.
    pub(super) marked: Range<usize>,
    /// How many characters of the line come before it.
    pub(super) skipped: usize,
}

impl<'t> Lines<'t> {
    /// Looks at every character once, so that no line has to be read again for each finding in it.
    pub(super) fn of(text: &'t str) -> Lines<'t> {
        let line = |text: &'t str| {
            let text = text.trim_end_matches('\r');
            let characters = text.char_indices().map(|(byte, _)| byte);
            let marks = match text.len() {
                0..=STEP => Vec::new(),
                _ => characters.step_by(STEP).skip(1).collect(),
            };
            Line { text, marks }
        };
        Lines(text.split('\n').map(line).collect())
    }

    /// What is shown of the line of a position: all of it, if it is not long.
    pub(super) fn part(&self, at: Position) -> Part<'t> {
        let nothing = Line {
            text: "",
            marks: Vec::new(),
        };
        let line = self.0.get(at.line.saturating_sub(1)).unwrap_or(&nothing);
        let first = at.column.saturating_sub(1);
        let longest = match line.marks.is_empty() {
            true => usize::MAX,
            false => LONGEST_MARK,
        };
        let last = first.saturating_add(at.length.clamp(1, longest));
        // Whole steps, with one at least on both sides.
        let begin = (first / STEP).saturating_sub(1);
        let end = (last / STEP).saturating_add(2);
        let text = line.text.get(line.byte(begin)..line.byte(end));
        let text = text.unwrap_or_default();
        let skipped = begin * STEP;
        let byte = |column: usize| {
            let mut characters = text.char_indices();
            let found = characters.nth(column.saturating_sub(skipped));
            found.map_or(text.len(), |(byte, _)| byte)
        };
        Part {
            text,
            marked: byte(first)..byte(last),
            skipped,
        }
    }
}

impl Line<'_> {
    /// Where a step begins, or the line's end.
    fn byte(&self, step: usize) -> usize {
        match step.checked_sub(1) {
            None => 0,
            Some(mark) => self.marks.get(mark).copied().unwrap_or(self.text.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize, length: usize) -> Position {
        Position {
            line,
            column,
            length,
        }
    }

    fn meant<'t>(lines: &Lines<'t>, at: Position) -> &'t str {
        let part = lines.part(at);
        part.text.get(part.marked).unwrap()
    }

    #[test]
    fn a_short_line_is_shown_as_a_whole() {
        let lines = Lines::of("ä: 1\r\n  bü: [2]\n");
        for (position, text, marked) in [
            (at(2, 3, 2), "  bü: [2]", 2..5),
            (at(1, 4, 0), "ä: 1", 4..5),
            (at(1, 9, 1), "ä: 1", 5..5),
            (at(9, 1, 1), "", 0..0),
        ] {
            let expected = Part {
                text,
                marked,
                skipped: 0,
            };
            assert_eq!(lines.part(position), expected);
        }
    }

    #[test]
    fn of_a_long_line_no_more_is_shown_than_what_is_around_the_place() {
        let words: Vec<String> = (0..100_000).map(|number| format!("wörd{number}")).collect();
        let text = words.join(" ");
        let lines = Lines::of(&text);
        let mut column = 1;
        for word in &words {
            let length = word.chars().count();
            let position = at(1, column, length);
            assert_eq!(meant(&lines, position), word);
            assert!(lines.part(position).text.chars().count() <= 4 * STEP);
            column += length + 1;
        }
    }

    #[test]
    fn what_is_long_itself_is_cut() {
        let text = format!("x{}", "é".repeat(100_000));
        let lines = Lines::of(&text);
        assert_eq!(meant(&lines, at(1, 2, 100_000)), "é".repeat(LONGEST_MARK));
    }
}
