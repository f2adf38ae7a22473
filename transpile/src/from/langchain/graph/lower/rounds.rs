//! `while` and `for` with questions in their rounds: a chain for a round, in a `for` where no round needs the one before, else in
//! a bounded `loop`.

use super::ask::after;
use super::block::{Ending, Writer};
use super::print::{Scope, fits, joined};
use super::texts::key;
use super::types::{Record, Ty};
use crate::from::langchain::graph::body::{Ask, Block, End, Expr, Fields, Loop, Over, Variable};
use crate::from::langchain::model::Effect;
use crate::from::lower::Fate;
use crate::from::lower::names::{identifier, type_name};
use std::collections::BTreeSet;

/// Most rounds of a `while`, which has no bound in Python.
const ROUNDS: usize = 25;

/// Most rounds of a `for` over a list that only the run knows.
const ELEMENTS: usize = 100;

/// A value that is handed to a round.
struct Given {
    name: String,
    ty: Ty,
    /// Before the first round.
    first: String,
    /// The variable of the loop that it is.
    variable: Option<usize>,
}

impl Writer<'_, '_, '_> {
    /// The steps of a loop.
    pub(super) fn rounds(
        &mut self,
        ask: &Ask,
        rounds: &Loop,
        block: &Block,
        scope: &mut Scope,
    ) -> Result<String, String> {
        let rounds = used(ask.id, rounds, block);
        let inside = echoes(&rounds, scope);
        for (variable, fields) in rounds.variables.iter().zip(&inside) {
            scope.echoes.insert(format!("{}.{}", ask.id, variable.name), fields.clone());
            scope.echoes.insert(variable.id.clone(), fields.clone());
        }
        if let Some(over) = &rounds.over
            && let Some(parts) = parts(&rounds, scope)
        {
            return self.each_round(ask, &rounds, over, parts, block, scope);
        }
        self.bounded(ask, rounds, block, scope)
    }

    /// `for`: each round only adds to lists.
    fn each_round(
        &mut self,
        ask: &Ask,
        rounds: &Loop,
        over: &Over,
        mut body: Block,
        block: &Block,
        scope: &mut Scope,
    ) -> Result<String, String> {
        let (mut list, of) = scope.print(&over.list)?;
        let Ty::List(mut of) = of else {
            return Err("it iterates over something that is no list".to_owned());
        };
        let mut inner = self.inner(scope);
        let is_numbered = body.reads_variable(&over.at);
        let mut outer = body.clone();
        if is_numbered {
            // The list goes into the round, which takes its element out of it.
            outer.end = End::If(over.list.clone(), Box::new(outer.clone()), Box::new(outer.clone()));
        }
        let mut given = self.passed(&outer, scope, &mut inner);
        let mut item = inner.free(&identifier(&over.name));
        if is_numbered {
            item = inner.free("at");
            let element = format!("{}[{item}]", super::texts::wrapped(&inner.print(&over.list)?.0));
            inner.variables.insert(over.item.clone(), (*of).clone());
            inner.texts.insert(over.item.clone(), element);
            inner.variables.insert(over.at.clone(), Ty::Int);
            inner.texts.insert(over.at.clone(), item.clone());
            list = format!("range(0, len({list}))");
            *of = Ty::Int;
        } else {
            inner.variables.insert(over.item.clone(), (*of).clone());
            inner.texts.insert(over.item.clone(), item.clone());
        }
        given.push(Given { name: item.clone(), ty: *of, first: item.clone(), variable: None });
        body.each_update_mut(&mut |update| update.retain(|(name, _)| *name != rounds.done));
        let types = self.types(&body, &inner)?;
        let (chain, result) = self.round_chain(&body, &inner, &given, types)?;
        let step = scope.free("rounds");
        let clauses = after(ask, block, scope, String::new());
        let args: Vec<String> = given.iter().map(|g| format!("{}: {}", g.name, g.first)).collect();
        let line = format!(
            "  step {step} = for {item} in {list}, max 1 {{ {chain}({}) }}{clauses}",
            args.join(", ")
        );
        // What all rounds added, after what was there.
        let mut fields = Vec::new();
        let mut lets = Vec::new();
        for (name, id, ty) in &result.fields {
            let variable = rounds.variables.iter().find(|v| v.name == *name);
            let init = variable.and_then(|v| v.init.as_ref()).ok_or("a list that is not there")?;
            let (before, own) = scope.print(init)?;
            let all = format!("flatten([r.{id} for r in {step}])");
            let text = if before == "[]" { all } else { format!("{before} + {all}") };
            lets.push(format!("{id}: {text}"));
            fields.push((name.clone(), id.clone(), joined(own, ty.clone())?));
        }
        if fields.is_empty() {
            scope.answers.insert(ask.id, (step, Ty::List(Box::new(Ty::Record(result)))));
            return Ok(line);
        }
        let all = scope.free("added");
        scope.taken.push(step);
        scope.answers.insert(ask.id, (all.clone(), Ty::Record(Record::plain(fields))));
        Ok(format!("{line}\n  step {all} = {{ {} }}", lets.join(", ")))
    }

    /// `loop`: what a round leaves is what the next begins with.
    fn bounded(
        &mut self,
        ask: &Ask,
        mut rounds: Loop,
        block: &Block,
        scope: &mut Scope,
    ) -> Result<String, String> {
        let mut inner = self.inner(scope);
        let (mut bound, mut is_certain) = (ROUNDS, false);
        if let Some(over) = rounds.over.take() {
            numbered(&mut rounds, &over);
            bound = ELEMENTS;
            if let Expr::List(items) = &over.list {
                (bound, is_certain) = (items.len(), true);
            }
            // Inside, the element is taken out of the list by its number; what it is handed is gathered below.
            self.passed(&rounds.body, scope, &mut inner);
            let at = inner.free("at");
            inner.variables.insert(over.at.clone(), Ty::Int);
            inner.texts.insert(over.at.clone(), at.clone());
            let (list, of) = inner.print(&over.list)?;
            let Ty::List(of) = of else {
                return Err("it iterates over something that is no list".to_owned());
            };
            inner.variables.insert(over.item.clone(), *of);
            inner.texts.insert(over.item.clone(), format!("{}[{at}]", super::texts::wrapped(&list)));
        }
        let mut given = self.passed(&rounds.body, scope, &mut inner);
        for (index, variable) in rounds.variables.iter().enumerate() {
            if !rounds.body.reads_variable(&variable.id) {
                continue;
            }
            let init = variable.init.as_ref().ok_or("it reads a name that a loop may not have set")?;
            let (first, ty) = scope.print(init)?;
            let name = match inner.texts.get(&variable.id) {
                Some(known) => known.clone(),
                None => inner.free(&identifier(&variable.name)),
            };
            inner.variables.insert(variable.id.clone(), ty.clone());
            inner.texts.insert(variable.id.clone(), name.clone());
            given.push(Given { name, ty, first, variable: Some(index) });
        }
        let types = self.settled(&rounds, &mut given, &mut inner)?;
        let (chain, result) = self.round_chain(&rounds.body, &inner, &given, types)?;
        let (first, step) = (scope.free("first"), scope.free("rounds"));
        let clauses = after(ask, block, scope, String::new());
        let args: Vec<String> = given.iter().map(|g| format!("{}: {}", g.name, g.first)).collect();
        scope.taken.push(first.clone());
        scope.answers.insert(ask.id, (step.clone(), Ty::Record(result.clone())));
        let round = scope.free("r");
        let id = |variable: &Variable| {
            let field = result.fields.iter().find(|(name, ..)| *name == variable.name);
            field.map(|(_, id, _)| id.clone()).ok_or("a round does not set what it reads")
        };
        let mut again = Vec::new();
        for g in &given {
            again.push(match g.variable.and_then(|at| rounds.variables.get(at)) {
                Some(variable) => format!("{}: {round}.{}", g.name, id(variable)?),
                None => format!("{}: {}", g.name, g.first),
            });
        }
        if !is_certain {
            let message = format!("the loop ends with an error after {bound} rounds: confirm the bound");
            self.providers.shared.note(Fate::Approximated, Effect::Body, message, &rounds.origin);
        }
        // The last round of a `for` finds the end of the list; the first stands before the loop.
        let max = if is_certain { bound.max(1) } else { bound - 1 };
        let done = key(&rounds.done);
        Ok(format!(
            "  step {first} = {chain}({}){clauses}\n  step {step} = loop {round} from {first} until {round}.{done}, max {max} {{\n    if {round}.{done} then {round} else {chain}({})\n  }}",
            args.join(", "),
            again.join(", ")
        ))
    }

    /// The scope inside a round: the state, and what it is handed.
    fn inner(&self, scope: &Scope) -> Scope {
        Scope {
            state: scope.state.clone(),
            fields: scope.fields.clone(),
            only: scope.only.clone(),
            nullable: scope.nullable.clone(),
            echoes: scope.echoes.clone(),
            ..Scope::default()
        }
    }

    /// What a round uses of what is there before the loop.
    fn passed(&self, body: &Block, scope: &Scope, inner: &mut Scope) -> Vec<Given> {
        let mut out = Vec::new();
        if !self.input.is_empty() {
            let ty = Ty::Json;
            out.push(Given { name: "s".to_owned(), ty, first: scope.state.clone(), variable: None });
        }
        let (mut answers, mut variables) = (BTreeSet::new(), BTreeSet::new());
        body.each_expr(&mut |expr| match expr {
            Expr::Answer(id) => drop(answers.insert(*id)),
            Expr::Variable(id) => drop(variables.insert(id.clone())),
            _ => {}
        });
        for id in answers {
            if let Some((name, ty)) = scope.answers.get(&id) {
                inner.answers.insert(id, (name.clone(), ty.clone()));
                out.push(Given { name: name.clone(), ty: ty.clone(), first: name.clone(), variable: None });
            }
        }
        for id in variables {
            if let Some(ty) = scope.variables.get(&id) {
                let first = scope.texts.get(&id).unwrap_or(&id).clone();
                // The element of a loop around is no name.
                let is_name = first.chars().all(|c| c.is_alphanumeric() || c == '_');
                let name = if is_name { first.clone() } else { inner.free("item") };
                inner.variables.insert(id.clone(), ty.clone());
                if name != id {
                    inner.texts.insert(id, name.clone());
                }
                out.push(Given { name, ty: ty.clone(), first, variable: None });
            }
        }
        out
    }

    /// The types of what a round sets: of what it is handed too, until both agree.
    fn settled(
        &mut self,
        rounds: &Loop,
        given: &mut [Given],
        inner: &mut Scope,
    ) -> Result<Vec<(String, Ty)>, String> {
        for _ in 0..4 {
            let types = self.types(&rounds.body, inner)?;
            let mut is_same = true;
            for g in given.iter_mut() {
                let Some(variable) = g.variable.and_then(|at| rounds.variables.get(at)) else { continue };
                let set = types.iter().find(|(name, _)| *name == variable.name).map(|(_, ty)| ty.clone());
                let ty = joined(g.ty.clone(), set.ok_or("a round does not set what it reads")?)?;
                is_same &= ty == g.ty;
                inner.variables.insert(variable.id.clone(), ty.clone());
                g.ty = ty;
            }
            if is_same {
                return Ok(types);
            }
        }
        Err("its loop gives a name values of ever other types".to_owned())
    }

    /// The types of what a block's ends set.
    fn types(&mut self, block: &Block, scope: &Scope) -> Result<Vec<(String, Ty)>, String> {
        let mut scope = scope.clone();
        let made = self.out.len();
        for ask in &block.asks {
            self.ask(ask, block, &mut scope)?;
        }
        self.out.truncate(made);
        match &block.end {
            End::Update(fields) => typed(fields, &scope),
            End::If(test, yes, no) => {
                let (when, otherwise) = scope.branches(test)?;
                let (yes, no) = (self.types(yes, &when)?, self.types(no, &otherwise)?);
                let other =
                    |name: &String| no.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.clone());
                let mut out = Vec::new();
                for (name, ty) in yes {
                    let other = other(&name).ok_or("a round sets a name on one of its ways only")?;
                    let about = |why: String| format!("`{name}` in its loop: {why}");
                    out.push((name.clone(), joined(ty, other).map_err(about)?));
                }
                Ok(out)
            }
            _ => Err("a round ends in a way without a counterpart".to_owned()),
        }
    }

    /// The chain of a round and the record that it gives.
    fn round_chain(
        &mut self,
        body: &Block,
        inner: &Scope,
        given: &[Given],
        types: Vec<(String, Ty)>,
    ) -> Result<(String, Record), String> {
        let name = self.providers.fresh(&format!("{}_round", self.own));
        let record = self.providers.fresh(&type_name(&name));
        let fields: Vec<(String, String, Ty)> =
            types.into_iter().map(|(name, ty)| (name.clone(), key(&name), ty)).collect();
        let declared: Vec<String> = fields.iter().map(|(_, id, ty)| format!("{id}: {}", ty.text())).collect();
        let record_item = format!(
            "/// What a round of the loop in `{}` leaves.\nrecord {record} {{ {} }}",
            self.own,
            declared.join(", ")
        );
        let result = Record { name: record, fields };
        let params: Vec<(String, Ty)> = given
            .iter()
            .filter(|g| self.input.is_empty() || g.name != "s")
            .map(|g| (g.name.clone(), g.ty.clone()))
            .collect();
        let mut writer = Writer::new(&mut *self.providers, Ending::Value, self.input);
        writer.tasks = self.tasks;
        writer.wanted = Some(result.clone());
        writer.chain(&name, body, inner, &params)?;
        let made = std::mem::take(&mut writer.out);
        self.out.push(record_item);
        self.out.extend(made);
        Ok((name, result))
    }

    /// What a round leaves, as its record.
    pub(super) fn wanted_record(&self, fields: &Fields, scope: &Scope) -> Result<(String, Ty), String> {
        let record = self.wanted.as_ref().ok_or("a record that is not known")?;
        let mut texts = Vec::new();
        for (name, id, ty) in &record.fields {
            let value = fields.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            let (text, own) = scope.print(value.ok_or("a round sets a name on one of its ways only")?)?;
            if !fits(&own, ty) {
                return Err(format!("`{name}` is {} in one round and {} in another", own.text(), ty.text()));
            }
            texts.push(format!("{id}: {text}"));
        }
        Ok((format!("{} {{ {} }}", record.name, texts.join(", ")), Ty::Record(record.clone())))
    }
}

/// The fields whose messages each variable of a loop may hold after it.
fn echoes(rounds: &Loop, scope: &Scope) -> Vec<Vec<String>> {
    let mut scope = scope.clone();
    let fields: Vec<String> = scope.fields.keys().cloned().collect();
    let mut out: Vec<Vec<String>> = vec![Vec::new(); rounds.variables.len()];
    // A variable may take what another one held before.
    for _ in 0..=rounds.variables.len() {
        for (variable, held) in rounds.variables.iter().zip(&mut out) {
            let mut values: Vec<Expr> = variable.init.iter().cloned().collect();
            rounds.body.each_update(&mut |update| {
                values
                    .extend(update.iter().filter(|(name, _)| *name == variable.name).map(|(_, v)| v.clone()));
            });
            for field in &fields {
                if !held.contains(field) && values.iter().any(|value| scope.gives_again(field, value)) {
                    held.push(field.clone());
                }
            }
            scope.echoes.insert(variable.id.clone(), held.clone());
        }
    }
    out
}

fn typed(fields: &Fields, scope: &Scope) -> Result<Vec<(String, Ty)>, String> {
    fields.iter().map(|(name, value)| Ok((name.clone(), scope.print(value)?.1))).collect()
}

/// The loop with the variables that somebody reads.
fn used(id: usize, rounds: &Loop, block: &Block) -> Loop {
    let mut kept: BTreeSet<String> = BTreeSet::new();
    block.each_expr(&mut |expr| {
        if let Expr::Member(base, name) = expr
            && matches!(**base, Expr::Answer(known) if known == id)
        {
            kept.insert(name.clone());
        }
    });
    kept.insert(rounds.done.clone());
    let mut rounds = rounds.clone();
    loop {
        let mut body = rounds.body.clone();
        body.each_update_mut(&mut |update| update.retain(|(name, _)| kept.contains(name)));
        let read = rounds.variables.iter().filter(|v| body.reads_variable(&v.id)).map(|v| v.name.clone());
        let before = kept.len();
        kept.extend(read);
        if kept.len() == before {
            rounds.variables.retain(|v| kept.contains(&v.name));
            rounds.body = body;
            return rounds;
        }
    }
}

/// The round of a `for` with what it adds to its variables, where it does nothing else with them; all are lists.
fn parts(rounds: &Loop, scope: &Scope) -> Option<Block> {
    if rounds.breaks {
        return None;
    }
    let is_list = |v: &Variable| {
        let init = v.init.as_ref().and_then(|init| scope.print(init).ok());
        matches!(init, Some((_, Ty::List(_))))
    };
    if !rounds.variables.iter().all(is_list) {
        return None;
    }
    let mut body = rounds.body.clone();
    let mut is_plain = true;
    body.each_update_mut(&mut |update| {
        for (name, value) in update.iter_mut() {
            let Some(variable) = rounds.variables.iter().find(|v| v.name == *name) else { continue };
            match added(value, &variable.id) {
                Some(part) => *value = part,
                None => is_plain = false,
            }
        }
    });
    let reads = rounds.variables.iter().any(|v| body.reads_variable(&v.id));
    (is_plain && !reads).then_some(body)
}

/// `variable + a + b` without the variable.
fn added(value: &Expr, id: &str) -> Option<Expr> {
    match value {
        Expr::Variable(known) if known == id => Some(Expr::List(Vec::new())),
        Expr::Binary("+", left, right) => Some(match (added(left, id)?, &**right) {
            (Expr::List(mut a), Expr::List(b)) => {
                a.extend(b.iter().cloned());
                Expr::List(a)
            }
            (Expr::List(a), right) if a.is_empty() => right.clone(),
            (a, right) => Expr::Binary("+", Box::new(a), Box::new(right.clone())),
        }),
        _ => None,
    }
}

/// What a variable holds after the round before.
fn before(variable: &Variable) -> Expr {
    match variable.init {
        Some(_) => Expr::Variable(variable.id.clone()),
        None => Expr::Null,
    }
}

/// A `for` as rounds that count: they end where the list does.
fn numbered(rounds: &mut Loop, over: &Over) {
    let at = Variable { id: over.at.clone(), name: "at".to_owned(), init: Some(Expr::Int(0)) };
    let mut at = at;
    while rounds.variables.iter().any(|v| v.name == at.name) {
        at.name.push('_');
    }
    let here = || Expr::Variable(over.at.clone());
    let next = Expr::Binary("+", Box::new(here()), Box::new(Expr::Int(1)));
    rounds.body.each_update_mut(&mut |update| update.push((at.name.clone(), next.clone())));
    let mut last: Fields = rounds.variables.iter().map(|v| (v.name.clone(), before(v))).collect();
    let mut has_exit = None;
    rounds.body.each_update(&mut |update| {
        let known =
            |name: &String| *name == rounds.done || *name == at.name || last.iter().any(|(n, _)| n == name);
        if let Some((name, _)) = update.iter().find(|(name, _)| !known(name)) {
            has_exit = Some(name.clone());
        }
    });
    last.extend(has_exit.map(|name| (name, Expr::Int(0))));
    last.push((rounds.done.clone(), Expr::Bool(true)));
    last.push((at.name.clone(), here()));
    let test = Expr::Binary("<", Box::new(here()), Box::new(Expr::Call("len", vec![over.list.clone()])));
    let body = std::mem::replace(&mut rounds.body, Block { asks: Vec::new(), end: End::Update(Vec::new()) });
    let end = Block { asks: Vec::new(), end: End::Update(last) };
    rounds.body.end = End::If(test, Box::new(body), Box::new(end));
    rounds.variables.push(at);
}
