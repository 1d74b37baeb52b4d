//! What stands in the page once, however often it is needed: everything else has its index.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::{self, Write};

use serde_json::Value;

use super::embed;

/// Things in the order in which they first came up.
#[derive(Debug)]
pub(super) struct Once<T> {
    indexes: HashMap<T, usize>,
}

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once {
            indexes: HashMap::new(),
        }
    }
}

impl<T: Eq + Hash> Once<T> {
    /// The index of a thing, which it has from now on.
    pub(super) fn index(&mut self, thing: T) -> usize {
        let next = self.indexes.len();
        *self.indexes.entry(thing).or_insert(next)
    }

    /// All of them, in order.
    pub(super) fn all(self) -> Vec<T> {
        let mut all: Vec<(T, usize)> = self.indexes.into_iter().collect();
        all.sort_unstable_by_key(|(_, index)| *index);
        all.into_iter().map(|(thing, _)| thing).collect()
    }
}

/// Values as they are written.
#[derive(Debug, Default)]
pub(super) struct Values(Once<String>);

impl Values {
    /// The index of a value, which it has from now on.
    pub(super) fn index(&mut self, value: &Value) -> usize {
        self.0.index(embed(value))
    }

    /// Writes all of them, as a list.
    pub(super) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        list(self.0.all(), out)
    }
}

/// Writes a list of values that are JSON already.
pub(super) fn list(
    values: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, value) in values.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}{value}")?;
    }
    out.write_all(b"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_is_written_once() {
        let mut values = Values::default();
        let indexes = ["b", "a", "b"].map(|text| values.index(&json!({"text": text})));
        assert_eq!(indexes, [0, 1, 0]);
        let mut written = Vec::new();
        values.write(&mut written).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            r#"[{"text":"b"},{"text":"a"}]"#
        );
    }
}
