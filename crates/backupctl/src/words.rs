//! Schedules, days and numbers in words, for people who do not read cron.

pub mod columns;

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const NTH: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// A schedule in words, such as "every day at 05:00 UTC"; none for the rarer forms, which
/// are better read as they are. The expression must be one that can be parsed.
///
/// # Example
/// ```
/// use backupctl::words::schedule;
/// let words = schedule("cron(30 5 1 * ? *)");
/// assert_eq!(words.as_deref(), Some("on day 1 of every month at 05:30 UTC"));
/// ```
pub fn schedule(expression: &str) -> Option<String> {
    let fields = expression.strip_prefix("cron(")?.strip_suffix(')')?;
    let fields = fields.to_ascii_uppercase();
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let (minute, hour, day, month, weekday) = match fields.as_slice() {
        [minute, hour, day, month, weekday] | [minute, hour, day, month, weekday, "*"] => {
            (*minute, *hour, *day, *month, *weekday)
        }
        _ => return None,
    };
    let days = days(day, month, weekday)?;
    match repeated(minute, hour) {
        Some(times) => (days == "every day").then(|| format!("{times} UTC")),
        None => Some(format!("{days} at {} UTC", times(minute, hour)?)),
    }
}

/// A number of days, and what it is nearly: "366 days", "2557 days (7 years)".
pub fn days_of_retention(days: u64) -> String {
    let years = days / 365;
    // As many leap days as there can be among them.
    let is_years = years >= 2 && days % 365 <= years.div_ceil(4);
    match days {
        1 => "1 day".into(),
        _ if is_years => format!("{days} days ({years} years)"),
        _ => format!("{days} days"),
    }
}

/// A number of things: "1 account", "1,200 accounts".
pub fn number(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(count))
}

/// A number with a comma in front of every three digits.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Times of day, if they are the same number of hours apart.
fn repeated(minute: &str, hour: &str) -> Option<String> {
    let minute = at_most(minute, 59)?;
    if hour == "*" {
        return Some(format!("every hour at minute {minute}"));
    }
    let step = hour
        .strip_prefix("0/")
        .or_else(|| hour.strip_prefix("*/"))?;
    let step = at_most(step, 12).filter(|step| *step > 1 && 24 % step == 0)?;
    Some(format!("every {step} hours from 00:{minute:02}"))
}

fn times(minute: &str, hour: &str) -> Option<String> {
    let minute = at_most(minute, 59)?;
    let time = |hour| Some(format!("{:02}:{minute:02}", at_most(hour, 23)?));
    let times: Option<Vec<String>> = hour.split(',').map(time).collect();
    Some(and(&times?))
}

fn at_most(number: &str, highest: u8) -> Option<u8> {
    number.parse().ok().filter(|number| *number <= highest)
}

fn days(day: &str, month: &str, weekday: &str) -> Option<String> {
    let any = |field: &str| matches!(field, "?" | "*");
    match (any(day), any(weekday)) {
        (true, true) if month == "*" => Some("every day".into()),
        (true, true) => Some(format!("every day of {}", months(month)?)),
        (true, false) => weekdays(weekday, month),
        (false, true) => {
            let which = match day {
                "L" => "the last day".into(),
                "LW" => "the last weekday".into(),
                days => {
                    let days = and(&numbers(days, 31)?);
                    let plural = if days.contains(' ') { "s" } else { "" };
                    format!("day{plural} {days}")
                }
            };
            Some(format!("on {which} of {}", months(month)?))
        }
        (false, false) => None,
    }
}

fn weekdays(field: &str, month: &str) -> Option<String> {
    let of_months = || match month {
        "*" => Some(String::new()),
        _ => Some(format!(" of {}", months(month)?)),
    };
    if let Some((day, nth)) = field.split_once('#') {
        let nth = NTH.get(nth.parse::<usize>().ok()?.checked_sub(1)?)?;
        return Some(format!(
            "on the {nth} {} of {}",
            weekday(day)?,
            months(month)?
        ));
    }
    if let Some(day) = field.strip_suffix('L').filter(|day| !day.is_empty()) {
        return Some(format!(
            "on the last {} of {}",
            weekday(day)?,
            months(month)?
        ));
    }
    if let Some((first, last)) = field.split_once('-') {
        let (first, last) = (weekday(first)?, weekday(last)?);
        return Some(format!("{first} to {last}{}", of_months()?));
    }
    let days: Option<Vec<&str>> = field.split(',').map(weekday).collect();
    Some(format!("every {}{}", and(&days?), of_months()?))
}

fn weekday(text: &str) -> Option<&'static str> {
    if text == "L" {
        return WEEKDAYS.last().copied();
    }
    named(text, &WEEKDAYS)
}

fn months(field: &str) -> Option<String> {
    if field == "*" {
        return Some("every month".into());
    }
    let months: Option<Vec<&str>> = field
        .split(',')
        .map(|month| named(month, &MONTHS))
        .collect();
    Some(and(&months?))
}

/// A number from 1, or the first three letters of a name.
fn named(text: &str, names: &[&'static str]) -> Option<&'static str> {
    match text.parse::<usize>() {
        Ok(number) => names.get(number.checked_sub(1)?).copied(),
        Err(_) => names
            .iter()
            .find(|name| {
                name.get(..3)
                    .is_some_and(|start| start.eq_ignore_ascii_case(text))
            })
            .copied(),
    }
}

fn numbers(list: &str, highest: u8) -> Option<Vec<String>> {
    list.split(',')
        .map(|number| {
            let number: u8 = number.parse().ok()?;
            (1..=highest).contains(&number).then(|| number.to_string())
        })
        .collect()
}

/// "a, b and c", each once.
fn and<T: AsRef<str>>(items: &[T]) -> String {
    let mut once: Vec<&str> = Vec::new();
    for item in items.iter().map(AsRef::as_ref) {
        if !once.contains(&item) {
            once.push(item);
        }
    }
    match once.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
