//! An entrypoint of the functional interface as a mission: its function and each task that it calls are chains, or Python tools
//! where they have no counterpart.

use super::block::{Ending, Writer};
use super::print::Scope;
use super::providers::Providers;
use super::texts::{key, quoted};
use super::types::Ty;
use super::write::retry_clause;
use crate::from::callable::Callable;
use crate::from::langchain::graph::body::{Asked, Block, End};
use crate::from::langchain::graph::functional::{Annotation, Routine};
use crate::from::langchain::lower::Shared;
use crate::from::langchain::lower::tools::callable;
use crate::from::langchain::model::{Effect, Origin};
use crate::from::lower::Fate;
use crate::from::lower::names::identifier;
use std::collections::BTreeMap;

/// A task that was written.
pub struct Task {
    /// Its name in the file.
    pub name: String,
    /// The chain or tool that it is.
    pub chain: String,
    /// Types of its parameters.
    pub parameters: Vec<Ty>,
    /// Type of what it gives.
    pub result: Ty,
    /// Clauses of the steps that call it.
    pub clauses: String,
}

/// The tasks that were written, by number.
#[derive(Default)]
pub struct Tasks(BTreeMap<usize, Task>);

impl Tasks {
    /// A task.
    pub fn get(&self, number: usize) -> Option<&Task> {
        self.0.get(&number)
    }
}

/// An entrypoint as the mission `own`; what it needs goes to the file's declarations.
///
/// # Errors
/// What has no counterpart.
pub fn mission(shared: &mut Shared<'_>, own: &str, entry: &Routine) -> Result<String, String> {
    let tasks = std::mem::take(&mut shared.tasks);
    let mut lowering = Lowering { providers: Providers { shared }, tasks, open: Vec::new() };
    let written = lowering.entry(own, entry);
    let Lowering { providers, tasks, .. } = lowering;
    providers.shared.tasks = tasks;
    written.map_err(|reason| format!("the entrypoint `{}`: {reason}", entry.name))
}

/// The mission that calls the chain of an entrypoint.
fn mission_text(own: &str, chain: &str, given: &[(String, Ty)], result: &Ty) -> String {
    let mut lines = vec![format!("mission {own} {{")];
    let mut made = Vec::new();
    for (name, ty) in given {
        // What the caller gives as one object are inputs of their own.
        let Ty::Record(record) = ty else {
            lines.push(format!("  input {}: {}", key(name), ty.text()));
            continue;
        };
        let optional = |ty: &Ty| if matches!(ty, Ty::Optional(_)) { " = null" } else { "" };
        let input =
            |(_, id, ty): &(String, String, Ty)| format!("  input {id}: {}{}", ty.text(), optional(ty));
        lines.extend(record.fields.iter().map(input));
        let fields: Vec<String> = record.fields.iter().map(|(_, id, _)| format!("{id}: {id}")).collect();
        made.push(format!("  let {} = {} {{ {} }}", key(name), record.name, fields.join(", ")));
    }
    lines.push("  policy inferred\n".to_owned());
    lines.append(&mut made);
    let arguments: Vec<String> = given.iter().map(|(name, _)| format!("{0}: {0}", key(name))).collect();
    lines.push(format!("  step result = {chain}({})\n", arguments.join(", ")));
    match result {
        Ty::Record(record) if record.is_plain() => {
            let output =
                |(_, id, ty): &(String, String, Ty)| format!("  output {id}: {} = result.{id}", ty.text());
            lines.extend(record.fields.iter().map(output));
        }
        other => lines.push(format!("  output result: {} = result", other.text())),
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

struct Lowering<'p, 'f> {
    providers: Providers<'p, 'f>,
    tasks: Tasks,
    /// The tasks that are being written.
    open: Vec<usize>,
}

impl Lowering<'_, '_> {
    fn entry(&mut self, own: &str, entry: &Routine) -> Result<String, String> {
        let block = entry.block.as_ref().map_err(Clone::clone)?;
        self.tasks_of(block)?;
        let given = self.given(entry);
        let (chain, result) = self.chain(entry, block, &given)?;
        Ok(mission_text(own, &chain, &given, &result))
    }

    /// Writes the tasks that a function calls.
    fn tasks_of(&mut self, block: &Block) -> Result<(), String> {
        for ask in &block.asks {
            match &ask.asked {
                Asked::Task(number, _) => self.task(*number)?,
                Asked::Loop(rounds) => self.tasks_of(&rounds.body)?,
                Asked::Model(..) | Asked::Person(_) | Asked::Tool(..) | Asked::Called(..) => {}
            }
        }
        match &block.end {
            End::If(_, yes, no) => self.tasks_of(yes).and_then(|()| self.tasks_of(no)),
            _ => Ok(()),
        }
    }

    fn task(&mut self, number: usize) -> Result<(), String> {
        if self.tasks.get(number).is_some() {
            return Ok(());
        }
        let file = self.providers.shared.file;
        let routine = file
            .tasks
            .get(number)
            .and_then(Option::as_ref)
            .ok_or("it calls a task that is not in the file")?;
        if self.open.contains(&number) {
            return Err(format!("the task `{}` calls itself", routine.name));
        }
        self.open.push(number);
        let given = self.given(routine);
        let done = match &routine.block {
            Ok(block) => self.tasks_of(block).and_then(|()| self.chain(routine, block, &given)),
            Err(reason) => Err(reason.clone()),
        };
        let (chain, result) = match done {
            Ok(done) => done,
            Err(reason) => self.python(routine, &given, &reason)?,
        };
        self.open.pop();
        let clauses = routine.retry.first().map(|policy| retry_clause(policy)).unwrap_or_default();
        let parameters = given.into_iter().map(|(_, ty)| ty).collect();
        self.tasks
            .0
            .insert(number, Task { name: identifier(&routine.name), chain, parameters, result, clauses });
        Ok(())
    }

    fn given(&mut self, routine: &Routine) -> Vec<(String, Ty)> {
        let origin = routine.code.as_ref().map(|code| code.origin.clone()).unwrap_or_default();
        let parameters = routine.parameters.iter();
        parameters.map(|(name, annotation)| (name.clone(), self.ty(annotation, &origin))).collect()
    }

    fn ty(&mut self, annotation: &Annotation, origin: &Origin) -> Ty {
        match &annotation.schema {
            Some(schema) if annotation.is_optional => self.providers.record(schema, origin).optional(),
            Some(schema) => self.providers.record(schema, origin),
            None => Ty::of_annotation(&annotation.text),
        }
    }

    /// The chain of a function, and the type of what it gives.
    fn chain(
        &mut self,
        routine: &Routine,
        block: &Block,
        given: &[(String, Ty)],
    ) -> Result<(String, Ty), String> {
        if let Some((name, _)) = given.iter().find(|(name, _)| identifier(name) != *name) {
            return Err(format!("`{name}` is no name here"));
        }
        let name = self.providers.fresh(&identifier(&routine.name));
        let scope = Scope { variables: given.iter().cloned().collect(), ..Scope::default() };
        let mut writer = Writer::new(&mut self.providers, Ending::Value, "");
        writer.tasks = Some(&self.tasks);
        writer.chain(&name, block, &scope, given)?;
        let (out, ty) = (std::mem::take(&mut writer.out), std::mem::replace(&mut writer.value, Ty::Null));
        self.providers.shared.items.extend(out);
        Ok((name, ty))
    }

    /// The tool of a function that stays Python.
    fn python(
        &mut self,
        routine: &Routine,
        given: &[(String, Ty)],
        reason: &str,
    ) -> Result<(String, Ty), String> {
        let about = |why: &str| format!("the task `{}`: {reason}, and as a Python tool {why}", routine.name);
        let code = routine.code.as_ref().ok_or_else(|| about("its function is not in the file"))?;
        let function =
            callable(self.providers.shared, code).ok_or_else(|| about("its function is not in the file"))?;
        if let Some(missing) = function.missing.first() {
            return Err(about(&format!("it cannot have `{missing}`")));
        }
        if let Some(tool) = self.providers.tool_as_object(&function) {
            return Err(about(&format!("it uses the tool `{tool}` as an object of LangChain")));
        }
        let mut uses = super::python::uses(&function).map_err(|why| about(&why))?;
        if uses.iter().any(|used| used.name == "interrupt") {
            return Err(about("it waits for a person"));
        }
        uses.retain(|used| used.text != function.source);
        let function = Callable { uses, ..function };
        let result = self.ty(&routine.returns, &code.origin);
        let parameters: Vec<String> =
            given.iter().map(|(n, ty)| format!("{}: {}", key(n), ty.text())).collect();
        let place = self.providers.shared.python.add(&function);
        let signature =
            format!("({}) -> {} = python({})", parameters.join(", "), result.text(), quoted(&place));
        let tool = self.providers.shared.declare(format!("tool {place}{signature}"), &routine.name, |tool| {
            format!("/// The task `{}` of the file, as it is.\ntool {tool}{signature}", routine.name)
        });
        let message = format!("the task `{}` is carried as Python: {reason}", routine.name);
        self.providers.shared.note(Fate::Approximated, Effect::Body, message, &code.origin);
        Ok((tool, result))
    }
}
