"""What is left out of the build, which tests run for a mutant, and when they are over."""

import pytest
from mutants import build, run

FILE = "crates/thing/src/decide.rs"
SPAN = {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 2}}


def mutant(number, genre="BinaryOperator", returns="-> bool", function="decide"):
    name = f"{FILE}:{number}: a change"
    return build.Mutant(number, name, FILE, "thing", genre, SPAN, "", returns, function)


def error(code, start, end):
    span = {"file_name": FILE, "byte_start": start, "byte_end": end, "is_primary": True}
    return {"code": {"code": code}, "spans": [span]}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A build of three changes of one function and one of another, each ten bytes long."""
    monkeypatch.setattr(build, "LEFT_OUT", tmp_path / "left-out.json")
    monkeypatch.setattr(build.Mutant, "key", property(lambda it: it.name))
    arm = "MatchArm"
    made = build.Build([mutant(0), mutant(1, arm), mutant(2, arm), mutant(3, arm, function="of")])
    made.ranges = {FILE: {number: [(100 * number, 100 * number + 10)] for number in range(4)}}
    return made


def test_a_change_that_is_no_rust_is_no_mutant(built):
    assert built._leave_out([error("E0599", 3, 5)])
    assert (built.unviable, built.alone) == ({0}, set())


def test_a_change_that_has_no_switch_is_compiled_by_itself(built):
    assert built._leave_out([error("E0382", 103, 105)])
    assert (built.unviable, built.alone) == (set(), {1})


def test_arms_that_are_missing_together_are_taken_out_one_by_one(built):
    assert built._leave_out([error("E0004", 50, 60)])
    assert (built.unviable, built.alone) == (set(), {1, 2})


def test_what_nobody_is_to_blame_for_is_an_end(built):
    assert not built._leave_out([error("E0432", 900, 910)])


def test_what_does_not_compile_is_remembered(built):
    built._leave_out([error("E0599", 3, 5), error("E0382", 103, 105)])
    built._keep()
    build.Build([mutant(9)])._keep()
    again = build.Build(list(built.mutants.values()))
    assert (again.unviable, again.alone) == ({0}, {1}), "also after a build of something else"


def test_a_function_of_a_type_that_it_hides_is_compiled_by_itself():
    assert mutant(0, "FnValue", "-> impl Iterator<Item = u8>").is_opaque
    assert not mutant(0, "FnValue", "-> u8").is_opaque


def binary(tmp_path, text):
    """Tests that do what a shell does."""
    (tmp_path / "crates" / "thing").mkdir(parents=True)
    file = tmp_path / "tests"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return build.Binary("thing", "lib", str(file), "src/lib.rs")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "TREE", tmp_path)
    return tmp_path


def test_the_first_failure_ends_the_tests_and_all_that_they_started(tree):
    tests = binary(tree, "echo 'test a::b ... FAILED'; sleep 600 & sleep 600")
    outcome, failed = run._run(tests, [], mutant(7), 60)
    assert (outcome, [test for _, test in failed]) == (run.CAUGHT, ["b"])


def test_a_mutant_is_switched_on_by_its_number(tree):
    tests = binary(tree, 'test "$MUTANT" = 7')
    assert run._run(tests, [], mutant(7), 60) is None
    assert run._run(tests, [], mutant(8), 60) == (run.CAUGHT, [])


def test_tests_that_do_not_end_are_ended(tree):
    assert run._run(binary(tree, "sleep 600"), [], mutant(7), 0.5) == (run.TIMEOUT, [])


def test_the_tests_that_reach_little_else_come_first():
    step = run.Step(None, [], {"all": (1, {1, 2, 3}), "one": (1, {2}), "none": (1, set())})
    assert step.which_reach(2) == ["one", "all"]
    assert step.which_reach(9) == []


def test_what_is_compiled_by_itself_has_only_the_tests_built_that_it_takes(tree, monkeypatch):
    passing = binary(tree, "echo 'test a::b ... ok'")
    failing = tree / "failing"
    failing.write_text("#!/bin/sh\necho 'test a::b ... FAILED'; exit 101\n")
    failing.chmod(0o700)
    built = []

    def binaries(name):
        built.append(name)
        path = str(failing) if name == "second" else passing.path
        return {("thing", name): build.Binary("thing", name, path, "src/lib.rs")}

    monkeypatch.setattr(build, "binaries", binaries)
    steps = [
        run.Step(build.Binary("thing", name, "", "src/lib.rs"), [], {"a::b": (0, set())})
        for name in ("first", "second", "third")
    ]
    outcome, failed = run._noticed_alone(steps, mutant(7))
    assert (outcome, failed[0][1]) == (run.CAUGHT, "b")
    assert built == ["first", "second"]


def test_what_does_not_compile_by_itself_is_no_mutant(tree, monkeypatch):
    def binaries(name):
        raise build.NoRust("error[E0308]")

    monkeypatch.setattr(build, "binaries", binaries)
    step = run.Step(binary(tree, ""), [], {})
    assert run._noticed_alone([step], mutant(7)) == (run.UNVIABLE, [])
