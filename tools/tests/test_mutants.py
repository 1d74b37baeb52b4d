"""What is run again, what is remembered, and what the page says of it."""

import pytest
from mutants import page, run, texts
from mutants.record import Record

FILE = "crates/thing/src/decide.rs"
CODE = """//! Decides.

pub fn decide(n: u32) -> bool {
    // Enough.
    n > 3
}

#[cfg(test)]
mod tests {
    #[test]
    fn three_is_not_enough() {
        assert!(!super::decide(3));
    }
}
"""
OTHER_TEST = """#[test]
fn four_is_enough() {
    assert!(thing::decide(4));
}
"""
NAMES = [
    f"{FILE}:5:7: replace > with >= in decide",
    f"{FILE}:5:7: replace > with == in decide",
    f"{FILE}:4:5: replace decide -> bool with true",
]
CAUGHT = ("CaughtMutant", [(FILE, "three_is_not_enough")])
CAUGHT_OUTSIDE = ("CaughtMutant", [("crates/thing/tests/all.rs", "four_is_enough")])
SURVIVED = ("MissedMutant", [])


@pytest.fixture
def root(tmp_path):
    """A crate with one decision, one test beside it and one outside."""
    (tmp_path / "crates/thing/src").mkdir(parents=True)
    (tmp_path / "crates/thing/tests").mkdir()
    (tmp_path / "docs/evidence").mkdir(parents=True)
    (tmp_path / "tools/mutants").mkdir(parents=True)
    (tmp_path / FILE).write_text(CODE)
    (tmp_path / "crates/thing/src/lib.rs").write_text("mod decide;\n")
    (tmp_path / "crates/thing/tests/all.rs").write_text(OTHER_TEST)
    (tmp_path / "tools/mutants/reasons.toml").write_text("")
    return tmp_path


@pytest.fixture
def recorded(root):
    """A function that reads the record anew, after a run in which the second mutant survived."""
    record = Record.read(root)
    results = dict(zip(NAMES, [CAUGHT, SURVIVED, CAUGHT_OUTSIDE], strict=True))
    record.add(FILE, NAMES, results)
    record.write()
    return lambda: Record.read(root)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_has_no_result_is_run(root):
    assert Record.read(root).to_run(FILE, NAMES) == NAMES


def test_what_did_not_change_is_not_run_again(recorded):
    assert recorded().to_run(FILE, NAMES) == []


def test_another_code_is_run_and_another_comment_is_not(root, recorded):
    edit(root / FILE, "// Enough.", "// Enough, or more.")
    assert recorded().to_run(FILE, NAMES) == []
    edit(root / FILE, "n > 3", "n > 4")
    assert recorded().to_run(FILE, NAMES) == NAMES


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FILE, "assert!(!super::decide(3))", "super::decide(3)"),
        ("crates/thing/tests/all.rs", "four_is_enough", "four"),
    ],
)
def test_a_test_that_caught_something_and_is_another_now_has_the_file_run(
    root, recorded, file, old, new
):
    edit(root / file, old, new)
    assert recorded().to_run(FILE, NAMES) == NAMES


def test_a_new_test_has_the_survivors_run_and_nothing_else(root, recorded):
    tests = root / "crates/thing/tests/all.rs"
    tests.write_text(
        OTHER_TEST + "\n#[test]\nfn five_is_enough() {\n    assert!(thing::decide(5));\n}\n"
    )
    record = recorded()
    assert record.to_run(FILE, NAMES) == [NAMES[1]]
    record.add(
        FILE, NAMES, {NAMES[1]: ("CaughtMutant", [("crates/thing/tests/all.rs", "five_is_enough")])}
    )
    assert record.files[FILE]["caught"] == 3
    assert record.files[FILE]["survivors"] == []
    assert page.problems(record) == []


def test_a_survivor_wants_a_test_or_a_reason_and_a_reason_a_survivor(root, recorded):
    assert page.problems(recorded()) == [
        f"{FILE}: replace > with == in decide in `n > 3` survives: write a test, or a reason into "
        "tools/mutants/reasons.toml"
    ]
    reason = f"""[[survivor]]
file = "{FILE}"
mutant = "replace > with == in decide"
line = "n > 3"
reason = "Nobody decides about five."
"""
    reasons = root / "tools/mutants/reasons.toml"
    reasons.write_text(reason)
    assert page.problems(recorded()) == []
    reasons.write_text(reason + reason.replace("==", "!="))
    assert [problem.split(":")[1] for problem in page.problems(recorded())] == [
        " no mutant survives that does `replace > with != in decide` in `n > 3`"
    ]


def test_a_survivor_with_a_reason_is_not_run_again_for_a_new_test(root, recorded):
    (root / "tools/mutants/reasons.toml").write_text(
        f"[[survivor]]\nfile = '{FILE}'\nmutant = 'replace > with == in decide'\nline = 'n > 3'\n"
        "reason = 'Nobody decides about five.'\n"
    )
    (root / "crates/thing/tests/more.rs").write_text("#[test]\nfn more() {}\n")
    assert recorded().to_run(FILE, NAMES) == []


def test_the_page_says_what_has_no_result(recorded):
    text = page.text(recorded(), {FILE: 3, "crates/thing/src/other.rs": 7})
    assert "1 of 2 files have a result: of 3 mutants 2 were noticed, 66.7 %" in text
    assert f"| `{FILE}` | 3 | 2 | 0 | 0 | 1 | 0 |" in text
    assert "- `crates/thing/src/other.rs`: 7 mutants" in text
    assert "for which a test is missing" in text


def test_what_has_no_result_yet_of_a_file_that_was_run_is_run_and_said(root):
    record = Record.read(root)
    record.add(FILE, NAMES, {NAMES[0]: CAUGHT})
    assert record.to_run(FILE, NAMES) == NAMES[1:]
    text = page.text(record, {FILE: 3})
    assert "; 2 are still to be compiled one by one." in text
    assert f"- `{FILE}`: 2 mutants" in text
    record.add(FILE, NAMES, {name: CAUGHT for name in NAMES[1:]})
    assert record.to_run(FILE, NAMES) == []
    assert "still" not in page.text(record, {FILE: 3})


def test_what_is_run_again_part_by_part_counts_once(root, recorded):
    edit(root / FILE, "assert!(!super::decide(3))", "super::decide(3)")
    record = recorded()
    record.add(FILE, NAMES, dict(zip(NAMES[:2], [CAUGHT, SURVIVED], strict=True)))
    assert record.to_run(FILE, NAMES) == NAMES[2:]
    record.add(FILE, NAMES, {NAMES[2]: CAUGHT_OUTSIDE})
    assert record.files[FILE]["caught"] == 2
    record.add(FILE, NAMES, {NAMES[0]: CAUGHT})
    assert record.files[FILE]["caught"] == 1
    assert record.to_run(FILE, NAMES) == NAMES[1:]


def test_two_changes_that_are_alike_are_two(root):
    alike = [f"{FILE}:5:{column}: replace > with >= in decide" for column in (7, 11)]
    record = Record.read(root)
    record.add(FILE, alike, {alike[0]: CAUGHT})
    assert record.to_run(FILE, alike) == [alike[1]]
    record.add(FILE, alike, {alike[1]: SURVIVED})
    assert record.files[FILE]["caught"] == 1
    assert [it["name"] for it in record.files[FILE]["survivors"]] == [
        "replace > with >= in decide (2)"
    ]


def test_what_the_tests_wrote_tells_which_failed_and_where_they_stand(root):
    output = """
test decide::tests::three_is_not_enough ... FAILED
test decide::tests::another ... ok
"""
    inside = run.failed(root, "thing", "src/lib.rs", output)
    assert inside == [(FILE, "three_is_not_enough")]
    outside = run.failed(root, "thing", "tests/all.rs", "test four_is_enough ... FAILED\n")
    assert outside == [("crates/thing/tests/all.rs", "four_is_enough")]


def test_the_recorded_page_is_what_the_record_says():
    record = Record.read(texts.ROOT)
    shown = (texts.ROOT / page.FILE).read_text()
    for file in record.files:
        assert page.row(record, file) in shown


def test_no_mutant_of_the_record_counts_twice():
    for file, entry in Record.read(texts.ROOT).files.items():
        known = entry["caught"] + entry["unviable"]
        known += sum(len(entry[kind]) for kind in ("timeouts", "survivors", "left"))
        assert known == entry["mutants"], file
