//! Schedules and timetables.

use super::text::{duration, string};
use crate::from::airflow::{AirflowDag, AirflowVersion, Data};

/// The `schedule` line of a DAG and what is not exact about it.
pub(super) fn schedule(dag: &AirflowDag, version: AirflowVersion) -> (String, Option<String>) {
    let zone = match dag.arg("start_date") {
        Some(Data::Time(_, Some(zone))) if !zone.starts_with(['+', '-']) => zone.clone(),
        _ => "UTC".into(),
    };
    let given = ["schedule", "schedule_interval", "timetable"].iter().find_map(|n| dag.arg(n));
    let Some(given) = given else {
        return match version {
            AirflowVersion::Two => ("schedule every 1d".into(), None),
            AirflowVersion::Three => ("schedule none".into(), None),
        };
    };
    match line(given, &zone) {
        Some(text) => (format!("schedule {text}"), None),
        None => ("schedule none".into(), Some(format!("the schedule {} has no counterpart", name(given)))),
    }
}

fn name(data: &Data) -> String {
    match data {
        Data::Call { path, .. } | Data::External(path) => {
            format!("`{}`", path.rsplit('.').next().unwrap_or(path))
        }
        Data::Str(s) => format!("`{s}`"),
        Data::Unknown(reason, _) => format!("that depends on {reason}"),
        _ => "of the DAG".into(),
    }
}

fn line(data: &Data, zone: &str) -> Option<String> {
    Some(match data {
        Data::None => "none".into(),
        Data::Delta(d) if *d > 0 => format!("every {}", duration(*d)),
        Data::Str(s) => match s.as_str() {
            "@once" => "once".into(),
            "@continuous" => return None,
            cron => format!("{} tz {}", string(&preset(cron)?), string(zone)),
        },
        Data::Call { path, pos, kw } => {
            let arg =
                |i: usize, n: &str| kw.iter().find(|(k, _)| k == n).map(|(_, v)| v).or_else(|| pos.get(i));
            match path.rsplit('.').next().unwrap_or(path) {
                "CronTriggerTimetable" | "CronDataIntervalTimetable" => {
                    let zone = arg(1, "timezone").and_then(zone_name).unwrap_or_else(|| zone.to_owned());
                    return line(arg(0, "cron")?, &zone);
                }
                "DeltaTriggerTimetable" | "DeltaDataIntervalTimetable" => {
                    return line(arg(0, "delta")?, zone);
                }
                "OnceTimetable" => "once".into(),
                "NullTimetable" => "none".into(),
                _ => format!("on {}", expression(data, true)?),
            }
        }
        _ => format!("on {}", expression(data, true)?),
    })
}

fn zone_name(data: &Data) -> Option<String> {
    match data {
        Data::Str(s) => Some(s.clone()),
        Data::External(path) => path.strip_prefix("zone:").map(str::to_owned),
        _ => None,
    }
}

/// The cron line of a preset; `None` where it is none.
fn preset(text: &str) -> Option<String> {
    Some(match text {
        "@hourly" => "0 * * * *".into(),
        "@daily" | "@midnight" => "0 0 * * *".into(),
        "@weekly" => "0 0 * * 0".into(),
        "@monthly" => "0 0 1 * *".into(),
        "@quarterly" => "0 0 1 */3 *".into(),
        "@yearly" | "@annually" => "0 0 1 1 *".into(),
        other if other.split_whitespace().count() == 5 => other.to_owned(),
        _ => return None,
    })
}

fn expression(data: &Data, top: bool) -> Option<String> {
    match data {
        Data::List(items) => {
            let parts: Option<Vec<String>> = items.iter().map(|i| expression(i, false)).collect();
            let parts = parts.filter(|p| !p.is_empty())?;
            Some(join(parts, " && ", top))
        }
        Data::Op(op, parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(|p| expression(p, false)).collect();
            Some(join(parts?, if op == "&" { " && " } else { " || " }, top))
        }
        Data::Call { path, pos, kw } => {
            let arg = |n: &str| kw.iter().find(|(k, _)| k == n).map(|(_, v)| v);
            match path.rsplit('.').next().unwrap_or(path) {
                "Asset" | "Dataset" | "Model" | "AssetAlias" | "DatasetAlias" | "ref" => {
                    Some(format!("asset({})", string(&asset_uri(data)?)))
                }
                name @ ("AssetAll" | "DatasetAll" | "AssetAny" | "DatasetAny") => {
                    let parts: Option<Vec<String>> = pos.iter().map(|p| expression(p, false)).collect();
                    Some(join(parts?, if name.ends_with("All") { " && " } else { " || " }, top))
                }
                "AssetOrTimeSchedule" | "DatasetOrTimeSchedule" => {
                    let assets = expression(arg("assets").or(arg("datasets"))?, false)?;
                    let cron = match arg("timetable")? {
                        Data::Call { pos, kw, .. } => {
                            let cron = kw.iter().find(|(k, _)| k == "cron").map(|(_, v)| v).or(pos.first())?;
                            let zone =
                                kw.iter().find(|(k, _)| k == "timezone").and_then(|(_, v)| zone_name(v));
                            let zone = zone.unwrap_or_else(|| "UTC".into());
                            format!("cron({}, tz: {})", string(&preset(cron.as_str()?)?), string(&zone))
                        }
                        _ => return None,
                    };
                    Some(join(vec![assets, cron], " || ", top))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn join(parts: Vec<String>, op: &str, top: bool) -> String {
    let many = parts.len() > 1;
    let text = parts.join(op);
    if many && !top { format!("({text})") } else { text }
}

/// The uri (or name) of an asset.
pub(super) fn asset_uri(data: &Data) -> Option<String> {
    match data {
        Data::Str(s) => Some(s.clone()),
        Data::Call { pos, kw, .. } => {
            let arg = |n: &str| kw.iter().find(|(k, _)| k == n).and_then(|(_, v)| v.as_str());
            let first = pos.first().and_then(Data::as_str);
            let second = pos.get(1).and_then(Data::as_str);
            arg("uri").or(second).or(first).or(arg("name")).map(str::to_owned)
        }
        _ => None,
    }
}
