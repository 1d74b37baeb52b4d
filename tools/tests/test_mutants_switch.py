"""Where each kind of change stands beside what it changes."""

import pytest
from mutants.switch import Change, changed, switched

CODE = """fn decide(n: u32, name: &str) -> bool {
    let é = 1; n > 3 && !name.is_empty()
}
fn kind(n: u32) -> u8 {
    match n {
        0 => 1,
        it if it > 9 => 2,
        _ => 3,
    }
}
fn thing() -> Thing {
    Thing { name: 1, size, ..base() }
}
fn first(all: &[u32]) -> u32 {
    match all {
        [only] if let 1 = only => 1,
        _ => if let [a, ..] = all && *a > 1 { 2 } else { 3 },
    }
}
"""


def change(number, genre, what, replacement="", after=""):
    """A change of the first place where a text stands, as cargo-mutants lists it."""
    start = CODE.index(what, CODE.index(after))
    end = start + len(what)

    def place(at):
        return {
            "line": CODE.count("\n", 0, at) + 1,
            "column": at - (CODE.rfind("\n", 0, at) + 1) + 1,
        }

    return Change(number, genre, {"start": place(start), "end": place(end)}, replacement)


def line(text, part):
    return next(it.strip() for it in text.splitlines() if part in it)


def test_an_operator_is_another_while_its_number_is_on():
    text, _ = switched(CODE, [change(7, "BinaryOperator", ">", ">=", after="n > 3")])
    assert "(if crate::switched::on(7) { n >= 3 } else { n > 3 }) && !name.is_empty()" in text


def test_changes_within_changes_stand_in_what_is_not_changed():
    changes = [
        change(1, "BinaryOperator", "&&", "||"),
        change(2, "BinaryOperator", ">", ">=", after="n > 3"),
        change(3, "BinaryOperator", ">", "==", after="n > 3"),
        change(4, "UnaryOperator", "!"),
    ]
    text, ranges = switched(CODE, changes)
    assert line(text, "on(1)") == (
        "let é = 1; (if crate::switched::on(1) { n > 3 || !name.is_empty() } else { "
        "(if crate::switched::on(2) { n >= 3 } else if crate::switched::on(3) { n == 3 } "
        "else { n > 3 }) && "
        "(if crate::switched::on(4) { name.is_empty() } else { !name.is_empty() }) })"
    )
    written = {number: text.encode()[slice(*them[0])].decode() for number, them in ranges.items()}
    assert written[3] == "if crate::switched::on(3) { n == 3 }"


def test_a_function_returns_early():
    body = CODE[CODE.index("match n") : CODE.index("fn thing")].rstrip().removesuffix("}").rstrip()
    text, _ = switched(CODE, [change(1, "FnValue", body, "0"), change(2, "FnValue", body, "1")])
    assert (
        "    if crate::switched::on(1) { return 0; }\n"
        "if crate::switched::on(2) { return 1; }\n"
        "match n {" in text
    )


def test_an_arm_is_passed_over_and_its_guard_is_what_it_is_said_to_be():
    arm = change(1, "MatchArm", "0 => 1,")
    guarded = change(2, "MatchArm", "it if it > 9 => 2,")
    guard = change(3, "MatchArmGuard", "it > 9", "true")
    text, _ = switched(CODE, [arm, guarded, guard])
    assert line(text, "on(1)") == "0 if !crate::switched::on(1)  => 1,"
    assert line(text, "on(2)") == (
        "it if !crate::switched::on(2) && "
        "(if crate::switched::on(3) { true } else { it > 9 }) => 2,"
    )


@pytest.mark.parametrize(
    ("field", "left"),
    [("name: 1", "Thing { size, ..base() }"), ("size", "Thing { name: 1, ..base() }")],
)
def test_a_field_is_the_bases(field, left):
    text, _ = switched(CODE, [change(1, "StructField", field, after="Thing { name")])
    assert f"(if crate::switched::on(1) {{ {left} }} else {{ Thing {{ name" in text.replace(
        "  ", " "
    )


def test_a_pattern_in_a_condition_is_no_expression():
    changes = [
        change(1, "MatchArmGuard", "let 1 = only", "true"),
        change(2, "MatchArm", "[only] if let 1 = only => 1,"),
        change(3, "BinaryOperator", "&&", "||", after="if let [a"),
    ]
    assert switched(CODE, changes) == (CODE, {})


def test_a_change_without_a_switch_is_what_cargo_mutants_makes():
    assert "n >= 3 && !name" in changed(CODE, change(1, "BinaryOperator", ">", ">=", after="n > 3"))
