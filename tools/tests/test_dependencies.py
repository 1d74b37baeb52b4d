"""The dependency check finds what it is there to find."""

import dependencies


def test_a_pure_crate_must_not_reach_the_runtime():
    crates = ["serde_json", "tokio-util", "itoa", "aws-sdk-s3", "tokio-util"]
    found = list(dependencies.forbidden_in("backup-policy", r"aws-.*|tokio.*", crates))
    assert [line.split("`")[3] for line in found] == ["aws-sdk-s3", "tokio-util"]


def test_a_name_that_only_begins_like_a_forbidden_one_is_free():
    assert not list(dependencies.forbidden_in("any", r"aws-config", ["aws-config-types", "serde"]))


def test_every_crate_must_be_in_the_table(monkeypatch):
    monkeypatch.setattr(dependencies, "our_crates", lambda: ["newcomer"])
    [problem] = dependencies.stray_crates()
    assert problem.startswith("`newcomer` is not in the table")


def test_only_the_index_of_crates_io_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(dependencies, "ROOT", tmp_path)
    (tmp_path / "Cargo.lock").write_text(
        f'source = "{dependencies.CRATES_IO}"\nsource = "git+https://example.com/x"\n'
    )
    [problem] = dependencies.foreign_sources()
    assert "git+https://example.com/x" in problem


def test_a_requirements_file_must_not_name_a_host(tmp_path, monkeypatch):
    monkeypatch.setattr(dependencies, "ROOT", tmp_path)
    for folder, text in [
        ("tests/kit", "a==1\n--index-url x\n"),
        ("emulator", "b @ https://example.com/b\n"),
    ]:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "requirements.txt").write_text(text)
    assert [problem.split(" ")[0] for problem in dependencies.host_names()] == [
        "emulator/requirements.txt:1",
        "tests/kit/requirements.txt:2",
    ]
