//! `schedule …`.

use crate::types::Cx;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, BinaryOp, ExprKind as E};
use rustchain_plan::plan::{Schedule, ScheduleExpr};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

const PRESETS: [&str; 8] =
    ["@once", "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

impl Cx<'_> {
    /// When a mission starts by itself.
    pub fn schedule(&mut self, schedule: &ast::Schedule) -> Schedule {
        match schedule {
            ast::Schedule::None => Schedule::None,
            ast::Schedule::Once => Schedule::Once,
            ast::Schedule::Every(e) => match self.check_constant(e, &Type::Duration, "a schedule") {
                Some(Value::Duration(n)) if n > 0 => Schedule::Every(n),
                Some(_) => {
                    let d = self.error("RC0217", e.span, "a schedule needs a positive duration");
                    self.report(d);
                    Schedule::None
                }
                None => Schedule::None,
            },
            ast::Schedule::Cron { line, span, tz } => {
                self.check_cron(line, *span);
                let tz = tz.as_ref().map_or_else(|| "UTC".into(), |(tz, _)| tz.clone());
                Schedule::Cron(line.clone(), tz)
            }
            ast::Schedule::On(e) => self.schedule_expr(e).map_or(Schedule::None, Schedule::On),
        }
    }

    fn schedule_expr(&mut self, e: &ast::Expr) -> Option<ScheduleExpr> {
        match &e.kind {
            E::Paren(inner) => self.schedule_expr(inner),
            E::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let (left, right) = (self.schedule_expr(left), self.schedule_expr(right));
                let (left, right) = (left?, right?);
                Some(match op {
                    BinaryOp::And => ScheduleExpr::All(joined(left, right, true)),
                    _ => ScheduleExpr::Any(joined(left, right, false)),
                })
            }
            E::Call { callee, args, .. } if matches!(&callee.kind, E::Name(n) if n.text == "cron") => {
                self.cron(args, e.span)
            }
            _ => Some(ScheduleExpr::Asset(self.asset(e)?)),
        }
    }

    fn cron(&mut self, args: &[ast::Arg], span: Span) -> Option<ScheduleExpr> {
        let mut line: Option<(SmolStr, Span)> = None;
        let mut tz: SmolStr = "UTC".into();
        for arg in args {
            let Some(Value::String(text)) = self.check_constant(&arg.value, &Type::String, "a cron line")
            else {
                return None;
            };
            match &arg.name {
                None => line = Some((text.as_ref().into(), arg.value.span)),
                Some(name) if name.text == "tz" => tz = text.as_ref().into(),
                Some(name) => {
                    let d =
                        self.error("RC0204", name.span, format!("`cron` has no parameter `{}`", name.text));
                    self.report(d);
                }
            }
        }
        let Some((line, at)) = line else {
            let d =
                self.error("RC0203", span, "`cron` lacks its line").help("for example `cron(\"0 6 * * *\")`");
            self.report(d);
            return None;
        };
        self.check_cron(&line, at);
        Some(ScheduleExpr::Cron(line, tz))
    }

    fn check_cron(&mut self, line: &str, span: Span) {
        if PRESETS.contains(&line) {
            return;
        }
        let fields: Vec<&str> = line.split_whitespace().collect();
        const RANGES: [(&str, u32, u32); 5] =
            [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7)];
        if fields.len() != 5 {
            let message = format!("a cron line has five fields, found {}", fields.len());
            let d = self.error("RC0215", span, message).help("minute, hour, day, month, weekday");
            self.report(d);
            return;
        }
        for (field, (name, low, high)) in fields.iter().zip(RANGES) {
            if !field.split(',').all(|part| is_cron_part(part, low, high)) {
                let message = format!("`{field}` is no {name} of a cron line ({low} to {high})");
                let d = self.error("RC0215", span, message);
                self.report(d);
            }
        }
    }
}

fn is_cron_part(part: &str, low: u32, high: u32) -> bool {
    let (range, step) = part.split_once('/').unwrap_or((part, "1"));
    if step.parse::<u32>().map_or(true, |s| s == 0) {
        return false;
    }
    let number = |text: &str| {
        let named = text.chars().count() == 3 && text.chars().all(|c| c.is_ascii_alphabetic());
        named || text.parse::<u32>().is_ok_and(|n| n >= low && n <= high)
    };
    match range.split_once('-') {
        _ if range == "*" => true,
        Some((from, to)) => number(from) && number(to),
        None => number(range) || matches!(range, "?" | "L"),
    }
}

/// Nested combinations of one kind in one list.
fn joined(left: ScheduleExpr, right: ScheduleExpr, all: bool) -> Vec<ScheduleExpr> {
    let mut list = Vec::new();
    for side in [left, right] {
        match side {
            ScheduleExpr::All(inner) if all => list.extend(inner),
            ScheduleExpr::Any(inner) if !all => list.extend(inner),
            other => list.push(other),
        }
    }
    list
}
