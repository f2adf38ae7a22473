//! Expressions over the state as mission text.

use super::again::Joined;
use super::state::Reducer;
use super::texts::{escaped, in_hole, inside, key, quoted, unwrapped, wrapped};
use super::types::{Record, Ty};
use crate::from::langchain::graph::body::Expr;
use crate::from::lower::names::identifier;
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of an expression, bytes: what stands twice in it doubles at each level.
const LONGEST: usize = 200_000;

/// Most values that one operator joins, but texts: each is a pair of parentheses.
const MOST_OPERANDS: usize = 60;

/// What an expression may read.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The variable that holds the state.
    pub state: String,
    /// Fields of the state.
    pub fields: BTreeMap<String, Ty>,
    /// Fields that may hold `None`, as their annotations say.
    pub nullable: BTreeSet<String>,
    /// Answers by number: the step and its type.
    pub answers: BTreeMap<usize, (String, Ty)>,
    /// Variables of comprehensions and loops.
    pub variables: BTreeMap<String, Ty>,
    /// Variables that are written in another way than by their name.
    pub texts: BTreeMap<String, String>,
    /// The fields whose messages a variable, or `number.name` of what a loop leaves, may hold.
    pub echoes: BTreeMap<String, Vec<String>>,
    /// Names of steps that hold no answer.
    pub taken: Vec<String>,
    /// Texts of optional values that a condition around says are there.
    pub present: Vec<String>,
    /// The fields that there are, where it is not all of them.
    pub only: Option<Vec<String>>,
}

/// Text and type.
pub type Typed = (String, Ty);

impl Scope {
    /// Is the field there?
    pub fn has(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|known| known == name))
    }

    /// A name for a step that no answer and no variable has.
    pub fn free(&self, hint: &str) -> String {
        let taken = |name: &str| {
            name == self.state
                || self.taken.iter().any(|known| known == name)
                || self.answers.values().any(|(known, _)| known == name)
                || self.variables.contains_key(name)
                || self.texts.values().any(|known| known == name)
        };
        let mut name = hint.to_owned();
        let mut count = 1;
        while taken(&name) {
            count += 1;
            name = format!("{hint}{count}");
        }
        name
    }

    /// A variable of a list; how it is called: names of Python may be words of the language, or names of steps.
    pub fn bound(&mut self, item: &str, ty: Ty) -> String {
        let name = self.free(&identifier(item));
        self.variables.insert(item.to_owned(), ty);
        self.texts.insert(item.to_owned(), name.clone());
        name
    }

    /// A dict of constant keys as a record without a name.
    ///
    /// # Errors
    /// As [`Scope::print`].
    pub fn record(&self, fields: &[(String, Expr)]) -> Result<Typed, String> {
        let (mut texts, mut own) = (Vec::new(), Vec::new());
        for (name, value) in fields {
            let (text, ty) = self.print(value)?;
            texts.push(format!("{}: {text}", key(name)));
            own.push((name.clone(), key(name), ty));
        }
        Ok((format!("{{ {} }}", texts.join(", ")), Ty::Record(Record::plain(own))))
    }

    /// An expression as text.
    ///
    /// # Errors
    /// What has no counterpart.
    pub fn print(&self, expr: &Expr) -> Result<Typed, String> {
        let printed = self.printed(expr)?;
        if printed.0.len() > LONGEST {
            return Err("an expression that is too long".to_owned());
        }
        Ok(printed)
    }

    fn printed(&self, expr: &Expr) -> Result<Typed, String> {
        Ok(match expr {
            Expr::State => return Err("it hands its whole state on".to_owned()),
            Expr::Field(name) => self.field(name)?,
            Expr::FieldOr(name, default) => self.field_or(name, default)?,
            Expr::Answer(id) => self.answers.get(id).cloned().ok_or("an answer of another branch")?,
            Expr::Variable(name) => {
                let ty = self.variables.get(name).cloned().unwrap_or(Ty::Json);
                (self.texts.get(name).unwrap_or(name).clone(), ty)
            }
            Expr::Null => ("null".to_owned(), Ty::Null),
            Expr::Bool(b) => (b.to_string(), Ty::Bool),
            Expr::Int(i) => (i.to_string(), Ty::Int),
            Expr::Float(f) => (format!("{f:?}"), Ty::Float),
            Expr::Text(text) => (quoted(text), Ty::String),
            Expr::Parts(parts) => (self.template(parts)?, Ty::String),
            Expr::List(items) => self.list(items)?,
            Expr::Dict(fields) => self.dict(fields)?,
            Expr::Message(role, content) => {
                let (content, _) = self.text(content)?;
                (format!("Message {{ role: Role.{role}, content: {content} }}"), Ty::Message)
            }
            Expr::ToolMessage(content, id) => {
                let ((content, _), (id, _)) = (self.text(content)?, self.text(id)?);
                let text = format!("Message {{ role: Role.tool, content: {content}, tool_call_id: {id} }}");
                (text, Ty::Message)
            }
            Expr::Runnable(_) | Expr::ToolNamed(..) => {
                return Err("it uses a runnable in another way than to ask it".to_owned());
            }
            Expr::Binary(op, a, b) => self.binary(op, a, b)?,
            Expr::Not(inner) => (format!("!{}", self.test_in(inner)?), Ty::Bool),
            Expr::Negative(inner) => {
                let (text, ty) = self.print(inner)?;
                (format!("-{}", wrapped(&text)), ty)
            }
            Expr::If(test, yes, no) => {
                let (when, otherwise) = self.branches(test)?;
                let ((a, ty), (b, other)) = (when.print(yes)?, otherwise.print(no)?);
                let ty = joined(ty, other)?;
                (format!("if {} then {a} else {b}", self.test(test)?), ty)
            }
            Expr::Call(name, args) => self.call(name, args)?,
            Expr::Index(base, index) => self.index(base, index)?,
            Expr::Member(base, name) => self.member(self.print(base)?, name)?,
            Expr::For { item, list, test, element } => {
                let (list, ty) = there(self.print(list)?);
                let Ty::List(of) = ty else {
                    return Err("it iterates over something that is no list".to_owned());
                };
                let mut inner = self.clone();
                let name = inner.bound(item, *of);
                let (element, ty) = inner.print(element)?;
                let test = match test {
                    Some(test) => format!(" if {}", inner.test(test)?),
                    None => String::new(),
                };
                (format!("[{element} for {name} in {list}{test}]"), Ty::List(Box::new(ty)))
            }
        })
    }

    fn field(&self, name: &str) -> Result<Typed, String> {
        let ty = self.fields.get(name).ok_or_else(|| format!("its state has no field `{name}`"))?;
        let text = format!("{}.{name}", self.state);
        Ok(match ty {
            // Python fails where the field is not there yet; one that may be `None` is read as it is.
            Ty::Optional(inner)
                if **inner != Ty::Message
                    && (!self.nullable.contains(name) || self.present.contains(&text)) =>
            {
                (format!("({text} ?? {})", inner.zero()), (**inner).clone())
            }
            other => (text, other.clone()),
        })
    }

    fn field_or(&self, name: &str, default: &Expr) -> Result<Typed, String> {
        let ty = self.fields.get(name).ok_or_else(|| format!("its state has no field `{name}`"))?;
        let text = format!("{}.{name}", self.state);
        match (ty, default) {
            (Ty::Optional(_), Expr::Null) => Ok((text, ty.clone())),
            (Ty::Optional(inner), default) => {
                let (default, given) = self.print(default)?;
                Ok((format!("({text} ?? {default})"), joined((**inner).clone(), given)?))
            }
            (ty, _) => Ok((text, ty.clone())),
        }
    }

    /// An expression whose text is shown to a model: Python and missions write it alike.
    fn text(&self, expr: &Expr) -> Result<Typed, String> {
        let (text, ty) = there(self.print(expr)?);
        match ty {
            Ty::String => Ok((text, ty)),
            _ => Err("a text that is no string".to_owned()),
        }
    }

    fn template(&self, parts: &[Expr]) -> Result<String, String> {
        let mut out = String::from("\"");
        for part in parts {
            match part {
                Expr::Text(text) => out.push_str(&escaped(text)),
                Expr::Parts(inner) => out.push_str(inside(&self.template(inner)?)),
                other => {
                    let (text, ty) = self.print(other)?;
                    out.push_str(&in_hole(&match ty {
                        Ty::String | Ty::Int => text,
                        Ty::Optional(inner) if *inner == Ty::String => {
                            format!("if {text} == null then \"None\" else {text} ?? \"\"")
                        }
                        _ => return Err("a text with a value that Python writes in its own way".to_owned()),
                    }));
                }
            }
        }
        out.push('"');
        Ok(out)
    }

    fn list(&self, items: &[Expr]) -> Result<Typed, String> {
        let mut ty: Option<Ty> = None;
        let mut texts = Vec::new();
        for item in items {
            let (text, own) = self.print(item)?;
            texts.push(text);
            ty = Some(match ty {
                Some(known) => joined(known, own)?,
                None => own,
            });
        }
        Ok((format!("[{}]", texts.join(", ")), Ty::List(Box::new(ty.unwrap_or(Ty::Null)))))
    }

    fn dict(&self, fields: &[(String, Expr)]) -> Result<Typed, String> {
        let mut texts = Vec::new();
        for (name, value) in fields {
            texts.push(format!("{}: {}", key(name), self.print(value)?.0));
        }
        Ok((format!("{{ {} }}", texts.join(", ")), Ty::Json))
    }

    fn binary(&self, op: &str, a: &Expr, b: &Expr) -> Result<Typed, String> {
        match op {
            "and" | "or" => match operands(op, a, b) {
                many if many.len() > MOST_OPERANDS => {
                    Err(format!("`{op}` of more than {MOST_OPERANDS} values"))
                }
                operands => self.either(op, &operands),
            },
            "+" | "+=" => self.sum(&operands(op, a, b)),
            _ => operation(op, self.print(a)?, self.print(b)?),
        }
    }

    /// `a and b and c`, `a or b or c`.
    fn either(&self, op: &str, operands: &[&Expr]) -> Result<Typed, String> {
        let mut typed = operands.iter().map(|e| self.print(e)).collect::<Result<Vec<_>, _>>()?;
        let last = typed.last().map(|(_, ty)| ty.clone()).unwrap_or(Ty::Null);
        let is_like_last = |ty: &Ty| match ty {
            Ty::Optional(inner) => **inner == last,
            ty => *ty == Ty::String && *ty == last,
        };
        let (_, others) = typed.split_last().ok_or("an empty condition")?;
        if op == "and" || !others.iter().all(|(_, ty)| is_like_last(ty)) {
            // Python gives one of the values.
            if typed.iter().any(|(_, ty)| *ty != Ty::Bool) {
                return Err(format!("`{op}` of values that are no conditions has no counterpart"));
            }
            let word = if op == "and" { " && " } else { " || " };
            let tests: Vec<String> = typed.iter().map(|(text, _)| wrapped(text)).collect();
            return Ok((tests.join(word), Ty::Bool));
        }
        // The first value that is not empty.
        let (mut chosen, _) = typed.pop().ok_or("an empty condition")?;
        while let Some((text, ty)) = typed.pop() {
            let test = test_of(&text, &ty)?;
            let text = if ty == last { text } else { format!("{text} ?? {}", last.zero()) };
            chosen = format!("if {test} then {text} else {chosen}");
        }
        Ok((chosen, last))
    }

    /// `a + b + c`.
    fn sum(&self, operands: &[&Expr]) -> Result<Typed, String> {
        // Texts become one text: each part is printed once.
        let mut typed = Vec::new();
        for operand in operands {
            typed.push(match operand {
                Expr::Text(_) | Expr::Parts(_) => None,
                other => Some(there(self.print(other)?)),
            });
        }
        if typed.iter().flatten().all(|(_, ty)| *ty == Ty::String) {
            let mut out = String::from("\"");
            for (operand, typed) in operands.iter().zip(typed) {
                match typed {
                    Some((text, _)) => out.push_str(&in_hole(&text)),
                    None => out.push_str(inside(&self.template(std::slice::from_ref(*operand))?)),
                }
            }
            out.push('"');
            return Ok((out, Ty::String));
        }
        let mut operands = operands.iter().zip(typed).map(|(operand, typed)| match typed {
            Some(typed) => Ok(typed),
            None => self.print(operand),
        });
        if operands.len() > MOST_OPERANDS {
            return Err(format!("a sum of more than {MOST_OPERANDS} values"));
        }
        let mut sum = operands.next().ok_or("an empty sum")??;
        for operand in operands {
            sum = operation("+", sum, operand?)?;
        }
        Ok(sum)
    }

    /// `base[lower:upper]`.
    fn slice(&self, base: &Expr, lower: &Expr, upper: &Expr) -> Result<Typed, String> {
        let (text, ty) = there(self.print(base)?);
        let (lower, upper) = (self.print(lower)?.0, self.print(upper)?.0);
        let lower = if lower == "null" { "0".to_owned() } else { lower };
        match (&ty, upper.as_str()) {
            (Ty::String, "null") => Ok((format!("substring({text}, {lower})"), ty)),
            (Ty::String, _) => Ok((format!("substring({text}, {lower}, {upper})"), ty)),
            (Ty::List(_), "null") => Ok((format!("drop({text}, {lower})"), ty)),
            (Ty::List(_), _) => Ok((format!("drop(take({text}, {upper}), {lower})"), ty)),
            _ => Err("it takes a slice of something that is no list or text".to_owned()),
        }
    }

    fn call(&self, name: &str, args: &[Expr]) -> Result<Typed, String> {
        if let ("slice", [base, lower, upper]) = (name, args) {
            return self.slice(base, lower, upper);
        }
        if let ("merge", [first, second]) = (name, args) {
            let ((first, ty), (second, other)) = (self.print(first)?, self.print(second)?);
            return match (&ty, &other) {
                (Ty::Map(a), Ty::Map(b)) if a == b => Ok((format!("merge({first}, {second})"), ty)),
                _ => Err("it joins dicts whose keys are not known".to_owned()),
            };
        }
        if let ("list", [value]) = (name, args) {
            return match self.print(value)? {
                listed @ (_, Ty::List(_)) => Ok(listed),
                (_, ty) => Err(format!("it makes a list of {}", ty.text())),
            };
        }
        if let ("text", [value]) = (name, args) {
            return self.text(value);
        }
        if let ("add_messages", [old, new]) = (name, args) {
            let ((old, ty), (new, more)) = (self.print(old)?, self.print(new)?);
            let new = if more == Ty::Message { format!("[{new}]") } else { wrapped(&new) };
            return match ty {
                Ty::List(of) if *of == Ty::Message => {
                    Ok((format!("{} + {new}", wrapped(&old)), Ty::List(of)))
                }
                _ => Err("it adds messages to something that is no list of them".to_owned()),
            };
        }
        if let ("present", [value]) = (name, args) {
            return match self.print(value)? {
                (_, Ty::Optional(inner)) if inner.zero() == "null" => {
                    Err(format!("a value of {} that may not be there", inner.text()))
                }
                (text, Ty::Optional(inner)) => Ok((format!("({text} ?? {})", inner.zero()), *inner)),
                other => Ok(other),
            };
        }
        let mut texts = Vec::new();
        let mut types = Vec::new();
        for arg in args {
            let (text, ty) = there(self.print(arg)?);
            texts.push(unwrapped(&text).to_owned());
            types.push(ty);
        }
        if let ("max" | "min", [ty @ (Ty::Int | Ty::Float | Ty::String), other]) = (name, types.as_slice())
            && ty == other
        {
            let text = format!("({name}([{}]) ?? {})", texts.join(", "), ty.zero());
            return Ok((text, ty.clone()));
        }
        let result = match (name, types.as_slice()) {
            ("len", [Ty::String | Ty::List(_) | Ty::Map(_)]) => Ty::Int,
            ("lower" | "upper" | "trim" | "replace", [Ty::String, ..]) => Ty::String,
            ("starts_with" | "ends_with", [Ty::String, Ty::String]) => Ty::Bool,
            ("join", [Ty::List(_), Ty::String]) => Ty::String,
            ("split", [Ty::String, Ty::String]) => Ty::List(Box::new(Ty::String)),
            ("range", [Ty::Int, Ty::Int]) => Ty::List(Box::new(Ty::Int)),
            ("flatten", [Ty::List(inner)]) if matches!(**inner, Ty::List(_)) => (**inner).clone(),
            _ => return Err(format!("`{name}` of these values has no counterpart")),
        };
        Ok((format!("{name}({})", texts.join(", ")), result))
    }

    fn index(&self, base: &Expr, index: &Expr) -> Result<Typed, String> {
        let (base, ty) = there(self.print(base)?);
        if let (Expr::Text(name), Ty::Record(_)) = (index, &ty) {
            return self.member((base, ty), name);
        }
        if let (Expr::Text(name), Ty::Call) = (index, &ty) {
            return match name.as_str() {
                "name" | "id" => Ok((format!("{}.{name}", wrapped(&base)), Ty::String)),
                "args" => Ok((format!("{}.arguments", wrapped(&base)), Ty::Json)),
                _ => Err(format!("it reads `{name}` of a call of a tool")),
            };
        }
        let (index, by) = self.print(index)?;
        match (ty, by) {
            (Ty::List(item), Ty::Int) => Ok((format!("{}[{index}]", wrapped(&base)), *item)),
            _ => Err("it takes an element of something that is no list".to_owned()),
        }
    }

    /// An expression as a condition, by Python's rules of truth.
    ///
    /// # Errors
    /// As [`Scope::print`].
    pub fn test(&self, expr: &Expr) -> Result<String, String> {
        if let Expr::Binary(op @ ("and" | "or"), a, b) = expr {
            let operands = operands(op, a, b);
            if operands.len() > MOST_OPERANDS {
                return Err(format!("`{op}` of more than {MOST_OPERANDS} values"));
            }
            let word = if *op == "and" { " && " } else { " || " };
            let tests = operands.iter().map(|operand| self.test_in(operand));
            return Ok(tests.collect::<Result<Vec<_>, _>>()?.join(word));
        }
        let (text, ty) = self.print(expr)?;
        test_of(&text, &ty)
    }

    fn test_in(&self, expr: &Expr) -> Result<String, String> {
        Ok(wrapped(&self.test(expr)?))
    }

    /// A value for a place of a type: of `a and b` a bool.
    ///
    /// # Errors
    /// As [`Scope::print`].
    pub fn print_as(&self, value: &Expr, ty: &Ty) -> Result<Typed, String> {
        match (value, ty) {
            (Expr::Binary("and" | "or", ..), ty) if *ty == Ty::Bool || *ty == Ty::Bool.optional() => {
                Ok((self.test(value)?, Ty::Bool))
            }
            _ => self.print(value),
        }
    }

    /// The value that a field gets, and what the field has then.
    ///
    /// # Errors
    /// As [`Scope::print`]; a value of another type than the field.
    pub fn update(&self, name: &str, reducer: Option<&Reducer>, value: &Expr) -> Result<String, String> {
        let ty = self.fields.get(name).ok_or_else(|| format!("its state has no field `{name}`"))?;
        let (text, own) = self.print_as(value, ty)?;
        let old = format!("{}.{name}", self.state);
        if reducer.is_some_and(|r| !matches!(r, Reducer::Messages)) && value.is_grown() {
            return Err(format!("it gives `{name}` again after it changed it in place"));
        }
        if matches!(reducer, Some(Reducer::Messages))
            && matches!(own, Ty::Message | Ty::List(_))
            && matches!(self.added(name, value)?, Joined::Whole)
        {
            return Ok(unwrapped(&text).to_owned());
        }
        match (reducer, own) {
            (Some(Reducer::Messages), Ty::Message) => Ok(format!("{old} + [{text}]")),
            (Some(Reducer::Messages), Ty::List(item)) if matches!(*item, Ty::Message | Ty::Null) => {
                Ok(format!("{old} + {}", wrapped(&text)))
            }
            (Some(reducer), own) if !matches!(reducer, Reducer::Messages) && fits(&own, ty) => {
                Ok(combined(reducer, ty, &old, &wrapped(&text)))
            }
            (None, own) if fits(&own, ty) => Ok(unwrapped(&text).to_owned()),
            (Some(_) | None, own) => {
                Err(format!("it writes {} to `{name}`, which holds {}", own.text(), ty.text()))
            }
        }
    }
}

/// The operands of a chain of one operator, which Python evaluates from the left.
fn operands<'e>(op: &str, a: &'e Expr, b: &'e Expr) -> Vec<&'e Expr> {
    let (mut out, mut first) = (vec![b], a);
    while let Expr::Binary(own, left, right) = first {
        if own.trim_end_matches('=') != op.trim_end_matches('=') || matches!(*own, "==" | "<=" | ">=") {
            break;
        }
        out.push(right);
        first = left;
    }
    out.push(first);
    out.reverse();
    out
}

/// An operator on two values.
fn operation(op: &str, left: Typed, right: Typed) -> Result<Typed, String> {
    let ((left, l), (right, r)) = match op {
        "==" | "!=" => (left, right),
        "in" => (left, there(right)),
        _ => (there(left), there(right)),
    };
    let sides = format!("{} {op} {}", wrapped(&left), wrapped(&right));
    match (op, &l, &r) {
        ("+", Ty::List(_), Ty::List(_)) => Ok((sides, joined(l, r)?)),
        ("+" | "-" | "*", Ty::Int, Ty::Int) => Ok((sides, Ty::Int)),
        ("+" | "-" | "*", Ty::Int | Ty::Float, Ty::Int | Ty::Float) => Ok((sides, Ty::Float)),
        ("==" | "!=", _, _) => Ok((sides, Ty::Bool)),
        ("<" | "<=" | ">" | ">=", Ty::Int | Ty::Float, Ty::Int | Ty::Float) => Ok((sides, Ty::Bool)),
        ("<" | "<=" | ">" | ">=", Ty::String, Ty::String) => Ok((sides, Ty::Bool)),
        ("in", Ty::String, Ty::String | Ty::List(_)) => Ok((sides, Ty::Bool)),
        ("in", _, Ty::List(_)) => Ok((sides, Ty::Bool)),
        _ => Err(format!("`{op}` on these values has no counterpart")),
    }
}

/// A value for what Python cannot do with `None`.
pub(super) fn there((text, ty): Typed) -> Typed {
    match ty {
        Ty::Optional(inner) if inner.zero() != "null" => (format!("({text} ?? {})", inner.zero()), *inner),
        ty => (text, ty),
    }
}

/// A value as a condition.
fn test_of(text: &str, ty: &Ty) -> Result<String, String> {
    Ok(match ty {
        Ty::Bool => text.to_owned(),
        Ty::String => format!("{} != \"\"", wrapped(text)),
        Ty::Int => format!("{} != 0", wrapped(text)),
        Ty::Float => format!("{} != 0.0", wrapped(text)),
        Ty::List(_) | Ty::Map(_) => format!("len({text}) > 0"),
        Ty::Optional(inner) => match **inner {
            Ty::Bool => format!("({text} ?? false)"),
            Ty::String | Ty::Int | Ty::Float | Ty::List(_) | Ty::Map(_) => {
                let zero = inner.zero();
                format!("({text} ?? {zero}) != {zero}")
            }
            _ => format!("{text} != null"),
        },
        Ty::Message | Ty::Call | Ty::Record(_) | Ty::Enum(_) => "true".to_owned(),
        Ty::Null => "false".to_owned(),
        Ty::Json => return Err("a condition on a value of any type".to_owned()),
    })
}

/// Is it read by its name, and not computed?
fn is_place(expr: &Expr) -> bool {
    let is_plain = |expr: &Expr| {
        matches!(expr, Expr::Null | Expr::Bool(_) | Expr::Int(_) | Expr::Text(_) | Expr::Variable(_))
    };
    match expr {
        Expr::Field(_) | Expr::Variable(_) | Expr::Answer(_) => true,
        Expr::FieldOr(_, default) => is_plain(default),
        Expr::Member(base, _) => is_place(base),
        Expr::Index(base, by) => is_place(base) && is_plain(by),
        _ => false,
    }
}

impl Scope {
    /// The scopes of what follows where a condition holds, and where it does not.
    ///
    /// # Errors
    /// As [`Scope::print`].
    pub fn branches(&self, test: &Expr) -> Result<(Scope, Scope), String> {
        let (mut yes, mut no) = (self.clone(), self.clone());
        if let Expr::Binary(op @ ("and" | "or"), a, b) = test {
            // All of them hold, or none does.
            let scope = if *op == "and" { &mut yes } else { &mut no };
            for operand in [a, b] {
                let (when, otherwise) = self.branches(operand)?;
                scope.present.extend(if *op == "and" { when.present } else { otherwise.present });
            }
            return Ok((yes, no));
        }
        let (value, is_there) = match test {
            Expr::Not(inner) => (&**inner, false),
            Expr::Binary("!=", value, null) if matches!(**null, Expr::Null) => (&**value, true),
            Expr::Binary("==", value, null) if matches!(**null, Expr::Null) => (&**value, false),
            other => (other, true),
        };
        // What is computed has no name by which it is read again; to write it once more here would double its text at
        // each level.
        if is_place(value)
            && let (text, Ty::Optional(_)) = self.print(value)?
        {
            let scope = if is_there { &mut yes } else { &mut no };
            scope.present.push(text);
        }
        Ok((yes, no))
    }

    fn member(&self, (text, ty): Typed, name: &str) -> Result<Typed, String> {
        let Ty::Optional(inner) = &ty else { return member_of((text, ty), name) };
        let (Ty::Record(record), true) = (&**inner, self.present.contains(&text)) else {
            return Err(format!("it reads `.{name}` of a value that may not be there"));
        };
        let field = record.fields.iter().find(|(known, ..)| known == name);
        let (_, id, ty) = field.ok_or_else(|| format!("its answer has no `.{name}`"))?;
        let text = format!("{}?.{id}", wrapped(&text));
        match (ty, ty.zero()) {
            (Ty::Optional(_), _) => Ok((text, ty.clone())),
            (_, "null") => Err(format!("it reads `.{name}` of a value that may not be there")),
            (_, zero) => Ok((format!("({text} ?? {zero})"), ty.clone())),
        }
    }
}

/// `base.name`.
fn member_of((text, ty): Typed, name: &str) -> Result<Typed, String> {
    match (ty, name) {
        // The step's answer is the text already.
        (Ty::String, "content") => Ok((text, Ty::String)),
        (Ty::Message, "content") => Ok((format!("{}.content", wrapped(&text)), Ty::String)),
        (Ty::Record(record), _) => {
            let field = record.fields.into_iter().find(|(known, ..)| known == name);
            let (_, id, ty) = field.ok_or_else(|| format!("its answer has no `.{name}`"))?;
            let text = format!("{}.{id}", wrapped(&text));
            Ok(match ty {
                // In Python it is the text itself.
                Ty::Enum(_) => (format!("\"${{{text}}}\""), Ty::String),
                ty => (text, ty),
            })
        }
        (Ty::Message, "tool_calls") => {
            Ok((format!("{}.tool_calls", wrapped(&text)), Ty::List(Box::new(Ty::Call))))
        }
        _ => Err(format!("it reads `.{name}`")),
    }
}

/// What a reducer makes of a field and what is added to it.
pub fn combined(reducer: &Reducer, ty: &Ty, old: &str, more: &str) -> String {
    match (reducer, ty) {
        (Reducer::Own { chain, .. }, _) => format!("{chain}(old: {old}, new: {})", unwrapped(more)),
        (Reducer::Merge, _) => format!("merge({old}, {})", unwrapped(more)),
        (_, Ty::String) => format!("\"${{{old}}}${{{}}}\"", unwrapped(more)),
        _ => format!("{old} + {more}"),
    }
}

/// Can a value of a type stand where another is wanted?
pub fn fits(own: &Ty, wanted: &Ty) -> bool {
    match (own, wanted) {
        _ if own == wanted => true,
        (Ty::List(of), Ty::Json) if **of == Ty::Call => false,
        (_, Ty::Json) => !matches!(own, Ty::Message | Ty::Call),
        (Ty::Int, Ty::Float) | (Ty::Null, Ty::Optional(_)) => true,
        (own, Ty::Optional(inner)) => fits(own, inner),
        (Ty::List(own), Ty::List(wanted)) => **own == Ty::Null || fits(own, wanted),
        (Ty::Json, Ty::Map(_)) => true,
        _ => false,
    }
}

/// The type of a value that is one of two.
///
/// # Errors
/// They have none in common.
pub fn joined(a: Ty, b: Ty) -> Result<Ty, String> {
    match (a, b) {
        (a, b) if a == b => Ok(a),
        (Ty::Null, other) | (other, Ty::Null) => Ok(other.optional()),
        (Ty::List(a), Ty::List(b)) if *a == Ty::Null => Ok(Ty::List(b)),
        (Ty::List(a), Ty::List(b)) if *b == Ty::Null => Ok(Ty::List(a)),
        (Ty::Int, Ty::Float) | (Ty::Float, Ty::Int) => Ok(Ty::Float),
        (Ty::Optional(a), Ty::Optional(b)) => Ok(joined(*a, *b)?.optional()),
        (Ty::Optional(a), b) | (b, Ty::Optional(a)) => Ok(joined(*a, b)?.optional()),
        (Ty::Record(a), Ty::Record(b)) if a.is_plain() && b.is_plain() => Ok(a.joined(b)),
        (a, b) => Err(format!("one value is {} and another {}", a.text(), b.text())),
    }
}
