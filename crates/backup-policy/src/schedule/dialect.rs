//! AWS's way of writing cron, translated into the cron crate's.
//!
//! Documented for EventBridge rules and taken over by AWS Backup. What neither documents
//! (ranges that wrap round, such as `FRI-MON`) is read in the way that is usual elsewhere.

/// A translated expression.
pub(super) struct Read {
    /// The same schedule in the cron crate's way, with seconds and years.
    pub(super) pattern: String,
    /// The pattern, in each of AWS's years.
    pub(super) in_any_year: String,
    /// How many of the two day fields are `?`.
    pub(super) question_marks: usize,
}

struct Field {
    name: &'static str,
    lowest: u16,
    highest: u16,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    Field {
        name: "minutes",
        lowest: 0,
        highest: 59,
        names: &[],
    },
    Field {
        name: "hours",
        lowest: 0,
        highest: 23,
        names: &[],
    },
    Field {
        name: "days of the month",
        lowest: 1,
        highest: 31,
        names: &[],
    },
    Field {
        name: "months",
        lowest: 1,
        highest: 12,
        names: MONTHS,
    },
    Field {
        name: "days of the week",
        lowest: 1,
        highest: 7,
        names: WEEKDAYS,
    },
    Field {
        name: "years",
        lowest: 1970,
        highest: 2199,
        names: &[],
    },
];

/// All years that AWS takes. Without them the cron crate would search until the year 5000.
const YEARS: &str = "1970-2199";

/// Reads what stands between the brackets of `cron(...)`, or says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Read, String> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if fields.len() != 6 && fields.len() != 5 {
        return Err(format!("it has {} fields instead of 6", fields.len()));
    }
    // Seconds come before the first field.
    let mut read = vec!["0".to_owned()];
    let mut question_marks = 0;
    for (field, text) in FIELDS.iter().zip(fields) {
        if text == "?" && field.is_day() {
            question_marks += 1;
            read.push("*".to_owned());
        } else {
            let items: Result<Vec<String>, String> = text
                .to_ascii_uppercase()
                .split(',')
                .map(|item| field.item(item))
                .collect();
            read.push(items?.join(","));
        }
    }
    let years = match read.get(FIELDS.len()).map(String::as_str) {
        None | Some("*") => YEARS.to_owned(),
        Some(years) => years.to_owned(),
    };
    read.truncate(FIELDS.len());
    let fields = read.join(" ");
    Ok(Read {
        pattern: format!("{fields} {years}"),
        in_any_year: format!("{fields} {YEARS}"),
        question_marks,
    })
}

impl Field {
    fn is_day(&self) -> bool {
        self.is_month_day() || self.is_weekday()
    }

    fn is_month_day(&self) -> bool {
        self.highest == 31
    }

    fn is_weekday(&self) -> bool {
        self.highest == 7
    }

    /// One item of a comma-separated list.
    fn item(&self, item: &str) -> Result<String, String> {
        match item {
            "*" => return Ok("*".into()),
            "L" if self.is_month_day() => return Ok("L".into()),
            "LW" if self.is_month_day() => return Ok("LW".into()),
            // The last day of a week that begins on Sunday.
            "L" if self.is_weekday() => return Ok("7".into()),
            _ => {}
        }
        if let Some(day) = item.strip_suffix('W').filter(|_| self.is_month_day()) {
            return Ok(format!("{}W", self.value(day, item)?));
        }
        if let Some(day) = item.strip_suffix('L').filter(|_| self.is_weekday()) {
            return Ok(format!("{}#L", self.value(day, item)?));
        }
        if let Some((day, nth)) = item.split_once('#').filter(|_| self.is_weekday()) {
            let nth = self.number(nth, item, 1, 5)?;
            return Ok(format!("{}#{nth}", self.value(day, item)?));
        }
        let Some((range, step)) = item.split_once('/') else {
            return match item.split_once('-') {
                Some((first, last)) => {
                    Ok(self.listed(self.value(first, item)?, self.value(last, item)?, 1))
                }
                None => Ok(self.value(item, item)?.to_string()),
            };
        };
        // `0/60` is common, so a step may lead out of the field; it then stands for its start.
        let step = self.number(step, item, 1, self.highest.saturating_add(1))?;
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (self.value(first, item)?, self.value(last, item)?),
            None if range == "*" => (self.lowest, self.highest),
            // AWS: from here to the end of the field.
            None => (self.value(range, item)?, self.highest),
        };
        Ok(self.listed(first, last, step))
    }

    /// Every so many values from one to another, round the end if the first is the greater one.
    fn listed(&self, first: u16, last: u16, step: u16) -> String {
        let (end, round) = match first <= last {
            true => (last, None),
            false => (self.highest, Some(self.lowest..=last)),
        };
        let values = (first..=end).chain(round.into_iter().flatten());
        let values = values.step_by(step.into()).map(|value| value.to_string());
        values.collect::<Vec<String>>().join(",")
    }

    /// A number or a name.
    fn value(&self, text: &str, item: &str) -> Result<u16, String> {
        match (self.lowest..)
            .zip(self.names)
            .find(|(_, name)| **name == text)
        {
            Some((number, _)) => Ok(number),
            None => self.number(text, item, self.lowest, self.highest),
        }
    }

    fn number(&self, text: &str, item: &str, lowest: u16, highest: u16) -> Result<u16, String> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("`{item}` is not something the {} take", self.name));
        }
        match text.parse() {
            Ok(number) if (lowest..=highest).contains(&number) => Ok(number),
            _ => {
                let name = self.name;
                Err(format!(
                    "`{text}` in the {name} is not from {lowest} to {highest}"
                ))
            }
        }
    }
}
