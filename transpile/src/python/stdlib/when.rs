//! `datetime` and `pendulum`.

use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::time::{DAY, DateTime, SECOND};
use crate::python::value::{Args, Site, Value};
use std::rc::Rc;

/// Milliseconds and the larger units of a timedelta, in microseconds.
const UNITS: [(&str, i64); 7] = [
    ("days", DAY),
    ("seconds", SECOND),
    ("microseconds", 1),
    ("milliseconds", 1_000),
    ("minutes", 60 * SECOND),
    ("hours", 3_600 * SECOND),
    ("weeks", 7 * DAY),
];

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_when(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        Ok(match path {
            "datetime.timedelta" | "pendulum.duration" | "pendulum.Duration" => self.make_delta(args),
            "datetime.datetime" | "pendulum.datetime" | "pendulum.DateTime" | "pendulum.create" => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
                let pendulum = path.starts_with("pendulum");
                match self.make_time(args, &names, pendulum) {
                    Some(value) => Some(value),
                    None if args.pos.iter().chain(args.kw.iter().map(|(_, v)| v)).any(|v| !is_plain(v)) => {
                        None
                    }
                    None => return Err(self.raise("ValueError", "not a calendar date", site.span)),
                }
            }
            "datetime.date" | "pendulum.date" => {
                self.make_time(args, &["year", "month", "day"], false).map(|v| match v {
                    Value::DateTime(t) => {
                        Value::DateTime(Rc::new(DateTime { date_only: true, ..(*t).clone() }))
                    }
                    other => other,
                })
            }
            "pendulum.timezone"
            | "pendulum.tz.timezone"
            | "pytz.timezone"
            | "zoneinfo.ZoneInfo"
            | "pendulum.Timezone" => args
                .pos
                .first()
                .and_then(|v| self.text(v))
                .map(|zone| Value::External(format!("zone:{zone}").into())),
            "datetime.datetime.strptime" => {
                let (text, format) =
                    (args.pos.first().and_then(Value::as_str), args.pos.get(1).and_then(Value::as_str));
                match (text, format) {
                    (Some(text), Some("%Y-%m-%d" | "%Y-%m-%d %H:%M:%S" | "%Y-%m-%dT%H:%M:%S")) => {
                        DateTime::parse_iso(text).map(|t| Value::DateTime(Rc::new(t)))
                    }
                    (Some(text), Some("%Y%m%d")) if text.len() == 8 && text.is_ascii() => {
                        let iso = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
                        DateTime::parse_iso(&iso).map(|t| Value::DateTime(Rc::new(t)))
                    }
                    _ => None,
                }
            }
            "datetime.datetime.fromisoformat"
            | "datetime.date.fromisoformat"
            | "dateutil.parser.parse"
            | "pendulum.parse"
            | "airflow.utils.timezone.parse"
            | "pendulum.from_format" => {
                let text = args.pos.first().and_then(Value::as_str);
                let parsed = text.and_then(DateTime::parse_iso).map(|t| {
                    let zone = if path.starts_with("datetime") || t.zone.is_some() {
                        t.zone.clone()
                    } else {
                        Some("UTC".into())
                    };
                    DateTime { zone, ..t }
                });
                parsed.map(|t| Value::DateTime(Rc::new(t)))
            }
            "airflow.utils.timezone.datetime" | "airflow.sdk.timezone.datetime" => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
                self.make_time(args, &names, true)
            }
            "datetime.datetime.combine" => match (args.pos.first(), args.pos.get(1)) {
                (Some(Value::DateTime(date)), _) => {
                    let wall = date.wall - date.wall.rem_euclid(DAY);
                    Some(Value::DateTime(Rc::new(DateTime { wall, zone: None, date_only: false })))
                        .filter(|_| matches!(args.pos.get(1), Some(Value::External(p)) if &**p == "datetime.datetime.min.time()"))
                }
                _ => None,
            },
            "datetime.datetime.min.time" => Some(Value::External("datetime.datetime.min.time()".into())),
            _ => None,
        })
    }

    fn make_delta(&self, args: &Args) -> Option<Value> {
        let mut total = 0f64;
        let mut add = |value: &Value, unit: i64| -> Option<()> {
            total += super::super::compare::number(value)? * unit as f64;
            Some(())
        };
        for (value, (_, unit)) in args.pos.iter().zip(UNITS) {
            add(value, unit)?;
        }
        for (name, value) in &args.kw {
            let unit = UNITS.iter().find(|(n, _)| *n == &**name).map(|(_, u)| *u)?;
            add(value, unit)?;
        }
        (total.abs() < 9e18 && args.unknown_kw.is_none()).then_some(Value::Delta(total.round() as i64))
    }

    fn make_time(&self, args: &Args, names: &[&str], pendulum: bool) -> Option<Value> {
        let mut fields = [0i64, 1, 1, 0, 0, 0, 0];
        let mut given = 0;
        for (i, name) in names.iter().enumerate() {
            match args.get(i, name) {
                Some(Value::Int(n)) => {
                    if let Some(slot) = fields.get_mut(i) {
                        *slot = *n;
                    }
                    given += 1;
                }
                Some(_) => return None,
                None => {}
            }
        }
        if given == 0 {
            return None;
        }
        let zone = args.named("tzinfo").or_else(|| args.named("tz")).or_else(|| args.pos.get(7));
        let zone = match zone {
            None if pendulum => Some("UTC".to_owned()),
            None => None,
            Some(value) => self.zone_of(value)?,
        };
        let [y, mo, d, h, mi, s, us] = fields;
        DateTime::from_fields((y, mo, d, h, mi, s, us), zone).map(|t| Value::DateTime(Rc::new(t)))
    }

    /// The name of a time zone; outer `None` where it is not known.
    fn zone_of(&self, value: &Value) -> Option<Option<String>> {
        Some(match value {
            Value::None => None,
            Value::Str(s) => Some(s.to_string()),
            Value::External(path) => match &**path {
                "datetime.timezone.utc"
                | "datetime.UTC"
                | "pytz.utc"
                | "pytz.UTC"
                | "pendulum.UTC"
                | "pendulum.tz.UTC"
                | "airflow.utils.timezone.utc" => Some("UTC".into()),
                path => Some(path.strip_prefix("zone:")?.to_owned()),
            },
            _ => return None,
        })
    }

    pub(in crate::python) fn time_attr(&self, base: &Value, name: &str) -> Option<Value> {
        match base {
            Value::DateTime(t) => {
                let (y, mo, d, h, mi, s, us) = t.fields();
                Some(Value::Int(match name {
                    "year" => y,
                    "month" => mo,
                    "day" => d,
                    "hour" => h,
                    "minute" => mi,
                    "second" => s,
                    "microsecond" => us,
                    _ => return None,
                }))
            }
            Value::Delta(d) => Some(Value::Int(match name {
                "days" => d.div_euclid(DAY),
                "seconds" => d.rem_euclid(DAY) / SECOND,
                "microseconds" => d.rem_euclid(SECOND),
                _ => return None,
            })),
            _ => None,
        }
    }

    pub(in crate::python) fn time_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &Args,
        _site: Site,
    ) -> Option<Value> {
        if let Value::Delta(d) = receiver {
            return (name == "total_seconds").then(|| Value::Float(*d as f64 / SECOND as f64));
        }
        let Value::DateTime(t) = receiver else { return None };
        let time = |t: DateTime| Some(Value::DateTime(Rc::new(t)));
        match name {
            "isoformat" | "to_iso8601_string" => Some(Value::str(t.iso())),
            "strftime" => {
                args.pos.first().and_then(Value::as_str).and_then(|f| t.strftime(f)).map(Value::str)
            }
            "to_date_string" => t.strftime("%Y-%m-%d").map(Value::str),
            "date" => time(DateTime { wall: t.wall - t.wall.rem_euclid(DAY), zone: None, date_only: true }),
            "weekday" => Some(Value::Int(t.weekday())),
            "isoweekday" => Some(Value::Int(t.weekday() + 1)),
            "add" | "subtract" => match self.make_delta(args)? {
                Value::Delta(d) => t.plus(if name == "add" { d } else { -d }).and_then(time),
                _ => None,
            },
            "in_timezone" | "astimezone" | "in_tz" => None,
            "replace" => {
                let mut f = t.fields();
                let mut zone = t.zone.clone();
                for (name, value) in &args.kw {
                    let slot = match &**name {
                        "year" => &mut f.0,
                        "month" => &mut f.1,
                        "day" => &mut f.2,
                        "hour" => &mut f.3,
                        "minute" => &mut f.4,
                        "second" => &mut f.5,
                        "microsecond" => &mut f.6,
                        "tzinfo" => {
                            zone = self.zone_of(value)?;
                            continue;
                        }
                        _ => return None,
                    };
                    let Value::Int(n) = value else { return None };
                    *slot = *n;
                }
                DateTime::from_fields(f, zone).and_then(time)
            }
            _ => None,
        }
    }
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::None)
}
