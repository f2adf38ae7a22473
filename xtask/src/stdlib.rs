//! `cargo xtask stdlib`: makes `stdlib/src/table.rs` from `stdlib/*.mission`.

use rustchain_grammar::SourceMap;
use rustchain_grammar::ast::{
    EnumDecl, Expr, ExprKind, FieldDecl, FnCase, FnDecl, FnLine, FnParam, ItemKind, RecordDecl, TemplatePart,
    TypeExpr, TypeExprKind,
};
use rustchain_plan::effect::EffectKind;
use rustchain_plan::error_kind::{ErrorKind, KindPattern};
use rustchain_plan::label::Labels;
use rustchain_plan::signature::{Case, EffectArg, EffectSpec, Param, Replay, ReplaySpec, Signature, Sink};
use rustchain_plan::types::{EnumSchema, FieldSchema, MemberSchema, RecordSchema, Schema, Type};
use rustchain_plan::value::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Everything the library's sources declare.
#[derive(Default)]
pub struct Library {
    signatures: Vec<Signature>,
    types: Vec<(SmolStr, Vec<SmolStr>, Schema)>,
}

/// Reads `DIR/*.mission`, by name.
pub fn read(dir: &Path) -> Result<Library, String> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .map_err(|e| format!("{}: {e}", dir.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "mission"))
        .collect();
    paths.sort();
    let mut library = Library::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = path.display().to_string();
        read_file(&name, &text, &mut library)?;
    }
    library.signatures.sort_by(|a, b| a.name.cmp(&b.name));
    library.types.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(library)
}

fn read_file(path: &str, text: &str, library: &mut Library) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let file = sources.add(path, text);
    let parsed = rustchain_grammar::parse(text, file);
    if let Some(first) = parsed.diagnostics.first() {
        let line = text[..first.primary.span.start as usize].lines().count().max(1);
        return Err(format!("{path}:{line}: {}", first.message));
    }
    for item in &parsed.ast.items {
        let result = match &item.kind {
            ItemKind::Fn(decl) => signature(decl, &item.docs.text).map(|s| library.signatures.push(s)),
            ItemKind::Record(decl) => record(decl, &item.docs.text).map(|t| library.types.push(t)),
            ItemKind::Enum(decl) => {
                library.types.push(enumeration(decl, &item.docs.text));
                Ok(())
            }
            _ => Err("the library declares `fn`, `record` and `enum` only".to_owned()),
        };
        let line = text[..item.span.start as usize].matches('\n').count() + 1;
        result.map_err(|message| format!("{path}:{line}: {message}"))?;
    }
    Ok(())
}

fn signature(decl: &FnDecl, doc: &str) -> Result<Signature, String> {
    let generics: Vec<SmolStr> = decl.type_params.iter().map(|(n, _)| n.text.clone()).collect();
    let type_params = decl
        .type_params
        .iter()
        .map(|(n, default)| Ok((n.text.clone(), default.as_ref().map(|t| ty(t, &generics)).transpose()?)))
        .collect::<Result<Vec<_>, String>>()?;
    let params = decl.params.iter().map(|p| param(p, &generics)).collect::<Result<Vec<_>, _>>()?;
    let mut signature = Signature {
        name: decl.name.text(),
        doc: doc.to_owned(),
        type_params,
        params,
        result: ty(&decl.result, &generics)?,
        result_labels: labels(&decl.result)?.0,
        pure: decl.is_pure,
        effects: Vec::new(),
        replay: Vec::new(),
        raises: Vec::new(),
    };
    for line in &decl.lines {
        fn_line(line, &mut signature)?;
    }
    Ok(signature)
}

fn fn_line(line: &FnLine, signature: &mut Signature) -> Result<(), String> {
    match line {
        FnLine::Effect { case, effect, arg } => {
            let name = effect.text();
            let kind = EffectKind::from_name(&name).ok_or_else(|| format!("unknown effect `{name}`"))?;
            let arg = effect_arg(arg.as_ref(), signature)?;
            signature.effects.push(EffectSpec { case: case.as_ref().map(fn_case), kind, arg });
        }
        FnLine::Replay { case, kind } => {
            let replay = match kind.text.as_str() {
                "safe" => Replay::Safe,
                "key" => Replay::Key,
                "never" => Replay::Never,
                other => return Err(format!("unknown replay kind `{other}`")),
            };
            signature.replay.push(ReplaySpec { case: case.as_ref().map(fn_case), replay });
        }
        FnLine::Raises(names) => {
            for name in names {
                let kind = match name.text.as_str() {
                    "exit" => KindPattern::AnyExit,
                    text => ErrorKind::NAMED
                        .iter()
                        .find(|(n, _)| *n == text)
                        .map(|(_, k)| KindPattern::Is(*k))
                        .ok_or_else(|| format!("unknown error kind `{text}`"))?,
                };
                signature.raises.push(kind);
            }
        }
    }
    Ok(())
}

fn effect_arg(arg: Option<&Expr>, signature: &Signature) -> Result<EffectArg, String> {
    let Some(arg) = arg else { return Ok(EffectArg::None) };
    if let Some(text) = literal(arg) {
        return Ok(EffectArg::Fixed(text));
    }
    let ExprKind::Name(name) = &arg.kind else {
        return Err("an effect is about a parameter or a literal".to_owned());
    };
    match signature.param(&name.text) {
        Some(param) => Ok(EffectArg::Param(param.name.clone())),
        None => Err(format!("no parameter `{}`", name.text)),
    }
}

fn fn_case(case: &FnCase) -> Case {
    Case { param: case.param.text.clone(), values: case.values.clone() }
}

fn param(param: &FnParam, generics: &[SmolStr]) -> Result<Param, String> {
    let field = &param.field;
    let sink = match &param.sink {
        None => None,
        Some(name) => Some(
            Sink::NAMED
                .iter()
                .find(|(n, _)| *n == name.text)
                .map(|(_, s)| *s)
                .ok_or_else(|| format!("unknown sink `{}`", name.text))?,
        ),
    };
    let (labels, trusted) = labels(&field.ty)?;
    let ty = ty(&field.ty, generics)?;
    let default = field.default.as_ref().map(|d| constant(d, &ty)).transpose()?;
    let doc = field.docs.text.clone();
    Ok(Param { name: field.name.text.clone(), doc, ty, labels, trusted, sink, default })
}

fn labels(ty: &TypeExpr) -> Result<(Labels, bool), String> {
    let mut labels = Labels::NONE;
    let mut trusted = false;
    for name in &ty.labels {
        match Labels::from_name(&name.text) {
            Some(label) => labels = labels.join(label),
            None if name.text == "trusted" => trusted = true,
            None => return Err(format!("unknown label `{}`", name.text)),
        }
    }
    Ok((labels, trusted))
}

fn ty(ty_expr: &TypeExpr, generics: &[SmolStr]) -> Result<Type, String> {
    let (path, args) = match &ty_expr.kind {
        TypeExprKind::Optional(inner) => return Ok(ty(inner, generics)?.optional()),
        TypeExprKind::Named(path, args) => (path.text(), args),
        TypeExprKind::Record(_) | TypeExprKind::Error => {
            return Err("a type of the library has a name".to_owned());
        }
    };
    let args = args.iter().map(|a| ty(a, generics)).collect::<Result<Vec<_>, _>>()?;
    let simple = match path.as_str() {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "float" => Type::Float,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "url" => Type::Url,
        "path" => Type::Path,
        "json" => Type::Json,
        "unit" => Type::Unit,
        "provider" => Type::Provider,
        "memory" => Type::Memory,
        "tool" => Type::Tool,
        "list" => return args.into_iter().next().map(Type::list).ok_or_else(|| "list<T>".to_owned()),
        "map" => return args.into_iter().nth(1).map(Type::map).ok_or_else(|| "map<string, T>".to_owned()),
        _ if generics.contains(&path) => Type::Param(path),
        _ if !args.is_empty() => Type::Applied(path, args),
        _ => Type::Named(path),
    };
    Ok(simple)
}

fn literal(expr: &Expr) -> Option<SmolStr> {
    let ExprKind::Template(parts) = &expr.kind else { return None };
    match parts.as_slice() {
        [] => Some(SmolStr::default()),
        [TemplatePart::Text(text, _)] => Some(text.clone()),
        _ => None,
    }
}

fn constant(expr: &Expr, ty: &Type) -> Result<Value, String> {
    let expected = ty.non_null();
    if let Some(text) = literal(expr) {
        let text: Arc<str> = Arc::from(text.as_str());
        return Ok(match expected {
            Type::Path => Value::Path(text),
            Type::Url => Value::Url(text),
            _ => Value::String(text),
        });
    }
    match &expr.kind {
        ExprKind::Null => Ok(Value::Null),
        ExprKind::Bool(b) => Ok(Value::Bool(*b)),
        ExprKind::Int(i) if *expected == Type::Float => Ok(Value::Float(*i as f64)),
        ExprKind::Int(i) => Ok(Value::Int(*i)),
        ExprKind::Float(f) => Ok(Value::Float(*f)),
        ExprKind::Duration(d) => Ok(Value::Duration(*d)),
        ExprKind::Record { name: None, base: None, fields } if fields.is_empty() => Ok(match expected {
            Type::Json => Value::json(serde_json::json!({})),
            _ => Value::Map(Arc::new(BTreeMap::new())),
        }),
        ExprKind::List(items) => {
            let element = match expected {
                Type::List(element) => element.as_ref(),
                _ => &Type::Json,
            };
            Ok(Value::list(items.iter().map(|i| constant(i, element)).collect::<Result<Vec<_>, _>>()?))
        }
        ExprKind::Field { base, name, .. } => match &base.kind {
            ExprKind::Name(owner) => Ok(Value::Enum(owner.text.clone(), name.text.clone())),
            _ => Err("a default is a constant".to_owned()),
        },
        _ => Err("a default is a constant".to_owned()),
    }
}

fn record(decl: &RecordDecl, doc: &str) -> Result<(SmolStr, Vec<SmolStr>, Schema), String> {
    let params: Vec<SmolStr> = decl.type_params.iter().map(|n| n.text.clone()).collect();
    let fields = decl.fields.iter().map(|f| field(f, &params)).collect::<Result<Vec<_>, _>>()?;
    Ok((decl.name.text.clone(), params, Schema::Record(RecordSchema { doc: doc.to_owned(), fields })))
}

fn field(field: &FieldDecl, generics: &[SmolStr]) -> Result<FieldSchema, String> {
    let ty = ty(&field.ty, generics)?;
    let default = field.default.as_ref().map(|d| constant(d, &ty)).transpose()?;
    let wire = field.wire.as_ref().map_or_else(|| field.name.text.clone(), |(w, _)| w.clone());
    let labels = labels(&field.ty)?.0;
    if field.constraint.is_some() {
        return Err("a field of the library has no `where`".to_owned());
    }
    let doc = field.docs.text.clone();
    Ok(FieldSchema { name: field.name.text.clone(), wire, doc, ty, labels, constraint: None, default })
}

fn enumeration(decl: &EnumDecl, doc: &str) -> (SmolStr, Vec<SmolStr>, Schema) {
    let members = decl
        .members
        .iter()
        .map(|m| MemberSchema {
            name: m.name.text.clone(),
            wire: m.wire.as_ref().map_or_else(|| m.name.text.clone(), |(w, _)| w.clone()),
            doc: m.docs.text.clone(),
        })
        .collect();
    (decl.name.text.clone(), Vec::new(), Schema::Enum(EnumSchema { doc: doc.to_owned(), members }))
}

/// The Rust source of `stdlib/src/table.rs`.
pub fn table(library: &Library) -> String {
    let mut out = String::from(
        "//! Made by `cargo xtask stdlib` from `stdlib/*.mission`. Do not edit.\n\n\
         use crate::LibraryType;\nuse rustchain_plan::effect::EffectKind;\n\
         use rustchain_plan::error_kind::{ErrorKind, KindPattern};\nuse rustchain_plan::label::Labels;\n\
         use rustchain_plan::signature::{Case, EffectArg, EffectSpec, Param, Replay, ReplaySpec, Signature, Sink};\n\
         use rustchain_plan::types::{EnumSchema, FieldSchema, MemberSchema, RecordSchema, Schema, Type};\n\
         use rustchain_plan::value::Value;\nuse smol_str::SmolStr;\n\n\
         pub(crate) fn signatures() -> Vec<Signature> {\n    vec![\n",
    );
    for signature in &library.signatures {
        out.push_str(&rust_signature(signature));
        out.push_str(",\n");
    }
    out.push_str("    ]\n}\n\npub(crate) fn types() -> Vec<(SmolStr, LibraryType)> {\n    vec![\n");
    for (name, params, schema) in &library.types {
        let params = vec_of(params, |p| rust_str(p));
        let schema = rust_schema(schema);
        out.push_str(&format!(
            "({}, LibraryType {{ params: {params}, schema: {schema} }}),\n",
            rust_str(name)
        ));
    }
    out.push_str("    ]\n}\n\nfn s(text: &'static str) -> SmolStr {\n    SmolStr::new_static(text)\n}\n");
    out
}

fn rust_signature(x: &Signature) -> String {
    format!(
        "Signature {{ name: {}, doc: {:?}.into(), type_params: {}, params: {}, result: {}, result_labels: {}, \
         pure: {}, effects: {}, replay: {}, raises: {} }}",
        rust_str(&x.name),
        x.doc,
        vec_of(&x.type_params, |(n, d)| format!("({}, {})", rust_str(n), option(d.as_ref(), rust_type))),
        vec_of(&x.params, rust_param),
        rust_type(&x.result),
        rust_labels(x.result_labels),
        x.pure,
        vec_of(&x.effects, |e| format!(
            "EffectSpec {{ case: {}, kind: EffectKind::{:?}, arg: {} }}",
            option(e.case.as_ref(), rust_case),
            e.kind,
            match &e.arg {
                EffectArg::Param(p) => format!("EffectArg::Param({})", rust_str(p)),
                EffectArg::Fixed(f) => format!("EffectArg::Fixed({})", rust_str(f)),
                EffectArg::None => "EffectArg::None".to_owned(),
            }
        )),
        vec_of(&x.replay, |r| format!(
            "ReplaySpec {{ case: {}, replay: Replay::{:?} }}",
            option(r.case.as_ref(), rust_case),
            r.replay
        )),
        vec_of(&x.raises, |k| match k {
            KindPattern::Is(kind) => format!("KindPattern::Is(ErrorKind::{kind:?})"),
            other => format!("KindPattern::{other:?}"),
        }),
    )
}

fn rust_param(p: &Param) -> String {
    format!(
        "Param {{ name: {}, doc: {:?}.into(), ty: {}, labels: {}, trusted: {}, sink: {}, default: {} }}",
        rust_str(&p.name),
        p.doc,
        rust_type(&p.ty),
        rust_labels(p.labels),
        p.trusted,
        option(p.sink.as_ref(), |s| format!("Sink::{s:?}")),
        option(p.default.as_ref(), rust_value),
    )
}

fn rust_case(case: &Case) -> String {
    format!("Case {{ param: {}, values: {} }}", rust_str(&case.param), vec_of(&case.values, |v| rust_str(v)))
}

fn rust_schema(schema: &Schema) -> String {
    match schema {
        Schema::Record(record) => format!(
            "Schema::Record(RecordSchema {{ doc: {:?}.into(), fields: {} }})",
            record.doc,
            vec_of(&record.fields, |f| format!(
                "FieldSchema {{ name: {}, wire: {}, doc: {:?}.into(), ty: {}, labels: {}, constraint: None, default: {} }}",
                rust_str(&f.name),
                rust_str(&f.wire),
                f.doc,
                rust_type(&f.ty),
                rust_labels(f.labels),
                option(f.default.as_ref(), rust_value)
            ))
        ),
        Schema::Enum(e) => format!(
            "Schema::Enum(EnumSchema {{ doc: {:?}.into(), members: {} }})",
            e.doc,
            vec_of(&e.members, |m| format!(
                "MemberSchema {{ name: {}, wire: {}, doc: {:?}.into() }}",
                rust_str(&m.name),
                rust_str(&m.wire),
                m.doc
            ))
        ),
    }
}

fn rust_type(ty: &Type) -> String {
    match ty {
        Type::List(t) => format!("Type::List(Box::new({}))", rust_type(t)),
        Type::Map(t) => format!("Type::Map(Box::new({}))", rust_type(t)),
        Type::Optional(t) => format!("Type::Optional(Box::new({}))", rust_type(t)),
        Type::Named(n) => format!("Type::Named({})", rust_str(n)),
        Type::Param(n) => format!("Type::Param({})", rust_str(n)),
        Type::Applied(n, args) => format!("Type::Applied({}, {})", rust_str(n), vec_of(args, rust_type)),
        simple => format!("Type::{simple:?}"),
    }
}

fn rust_value(value: &Value) -> String {
    match value {
        Value::Null => "Value::Null".to_owned(),
        Value::Bool(b) => format!("Value::Bool({b})"),
        Value::Int(i) => format!("Value::Int({i})"),
        Value::Float(f) => format!("Value::Float({f:?})"),
        Value::Duration(d) => format!("Value::Duration({d})"),
        Value::String(t) => format!("Value::String({t:?}.into())"),
        Value::Path(t) => format!("Value::Path({t:?}.into())"),
        Value::Url(t) => format!("Value::Url({t:?}.into())"),
        Value::List(items) => format!("Value::list({})", vec_of(items, rust_value)),
        Value::Map(map) if map.is_empty() => "Value::Map(Default::default())".to_owned(),
        Value::Json(json) if json.as_object().is_some_and(|o| o.is_empty()) => {
            "Value::json(serde_json::Value::Object(Default::default()))".to_owned()
        }
        Value::Enum(ty, member) => format!("Value::Enum({}, {})", rust_str(ty), rust_str(member)),
        // `constant` makes no other value.
        other => format!("compile_error!({:?})", format!("{other:?}")),
    }
}

fn rust_labels(labels: Labels) -> String {
    let names: Vec<String> = labels.names().map(|n| format!("Labels::{}", n.to_uppercase())).collect();
    match names.split_first() {
        None => "Labels::NONE".to_owned(),
        Some((first, rest)) => rest.iter().fold(first.clone(), |acc, n| format!("{acc}.join({n})")),
    }
}

fn rust_str(text: &str) -> String {
    format!("s({text:?})")
}

fn option<T>(value: Option<&T>, f: impl Fn(&T) -> String) -> String {
    value.map_or_else(|| "None".to_owned(), |v| format!("Some({})", f(v)))
}

fn vec_of<T>(items: &[T], f: impl Fn(&T) -> String) -> String {
    format!("vec![{}]", items.iter().map(f).collect::<Vec<_>>().join(", "))
}
