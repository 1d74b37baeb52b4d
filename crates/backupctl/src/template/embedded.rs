//! Policies that are JSON text inside a template: where they stand in the template.

use backup_policy::{Document, Position, Spot};

/// The same document with places in the template, if its text stands there as it is: a block
/// (`Content: |`), or one line in quotes. Elsewhere (escaped text) it has none.
///
/// `at` is where the template has the text. Where a function has put something into it, the
/// columns behind that are those before.
pub(super) fn relocate(document: Document, text: &str, template: &str, at: Position) -> Document {
    let (value, spot) = (document.value().clone(), document.spot().cloned());
    let shift = || {
        let mut spot = spot?;
        let (lines, columns) = offset(text, template, at)?;
        shift(&mut spot, lines, columns);
        Some(spot)
    };
    match shift() {
        Some(spot) => Document::from_located(value, spot),
        None => Document::from_value(value),
    }
}

/// How many lines above the text there are in the template, and how many columns before it.
fn offset(text: &str, template: &str, at: Position) -> Option<(usize, usize)> {
    let first = text.lines().next()?;
    let line_of = |number: usize| template.lines().nth(number);
    let row = at.line.checked_sub(1)?;
    let quoted: String = line_of(row)?.chars().skip(at.column).collect();
    if text.lines().count() == 1 && quoted.starts_with(first) {
        return Some((row, at.column));
    }
    // A block begins on the line of its `|` or, where that is taken for its place, one below.
    [row, row + 1].into_iter().find_map(|row| {
        let line = line_of(row)?;
        let behind = line.trim_start();
        let indent = line.chars().count() - behind.chars().count();
        let own = first.chars().count() - first.trim_start().chars().count();
        (behind.trim_end() == first.trim()).then_some((row, indent.checked_sub(own)?))
    })
}

fn shift(spot: &mut Spot, lines: usize, columns: usize) {
    for place in spot.key.iter_mut().chain([&mut spot.value]) {
        place.line += lines;
        place.column += columns;
    }
    spot.children
        .iter_mut()
        .for_each(|child| shift(child, lines, columns));
}
