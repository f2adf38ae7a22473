//! A function of a graph as chains.

use super::functional::Tasks;
use super::print::Scope;
use super::providers::Providers;
use super::python::Use;
use super::state::Reducer;
use super::texts::{quoted, wrapped};
use super::types::{Record, Ty};
use crate::from::langchain::graph::body::{Block, End, Expr};
use crate::from::langchain::graph::carried::Carried;

/// The text of the state that follows a command's target; `None`: the edges decide.
pub type Following<'e> = dyn Fn(Option<&Expr>, &Scope) -> Result<Option<String>, String> + 'e;

/// How the chain of a function ends.
pub enum Ending<'e> {
    /// With the state; `at` is what the field `at` gets, where it is set here.
    State {
        /// The record.
        record: &'e str,
        /// Fields with their reducers.
        reducers: &'e [(String, Option<Reducer>)],
        /// The text of the next state for a target of a command; `None`: the field is not touched.
        at: &'e Following<'e>,
    },
    /// With the record of what is written: its name and fields.
    Update {
        /// The record.
        record: &'e str,
        /// Fields.
        fields: &'e [String],
        /// Fields with their reducers.
        reducers: &'e [(String, Option<Reducer>)],
    },
    /// With the next state.
    Way {
        /// The type.
        ty: &'e str,
        /// The text of the state that a value, or packets, lead to.
        way: &'e dyn Fn(&End, &Scope) -> Result<String, String>,
    },
    /// With a value of whatever type it has.
    Value,
}

/// Writes a function as chains.
pub struct Writer<'w, 'p, 'f> {
    /// Models, tools and names.
    pub providers: &'w mut Providers<'p, 'f>,
    /// How it ends.
    pub ending: Ending<'w>,
    /// Type of the parameter `s`; empty: there is none.
    pub input: &'w str,
    /// The tasks that it may call.
    pub tasks: Option<&'w Tasks>,
    /// Chains, in order.
    pub out: Vec<String>,
    /// The type of the last chain that ended with a value.
    pub value: Ty,
    /// The record that its values are, where it is known before.
    pub wanted: Option<Record>,
    /// The chain that is written.
    pub own: String,
}

impl<'w, 'p, 'f> Writer<'w, 'p, 'f> {
    /// A writer of one function.
    pub fn new(providers: &'w mut Providers<'p, 'f>, ending: Ending<'w>, input: &'w str) -> Self {
        Writer {
            providers,
            ending,
            input,
            tasks: None,
            out: Vec::new(),
            value: Ty::Null,
            wanted: None,
            own: String::new(),
        }
    }

    /// The chain `name` of a function, or of the function as Python where it has no counterpart.
    ///
    /// # Errors
    /// Why it can be neither.
    pub fn chain_or_python(
        &mut self,
        name: &str,
        block: &Block,
        python: Option<&Carried>,
        scope: &Scope,
    ) -> Result<(), String> {
        match (self.chain(name, block, scope, &[]), python) {
            (Err(reason), Some(carried)) => {
                self.out.clear();
                let carried = Carried { reason, ..carried.clone() };
                self.python(name, &carried, scope)
            }
            (done, _) => done,
        }
    }

    /// The chain `name` and those that it needs.
    ///
    /// # Errors
    /// What has no counterpart.
    pub fn chain(
        &mut self,
        name: &str,
        block: &Block,
        scope: &Scope,
        given: &[(String, Ty)],
    ) -> Result<(), String> {
        if let End::Python(carried) = &block.end {
            return self.python(name, carried, scope);
        }
        if self.own.is_empty() {
            name.clone_into(&mut self.own);
        }
        let mut scope = scope.clone();
        let mut lines = Vec::new();
        for ask in &block.asks {
            lines.push(self.ask(ask, block, &mut scope)?);
        }
        let state = (!self.input.is_empty()).then(|| format!("s: {}", self.input));
        let given_params = given.iter().map(|(name, ty)| format!("{name}: {}", ty.text()));
        let params: Vec<String> = state.into_iter().chain(given_params).collect();
        let head = |result: &str| format!("chain {name}({}) -> {result}", params.join(", "));
        if let Some(value) = self.pure_end(&block.end, &scope)? {
            let head = head(&self.result());
            self.out.push(match lines.is_empty() {
                true => format!("{head} = {value}"),
                false => format!("{head} {{\n{}\n  return {value}\n}}", lines.join("\n")),
            });
            return Ok(());
        }
        let End::If(test, yes, no) = &block.end else {
            return Err("it ends in a way without a counterpart".to_owned());
        };
        let mut passed: Vec<(String, Ty)> = given.to_vec();
        passed.extend(block.asks.iter().filter_map(|a| scope.answers.get(&a.id)).cloned());
        let state = (!self.input.is_empty()).then_some("s");
        let names = state.into_iter().chain(passed.iter().map(|(name, _)| name.as_str()));
        let arguments: Vec<String> = names.map(|name| format!("{name}: {name}")).collect();
        let (mut arms, mut types) = (Vec::new(), Vec::new());
        let (when, otherwise) = scope.branches(test)?;
        for (arm, scope) in [(yes, &when), (no, &otherwise)] {
            let inner = self.providers.fresh(name);
            self.chain(&inner, arm, scope, &passed)?;
            arms.push(format!("{inner}({})", arguments.join(", ")));
            types.push(std::mem::replace(&mut self.value, Ty::Null));
        }
        let [first, second] = [types.remove(0), types.remove(0)];
        self.value = super::print::joined(first, second)?;
        let out = scope.free("out");
        lines.push(format!("  step {out} = if {} then {} else {}", scope.test(test)?, arms[0], arms[1]));
        self.out.push(format!("{} {{\n{}\n  return {out}\n}}", head(&self.result()), lines.join("\n")));
        Ok(())
    }

    /// The chain of a function that stays Python.
    fn python(&mut self, name: &str, carried: &Carried, scope: &Scope) -> Result<(), String> {
        // What the tool gives is read like an answer.
        let mut scope = scope.clone();
        let (step, answer) = match &self.ending {
            Ending::Way { .. } => ("label", "label"),
            _ => ("update", "update.goto"),
        };
        scope.answers.insert(0, (answer.to_owned(), Ty::String));
        let fields: Vec<(String, Option<Reducer>)> = match &self.ending {
            Ending::Way { .. } | Ending::Value => Vec::new(),
            Ending::State { reducers, .. } => {
                reducers.iter().filter(|(name, _)| carried.writes.contains(name)).cloned().collect()
            }
            Ending::Update { reducers, fields, .. } => {
                reducers.iter().filter(|(name, _)| fields.contains(name)).cloned().collect()
            }
        };
        if let Some((name, _)) = fields.iter().find(|(_, r)| matches!(r, Some(Reducer::Own { .. }))) {
            return Err(format!("{}, and `{name}` has a reducer of its own", carried.reason));
        }
        let wanted = match &self.ending {
            Ending::Way { .. } => Use::Label,
            _ => Use::Fields(&fields),
        };
        let run = self.providers.python(name, step, carried, (&scope, self.input), &wanted)?;
        let value = match &self.ending {
            Ending::Value => return Err(carried.reason.clone()),
            Ending::Way { way, .. } => way(&End::Value(Expr::Answer(0)), &scope)?,
            Ending::Update { record, .. } => {
                let texts: Vec<String> = fields.iter().map(|(n, _)| format!("{n}: update.{n}")).collect();
                format!("{record} {{ {} }}", texts.join(", "))
            }
            Ending::State { record, at, .. } => {
                let mut texts = vec!["..s".to_owned()];
                for (field, reducer) in &fields {
                    let ty = scope.fields.get(field);
                    texts.push(format!("{field}: {}", joined(field, reducer.as_ref(), ty)));
                }
                let goto = Expr::Answer(0);
                texts.extend(at(carried.goes.then_some(&goto), &scope)?.map(|at| format!("at: {at}")));
                match texts.len() {
                    1 => "s".to_owned(),
                    _ => format!("{record} {{ {} }}", texts.join(", ")),
                }
            }
        };
        let head = format!("chain {name}(s: {}) -> {}", self.input, self.result());
        self.out.extend(run.items);
        self.out.push(format!("{head} {{\n{}\n  return {value}\n}}", run.lines.join("\n")));
        Ok(())
    }

    fn result(&self) -> String {
        match &self.ending {
            Ending::State { record, .. } | Ending::Update { record, .. } => (*record).to_owned(),
            Ending::Way { ty, .. } => (*ty).to_owned(),
            Ending::Value => self.value.text(),
        }
    }

    /// The value of an end in which no model is asked.
    fn pure_end(&mut self, end: &End, scope: &Scope) -> Result<Option<String>, String> {
        if let End::If(test, yes, no) = end {
            if yes.asks() || no.asks() {
                return Ok(None);
            }
            let (when, otherwise) = scope.branches(test)?;
            let yes = self.pure_end(&yes.end, &when)?;
            let first = std::mem::replace(&mut self.value, Ty::Null);
            let no = self.pure_end(&no.end, &otherwise)?;
            let second = std::mem::replace(&mut self.value, Ty::Null);
            let (Some(yes), Some(no)) = (yes, no) else { return Ok(None) };
            self.value = super::print::joined(first, second)?;
            return Ok(Some(format!("if {} then {yes} else {no}", scope.test(test)?)));
        }
        self.value(end, scope).map(Some)
    }

    fn value(&mut self, end: &End, scope: &Scope) -> Result<String, String> {
        match &self.ending {
            Ending::Value => {
                let (text, ty) = match end {
                    End::Update(fields) if self.wanted.is_some() => self.wanted_record(fields, scope)?,
                    End::Update(fields) if fields.is_empty() => ("null".to_owned(), Ty::Null),
                    End::Update(fields) => scope.record(fields)?,
                    End::Value(value) => scope.print(value)?,
                    _ => return Err("it ends in a way without a counterpart".to_owned()),
                };
                self.value = ty;
                Ok(text)
            }
            Ending::Way { way, .. } => way(end, scope),
            Ending::State { record, reducers, at } => {
                let (update, goto) = match end {
                    End::Update(update) => (update, None),
                    End::Command { goto, update } => (update, goto.as_ref()),
                    _ => return Err("it gives something that is no update of its state".to_owned()),
                };
                let mut fields = vec!["..s".to_owned()];
                for (name, value) in update {
                    let reducer = reducer_of(reducers, name)?;
                    fields.push(format!("{name}: {}", scope.update(name, reducer, value)?));
                }
                fields.extend(at(goto, scope)?.map(|at| format!("at: {at}")));
                match fields.len() {
                    1 => Ok("s".to_owned()),
                    _ => Ok(format!("{record} {{ {} }}", fields.join(", "))),
                }
            }
            Ending::Update { record, fields, reducers } => {
                let End::Update(update) = end else {
                    return Err("it gives something that is no update of its state".to_owned());
                };
                let mut texts = Vec::new();
                for name in *fields {
                    let reducer = reducer_of(reducers, name)?;
                    let given = update.iter().find(|(known, _)| known == name).map(|(_, v)| v);
                    let ty = scope.fields.get(name).cloned();
                    texts.push(format!("{name}: {}", part(scope, name, ty, reducer, given)?));
                }
                Ok(format!("{record} {{ {} }}", texts.join(", ")))
            }
        }
    }
}

/// A field after an update of a Python tool.
fn joined(field: &str, reducer: Option<&Reducer>, ty: Option<&Ty>) -> String {
    let (old, more) = (format!("s.{field}"), format!("update.{field}"));
    match reducer {
        None => more,
        Some(reducer) => super::print::combined(reducer, ty.unwrap_or(&Ty::Json), &old, &more),
    }
}

/// What one of several nodes that run at once adds to a field.
fn part(
    scope: &Scope,
    name: &str,
    ty: Option<Ty>,
    reducer: Option<&Reducer>,
    given: Option<&Expr>,
) -> Result<String, String> {
    let ty = ty.ok_or_else(|| format!("its state has no field `{name}`"))?;
    let Some(value) = given else {
        return match reducer {
            Some(_) => Ok(ty.zero().to_owned()),
            None => Err(format!("it writes `{name}` on one of its ways only, beside other nodes")),
        };
    };
    let (text, own) = scope.print_as(value, &ty)?;
    if reducer.is_some_and(|r| !matches!(r, Reducer::Messages)) && value.is_grown() {
        return Err(format!("it gives `{name}` again after it changed it in place"));
    }
    if matches!(reducer, Some(Reducer::Messages)) && scope.gives_again(name, value) {
        return Err(format!("it gives messages again that `{name}` holds, beside other nodes"));
    }
    match (reducer, &own) {
        (Some(Reducer::Messages), Ty::Message) => Ok(format!("[{text}]")),
        _ if super::print::fits(&own, &ty) => Ok(text),
        _ => Err(format!("it writes {} to `{name}`, which holds {}", own.text(), ty.text())),
    }
}

fn reducer_of<'r>(
    reducers: &'r [(String, Option<Reducer>)],
    name: &str,
) -> Result<Option<&'r Reducer>, String> {
    let found = reducers.iter().find(|(known, _)| known == name);
    found.map(|(_, r)| r.as_ref()).ok_or_else(|| format!("its state has no field `{name}`"))
}

/// A choice of a state by the text of a label.
pub fn choice(label: &str, ways: &[(String, String)], ty: &str) -> String {
    let mut out = format!("decode<{ty}>(json.of({label}))");
    for (name, state) in ways.iter().rev() {
        out = format!("if {} == {} then {state} else {out}", wrapped(label), quoted(name));
    }
    out
}
