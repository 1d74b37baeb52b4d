//! The command as people call it: files in `cmd`, with what is printed.
//! `TRYCMD=overwrite` writes the expected output anew.

#[test]
fn the_command_prints_what_the_samples_say() {
    let cases = trycmd::TestCases::new();
    cases
        .case("tests/cmd/*.trycmd")
        .case("tests/cmd/*.toml")
        // Nothing of this machine: neither its credentials nor the service that might have some.
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    if cfg!(feature = "aws") {
        cases.case("tests/cmd/aws/*.trycmd");
    }
}
