//! [`Node`]s to the model: all errors at once, unknown keys named, every tolerated spelling understood.

use super::model::{At, Config, Mission, Retry, Source, Step, Variable};
use super::node::{Entry, Kind, Node};
use super::report::{Sink, closest, code};
use super::step_types;
use rustchain_grammar::{Applicability, Severity, Span};

/// Keys of a mission that have a meaning.
const MISSION_KEYS: &[&str] = &[
    "version",
    "name",
    "description",
    "steps",
    "config",
    "id",
    "missions",
    "variables",
    "parameters",
    "inputs",
    "outputs",
    "depends_on",
    "dependencies",
];

/// Keys of a mission that are kept as they are.
const KEPT_KEYS: &[&str] = &[
    "metadata",
    "success_criteria",
    "error_handling",
    "policies",
    "verification_criteria",
    "llm_config",
    "chain_config",
    "rag_config",
    "enterprise_config",
    "category",
    "tags",
    "author",
    "certification_level",
    "marketplace_info",
    "estimated_duration",
    "success_rate",
    "title",
    "license",
    "created",
    "updated",
    "notes",
];

const CONFIG_KEYS: &[&str] = &[
    "max_parallel_steps",
    "timeout_seconds",
    "fail_fast",
    "parallel_limit",
    "max_parallel",
    "max_concurrent_steps",
    "timeout",
    "retry_count",
    "retry_attempts",
    "retries",
    "retry_delay_ms",
    "retry_delay",
    "variables",
];

const STEP_KEYS: &[&str] = &[
    "id",
    "name",
    "description",
    "step_type",
    "type",
    "action",
    "parameters",
    "params",
    "config",
    "depends_on",
    "dependencies",
    "timeout_seconds",
    "timeout",
    "continue_on_error",
    "on_failure",
    "retry_count",
    "retries",
    "retry_attempts",
    "retry_delay_ms",
    "retry_delay",
    "retry",
    "condition",
    "when",
    "if",
    "outputs",
    "parallel",
];

/// Keys of a step that are kept as they are.
const KEPT_STEP_KEYS: &[&str] = &["metadata", "tags", "notes", "category", "expected_output", "validation"];

/// Reads a whole file.
pub(crate) struct Decoder<'a> {
    pub text: &'a str,
    pub sink: &'a mut Sink,
}

impl Decoder<'_> {
    pub fn source(&mut self, root: &Node) -> Source {
        let root = match root.get("mission") {
            Some(inner) if root.get("steps").is_none() && !inner.entries().is_empty() => inner,
            _ => root,
        };
        if !matches!(root.kind, Kind::Map(_)) {
            let message = format!("a mission is a map with `name` and `steps`, this is {}", root.describe());
            self.sink.error(code::SHAPE, root.span, message);
            return Source::default();
        }
        let Some(stack) = root.get("missions") else {
            return Source { missions: self.mission(root).into_iter().collect(), stack: None };
        };
        if stack.items().is_empty() {
            self.sink.error(code::SHAPE, stack.span, "`missions` must be a list of missions");
        }
        let missions = stack.items().iter().filter_map(|node| self.mission(node)).collect();
        let name = ["name", "id"].iter().find_map(|key| root.get(key)).and_then(Node::scalar_text);
        Source { missions, stack: Some(name.unwrap_or_default()) }
    }

    fn mission(&mut self, node: &Node) -> Option<Mission> {
        if !matches!(node.kind, Kind::Map(_)) {
            let message = format!("a mission is a map with `name` and `steps`, this is {}", node.describe());
            self.sink.error(code::SHAPE, node.span, message);
            return None;
        }
        let mut mission = Mission::default();
        for entry in node.entries() {
            self.mission_entry(&mut mission, entry);
        }
        self.check_head(&mission, node);
        self.steps(&mut mission, node);
        Some(mission)
    }

    fn mission_entry(&mut self, mission: &mut Mission, entry: &Entry) {
        let value = &entry.value;
        match entry.key.as_str() {
            "id" => mission.id = self.label(entry),
            "name" => mission.name = self.label(entry),
            "description" => mission.description = self.label(entry),
            "version" => mission.version = self.version(value),
            "config" => self.config(mission, value),
            "variables" | "parameters" | "inputs" => self.variables(mission, value),
            "outputs" => self.mission_outputs(mission, value),
            "depends_on" | "dependencies" => mission.depends_on.extend(self.ids(value)),
            "steps" | "missions" => {}
            key if KEPT_KEYS.contains(&key) => mission.meta.push((entry.key.clone(), value.clone())),
            _ => {
                self.unknown_key(entry, MISSION_KEYS, "mission");
                mission.meta.push((entry.key.clone(), value.clone()));
            }
        }
    }

    fn check_head(&mut self, mission: &Mission, node: &Node) {
        let start = Span::new(node.span.start, node.span.start);
        let place = node.entries().first().map_or(start, |e| e.key_span);
        let flow = self.text.get(node.span.range()).is_some_and(|t| t.starts_with('{'));
        if mission.version.is_none() {
            let edit = (!flow).then(|| (start, self.line_before(start, "version: \"1.0\"")));
            self.sink.spelling("the mission has no `version`", "add `version: \"1.0\"`", place, edit);
        }
        if mission.name.is_none() && mission.id.is_none() {
            self.sink.spelling("the mission has no `name`; the file's name is taken", "", place, None);
        }
    }

    /// A key for the map that starts at `at`, in the same column.
    fn line_before(&self, at: Span, line: &str) -> String {
        let before = self.text.get(..at.start as usize).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        format!("{line}\n{}", " ".repeat(column))
    }

    fn steps(&mut self, mission: &mut Mission, node: &Node) {
        let first = node.entries().first().map_or(node.span, |e| e.key_span);
        let Some(steps) = node.get("steps") else {
            self.sink.error(code::SHAPE, first, "the mission has no `steps`");
            return;
        };
        if !matches!(steps.kind, Kind::List(_)) || steps.items().is_empty() {
            let message = match &steps.kind {
                Kind::List(_) => "the mission has no step".to_string(),
                _ => format!("`steps` must be a list, this is {}", steps.describe()),
            };
            self.sink.error(code::SHAPE, steps.span, message);
        }
        for (index, item) in steps.items().iter().enumerate() {
            mission.steps.extend(self.step(item, index));
        }
    }

    /// One step; `index` names it where it has no id.
    pub fn step(&mut self, node: &Node, index: usize) -> Option<Step> {
        if !matches!(node.kind, Kind::Map(_)) {
            self.sink.error(code::SHAPE, node.span, format!("a step is a map, this is {}", node.describe()));
            return None;
        }
        let id = self.step_id(node, index);
        let kind = self.step_kind(node);
        let mut step = Step {
            id,
            name: None,
            description: None,
            kind,
            params: Node::empty_map(Span::new(node.span.start, node.span.start)),
            depends_on: Vec::new(),
            timeout: None,
            continue_on_error: None,
            retry: Retry::default(),
            condition: None,
            outputs: Vec::new(),
            meta: Vec::new(),
            span: node.span,
        };
        let mut loose = Vec::new();
        for entry in node.entries() {
            self.step_entry(&mut step, entry, &mut loose);
        }
        self.loose_params(&mut step, node, loose);
        self.check_step(&step, node);
        Some(step)
    }

    /// A step of a chain or branch, where ids and names are left out more often than not.
    pub fn inner_step(&mut self, node: &Node, name: &str, index: usize) -> Option<Step> {
        let has_id = ["id", "step_name", "name"].iter().any(|key| node.get(key).is_some());
        if has_id || !matches!(node.kind, Kind::Map(_)) {
            return self.step(node, index);
        }
        let id = if index == 0 { name.to_string() } else { format!("{name}_{}", index + 1) };
        let at = node.entries().first().map_or(node.span, |e| e.key_span);
        let place = Span::new(at.start, at.start);
        let mut named = node.clone();
        if let Kind::Map(entries) = &mut named.kind {
            let value = Node { kind: Kind::Text(id), span: at };
            for key in ["id", "name"] {
                entries.push(Entry { key: key.into(), key_span: place, value: value.clone() });
            }
        }
        self.step(&named, index)
    }

    fn step_id(&mut self, node: &Node, index: usize) -> At<String> {
        let found = ["id", "step_name"].iter().find_map(|key| node.get(key));
        if let Some((text, id)) = found.and_then(|n| Some((n.scalar_text()?, n))) {
            return At { value: text, span: id.span };
        }
        let at = node.entries().first().map_or(node.span, |e| e.key_span);
        if let Some((text, name)) = node.get("name").and_then(|n| Some((n.scalar_text()?, n))) {
            self.sink.spelling("a step without `id`; its name is taken", "", name.span, None);
            return At { value: text, span: name.span };
        }
        self.sink.error(code::SHAPE, at, "a step needs an `id`");
        At { value: format!("step_{}", index + 1), span: at }
    }

    fn step_kind(&mut self, node: &Node) -> At<String> {
        let key = ["step_type", "type", "action"].into_iter().find(|key| node.get(key).is_some());
        let entry = key.and_then(|key| node.entries().iter().find(|e| e.key == key));
        let Some(entry) = entry else { return self.kind_without_key(node) };
        if entry.key != "step_type" && !entry.key_span.is_empty() {
            let message = format!("`{}` stands for `step_type`", entry.key);
            let edit = (entry.key_span, self.same_quotes(entry.key_span, "step_type"));
            self.sink.spelling(&message, "write `step_type`", entry.key_span, Some(edit));
        }
        let value = match &entry.value.kind {
            Kind::Map(_) => entry.value.get("type").unwrap_or(&entry.value),
            _ => &entry.value,
        };
        match value.scalar_text() {
            Some(text) => self.canonical_kind(&text, value.span),
            None => {
                let message = format!("`step_type` must be a text, this is {}", value.describe());
                self.sink.error(code::SHAPE, value.span, message);
                At { value: String::new(), span: value.span }
            }
        }
    }

    /// `config: { tool: …, args: … }` of the old JSON layout, or a bare `command:`.
    fn kind_without_key(&mut self, node: &Node) -> At<String> {
        let tool = node.get("config").is_some_and(|config| config.get("tool").is_some());
        let bare = ["command", "prompt", "url", "tool"].into_iter().find(|key| node.get(key).is_some());
        let guess = match bare {
            _ if tool => "tool",
            Some("command") => "command",
            Some("prompt") => "llm",
            Some("url") => "http",
            Some("tool") => "tool",
            _ => "",
        };
        let at = node.entries().first().map_or(node.span, |e| e.key_span);
        if guess.is_empty() {
            self.sink.error(code::SHAPE, at, "a step needs a `step_type`");
        } else {
            self.sink.spelling(&format!("a step without `step_type`; `{guess}` is taken"), "", at, None);
        }
        At { value: guess.into(), span: at }
    }

    fn canonical_kind(&mut self, text: &str, span: Span) -> At<String> {
        let (name, known) = step_types::canonical(text);
        if name != text && known {
            let message = format!("the step type `{text}` is written `{name}`");
            let edit = (span, self.same_quotes(span, &name));
            self.sink.spelling(&message, &format!("write `{name}`"), span, Some(edit));
        }
        if !known {
            let names = step_types::step_types().iter().map(|t| t.name);
            let mut diagnostic = self.sink.new_at(
                code::UNKNOWN_STEP_TYPE,
                Severity::Error,
                span,
                format!("unknown step type `{text}`"),
            );
            if let Some(close) = closest(&name, names) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?")).fix(
                    format!("write `{close}`"),
                    Applicability::Suggest,
                    span,
                    self.same_quotes(span, close),
                );
            }
            self.sink.push(diagnostic);
        }
        At { value: name, span }
    }

    /// A replacement in the quotes that stand there.
    fn same_quotes(&self, span: Span, text: &str) -> String {
        match self.text.get(span.range()).and_then(|t| t.chars().next()) {
            Some(quote @ ('"' | '\'')) => format!("{quote}{text}{quote}"),
            _ => text.into(),
        }
    }

    fn step_entry(&mut self, step: &mut Step, entry: &Entry, loose: &mut Vec<Entry>) {
        let value = &entry.value;
        match entry.key.as_str() {
            "id" | "step_name" | "step_type" | "type" | "action" | "parallel" => {}
            "name" => step.name = self.label(entry),
            "description" => step.description = self.label(entry),
            "parameters" => self.params(step, value),
            "params" | "config" => {
                self.alias(entry, "parameters");
                self.params(step, value);
            }
            "depends_on" => step.depends_on.extend(self.ids(value)),
            "dependencies" => {
                self.alias(entry, "depends_on");
                step.depends_on.extend(self.ids(value));
            }
            "timeout_seconds" => step.timeout = self.seconds(entry),
            "timeout" => {
                self.alias(entry, "timeout_seconds");
                step.timeout = self.seconds(entry);
            }
            "continue_on_error" => step.continue_on_error = self.boolean(entry),
            "on_failure" => step.continue_on_error = self.on_failure(entry),
            "retry_count" | "retries" | "retry_attempts" => step.retry.count = self.integer(entry),
            "retry_delay_ms" | "retry_delay" => step.retry.delay_ms = self.delay(entry),
            "retry" => self.retry(&mut step.retry, entry),
            "condition" | "when" | "if" => step.condition = Some(value.clone()),
            "outputs" => self.step_outputs(step, value),
            key if KEPT_STEP_KEYS.contains(&key) => step.meta.push((entry.key.clone(), value.clone())),
            _ => loose.push(entry.clone()),
        }
    }

    /// Keys beside the known ones: parameters of the step type written one level too high, else unknown.
    fn loose_params(&mut self, step: &mut Step, node: &Node, loose: Vec<Entry>) {
        let kind = step_types::find(&step.kind.value);
        for entry in loose {
            let is_param = kind.is_some_and(|kind| kind.param(&entry.key).is_some());
            if !is_param {
                self.unknown_key(&entry, STEP_KEYS, "step");
                step.meta.push((entry.key.clone(), entry.value.clone()));
                continue;
            }
            let message = "a parameter stands beside `parameters` instead of inside";
            self.sink.spelling(message, "", entry.key_span, None);
            if let Kind::Map(entries) = &mut step.params.kind {
                entries.push(entry);
            }
        }
        let has_params = ["parameters", "params", "config"].iter().any(|key| node.get(key).is_some());
        if !has_params && !step.kind.value.is_empty() {
            let at = node.entries().first().map_or(node.span, |e| e.key_span);
            let edit = self.insert_key(node, "parameters", "{}");
            self.sink.spelling("a step without `parameters`", "add `parameters: {}`", at, edit);
        }
    }

    fn params(&mut self, step: &mut Step, value: &Node) {
        let conditional = step.kind.value == "conditional";
        match &value.kind {
            Kind::Map(_) => step.params = value.clone(),
            Kind::Null => {}
            _ if conditional => {}
            _ => {
                let message = format!("`parameters` is a map, this is {}: it is not read", value.describe());
                let diagnostic = self.sink.new_at(code::PARAMETER, Severity::High, value.span, message);
                self.sink.push(diagnostic);
            }
        }
    }

    fn check_step(&mut self, step: &Step, node: &Node) {
        if step.name.is_some() || node.get("name").is_some() || node.get("step_name").is_some() {
            return;
        }
        let edit = self.insert_key(node, "name", &quoted(&step.id.value));
        self.sink.spelling("a step without `name`; its id is taken", "add `name`", step.id.span, edit);
    }

    /// The edit that adds `key: value` after the first entry of a map.
    fn insert_key(&self, node: &Node, key: &str, value: &str) -> Option<(Span, String)> {
        let first = node.entries().first()?;
        let end = first.value.span.end;
        let at = Span::new(end, end);
        let flow = self.text.get(node.span.range())?.starts_with('{');
        if flow {
            return Some((at, format!(", \"{key}\": {value}")));
        }
        let scalar = first.value.scalar_text().is_some_and(|t| !t.contains('\n'));
        let before = self.text.get(..first.key_span.start as usize)?;
        let column = before.rsplit('\n').next()?.chars().count();
        scalar.then(|| (at, format!("\n{}{key}: {value}", " ".repeat(column))))
    }

    fn alias(&mut self, entry: &Entry, name: &str) {
        let message = format!("`{}` stands for `{name}`", entry.key);
        let edit =
            (!entry.key_span.is_empty()).then(|| (entry.key_span, self.same_quotes(entry.key_span, name)));
        self.sink.spelling(&message, &format!("write `{name}`"), entry.key_span, edit);
    }

    fn unknown_key(&mut self, entry: &Entry, known: &[&'static str], of: &str) {
        let mut diagnostic = self.sink.new_at(
            code::UNKNOWN_KEY,
            Severity::Low,
            entry.key_span,
            format!("unknown key `{}` in a {of}", entry.key),
        );
        match closest(&entry.key, known.iter().copied()) {
            Some(close) => {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?")).fix(
                    format!("write `{close}`"),
                    Applicability::Suggest,
                    entry.key_span,
                    self.same_quotes(entry.key_span, close),
                );
            }
            None => diagnostic = diagnostic.note("It is kept as `meta` and has no meaning."),
        }
        self.sink.push(diagnostic);
    }

    fn version(&mut self, value: &Node) -> Option<At<String>> {
        let text = value.scalar_text()?;
        if !matches!(value.kind, Kind::Text(_)) {
            let edit = (value.span, format!("\"{}\"", self.text.get(value.span.range()).unwrap_or(&text)));
            self.sink.spelling("`version` is a text", "put it in quotes", value.span, Some(edit));
        }
        Some(At { value: text, span: value.span })
    }

    fn config(&mut self, mission: &mut Mission, value: &Node) {
        let mut kept = Vec::new();
        let mut config = Config::default();
        for entry in value.entries() {
            match entry.key.as_str() {
                "max_parallel_steps" | "parallel_limit" | "max_parallel" | "max_concurrent_steps" => {
                    config.max_parallel = self.integer(entry);
                }
                "timeout_seconds" | "timeout" => config.timeout = self.seconds(entry),
                "fail_fast" => config.fail_fast = self.boolean(entry),
                "retry_count" | "retry_attempts" | "retries" => config.retry.count = self.integer(entry),
                "retry_delay_ms" | "retry_delay" => config.retry.delay_ms = self.delay(entry),
                "variables" => self.variables(mission, &entry.value),
                _ => {
                    if closest(&entry.key, CONFIG_KEYS.iter().copied()).is_some() {
                        self.unknown_key(entry, CONFIG_KEYS, "`config`");
                    }
                    kept.push(entry.clone());
                }
            }
        }
        mission.config = config;
        if !kept.is_empty() {
            let node = Node { kind: Kind::Map(kept), span: value.span };
            mission.meta.push(("config".into(), node));
        }
    }

    fn variables(&mut self, mission: &mut Mission, value: &Node) {
        for item in value.items() {
            let Some((name, at)) = item.get("name").and_then(|n| Some((n.scalar_text()?, n))) else {
                self.sink.error(code::SHAPE, item.span, "a parameter needs a `name`");
                continue;
            };
            mission.variables.push(declared(At { value: name, span: at.span }, item));
        }
        for entry in value.entries() {
            let name = At { value: entry.key.clone(), span: entry.key_span };
            let described = ["type", "default", "description", "required"];
            let is_declaration = described.iter().any(|key| entry.value.get(key).is_some());
            if is_declaration {
                mission.variables.push(declared(name, &entry.value));
                continue;
            }
            mission.variables.push(Variable {
                name,
                ty: None,
                doc: None,
                default: Some(entry.value.clone()),
                min: None,
                max: None,
                one_of: Vec::new(),
            });
        }
    }

    fn mission_outputs(&mut self, mission: &mut Mission, value: &Node) {
        for entry in value.entries() {
            let name = At { value: entry.key.clone(), span: entry.key_span };
            let node = entry.value.get("value").unwrap_or(&entry.value);
            mission.outputs.push((name, node.clone()));
        }
        for item in value.items() {
            let name = item.get("name").or(Some(item)).and_then(|n| Some((n.text()?.to_string(), n.span)));
            let Some((name, span)) = name else { continue };
            match item.get("value").or(item.get("from")) {
                Some(node) => mission.outputs.push((At { value: name, span }, node.clone())),
                None => mission.meta.push((format!("output {name}"), item.clone())),
            }
        }
    }

    fn step_outputs(&mut self, step: &mut Step, value: &Node) {
        for entry in value.entries() {
            let part = entry.value.text().unwrap_or("output").to_string();
            step.outputs.push((At { value: entry.key.clone(), span: entry.key_span }, part));
        }
        for item in value.items() {
            if let Some(name) = item.text() {
                step.outputs.push((At { value: name.into(), span: item.span }, name.into()));
            }
        }
    }

    fn label(&mut self, entry: &Entry) -> Option<At<String>> {
        match entry.value.scalar_text() {
            Some(value) => Some(At { value, span: entry.value.span }),
            None => {
                if !entry.value.is_null() {
                    let message =
                        format!("`{}` must be a text, this is {}", entry.key, entry.value.describe());
                    self.sink.error(code::SHAPE, entry.value.span, message);
                }
                None
            }
        }
    }

    fn ids(&mut self, value: &Node) -> Vec<At<String>> {
        match &value.kind {
            Kind::Null => Vec::new(),
            Kind::List(items) => items.iter().filter_map(|item| self.one_id(item)).collect(),
            _ => self.one_id(value).into_iter().collect(),
        }
    }

    fn one_id(&mut self, node: &Node) -> Option<At<String>> {
        let found = node.scalar_text().map(|value| At { value, span: node.span });
        if found.is_none() {
            let message = format!("a dependency is the id of a step, this is {}", node.describe());
            self.sink.error(code::SHAPE, node.span, message);
        }
        found
    }

    fn wrong(&mut self, entry: &Entry, wanted: &str) {
        if !entry.value.is_null() {
            let message = format!("`{}` must be {wanted}, this is {}", entry.key, entry.value.describe());
            self.sink.error(code::SHAPE, entry.value.span, message);
        }
    }

    fn integer(&mut self, entry: &Entry) -> Option<At<i64>> {
        let value = match &entry.value.kind {
            Kind::Int(value) => Some(*value),
            Kind::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        match value {
            Some(value) if value >= 0 => Some(At { value, span: entry.value.span }),
            _ => {
                self.wrong(entry, "an integer of at least 0");
                None
            }
        }
    }

    /// A number of seconds, or a text such as `30s`, `5m`.
    fn seconds(&mut self, entry: &Entry) -> Option<At<f64>> {
        let value = match &entry.value.kind {
            Kind::Int(value) => Some(*value as f64),
            Kind::Float(value) => Some(*value),
            Kind::Text(text) => parse_seconds(text),
            _ => None,
        };
        match value {
            Some(value) if (0.0..=1e9).contains(&value) => Some(At { value, span: entry.value.span }),
            _ => {
                self.wrong(entry, "a number of seconds");
                None
            }
        }
    }

    fn delay(&mut self, entry: &Entry) -> Option<i64> {
        if entry.key.ends_with("_ms") {
            return self.integer(entry).map(|at| at.value);
        }
        self.seconds(entry).map(|at| (at.value * 1000.0) as i64)
    }

    fn boolean(&mut self, entry: &Entry) -> Option<At<bool>> {
        let value = match &entry.value.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Text(text) => text.trim().to_lowercase().parse().ok(),
            _ => None,
        };
        if value.is_none() {
            self.wrong(entry, "`true` or `false`");
        }
        value.map(|value| At { value, span: entry.value.span })
    }

    fn on_failure(&mut self, entry: &Entry) -> Option<At<bool>> {
        let message = "`on_failure` stands for `continue_on_error`";
        self.sink.spelling(message, "", entry.key_span, None);
        let value = match entry.value.text() {
            Some("continue" | "skip" | "ignore" | "warn") => true,
            Some("abort" | "fail" | "stop") => false,
            _ => {
                self.wrong(entry, "`abort` or `continue`");
                return None;
            }
        };
        Some(At { value, span: entry.value.span })
    }

    fn retry(&mut self, retry: &mut Retry, entry: &Entry) {
        if entry.value.entries().is_empty() {
            retry.count = self.integer(entry);
            return;
        }
        for inner in entry.value.entries() {
            match inner.key.as_str() {
                "max_attempts" | "attempts" | "max_retries" | "count" | "retries" => {
                    retry.count = self.integer(inner);
                }
                "delay" | "delay_ms" | "delay_seconds" | "backoff_ms" => retry.delay_ms = self.delay(inner),
                "backoff" => retry.exponential = inner.value.text() == Some("exponential"),
                _ => self.unknown_key(inner, &["max_attempts", "delay_ms", "backoff"], "`retry`"),
            }
        }
    }
}

/// `30`, `30s`, `5m`, `1h`, `500ms` in seconds.
pub(crate) fn parse_seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "s" | "sec" | "second" | "seconds" => 1.0,
        "ms" => 0.001,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        _ => return None,
    };
    Some(number * factor)
}

fn declared(name: At<String>, node: &Node) -> Variable {
    let ty = node.get("type").and_then(Node::text).and_then(|ty| {
        Some(match ty.to_lowercase().as_str() {
            "string" | "str" | "text" => "string",
            "integer" | "int" => "int",
            "number" | "float" => "float",
            "boolean" | "bool" => "bool",
            "array" | "list" | "object" | "map" | "json" | "any" => "json",
            "path" | "file" => "path",
            "url" => "url",
            _ => return None,
        })
    });
    let find = |keys: [&str; 2]| keys.into_iter().find_map(|key| node.get(key)).cloned();
    Variable {
        name,
        ty,
        doc: node.get("description").and_then(Node::scalar_text),
        default: find(["default", "value"]).filter(|n| !n.is_null()),
        min: find(["minimum", "min"]),
        max: find(["maximum", "max"]),
        one_of: find(["enum", "options"]).map(|n| n.items().to_vec()).unwrap_or_default(),
    }
}

/// A text in double quotes, as YAML and JSON both read it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}
