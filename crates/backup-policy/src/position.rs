//! Where a value stands in the text it was read from.

/// A place in a text: what an editor shows as line and column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1, in characters.
    pub column: usize,
    /// How many characters of this line belong to it. A value that goes on over several
    /// lines is cut at the end of its first.
    pub length: usize,
}

/// The places of a value and of everything in it, as a tree beside the value.
///
/// `children` has one entry for each member of an object or element of a list, in order.
/// It may be shorter than the value (what was added after reading has no place).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The key in front of the value, for the members of an object.
    pub key: Option<Position>,
    /// The value itself.
    pub value: Position,
    /// The places of what is inside the value.
    pub children: Vec<Spot>,
}

/// The places of everything in `text`, which must be JSON that a parser has accepted.
pub(crate) fn locate(text: &str) -> Spot {
    let mut scanner = Scanner {
        rest: text,
        line: 1,
        column: 1,
    };
    scanner.value(None)
}

struct Scanner<'t> {
    rest: &'t str,
    line: usize,
    column: usize,
}

impl Scanner<'_> {
    fn value(&mut self, key: Option<Position>) -> Spot {
        self.skip_space();
        let (line, column) = (self.line, self.column);
        let mut children = Vec::new();
        match self.peek() {
            Some('{') => self.members(&mut children, '}', |scanner| {
                let key = scanner.string();
                scanner.skip_space();
                scanner.next(); // the colon
                scanner.value(Some(key))
            }),
            Some('[') => self.members(&mut children, ']', |scanner| scanner.value(None)),
            Some('"') => {
                let value = self.string();
                return Spot {
                    key,
                    value,
                    children,
                };
            }
            _ => {
                while self
                    .peek()
                    .is_some_and(|c| !matches!(c, ',' | ']' | '}') && !is_space(c))
                {
                    self.next();
                }
            }
        }
        let length = if self.line == line {
            self.column - column
        } else {
            1
        };
        Spot {
            key,
            value: Position {
                line,
                column,
                length,
            },
            children,
        }
    }

    /// The members between an opening bracket, which is next, and `close`.
    fn members(
        &mut self,
        children: &mut Vec<Spot>,
        close: char,
        mut member: impl FnMut(&mut Self) -> Spot,
    ) {
        self.next();
        loop {
            self.skip_space();
            match self.peek() {
                None => return,
                Some(c) if c == close => {
                    self.next();
                    return;
                }
                Some(',') => {
                    self.next();
                }
                Some(_) => children.push(member(self)),
            }
        }
    }

    fn string(&mut self) -> Position {
        let (line, column) = (self.line, self.column);
        self.next();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => {
                    self.next();
                }
                _ => {}
            }
        }
        Position {
            line,
            column,
            length: self.column.saturating_sub(column),
        }
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.next();
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let c = characters.next()?;
        self.rest = characters.as_str();
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
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

    #[test]
    fn keys_and_values_stand_where_an_editor_shows_them() {
        let spot = locate("{\n  \"é\\\"x\": \"y\",\n  \"b\": [1, {}]\n}");
        assert_eq!(spot.value, at(1, 1, 1));
        assert_eq!(spot.children[0].key, Some(at(2, 3, 6)));
        assert_eq!(spot.children[0].value, at(2, 11, 3));
        assert_eq!(spot.children[1].key, Some(at(3, 3, 3)));
        assert_eq!(spot.children[1].value, at(3, 8, 7));
        assert_eq!(spot.children[1].children[0].value, at(3, 9, 1));
        assert_eq!(spot.children[1].children[1].value, at(3, 12, 2));
    }
}
