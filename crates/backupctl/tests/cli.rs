//! The command as people call it: files in `cmd`, with what is printed.
//! `TRYCMD=overwrite` writes the expected output anew.

#[test]
fn the_command_prints_what_the_samples_say() {
    trycmd::TestCases::new()
        .case("tests/cmd/*.trycmd")
        .case("tests/cmd/*.toml");
}
