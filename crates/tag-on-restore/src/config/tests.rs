use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_string())
    })
}

#[test]
fn nothing_set_is_the_default() {
    assert_eq!(read(&[]).unwrap(), Config::default());
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let empty: Vec<(&str, &str)> = VARIABLES.iter().map(|name| (*name, " ")).collect();
    assert_eq!(read(&empty).unwrap(), Config::default());
}
