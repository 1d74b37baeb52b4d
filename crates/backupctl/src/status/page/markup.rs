//! Markup as values: a text becomes part of it by [`text`] and in no other way, which escapes it.

use crate::page::escape;
use crate::words::grouped;

/// A piece of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Html(String);

impl Html {
    /// As it is written.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(pieces: I) -> Html {
        let mut whole = Html::default();
        for piece in pieces {
            whole.0.push_str(&piece.0);
        }
        whole
    }
}

/// What any text looks like in a page.
pub(super) fn text(text: &str) -> Html {
    Html(escape(text))
}

/// An element with its attributes and what is in it.
pub(super) fn el(
    name: &'static str,
    attributes: &[(&'static str, &str)],
    children: impl IntoIterator<Item = Html>,
) -> Html {
    let mut out = format!("<{name}");
    for (key, value) in attributes {
        out += &format!(" {key}=\"{}\"", escape(value));
    }
    out.push('>');
    out += &Html::from_iter(children).0;
    out += &format!("</{name}>");
    Html(out)
}

/// An element of a class with a text in it.
pub(super) fn words(name: &'static str, class: &'static str, content: &str) -> Html {
    el(name, &[("class", class)], [text(content)])
}

/// A text of which a page has at most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A table of a class; `heads` are its columns', and the first cell of a row is the row's header. Narrow windows
/// that show a row's cells below each other take the column's name from the cell.
pub(super) fn table(
    class: &'static str,
    label: &str,
    heads: &[&str],
    rows: impl IntoIterator<Item = Vec<Html>>,
) -> Html {
    let rows = rows.into_iter().map(|cells| {
        let cells = cells.into_iter().zip(heads).enumerate();
        let cells = cells.map(|(at, (cell, head))| match at {
            0 => el("th", &[("scope", "row")], [cell]),
            _ => el("td", &[("data-head", head)], [cell]),
        });
        el("tr", &[], cells)
    });
    let heads = heads
        .iter()
        .map(|head| el("th", &[("scope", "col")], [text(head)]));
    el(
        "table",
        &[("class", class), ("aria-label", label)],
        [
            el("thead", &[], [el("tr", &[], heads)]),
            el("tbody", &[], rows),
        ],
    )
}

/// What is left out of a list, if anything is.
pub(super) fn and_more(all: usize, shown: usize) -> Html {
    match all.saturating_sub(shown) {
        0 => Html::default(),
        more => words(
            "p",
            "muted small",
            &format!("and {} more: --format json has them all", grouped(more)),
        ),
    }
}
