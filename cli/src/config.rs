//! Settings and where each comes from: flags, `RUSTCHAIN_*`, `rustchain.toml`, the user's file, defaults.

use crate::error::Error;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Value;

/// A setting: its name, what it takes, its default, what it does.
pub struct Setting {
    /// The key in `rustchain.toml`; `RUSTCHAIN_` and its upper-case form in the environment.
    pub key: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The default, as TOML.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A whole number from 1.
    Count,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts,
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "parallel",
        takes: Takes::Count,
        default: "16",
        doc: "steps that run at once, and `for` without `max`",
    },
    Setting {
        key: "deny",
        takes: Takes::Word(&["note", "low", "medium", "high", "error"]),
        default: "\"high\"",
        doc: "findings at or above this severity fail `check`",
    },
    Setting { key: "except", takes: Takes::Texts, default: "[]", doc: "codes that `check` leaves out" },
    Setting {
        key: "llm",
        takes: Takes::Word(&["auto", "replay", "live", "record"]),
        default: "\"auto\"",
        doc: "where `ask` gets its answers: the cassette, the provider, or the provider into the cassette",
    },
    Setting {
        key: "policies",
        takes: Takes::Texts,
        default: "[]",
        doc: "organisation policies, which a mission cannot widen",
    },
];

/// A value with its origin.
#[derive(Clone, Debug)]
pub struct Setted {
    /// The value.
    pub value: Value,
    /// `default`, `rustchain.toml`, `RUSTCHAIN_PARALLEL`, a path.
    pub origin: String,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    values: BTreeMap<&'static str, Setted>,
}

impl Config {
    /// Reads the user's file, the project's file and the environment.
    pub fn load(root: &Path) -> Result<Config, Error> {
        let mut config = Config::defaults();
        if let Some(user) = user_file().filter(|p| p.is_file()) {
            config.read_file(&user)?;
        }
        let project = root.join("rustchain.toml");
        if project.is_file() {
            config.read_file(&project)?;
        }
        config.read_env(|name| std::env::var(name).ok())?;
        Ok(config)
    }

    fn defaults() -> Config {
        let values = SETTINGS.iter().map(|s| {
            let value = parse_toml_value(s.default).unwrap_or(Value::Boolean(false));
            (s.key, Setted { value, origin: "default".to_owned() })
        });
        Config { values: values.collect() }
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let origin = path.display().to_string();
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |s| text[..s.start].matches('\n').count() + 1);
            Error::Config { origin: format!("{origin}:{line}"), message: e.message().to_owned(), help: None }
        })?;
        for (key, value) in table {
            self.set(&key, value, &origin)?;
        }
        Ok(())
    }

    fn read_env(&mut self, get: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
        for setting in SETTINGS {
            let name = format!("RUSTCHAIN_{}", setting.key.to_uppercase());
            let Some(text) = get(&name) else { continue };
            let value = match setting.takes {
                Takes::Count => text.parse().map(Value::Integer).unwrap_or(Value::String(text)),
                Takes::Word(_) => Value::String(text),
                Takes::Texts => {
                    let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
                    Value::Array(parts.map(|p| Value::String(p.to_owned())).collect())
                }
            };
            self.set(setting.key, value, &name)?;
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: Value, origin: &str) -> Result<(), Error> {
        let Some(setting) = SETTINGS.iter().find(|s| s.key == key) else {
            let known: Vec<&str> = SETTINGS.iter().map(|s| s.key).collect();
            return Err(Error::Config {
                origin: origin.to_owned(),
                message: format!("unknown setting `{key}`"),
                help: Some(format!("settings are {}", known.join(", "))),
            });
        };
        if !fits(setting.takes, &value) {
            return Err(Error::Config {
                origin: origin.to_owned(),
                message: format!("`{key}` cannot be {value}"),
                help: Some(expectation(setting.takes)),
            });
        }
        self.values.insert(setting.key, Setted { value, origin: origin.to_owned() });
        Ok(())
    }

    /// A setting given by a flag.
    pub fn override_by_flag(&mut self, key: &str, value: impl Into<Value>) -> Result<(), Error> {
        let flag = format!("--{key}");
        self.set(key, value.into(), &flag)
    }

    /// Every setting with its value and origin.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Setted)> {
        self.values.iter().map(|(k, v)| (*k, v))
    }

    /// A number.
    pub fn count(&self, key: &str) -> usize {
        let value = self.values.get(key).and_then(|s| s.value.as_integer());
        value.and_then(|v| usize::try_from(v).ok()).unwrap_or(1)
    }

    /// A word.
    pub fn word(&self, key: &str) -> &str {
        self.values.get(key).and_then(|s| s.value.as_str()).unwrap_or_default()
    }

    /// A list.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let list = self.values.get(key).and_then(|s| s.value.as_array());
        list.into_iter().flatten().filter_map(|v| Some(v.as_str()?.to_owned())).collect()
    }
}

fn parse_toml_value(text: &str) -> Option<Value> {
    let table: toml::Table = format!("v = {text}").parse().ok()?;
    table.get("v").cloned()
}

fn fits(takes: Takes, value: &Value) -> bool {
    match takes {
        Takes::Count => value.as_integer().is_some_and(|n| n >= 1),
        Takes::Word(words) => value.as_str().is_some_and(|w| words.contains(&w)),
        Takes::Texts => value.as_array().is_some_and(|a| a.iter().all(Value::is_str)),
    }
}

fn expectation(takes: Takes) -> String {
    match takes {
        Takes::Count => "a whole number from 1".to_owned(),
        Takes::Word(words) => format!("one of {}", words.join(", ")),
        Takes::Texts => "a list of texts".to_owned(),
    }
}

fn user_file() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    Some(base.join("rustchain/config.toml"))
}
