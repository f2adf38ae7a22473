//! `while` and `for`, in whose rounds something is asked: what a round reads, what it sets, and where it ends the loop.

use super::body::{Ask, Asked, Block, End, Expr, Loop, Over, Variable};
use super::shared::{self, Shared};
use super::translate::{Env, Reason, Translator};
use crate::from::langchain::state::origin;
use crate::python::Site;
use crate::python::syntax::{ast, span_of};
use ruff_python_ast::visitor::{self, Visitor};

/// Most elements of a range that is written out.
const MOST_WRITTEN: i64 = 100;

/// A loop around what is translated.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    slots: Vec<(Slot, Variable)>,
    done: String,
    exit: String,
    /// The `return`s inside, in order: the first is exit 1.
    exits: Vec<ast::StmtReturn>,
    breaks: bool,
}

/// What holds a value from one round to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    Name(String),
    Field(String),
}

/// How a round ends.
pub(super) enum Way {
    /// The next follows.
    Next,
    /// What stands after the loop follows.
    Break,
    /// The function ends.
    Return(ast::StmtReturn),
}

/// A `return` in a loop, and the names that are known on its way, but not on each.
pub(super) struct Exit {
    end: ast::StmtReturn,
    known: Vec<String>,
}

/// A loop that was translated.
pub(super) struct Rounds {
    id: usize,
    exit: String,
    /// The `return`s inside.
    pub(super) exits: Vec<Exit>,
    /// Names, and how their values are called.
    slots: Vec<(String, String)>,
    /// What stands after it may follow.
    goes_on: bool,
}

impl Translator<'_, '_> {
    /// A `while` or `for`: the names that it sets hold what its last round leaves.
    pub(super) fn rounds(
        &mut self,
        stmt: &ast::Stmt,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Rounds, Reason> {
        self.loops += 1;
        let tools = self.tools.len();
        let number = self.loops;
        let (body, orelse) = match stmt {
            ast::Stmt::While(s) => (&s.body, &s.orelse),
            ast::Stmt::For(s) if s.is_async => return Err("it has an `async for`".to_owned()),
            ast::Stmt::For(s) => (&s.body, &s.orelse),
            _ => return Err("it has a statement that has no counterpart".to_owned()),
        };
        if !orelse.is_empty() {
            return Err("it has a loop with `else`".to_owned());
        }
        let mut set = Set { state: &self.state, slots: Vec::new() };
        body.iter().for_each(|stmt| set.visit_stmt(stmt));
        let mut slots = set.slots;
        shared::held_in(body, env);
        let mut inner = env.clone();
        // What is iterated must not change in the rounds.
        if let ast::Stmt::For(s) = stmt
            && let ast::Expr::Name(list) = &*s.iter
        {
            inner.shared.insert(list.id.to_string(), Shared::Elsewhere);
        }
        let over = match stmt {
            ast::Stmt::For(s) => Some(self.over(s, number, &mut slots, env, &mut inner, asks)?),
            _ => None,
        };
        let elements = over.as_ref().map(|_| inner.locals.clone()).unwrap_or_default();
        let slots = variables(slots, number, env, &mut inner);
        if let ast::Stmt::For(s) = stmt {
            names_of(&s.target)
                .into_iter()
                .for_each(|name| drop(inner.shared.insert(name, Shared::Elsewhere)));
            for name in names_of(&s.target) {
                let element = elements.get(&name).ok_or("a loop without an element")?;
                inner.unset.retain(|known| *known != name);
                inner.locals.insert(name, element.clone());
            }
        }
        let free = |word: &str| {
            let mut name = word.to_owned();
            while slots.iter().any(|(_, v)| v.name == name) {
                name.push('_');
            }
            name
        };
        let (done, exit) = (free("done"), free("exit"));
        let (exits, breaks) = (Vec::new(), false);
        self.frames.push(Frame { slots, done: done.clone(), exit: exit.clone(), exits, breaks });
        let always = matches!(stmt, ast::Stmt::While(s) if is_true(&s.test));
        let made = self.round(stmt, body, always, &mut inner);
        let frame = self.frames.pop().ok_or("a loop that is not there")?;
        let mut made = made?;
        // What some end of a round does not know is not known after it.
        let known = known(&made, over.is_some().then_some(&frame.slots));
        let has_exits = !frame.exits.is_empty();
        // A `return` inside may read what was set on its way only.
        let mut exits: Vec<Exit> =
            frame.exits.iter().map(|end| Exit { end: end.clone(), known: Vec::new() }).collect();
        made.each_update(&mut |update| {
            let number = update.iter().find(|(name, _)| *name == exit).map(|(_, value)| value);
            if let Some(Expr::Int(number @ 1..)) = number
                && let Some(exit) = exits.get_mut(*number as usize - 1)
            {
                exit.known = update.iter().map(|(name, _)| name.clone()).collect();
            }
        });
        let is_kept = |name: &String| {
            known.contains(name)
                || *name == done
                || (has_exits && *name == exit)
                || exits.iter().any(|exit| exit.known.contains(name))
        };
        made.each_update_mut(&mut |update| {
            update.retain(|(name, _)| is_kept(name));
            for (_, variable) in &frame.slots {
                let name = &variable.name;
                if is_kept(name) && !update.iter().any(|(known, _)| known == name) {
                    update.push((name.clone(), Expr::Null));
                }
            }
        });
        for (_, variable) in &frame.slots {
            let is_read = made.reads_variable(&variable.id);
            if is_read && !known.contains(&variable.name) {
                return Err(format!(
                    "it reads `{}`, which a round of its loop may not have set",
                    variable.name
                ));
            }
        }
        let id = self.asks;
        self.asks += 1;
        for (slot, variable) in &frame.slots {
            let value = Expr::Member(Box::new(Expr::Answer(id)), variable.name.clone());
            match (slot, known.contains(&variable.name)) {
                (Slot::Name(name), true) => {
                    env.locals.insert(name.clone(), value);
                    env.unset.retain(|known| known != name);
                }
                (Slot::Name(name), false) => unset(env, name),
                (Slot::Field(name), _) => env.set_field(name, value),
            }
        }
        for exit in &mut exits {
            exit.known.retain(|name| !known.contains(name));
        }
        let slots: Vec<(String, String)> = frame
            .slots
            .iter()
            .filter_map(|(slot, v)| match slot {
                Slot::Name(name) => Some((name.clone(), v.name.clone())),
                Slot::Field(_) => None,
            })
            .collect();
        let site = Site { module: self.place.module, span: span_of(stmt) };
        let rounds = Loop {
            variables: frame.slots.into_iter().map(|(_, v)| v).collect(),
            over,
            body: made,
            done,
            breaks: frame.breaks || has_exits,
            origin: origin(self.m, site),
        };
        let uses_tools = self.tools.len() > tools;
        let after = self.earlier(env, uses_tools);
        if uses_tools {
            self.tools.push(id);
        }
        asks.push(Ask { id, asked: Asked::Loop(Box::new(rounds)), each: None, after });
        self.wait(&Expr::Answer(id), env, asks);
        Ok(Rounds { id, exit, exits, slots, goes_on: frame.breaks || !always })
    }

    fn round(
        &mut self,
        stmt: &ast::Stmt,
        body: &[ast::Stmt],
        always: bool,
        env: &mut Env,
    ) -> Result<Block, Reason> {
        let body: Vec<&ast::Stmt> = body.iter().collect();
        let ast::Stmt::While(s) = stmt else { return self.block(&body, env) };
        if always {
            return self.block(&body, env);
        }
        let mut asks = Vec::new();
        let test = self.expr(&s.test, env, &mut asks)?;
        let yes = Box::new(self.block(&body, &mut env.clone())?);
        let breaks = self.frames.last().is_some_and(|frame| frame.breaks);
        let no = Box::new(Block { asks: Vec::new(), end: self.round_end(env, Way::Break) });
        if let Some(frame) = self.frames.last_mut() {
            frame.breaks = breaks;
        }
        Ok(Block { asks, end: End::If(test, yes, no) })
    }

    /// What follows a loop that the function may end in.
    pub(super) fn after_rounds(
        &mut self,
        rounds: &Rounds,
        rest: &[&ast::Stmt],
        env: &mut Env,
    ) -> Result<Block, Reason> {
        let mut ways = Vec::new();
        for exit in &rounds.exits {
            let mut env = env.clone();
            for (name, called) in rounds.slots.iter().filter(|(_, called)| exit.known.contains(called)) {
                let value = Expr::Member(Box::new(Expr::Answer(rounds.id)), called.clone());
                env.unset.retain(|known| known != name);
                env.locals.insert(name.clone(), Expr::Call("present", vec![value]));
            }
            ways.push(self.block(&[&ast::Stmt::Return(exit.end.clone())], &mut env)?);
        }
        let mut otherwise = match rounds.goes_on {
            true => self.block(rest, env)?,
            false => ways.pop().ok_or("a loop that does not end")?,
        };
        for (at, way) in ways.into_iter().enumerate().rev() {
            let exit = Expr::Member(Box::new(Expr::Answer(rounds.id)), rounds.exit.clone());
            let test = Expr::Binary("==", Box::new(exit), Box::new(Expr::Int(at as i64 + 1)));
            otherwise = Block { asks: Vec::new(), end: End::If(test, Box::new(way), Box::new(otherwise)) };
        }
        Ok(otherwise)
    }

    /// The end of a round: what the variables hold then.
    pub(super) fn round_end(&mut self, env: &Env, way: Way) -> End {
        let Some(frame) = self.frames.last_mut() else { return End::Update(Vec::new()) };
        let mut update = Vec::new();
        for (slot, variable) in &frame.slots {
            let value = match slot {
                Slot::Name(name) => env.locals.get(name).cloned(),
                Slot::Field(name) => env.field(name).cloned(),
            };
            update.extend(value.map(|value| (variable.name.clone(), value)));
        }
        let exit = match &way {
            Way::Return(end) => match frame.exits.iter().position(|known| known.range == end.range) {
                Some(at) => at + 1,
                None => {
                    frame.exits.push(end.clone());
                    frame.exits.len()
                }
            },
            _ => 0,
        };
        frame.breaks |= matches!(way, Way::Break);
        update.push((frame.done.clone(), Expr::Bool(!matches!(way, Way::Next))));
        update.push((frame.exit.clone(), Expr::Int(exit as i64)));
        End::Update(update)
    }

    /// What a `for` iterates; its element gets a name inside.
    fn over(
        &mut self,
        s: &ast::StmtFor,
        number: usize,
        slots: &mut Vec<Slot>,
        env: &mut Env,
        inner: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Over, Reason> {
        let names = names_of(&s.target);
        if names.iter().any(|name| slots.contains(&Slot::Name(name.clone()))) {
            return Err("it sets the element of its own loop".to_owned());
        }
        let called = |name: &str| match &*s.iter {
            ast::Expr::Call(call) if call.arguments.keywords.is_empty() => match &*call.func {
                ast::Expr::Name(known) if known.id.as_str() == name => Some(&*call.arguments.args),
                _ => None,
            },
            _ => None,
        };
        // No name of Python begins like these.
        let (at, item) = (format!("#at{number}"), format!("#item{number}"));
        let is_builtin = |t: &mut Self, name: &str| {
            t.m.name_seen_by(t.place.scope, name).is_none() && !env.locals.contains_key(name)
        };
        let (list, name) = match (called("enumerate"), names.as_slice()) {
            (Some([list]), [index, name]) if is_builtin(self, "enumerate") => {
                inner.locals.insert(index.clone(), Expr::Variable(at.clone()));
                (list, name)
            }
            (_, [name]) if s.target.is_name_expr() => (&*s.iter, name),
            _ => return Err("it iterates over pairs".to_owned()),
        };
        inner.locals.insert(name.clone(), Expr::Variable(item.clone()));
        slots.extend(names.iter().map(|name| Slot::Name(name.clone())));
        let list = match called("range") {
            Some([count]) if is_builtin(self, "range") => match self.expr(count, env, asks)? {
                Expr::Int(count @ 0..=MOST_WRITTEN) => Expr::List((0..count).map(Expr::Int).collect()),
                count => Expr::Call("range", vec![Expr::Int(0), count]),
            },
            Some([from, to]) if is_builtin(self, "range") => {
                Expr::Call("range", vec![self.expr(from, env, asks)?, self.expr(to, env, asks)?])
            }
            _ => self.expr(list, env, asks)?,
        };
        self.wait(&list, env, asks);
        inner.waited.clone_from(&env.waited);
        Ok(Over { list, item, name: name.clone(), at })
    }
}

/// The variables of what a round sets; inside they stand for what the round before left.
fn variables(slots: Vec<Slot>, number: usize, env: &Env, inner: &mut Env) -> Vec<(Slot, Variable)> {
    let mut out: Vec<(Slot, Variable)> = Vec::new();
    for slot in slots {
        let (mut name, init) = match &slot {
            Slot::Name(name) => (name.clone(), env.locals.get(name).cloned()),
            Slot::Field(name) => {
                let held = env.field(name).cloned();
                (name.clone(), Some(held.unwrap_or_else(|| Expr::Field(name.clone()))))
            }
        };
        while out.iter().any(|(_, v)| v.name == name) {
            name.push('_');
        }
        let id = format!("{name}#{number}");
        match (&slot, init.is_some()) {
            (Slot::Name(name), true) => {
                inner.locals.insert(name.clone(), Expr::Variable(id.clone()));
            }
            (Slot::Name(name), false) => unset(inner, name),
            (Slot::Field(name), _) => inner.set_field(name, Expr::Variable(id.clone())),
        }
        out.push((slot, Variable { id, name, init }));
    }
    out
}

fn unset(env: &mut Env, name: &str) {
    env.locals.remove(name);
    if !env.unset.iter().any(|known| known == name) {
        env.unset.push(name.to_owned());
    }
}

/// The names that each end of a round has a value for; of a loop that may run no round, that had one before.
fn known(body: &Block, before: Option<&Vec<(Slot, Variable)>>) -> Vec<String> {
    let mut known: Option<Vec<String>> =
        before.map(|all| all.iter().filter(|(_, v)| v.init.is_some()).map(|(_, v)| v.name.clone()).collect());
    body.each_update(&mut |update| {
        let here = |name: &String| update.iter().any(|(known, _)| known == name);
        match &mut known {
            Some(known) => known.retain(here),
            None => known = Some(update.iter().map(|(name, _)| name.clone()).collect()),
        }
    });
    known.unwrap_or_default()
}

fn is_true(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::BooleanLiteral(b) => b.value,
        ast::Expr::NumberLiteral(n) => matches!(&n.value, ast::Number::Int(i) if i.as_i64() == Some(1)),
        _ => false,
    }
}

fn names_of(target: &ast::Expr) -> Vec<String> {
    match target {
        ast::Expr::Name(name) => vec![name.id.to_string()],
        ast::Expr::Tuple(all) => all.elts.iter().flat_map(names_of).collect(),
        _ => Vec::new(),
    }
}

/// What statements set.
struct Set<'s> {
    state: &'s str,
    slots: Vec<Slot>,
}

impl Set<'_> {
    fn add(&mut self, target: &ast::Expr) {
        let is_state = |e: &ast::Expr| matches!(e, ast::Expr::Name(n) if n.id.as_str() == self.state);
        let slot = match target {
            ast::Expr::Name(name) => Slot::Name(name.id.to_string()),
            ast::Expr::Subscript(sub) if is_state(&sub.value) => match &*sub.slice {
                ast::Expr::StringLiteral(key) => Slot::Field(key.value.to_str().to_owned()),
                _ => return,
            },
            ast::Expr::Attribute(attr) if is_state(&attr.value) => Slot::Field(attr.attr.to_string()),
            ast::Expr::Tuple(all) => return all.elts.iter().for_each(|t| self.add(t)),
            _ => return,
        };
        if !self.slots.contains(&slot) {
            self.slots.push(slot);
        }
    }
}

impl<'a> Visitor<'a> for Set<'_> {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::Assign(s) => s.targets.iter().for_each(|t| self.add(t)),
            ast::Stmt::AnnAssign(s) if s.value.is_some() => self.add(&s.target),
            ast::Stmt::AugAssign(s) => self.add(&s.target),
            ast::Stmt::For(s) => self.add(&s.target),
            ast::Stmt::Expr(s) => {
                if let ast::Expr::Call(call) = &*s.value
                    && let ast::Expr::Attribute(attr) = &*call.func
                    && matches!(attr.attr.as_str(), "append" | "extend")
                {
                    self.add(&attr.value);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }
}
