use super::*;

fn at(hour: u32) -> DateTime<Utc> {
    format!("2026-01-31T{hour:02}:00:00Z").parse().unwrap()
}

fn finding(group: &str, account: &str) -> Finding {
    Finding {
        group: group.to_string(),
        account: account.to_string(),
        line: format!("{account} has something"),
    }
}

fn found(keys: &[&str]) -> BTreeMap<String, Finding> {
    let each = keys
        .iter()
        .map(|key| ((*key).to_string(), finding("g", key)));
    each.collect()
}

fn tell(memory: &mut Memory) -> Vec<(bool, Vec<String>)> {
    let messages = memory.messages();
    for message in &messages {
        memory.told(message);
    }
    messages.into_iter().map(|it| (it.well, it.keys)).collect()
}

#[test]
fn a_finding_is_told_once_and_once_more_when_it_is_over() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a"]), at(0), |_| Now::Well);
    assert_eq!(tell(&mut memory), [(false, vec!["a".to_string()])]);
    memory.take_in(found(&["a"]), at(6), |_| Now::Well);
    assert_eq!(tell(&mut memory), []);
    memory.take_in(found(&[]), at(12), |_| Now::Well);
    assert_eq!(tell(&mut memory), [(true, vec!["a".to_string()])]);
    assert_eq!(memory, Memory::default());
}

#[test]
fn what_was_not_looked_at_stays_as_it_is() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a"]), at(0), |_| Now::Well);
    tell(&mut memory);
    memory.take_in(found(&[]), at(6), |_| Now::Unknown);
    assert_eq!(tell(&mut memory), []);
    assert_eq!(memory.accounts_with("a"), 1);
    assert_eq!(memory.accounts_with("b"), 0);
    memory.take_in(found(&["a"]), at(12), |_| Now::Well);
    assert_eq!(tell(&mut memory), []);
}

#[test]
fn what_nobody_asks_for_any_more_ends_without_a_word() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a"]), at(0), |_| Now::Gone);
    tell(&mut memory);
    memory.take_in(found(&[]), at(6), |_| Now::Gone);
    assert_eq!(tell(&mut memory), []);
    assert_eq!(memory, Memory::default());
}

#[test]
fn findings_of_one_look_and_group_are_one_message() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a", "b", "c"]), at(0), |_| Now::Well);
    let messages = memory.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].accounts.len(), 3);
}

#[test]
fn what_a_crash_left_untold_is_told_by_the_next_look() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a"]), at(0), |_| Now::Well);
    // Written, not sent; the next look reads it.
    let mut memory = Memory::from_json(&memory.to_json());
    memory.take_in(found(&["a"]), at(6), |_| Now::Well);
    assert_eq!(tell(&mut memory), [(false, vec!["a".to_string()])]);
    memory.take_in(found(&[]), at(12), |_| Now::Well);
    let mut memory = Memory::from_json(&memory.to_json());
    memory.take_in(found(&[]), at(18), |_| Now::Well);
    assert_eq!(tell(&mut memory), [(true, vec!["a".to_string()])]);
}

#[test]
fn what_comes_back_before_its_end_was_told_was_never_away() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a"]), at(0), |_| Now::Well);
    tell(&mut memory);
    memory.take_in(found(&[]), at(6), |_| Now::Well);
    assert_eq!(memory.accounts_with("a"), 0);
    memory.take_in(found(&["a"]), at(12), |_| Now::Well);
    assert_eq!(memory.accounts_with("a"), 1);
    assert_eq!(tell(&mut memory), []);
}

#[test]
fn what_was_never_told_needs_no_end_and_what_ends_is_told_though_nobody_asks_for_it_meanwhile() {
    for stands in [Now::Well, Now::Gone] {
        let mut memory = Memory::default();
        memory.take_in(found(&["a"]), at(0), |_| Now::Well);
        memory.take_in(found(&[]), at(6), |_| stands);
        assert_eq!(memory, Memory::default(), "{stands:?}");
    }
    let mut memory = Memory::default();
    memory.take_in(found(&["a"]), at(0), |_| Now::Well);
    tell(&mut memory);
    memory.take_in(found(&[]), at(6), |_| Now::Well);
    memory.take_in(found(&[]), at(12), |_| Now::Gone);
    assert_eq!(tell(&mut memory), [(true, vec!["a".to_string()])]);
}

#[test]
fn a_memory_is_read_as_it_was_written_and_what_is_spoilt_is_left_out() {
    let mut memory = Memory::default();
    memory.take_in(found(&["a", "b"]), at(0), |_| Now::Well);
    let mut kept = memory.to_json();
    assert_eq!(Memory::from_json(&kept), memory);
    kept.as_array_mut().unwrap().push(json!(["c", 1]));
    assert_eq!(Memory::from_json(&kept), memory);
    assert_eq!(Memory::from_json(&json!("spoilt")), Memory::default());
}
