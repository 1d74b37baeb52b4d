"""All mutants of a file in one text: each is switched on by its number while the tests run.

cargo-mutants says what to change and where; compiling takes it seconds for every change. Here every
change stands beside what it changes, `(if switched::on(7) { a != b } else { a == b })`, and is
compiled once with all the others.
"""

import dataclasses

import tree_sitter
import tree_sitter_rust

MODULE = """
#[doc(hidden)]
#[allow(missing_docs)]
pub mod switched {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    static ON: OnceLock<usize> = OnceLock::new();
    static REACHED_FILE: OnceLock<Option<String>> = OnceLock::new();
    static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

    pub fn on(number: usize) -> bool {
        let on = *ON.get_or_init(|| {
            std::env::var("MUTANT").ok().and_then(|it| it.parse().ok()).unwrap_or(usize::MAX)
        });
        if on == usize::MAX && !REACHED[number].load(Ordering::Relaxed) {
            reached(number);
        }
        on == number
    }

    #[cold]
    fn reached(number: usize) {
        let file = REACHED_FILE.get_or_init(|| std::env::var("MUTANTS_REACHED").ok());
        if REACHED[number].swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(file) = file {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
            let _ = file.and_then(|mut file| {
                std::io::Write::write_all(&mut file, format!("{number}\\n").as_bytes())
            });
        }
    }
}
"""

# A pattern in a condition is no expression.
LET = ("let_condition", "let_chain")

_parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))


class NotSwitchable(Exception):
    """A change that has no place in an expression of its own."""


@dataclasses.dataclass
class Change:
    """A mutant as cargo-mutants lists it, with the number that switches it on."""

    number: int
    genre: str
    span: dict
    replacement: str


@dataclasses.dataclass
class _Site:
    """What stands at some bytes: other expressions by number, or numbers that end an arm."""

    start: int
    end: int
    others: list = dataclasses.field(default_factory=list)
    unless: list = dataclasses.field(default_factory=list)


def changed(text, change):
    """The text with one change in it, as cargo-mutants makes it."""
    source = text.encode()
    start, end = _bytes(source, change.span)
    return (source[:start] + change.replacement.encode() + source[end:]).decode()


def switched(text, changes):
    """The text with all changes in it, and the bytes that each takes: `{number: [(start, end)]}`.
    Changes that cannot be switched are left out."""
    source = text.encode()
    root = _parser.parse(source).root_node
    sites, returns, arms = {}, {}, {}
    for change in changes:
        try:
            _place(source, root, change, sites, returns, arms)
        except NotSwitchable:
            continue
    writer = _Writer(source, sites, returns, arms)
    writer.write(0, len(source))
    return writer.out.decode(), writer.ranges


def _place(source, root, change, sites, returns, arms):
    start, end = _bytes(source, change.span)
    node = root.descendant_for_byte_range(start, end)
    match change.genre:
        case "FnValue":
            returns.setdefault(start, []).append((change.number, change.replacement))
        case "BinaryOperator":
            whole = node.parent
            if whole.type not in ("binary_expression", "compound_assignment_expr"):
                raise NotSwitchable
            other = source[whole.start_byte : start] + change.replacement.encode()
            other += source[end : whole.end_byte]
            _other(sites, whole, change.number, other)
        case "UnaryOperator":
            whole = node.parent
            if whole.type != "unary_expression":
                raise NotSwitchable
            _other(sites, whole, change.number, source[end : whole.end_byte])
        case "MatchArmGuard":
            if node.type in LET:
                raise NotSwitchable
            _other(sites, _Site(start, end), change.number, change.replacement.encode())
        case "MatchArm":
            while node.type != "match_arm":
                node = node.parent
                if node is None:
                    raise NotSwitchable
            pattern = node.child_by_field_name("pattern")
            guard = pattern.child_by_field_name("condition")
            if guard and guard.type in LET:
                raise NotSwitchable
            if guard:
                site = sites.setdefault(
                    (guard.start_byte, guard.end_byte), _Site(guard.start_byte, guard.end_byte)
                )
                site.unless.append(change.number)
            else:
                arms.setdefault(pattern.end_byte, []).append(change.number)
        case "StructField":
            whole = node
            while whole.type != "struct_expression":
                whole = whole.parent
                if whole is None:
                    raise NotSwitchable
            rest = source[end : whole.end_byte].lstrip()
            other = source[whole.start_byte : start] + rest.removeprefix(b",")
            _other(sites, whole, change.number, other)
        case _:
            raise NotSwitchable


def _other(sites, node, number, text):
    start, end = (
        (node.start, node.end) if isinstance(node, _Site) else (node.start_byte, node.end_byte)
    )
    sites.setdefault((start, end), _Site(start, end)).others.append((number, text))


def _bytes(source, span):
    """Where a span of lines and columns begins and ends, in bytes."""
    lines = source.split(b"\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)

    def at(place):
        before = lines[place["line"] - 1].decode()[: place["column"] - 1]
        return offsets[place["line"] - 1] + len(before.encode())

    return at(span["start"]), at(span["end"])


class _Writer:
    def __init__(self, source, sites, returns, arms):
        self.source = source
        self.sites = sorted(sites.values(), key=lambda it: (it.start, -it.end))
        self.inserted = sorted({*returns, *arms})
        self.returns, self.arms = returns, arms
        self.written = set()
        self.out = bytearray()
        self.ranges = {}

    def write(self, start, end, outside=None):
        """Write some bytes of the source, with what stands inside; not `outside` once more."""
        position = start
        while position < end:
            site = next(
                (
                    it
                    for it in self.sites
                    if position <= it.start
                    and it.end <= end
                    and (outside is None or (it.start, -it.end) > (outside.start, -outside.end))
                ),
                None,
            )
            until = site.start if site else end
            self._plain(position, until)
            if not site:
                return
            self._site(site)
            position = site.end

    def _plain(self, start, end):
        """Bytes without a site in them; what is inserted comes before the byte it is inserted at,
        and at a site's beginning before the site."""
        for at in self.inserted:
            if start <= at <= end and at not in self.written:
                self.out += self.source[start:at]
                start = at
                self._insert(at)
        self.out += self.source[start:end]

    def _insert(self, at):
        self.written.add(at)
        for number in self.arms.get(at, []):
            self._numbered(number, b" if !crate::switched::on(%d) " % number)
        for number, value in self.returns.get(at, []):
            text = f"if crate::switched::on({number}) {{ return {value}; }}\n"
            self._numbered(number, text.encode())

    def _site(self, site):
        for number in site.unless:
            self._numbered(number, b"!crate::switched::on(%d) && " % number)
        self.out += b"("
        for number, other in site.others:
            self._numbered(number, b"if crate::switched::on(%d) { %s }" % (number, other))
            self.out += b" else "
        if site.others:
            self.out += b"{ "
        self.write(site.start, site.end, outside=site)
        self.out += b" })" if site.others else b")"

    def _numbered(self, number, text):
        start = len(self.out)
        self.out += text
        self.ranges.setdefault(number, []).append((start, len(self.out)))
