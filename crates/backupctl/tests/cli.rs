//! The command as people call it: files in `cmd`, with what is printed.
//! `TRYCMD=overwrite` writes the expected output anew.

#[test]
fn the_command_prints_what_the_samples_say() {
    let cases = trycmd::TestCases::new();
    cases
        .case("tests/cmd/*.trycmd")
        .case("tests/cmd/*.toml")
        // Nothing of this machine: neither its credentials nor the service that might have some.
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_PROFILE", "")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", "")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    if cfg!(feature = "aws") {
        cases.case("tests/cmd/aws/*.trycmd");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line_and_status_2_whatever_is_written() {
    let good = "tests/cmd/validate.in/good.json";
    for arguments in [
        &["validate", good][..],
        &["validate", "--format", "json", good],
        &["schedule", "cron(0 5 * * ? *)"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_backupctl"))
            .args(arguments)
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.starts_with("error: cannot write to standard output: No space left"),
            "{arguments:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn every_shell_gets_completions_for_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_backupctl"))
            .args(["completions", shell])
            .output()
            .unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["validate", "schedule", "completions", "--strict", "--count"] {
            let word = match shell {
                // fish writes long options without their dashes.
                "fish" => word.trim_start_matches('-'),
                _ => word,
            };
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/organization.json");
    let commands: [&[&str]; 4] = [
        &["effective", "--organization", sample],
        &["schedule", "cron(0 5 ? * * *)"],
        &["validate", sample],
        &["completions", "bash"],
    ];
    for command in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_backupctl"))
            .args(command)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command:?}");
        // As a shell counts what ends by SIGPIPE: whether all was well was not printed.
        assert_eq!(output.status.code(), Some(141), "{command:?}");
    }
}
