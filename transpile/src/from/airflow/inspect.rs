//! What the importer saw, in Airflow's own terms, as JSON.

use super::model::{AirflowDag, AirflowFile, AirflowTask, Data, Mapping};
use super::state::Effect;
use serde_json::{Map, Value, json};

/// The JSON that `inspect` prints.
pub fn inspect(file: &AirflowFile) -> Value {
    json!({
        "schema_version": 1,
        "dags": file.dags.iter().map(dag).collect::<Vec<_>>(),
        "losses": file.losses.iter().map(|l| json!({
            "dag_id": l.dag_id,
            "task_id": l.task_id,
            "effect": effect_name(l.effect),
            "message": l.message,
            "file": l.origin.file,
            "line": l.origin.line,
        })).collect::<Vec<_>>(),
    })
}

/// The word for an effect.
pub fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Graph => "graph",
        Effect::Attribute => "attribute",
        Effect::Body => "body",
    }
}

fn dag(dag: &AirflowDag) -> Value {
    let settings: Map<String, Value> = dag.args.iter().map(|(k, v)| (k.clone(), value(v))).collect();
    json!({
        "dag_id": dag.dag_id,
        "settings": settings,
        "tasks": dag.tasks.iter().map(task).collect::<Vec<_>>(),
        "task_groups": dag.groups.iter().map(|g| json!({
            "group_id": g.group_id,
            "parent": g.parent,
            "mapped": g.mapping.is_some(),
            "children": g.children.iter().map(|(_, id)| id).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "edges": dag.edges.iter().map(|(a, b, _)| json!([a, b])).collect::<Vec<_>>(),
        "edge_labels": dag.edges.iter().filter_map(|(a, b, l)| l.as_ref().map(|l| json!([a, b, l]))).collect::<Vec<_>>(),
        "line": dag.origin.line,
    })
}

fn task(task: &AirflowTask) -> Value {
    let skip = ["task_id", "trigger_rule", "retries"];
    let mut fields: Map<String, Value> = Map::new();
    for (name, data) in task.args.iter().chain(&task.defaults) {
        if !skip.contains(&name.as_str()) {
            fields.entry(name.clone()).or_insert_with(|| value(data));
        }
    }
    if let Some(callable) = &task.callable {
        fields.insert("python_callable".into(), callable.name.clone().into());
    }
    if !task.call_pos.is_empty() {
        fields.insert("op_args".into(), task.call_pos.iter().map(value).collect());
    }
    if !task.call_kw.is_empty() {
        fields.insert(
            "op_kwargs".into(),
            Value::Object(task.call_kw.iter().map(|(k, v)| (k.clone(), value(v))).collect()),
        );
    }
    match &task.mapping {
        Some(Mapping::Product(pairs)) => {
            let pairs: Map<String, Value> = pairs.iter().map(|(k, v)| (k.clone(), value(v))).collect();
            fields.insert("expand".into(), Value::Object(pairs));
        }
        Some(Mapping::Kwargs(data)) => {
            fields.insert("expand_kwargs".into(), value(data));
        }
        None => {}
    }
    json!({
        "task_id": task.task_id,
        "operator": task.operator,
        "module": task.path.rsplit_once('.').map_or("", |(module, _)| module),
        "trigger_rule": task.trigger_rule,
        "retries": task.retries,
        "task_group": task.group,
        "is_mapped": task.mapping.is_some(),
        "is_setup": task.is_setup,
        "is_teardown": task.is_teardown,
        "fields": fields,
        "line": task.origin.line,
    })
}

/// A value of the file; what is not plain is an object with a `$` key.
pub fn value(data: &Data) -> Value {
    let pairs = |kw: &[(String, Data)]| -> Value {
        Value::Object(kw.iter().map(|(k, v)| (k.clone(), value(v))).collect())
    };
    match data {
        Data::None => Value::Null,
        Data::Bool(b) => (*b).into(),
        Data::Int(i) => (*i).into(),
        Data::Float(f) => json!(f),
        Data::Str(s) => s.as_str().into(),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Dict(items) => {
            let mut map = Map::new();
            for (k, v) in items {
                let key = match k {
                    Data::Str(s) => s.clone(),
                    other => value(other).to_string(),
                };
                map.insert(key, value(v));
            }
            Value::Object(map)
        }
        Data::Delta(us) => json!({ "$timedelta": *us as f64 / 1e6 }),
        Data::Time(iso, _) => json!({ "$datetime": iso }),
        Data::XCom { task, key } => json!({ "$xcom": task, "key": key.as_deref().unwrap_or("return_value") }),
        Data::XComMap(base, function) => json!({ "$map": value(base), "function": value(function) }),
        Data::XComZip(parts) => json!({ "$zip": parts.iter().map(value).collect::<Vec<_>>() }),
        Data::XComConcat(parts) => json!({ "$concat": parts.iter().map(value).collect::<Vec<_>>() }),
        Data::GroupArgument(name) => json!({ "$group_argument": name }),
        Data::Function(callable) => json!({ "$function": callable.name }),
        Data::External(path) => json!({ "$obj": path }),
        Data::Call { path, pos, kw } => {
            json!({ "$call": path, "args": pos.iter().map(value).collect::<Vec<_>>(), "kwargs": pairs(kw) })
        }
        Data::Op(op, parts) => json!({ "$op": op, "args": parts.iter().map(value).collect::<Vec<_>>() }),
        Data::Concat(parts) => json!({ "$text": parts.iter().map(value).collect::<Vec<_>>() }),
        Data::Env(name, default) => json!({ "$env": name, "default": default.as_deref().map(value) }),
        Data::Input(kind, name, default) => {
            json!({ "$input": kind, "name": name, "default": default.as_deref().map(value) })
        }
        Data::Unknown(reason, default) => {
            json!({ "$unknown": reason, "default": default.as_deref().map(value) })
        }
    }
}
