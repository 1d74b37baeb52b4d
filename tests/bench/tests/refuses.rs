//! What the bench does when it cannot measure.
#![cfg(test)]

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_missing_binary_is_named_and_nothing_is_measured() {
    let present = env!("CARGO_BIN_EXE_bench");
    for (arguments, missing) in [
        (["no-such-file", present, present], 0),
        ([present, "no-such-file", present], 1),
        ([present, present, "no-such-file"], 2),
    ] {
        let output = bench(&arguments);
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains(&format!("`{}` is not there", arguments[missing])),
            "{error}"
        );
        assert!(error.contains("make bench"), "{error}");
    }
}

#[test]
fn wrong_arguments_are_answered_with_the_usage() {
    let present = env!("CARGO_BIN_EXE_bench");
    for arguments in [
        &[][..],
        &[present, present],
        &[present, present, present, "0"],
        &[present, present, present, "many"],
    ] {
        let output = bench(arguments);
        assert!(!output.status.success());
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .contains("usage: bench")
        );
    }
}

#[test]
fn a_function_that_ends_at_once_is_an_error() {
    let output = bench(&["/bin/true", "/bin/true", "/bin/true", "1"]);
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the function has ended"), "{error}");
}
