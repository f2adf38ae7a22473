//! Calls: functions of Python, of the file and of the libraries, methods, and questions to models.

use super::body::{Ask, Asked, Each, Expr};
use super::expressions::role_of_class;
use super::kind;
use super::prompt::{filled, prompted};
use super::targets::function_of;
use super::translate::{Env, Place, Reason, Translator, small};
use crate::from::langchain::model::{Bind, Effect, Node, OpKind, TemplateFormat};
use crate::from::langchain::models::model_of;
use crate::from::langchain::names::last;
use crate::from::langchain::state::op_of;
use crate::python::syntax::{ast, span_of};
use crate::python::value::{Code, Function};
use crate::python::{Object, Site, Value};

impl Translator<'_, '_> {
    pub(super) fn call(
        &mut self,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        if let ast::Expr::Attribute(attr) = &*call.func {
            return self.method(attr, call, env, asks);
        }
        let Some(callee) = self.value(&call.func, env) else {
            return Err("it calls something that is not known".to_owned());
        };
        if let Value::Native(native) = &callee
            && native.kind == kind::TASK
        {
            return self.task(native.id as usize, call, env, asks);
        }
        if let Value::External(path) = &callee {
            let path = path.clone();
            if let Some(made) = self.made(last(&path), call, env) {
                return Ok(Expr::Runnable(made));
            }
            return self.function_of_library(&path, call, env, asks);
        }
        if let Some(class) = self.m.object_of(&callee).and_then(|o| match o {
            Object::Class(class) => Some(class.name.to_string()),
            _ => None,
        }) {
            return Err(format!("it makes a `{class}`"));
        }
        self.inlined(&callee, call, env, asks)
    }

    /// A function of the file that only returns an expression.
    fn inlined(
        &mut self,
        callee: &Value,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let Some(function) = function_of(self.m, callee) else {
            return Err("it calls something that is not known".to_owned());
        };
        let unknown = || format!("it calls `{}`, which does more than return a value", function.name);
        let body = Self::only_expression(&function).ok_or_else(unknown)?;
        let parameters = function.parameters().ok_or_else(unknown)?;
        if parameters.vararg.is_some() || parameters.kwarg.is_some() {
            return Err(unknown());
        }
        let mut inner = Env::default();
        inner.waited.clone_from(&env.waited);
        for (at, p) in
            parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs).enumerate()
        {
            let name = p.parameter.name.id.as_str();
            let by_name =
                call.arguments.keywords.iter().find(|k| k.arg.as_ref().is_some_and(|a| a.as_str() == name));
            let value = match (call.arguments.args.get(at).or(by_name.map(|k| &k.value)), p.default()) {
                (Some(given), _) => self.expr(given, env, asks)?,
                // A default is a value of the place where the function stands.
                (None, Some(default)) => {
                    self.inside(Place::of(&function), String::new(), default, &mut Env::default(), asks)?
                }
                (None, None) => return Err(unknown()),
            };
            // It stands wherever the function reads the parameter.
            small(&value)?;
            inner.locals.insert(name.to_owned(), value);
        }
        let result = self.inside(Place::of(&function), String::new(), &body, &mut inner, asks);
        env.waited = inner.waited;
        result
    }

    /// The value of an expression inside another function.
    pub(super) fn inside(
        &mut self,
        place: Place,
        state: String,
        body: &ast::Expr,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        self.depth += 8;
        let outer = std::mem::replace(&mut self.place, place);
        let state = std::mem::replace(&mut self.state, state);
        let result = self.expr(body, env, asks);
        self.place = outer;
        self.state = state;
        self.depth -= 8;
        result
    }

    /// The expression that a function gives, where it does nothing else.
    pub(super) fn only_expression(function: &Function) -> Option<ast::Expr> {
        match &function.code {
            Code::Lambda(lambda) => Some((*lambda.body).clone()),
            Code::Def(def) => {
                let plain =
                    |s: &&ast::Stmt| !matches!(s, ast::Stmt::Expr(e) if e.value.is_string_literal_expr());
                match def.body.iter().filter(plain).collect::<Vec<_>>().as_slice() {
                    [ast::Stmt::Return(r)] => r.value.as_deref().cloned(),
                    _ => None,
                }
            }
        }
    }

    fn function_of_library(
        &mut self,
        path: &str,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let name = last(path);
        let content = |call: &ast::ExprCall| -> Option<ast::Expr> {
            let by_name = call
                .arguments
                .keywords
                .iter()
                .find(|k| k.arg.as_ref().is_some_and(|a| a.as_str() == "content"));
            call.arguments.args.first().or(by_name.map(|k| &k.value)).cloned()
        };
        let more = ["tool_calls", "id", "additional_kwargs"].iter().find_map(|n| argument(call, n));
        if let (Some(_), Some(given)) = (role_of_class(name), more) {
            return Err(format!("its message has `{given}`"));
        }
        if role_of_class(name).is_some() && argument(call, "name").is_some() {
            let site = Site { module: self.place.module, span: span_of(call) };
            self.m.host.lose(Effect::Body, "the name of a message, which a model is sent".to_owned(), site);
        }
        if let ("ToolMessage", Some(content)) = (name, content(call)) {
            let id = call.arguments.keywords.iter().find(|k| argument_is(k, "tool_call_id"));
            let id = id.map(|k| k.value.clone()).ok_or("its message of a tool has no `tool_call_id`")?;
            let content = self.boxed(&content, env, asks)?;
            return Ok(Expr::ToolMessage(content, self.boxed(&id, env, asks)?));
        }
        if let ("add_messages", [_, _], true) =
            (name, &*call.arguments.args, call.arguments.keywords.is_empty())
        {
            return Ok(Expr::Call("add_messages", self.all(&call.arguments.args, env, asks)?));
        }
        if let (Some(role), Some(content)) = (role_of_class(name), content(call)) {
            return Ok(Expr::Message(role, self.boxed(&content, env, asks)?));
        }
        if name == "interrupt" {
            let (true, [value]) = (self.functional, &*call.arguments.args) else {
                return Err("it waits for a person with `interrupt`".to_owned());
            };
            let value = self.expr(value, env, asks)?;
            return Ok(self.asked(Asked::Person(value), env, asks));
        }
        if path == "asyncio.gather" && call.arguments.keywords.is_empty() {
            return match &*call.arguments.args {
                [ast::Expr::Starred(all)] => self.expr(&all.value, env, asks),
                several => Ok(Expr::List(self.all(several, env, asks)?)),
            };
        }
        if !path.starts_with("builtins.") {
            return Err(format!("it calls `{path}`"));
        }
        let args = self.all(&call.arguments.args, env, asks)?;
        match (name, args.as_slice()) {
            ("len", [_]) => Ok(Expr::Call("len", args)),
            ("max", [_, _]) => Ok(Expr::Call("max", args)),
            ("min", [_, _]) => Ok(Expr::Call("min", args)),
            ("str", [one]) => Ok(Expr::Parts(vec![one.clone()])),
            ("list" | "tuple", [Expr::List(_) | Expr::For { .. } | Expr::Answer(_)]) => Ok(args[0].clone()),
            // Of a text it makes a list of letters: the type is known when it is written.
            ("list" | "tuple", [_]) => Ok(Expr::Call("list", args)),
            ("bool", [one]) => Ok(Expr::Not(Box::new(Expr::Not(Box::new(one.clone()))))),
            ("dict", []) => {
                let mut fields = Vec::new();
                for keyword in &call.arguments.keywords {
                    let name = keyword.arg.as_ref().ok_or("`**` in a dict")?;
                    fields.push((name.to_string(), self.expr(&keyword.value, env, asks)?));
                }
                Ok(Expr::Dict(fields))
            }
            _ => Err(format!("it calls `{name}`")),
        }
    }

    fn method(
        &mut self,
        attr: &ast::ExprAttribute,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let name = attr.attr.as_str();
        if let Some(receiver) = self.value(&attr.value, env) {
            if let Some(op) = op_of(self.m, &receiver) {
                if let Some(made) = self.made(name, call, env) {
                    return Ok(Expr::Runnable(made));
                }
                return self.invoke(&op, name, call, env, asks);
            }
            if let Value::External(module) = &receiver {
                if let Some(made) = self.made(name, call, env) {
                    return Ok(Expr::Runnable(made));
                }
                return self.function_of_library(&format!("{module}.{name}"), call, env, asks);
            }
            if let (Value::Str(template), "format") = (&receiver, name) {
                return self.formatted(&template.clone(), call, env, asks);
            }
        }
        if self.is_state(&attr.value) && name == "get" {
            let args = self.all(&call.arguments.args, env, asks)?;
            return match args.as_slice() {
                [Expr::Text(field)] => Ok(env
                    .field(field)
                    .cloned()
                    .unwrap_or(Expr::FieldOr(field.clone(), Box::new(Expr::Null)))),
                [Expr::Text(field), default] => Ok(env
                    .field(field)
                    .cloned()
                    .unwrap_or(Expr::FieldOr(field.clone(), Box::new(default.clone())))),
                _ => Err("it reads a field whose name is not constant".to_owned()),
            };
        }
        let base = self.expr(&attr.value, env, asks)?;
        match base {
            Expr::Runnable(op) => return self.invoke(&op, name, call, env, asks),
            Expr::ToolNamed(tools, wanted) => return self.called(tools, &wanted, name, call, env, asks),
            _ => {}
        }
        if self.functional && name == "result" && call.arguments.args.is_empty() {
            // A future: what it will give is what it is.
            self.wait(&base, env, asks);
            return Ok(base);
        }
        let args = self.all(&call.arguments.args, env, asks)?;
        let with = |name: &'static str, mut args: Vec<Expr>| {
            args.insert(0, base.clone());
            Ok(Expr::Call(name, args))
        };
        match (name, args.len()) {
            ("lower", 0) => with("lower", args),
            ("upper", 0) => with("upper", args),
            ("strip", 0) => with("trim", args),
            ("startswith", 1) => with("starts_with", args),
            ("endswith", 1) => with("ends_with", args),
            ("replace", 2) => with("replace", args),
            ("join", 1) => Ok(Expr::Call("join", vec![args[0].clone(), base])),
            ("split", 1) => with("split", args),
            _ => Err(format!("it calls `.{name}()`")),
        }
    }

    /// `"…{x}…".format(x=…)`.
    fn formatted(
        &mut self,
        template: &str,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let mut given = Vec::new();
        for (at, arg) in call.arguments.args.iter().enumerate() {
            given.push((at.to_string(), self.expr(arg, env, asks)?));
        }
        for keyword in &call.arguments.keywords {
            let name = keyword.arg.as_ref().ok_or("`**` in a call of format")?;
            given.push((name.to_string(), self.expr(&keyword.value, env, asks)?));
        }
        filled(template, TemplateFormat::FString, &given)
    }

    // --- what is waited for -------------------------------------------------------------------

    pub(super) fn asked(&mut self, asked: Asked, env: &mut Env, asks: &mut Vec<Ask>) -> Expr {
        let id = self.asks;
        self.asks += 1;
        let is_future = matches!(asked, Asked::Task(..));
        let mut ask = Ask { id, asked, each: None, after: Vec::new() };
        let used = answers_in(|f| ask.each_expr(f));
        let is_tool = matches!(ask.asked, Asked::Tool(..) | Asked::Called(..));
        ask.after = self.earlier(env, is_tool).into_iter().filter(|waited| !used.contains(waited)).collect();
        if is_tool {
            self.tools.push(id);
        }
        asks.push(ask);
        if !is_future {
            self.wait(&Expr::Answer(id), env, asks);
        }
        Expr::Answer(id)
    }

    /// The questions that one begins after: in a node, of models, none but those that use a tool.
    pub(super) fn earlier(&self, env: &Env, is_tool: bool) -> Vec<usize> {
        let first = |waited: &&usize| self.functional || is_tool || self.tools.contains(waited);
        env.waited.iter().filter(first).copied().collect()
    }

    /// What follows begins when the answers in a value are there.
    pub(super) fn wait(&self, value: &Expr, env: &mut Env, asks: &[Ask]) {
        for id in answers_in(|f| value.each(f)) {
            if env.waited.contains(&id) {
                continue;
            }
            // What it began after itself is waited for with it.
            let ask = asks.iter().find(|ask| ask.id == id);
            let before = ask.map(|ask| (answers_in(|f| ask.each_expr(f)), &ask.after));
            env.waited.retain(|known| {
                !before.as_ref().is_some_and(|(used, after)| used.contains(known) || after.contains(known))
            });
            env.waited.push(id);
        }
    }

    fn task(
        &mut self,
        task: usize,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let value = self.m.host.graph.tasks.get(task).map(|task| task.function.clone());
        let function = value.and_then(|value| function_of(self.m, &value));
        let known = function.as_ref().and_then(|f| Some((Place::of(f), f.parameters().cloned()?)));
        let Some((place, parameters)) = known.filter(|(_, p)| p.vararg.is_none() && p.kwarg.is_none()) else {
            return Err("it calls a task whose parameters are not known".to_owned());
        };
        let arguments = &call.arguments;
        if arguments.keywords.iter().any(|k| k.arg.is_none())
            || arguments.args.iter().any(|a| a.is_starred_expr())
        {
            return Err("it calls a task with `*` or `**`".to_owned());
        }
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let mut given = Vec::new();
        for (at, parameter) in positional.chain(&parameters.kwonlyargs).enumerate() {
            let name = parameter.parameter.name.id.as_str();
            let by_name =
                arguments.keywords.iter().find(|k| k.arg.as_ref().is_some_and(|a| a.as_str() == name));
            let value = match (arguments.args.get(at).or(by_name.map(|k| &k.value)), parameter.default()) {
                (Some(value), _) => self.expr(value, env, asks)?,
                (None, Some(default)) => {
                    self.inside(place, String::new(), default, &mut Env::default(), asks)?
                }
                (None, None) => return Err(format!("it calls a task without its argument `{name}`")),
            };
            given.push((name.to_owned(), value));
        }
        Ok(self.asked(Asked::Task(task, given), env, asks))
    }

    fn invoke(
        &mut self,
        op: &Node,
        name: &str,
        call: &ast::ExprCall,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let input = self.expr(invoked(call, name, "runnable")?, env, asks)?;
        if let OpKind::Tool(tool) = &op.kind {
            let given = super::runnable::arguments(tool, input)?;
            return Ok(self.asked(Asked::Tool(op.clone(), given), env, asks));
        }
        self.ask(op, input, env, asks)
    }

    pub(super) fn ask(
        &mut self,
        op: &Node,
        input: Expr,
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        match &op.kind {
            OpKind::Model(_) | OpKind::Bind(_) if model_of(op).is_some() => {
                Ok(self.asked(Asked::Model(op.clone(), input), env, asks))
            }
            // The parser that belongs to a structured answer: the step gives the record.
            OpKind::Parser(_) | OpKind::Bind(_) if is_structured(&input, asks) => Ok(input),
            OpKind::Prompt(prompt) => prompted(prompt, &input),
            OpKind::Parser(parser) if parser.class == "StrOutputParser" => {
                Ok(Expr::Member(Box::new(input), "content".to_owned()))
            }
            OpKind::Seq(steps) => {
                steps.iter().try_fold(input, |value, step| self.ask(step, value, env, asks))
            }
            _ => self.runnable(op, input, env, asks),
        }
    }
}

fn argument_is(keyword: &ast::Keyword, name: &str) -> bool {
    keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name)
}

fn argument<'n>(call: &ast::ExprCall, name: &'n str) -> Option<&'n str> {
    call.arguments.keywords.iter().any(|k| argument_is(k, name)).then_some(name)
}

/// `[ask(item) for item in list]`: the question is asked for each element.
fn for_each(
    asks: &mut [Ask],
    before: usize,
    (item, list): (&str, Expr),
    tested: bool,
    element: &Expr,
) -> Result<Expr, Reason> {
    let [ask] = asks.get_mut(before..).unwrap_or_default() else {
        return Err("it asks several times for each element".to_owned());
    };
    if tested || ask.each.is_some() {
        return Err("it asks for some elements only, or in lists of lists".to_owned());
    }
    ask.each = Some(Each { item: item.to_owned(), list });
    let answers = Expr::Answer(ask.id);
    if matches!(element, Expr::Answer(id) if *id == ask.id) {
        return Ok(answers);
    }
    let mut reads_item = false;
    element.each(&mut |e| reads_item |= matches!(e, Expr::Variable(name) if name == item));
    if reads_item {
        return Err("it joins each answer with its element".to_owned());
    }
    let element = element.with_answer(ask.id, &Expr::Variable(item.to_owned()));
    Ok(Expr::For { item: item.to_owned(), list: Box::new(answers), test: None, element: Box::new(element) })
}

/// The answers that expressions use; `walk` calls its argument with each expression.
fn answers_in(walk: impl FnOnce(&mut dyn FnMut(&Expr))) -> Vec<usize> {
    let mut out = Vec::new();
    walk(&mut |expr| {
        if let Expr::Answer(id) = expr {
            out.push(*id);
        }
    });
    out
}

/// What stands for the element of a list: no name of an element that another name holds.
fn item_of(name: &str, env: &Env) -> String {
    let is_held = |item: &str| {
        env.locals.iter().filter(|(local, _)| *local != name).any(|(_, value)| {
            let mut found = false;
            value.each(&mut |e| found |= matches!(e, Expr::Variable(known) if known == item));
            found
        })
    };
    let mut item = name.to_owned();
    while is_held(&item) {
        item.push('_');
    }
    item
}

/// Is a value the structured answer of the last question?
fn is_structured(value: &Expr, asks: &[Ask]) -> bool {
    let asked = asks.last().filter(|ask| matches!(value, Expr::Answer(id) if *id == ask.id));
    let model = asked.and_then(Ask::model);
    model.is_some_and(|model| matches!(&model.kind, OpKind::Bind(Bind { schema: Some(_), .. })))
}

impl Translator<'_, '_> {
    pub(super) fn comprehension(
        &mut self,
        element: &ast::Expr,
        generators: &[ast::Comprehension],
        env: &mut Env,
        asks: &mut Vec<Ask>,
    ) -> Result<Expr, Reason> {
        let [generator] = generators else { return Err("it iterates over several lists".to_owned()) };
        let ast::Expr::Name(item) = &generator.target else {
            return Err("it iterates over pairs".to_owned());
        };
        let list = self.boxed(&generator.iter, env, asks)?;
        let mut inner = env.clone();
        let called = item_of(item.id.as_str(), env);
        inner.locals.insert(item.id.to_string(), Expr::Variable(called.clone()));
        let before = asks.len();
        let test = match generator.ifs.as_slice() {
            [] => None,
            [one] => Some(self.boxed(one, &mut inner, asks)?),
            _ => return Err("it has several conditions".to_owned()),
        };
        if asks.len() > before {
            return Err("it asks in the condition of a list".to_owned());
        }
        let element = self.boxed(element, &mut inner, asks)?;
        if asks.len() > before {
            let answers = for_each(asks, before, (&called, *list), test.is_some(), &element)?;
            if asks.last().is_some_and(|ask| !matches!(ask.asked, Asked::Task(..))) {
                self.wait(&answers, env, asks);
            }
            return Ok(answers);
        }
        // `[future.result() for future in futures]` waits for them.
        self.wait(&list, env, asks);
        if test.is_none() && matches!(&*element, Expr::Variable(name) if *name == called) {
            return Ok(*list);
        }
        Ok(Expr::For { item: called, list, test, element })
    }
}

/// The input of `.invoke(…)`.
pub(super) fn invoked<'c>(call: &'c ast::ExprCall, name: &str, of: &str) -> Result<&'c ast::Expr, Reason> {
    if !matches!(name, "invoke" | "ainvoke") {
        return Err(format!("it calls `.{name}()` of a {of}"));
    }
    call.arguments.args.first().ok_or_else(|| format!("it invokes a {of} without an input"))
}
