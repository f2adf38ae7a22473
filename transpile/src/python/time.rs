//! Points in time and their arithmetic, without a clock and without a zone database.

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

/// A calendar time with the name of its zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// Microseconds since 1970-01-01T00:00:00 on the wall clock of the zone.
    pub wall: i64,
    /// The zone as it was given: `UTC`, `Europe/Rome`, `+02:00`; `None` for a naive time.
    pub zone: Option<String>,
    /// True for a `date`.
    pub date_only: bool,
}

/// Year, month, day, hour, minute, second, microsecond.
pub type Fields = (i64, i64, i64, i64, i64, i64, i64);

impl DateTime {
    /// From calendar fields; `None` where a field is out of range.
    pub fn from_fields(fields: Fields, zone: Option<String>) -> Option<DateTime> {
        let (year, month, day, hour, minute, second, micro) = fields;
        let in_range = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..SECOND).contains(&micro);
        if !in_range {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        Some(DateTime { wall: seconds * SECOND + micro, zone, date_only: false })
    }

    /// The calendar fields.
    pub fn fields(&self) -> Fields {
        let days = self.wall.div_euclid(DAY);
        let rest = self.wall.rem_euclid(DAY);
        let (y, m, d) = civil_from_days(days);
        let seconds = rest / SECOND;
        (y, m, d, seconds / 3_600, seconds / 60 % 60, seconds % 60, rest % SECOND)
    }

    /// Monday is 0.
    pub fn weekday(&self) -> i64 {
        (self.wall.div_euclid(DAY) + 3).rem_euclid(7)
    }

    /// Moved by microseconds; `None` outside the calendar.
    pub fn plus(&self, micros: i64) -> Option<DateTime> {
        let wall = self.wall.checked_add(micros)?;
        let limit = days_from_civil(9999, 12, 31).checked_mul(DAY)?;
        (wall.abs() <= limit).then(|| DateTime { wall, ..self.clone() })
    }

    /// `2021-01-01T00:00:00+00:00`; a named zone other than UTC has no offset here.
    pub fn iso(&self) -> String {
        let (y, mo, d, h, mi, s, us) = self.fields();
        if self.date_only {
            return format!("{y:04}-{mo:02}-{d:02}");
        }
        let mut text = format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}");
        if us != 0 {
            text.push_str(&format!(".{us:06}"));
        }
        match self.zone.as_deref() {
            Some("UTC" | "utc" | "Z" | "Etc/UTC") => text.push_str("+00:00"),
            Some(offset) if offset.starts_with(['+', '-']) => text.push_str(offset),
            _ => {}
        }
        text
    }

    /// `strftime` for the usual directives; `None` for others.
    pub fn strftime(&self, format: &str) -> Option<String> {
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
        const DAYS: [&str; 7] =
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let (y, mo, d, h, mi, s, us) = self.fields();
        let month = MONTHS.get(usize::try_from(mo - 1).ok()?)?;
        let day = DAYS.get(usize::try_from(self.weekday()).ok()?)?;
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next()? {
                'Y' => out.push_str(&format!("{y:04}")),
                'y' => out.push_str(&format!("{:02}", y % 100)),
                'm' => out.push_str(&format!("{mo:02}")),
                'd' => out.push_str(&format!("{d:02}")),
                'H' => out.push_str(&format!("{h:02}")),
                'M' => out.push_str(&format!("{mi:02}")),
                'S' => out.push_str(&format!("{s:02}")),
                'f' => out.push_str(&format!("{us:06}")),
                'B' => out.push_str(month),
                'b' => out.push_str(month.get(..3)?),
                'A' => out.push_str(day),
                'a' => out.push_str(day.get(..3)?),
                'F' => out.push_str(&format!("{y:04}-{mo:02}-{d:02}")),
                'T' => out.push_str(&format!("{h:02}:{mi:02}:{s:02}")),
                'j' => {
                    out.push_str(&format!("{:03}", days_from_civil(y, mo, d) - days_from_civil(y, 1, 1) + 1))
                }
                '%' => out.push('%'),
                _ => return None,
            }
        }
        Some(out)
    }

    /// ISO 8601 and its common shortenings.
    pub fn parse_iso(text: &str) -> Option<DateTime> {
        let text = text.trim();
        let (date, rest) = match text.find(['T', ' ']) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?),
            None => (text, ""),
        };
        let mut parts = date.split('-');
        let year = digits(parts.next()?)?;
        let month = parts.next().map_or(Some(1), digits)?;
        let day = parts.next().map_or(Some(1), digits)?;
        if parts.next().is_some() {
            return None;
        }
        let (clock, zone) = match rest.find(['Z', '+', '-']) {
            Some(at) if rest.get(at..)? == "Z" => (rest.get(..at)?, Some("UTC".to_owned())),
            Some(at) => (rest.get(..at)?, Some(rest.get(at..)?.to_owned())),
            None => (rest, None),
        };
        let mut numbers = [0i64; 3];
        let mut micro = 0;
        if !clock.is_empty() {
            for (slot, part) in numbers.iter_mut().zip(clock.split(':')) {
                let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
                *slot = digits(whole)?;
                if !fraction.is_empty() {
                    micro = digits(&format!("{fraction:0<6}").chars().take(6).collect::<String>())?;
                }
            }
        }
        let zone = zone.map(|z| if matches!(z.as_str(), "+00:00" | "+0000") { "UTC".to_owned() } else { z });
        DateTime::from_fields((year, month, day, numbers[0], numbers[1], numbers[2], micro), zone)
    }
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The number of days in a month.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

/// A timedelta as Python's `str` shows it.
pub fn delta_text(micros: i64) -> String {
    let days = micros.div_euclid(DAY);
    let rest = micros.rem_euclid(DAY);
    let seconds = rest / SECOND;
    let mut text = format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if rest % SECOND != 0 {
        text.push_str(&format!(".{:06}", rest % SECOND));
    }
    match days {
        0 => text,
        1 | -1 => format!("{days} day, {text}"),
        _ => format!("{days} days, {text}"),
    }
}
