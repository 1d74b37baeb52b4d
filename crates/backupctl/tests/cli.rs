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

#[test]
fn code_scanning_gets_a_log_with_every_finding_at_its_place() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmd/validate.in");
    let validate = |format: &str| -> serde_json::Value {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_backupctl"))
            .args(["validate", "spelling.json", "template.yaml", "hand"])
            .args(["--format", format])
            .current_dir(samples)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (json, sarif) = (validate("json"), validate("sarif"));
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let shown: Vec<(String, String, String)> = results
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let line = place["region"]["startLine"].as_u64().unwrap();
            let file = place["artifactLocation"]["uri"].as_str().unwrap();
            let rule = result["ruleId"].as_str().unwrap();
            (file.to_owned(), line.to_string(), rule.to_owned())
        })
        .collect();
    let mut expected = Vec::new();
    for file in json.as_array().unwrap() {
        for finding in file["findings"].as_array().unwrap() {
            let line = finding["line"].as_u64().unwrap_or(1);
            let code = finding["code"].as_str().unwrap();
            let name = file["file"].as_str().unwrap();
            expected.push((name.to_owned(), line.to_string(), code.to_owned()));
        }
    }
    assert!(expected.len() > 10);
    assert_eq!(shown, expected);
}

#[test]
fn of_a_line_that_is_the_whole_file_only_what_is_around_each_finding_is_shown() {
    let policy = r#"{"Policy": {"PolicySummary": {"Name": "a", "Type": "BACKUP_POLICY"}, "Content": "{\"plan\": {}}"}}"#;
    let shown = |count: usize| {
        let file = std::env::temp_dir().join(format!("backupctl-{}-{count}", std::process::id()));
        let text = format!("[{}]", vec![policy; count].join(", "));
        std::fs::write(&file, &text).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_backupctl"))
            .args(["validate".as_ref(), file.as_os_str()])
            .output()
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let mut columns = shown.lines().filter_map(|line| line.split_once(":1:"));
        let (_, last) = columns.next_back().unwrap();
        assert_eq!(last, (text.rfind(r#""{\"plan"#).unwrap() + 1).to_string());
        shown.len()
    };
    // Twice as much, and not four times.
    let (few, many) = (shown(200), shown(400));
    assert!(many < 3 * few, "{few} {many}");
}
