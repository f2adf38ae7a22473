//! What a function of a graph does, where that can be told: what it reads of the state, which models it asks,
//! what it writes and where it goes.

use super::carried::Carried;
use crate::from::langchain::model::{Node, Origin};

/// Statements: what is asked for, and how they end.
#[derive(Clone, Debug)]
pub struct Block {
    /// Questions, in order; later ones may use the answers of earlier ones.
    pub asks: Vec<Ask>,
    /// How it ends.
    pub end: End,
}

/// A step of a function: something that is asked for and waited for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Number of the step in its function.
    pub id: usize,
    /// What is asked.
    pub asked: Asked,
    /// It is asked for each element of a list; the answers are a list then.
    pub each: Option<Each>,
    /// The questions whose answers were waited for before, and that it does not use.
    pub after: Vec<usize>,
}

/// Who is asked what.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A model, or a model with tools or a form of answer; text or messages.
    Model(Node, Expr),
    /// A task of the functional interface: its number, its arguments by name.
    Task(usize, Fields),
    /// A person.
    Person(Expr),
    /// A tool, with its arguments by name.
    Tool(Node, Fields),
    /// The tool that a model asked for, of several: the call, and whether the whole message of the tool is the answer.
    Called(Vec<Node>, Expr, bool),
    /// Its own statements, round after round.
    Loop(Box<Loop>),
}

/// `while` or `for`, in whose rounds something is asked.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The names and fields that a round may set, with what they hold before the first.
    pub variables: Vec<Variable>,
    /// `for`: what is iterated.
    pub over: Option<Over>,
    /// A round. Each of its ends is an update of the variables by name, and of `done` and `exit`.
    pub body: Block,
    /// The name of the field that tells that no round follows.
    pub done: String,
    /// Some end of a round ends the loop too.
    pub breaks: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// A name or field that a round may set.
#[derive(Clone, Debug)]
pub struct Variable {
    /// What [`Expr::Variable`] calls it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it holds before the first round; `None`: nothing.
    pub init: Option<Expr>,
}

/// What a `for` iterates.
#[derive(Clone, Debug)]
pub struct Over {
    /// The list.
    pub list: Expr,
    /// What [`Expr::Variable`] calls the element.
    pub item: String,
    /// The name of the element.
    pub name: String,
    /// What [`Expr::Variable`] calls the number of the element.
    pub at: String,
}

/// The elements for which something is asked.
#[derive(Clone, Debug)]
pub struct Each {
    /// The variable.
    pub item: String,
    /// The list.
    pub list: Expr,
}

impl Ask {
    /// The model, where one is asked.
    pub fn model(&self) -> Option<&Node> {
        match &self.asked {
            Asked::Model(model, _) => Some(model),
            _ => None,
        }
    }

    /// Calls `f` with every expression.
    pub fn each_expr(&self, f: &mut dyn FnMut(&Expr)) {
        self.each.iter().for_each(|each| each.list.each(f));
        match &self.asked {
            Asked::Model(_, input) | Asked::Person(input) | Asked::Called(_, input, _) => input.each(f),
            Asked::Task(_, args) | Asked::Tool(_, args) => args.iter().for_each(|(_, arg)| arg.each(f)),
            Asked::Loop(rounds) => {
                rounds.variables.iter().filter_map(|v| v.init.as_ref()).for_each(|init| init.each(f));
                rounds.over.iter().for_each(|over| over.list.each(f));
                rounds.body.each_expr(f);
            }
        }
    }
}

/// Fields of a state and their values.
pub type Fields = Vec<(String, Expr)>;

/// How a block ends.
#[derive(Clone, Debug)]
pub enum End {
    /// With fields of the state to write.
    Update(Fields),
    /// With a `Command`.
    Command {
        /// The next node, `None`: the edges decide.
        goto: Option<Expr>,
        /// Fields to write.
        update: Fields,
    },
    /// With a value: the label of a branch, or several.
    Value(Expr),
    /// With a packet for each element: the node, the element's variable, the list, the fields.
    Sends(Box<Sends>),
    /// With what the function gives as Python; it asks no model.
    Python(Box<Carried>),
    /// With one of two blocks.
    If(Expr, Box<Block>, Box<Block>),
}

/// `[Send(node, {…}) for item in list]`.
#[derive(Clone, Debug)]
pub struct Sends {
    /// The node.
    pub node: String,
    /// The variable.
    pub item: String,
    /// What is iterated.
    pub list: Expr,
    /// The state that each gets.
    pub fields: Vec<(String, Expr)>,
}

/// An expression over the state.
#[derive(Clone, Debug)]
pub enum Expr {
    /// The whole state.
    State,
    /// A field of it.
    Field(String),
    /// `state.get(name, default)`.
    FieldOr(String, Box<Expr>),
    /// The answer of a question.
    Answer(usize),
    /// A variable of a comprehension.
    Variable(String),
    /// `None`.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    Text(String),
    /// Text made of parts.
    Parts(Vec<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// A dict.
    Dict(Vec<(String, Expr)>),
    /// A message: `system`, `user`, `assistant`, and its text.
    Message(&'static str, Box<Expr>),
    /// The message of a tool: its text and the id of the call.
    ToolMessage(Box<Expr>, Box<Expr>),
    /// A runnable that a name holds.
    Runnable(Node),
    /// The tool of this name, of several.
    ToolNamed(Vec<Node>, Box<Expr>),
    /// An operator of Python.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `-x`.
    Negative(Box<Expr>),
    /// `a if test else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A function of the mission language.
    Call(&'static str, Vec<Expr>),
    /// `base[index]`.
    Index(Box<Expr>, Box<Expr>),
    /// `base.name`.
    Member(Box<Expr>, String),
    /// `[element for item in list if test]`.
    For {
        /// The variable.
        item: String,
        /// What is iterated.
        list: Box<Expr>,
        /// The condition.
        test: Option<Box<Expr>>,
        /// What is collected.
        element: Box<Expr>,
    },
}

impl Block {
    /// Is something asked on some way through it?
    pub fn asks(&self) -> bool {
        let inside = match &self.end {
            End::If(_, yes, no) => yes.asks() || no.asks(),
            _ => false,
        };
        inside || !self.asks.is_empty()
    }

    /// Is a model, a task or a person asked on some way through it, be it in a loop?
    pub fn has_questions(&self) -> bool {
        let asked = |ask: &Ask| match &ask.asked {
            Asked::Loop(rounds) => rounds.body.has_questions(),
            _ => true,
        };
        let inside = match &self.end {
            End::If(_, yes, no) => yes.has_questions() || no.has_questions(),
            _ => false,
        };
        inside || self.asks.iter().any(asked)
    }

    /// Does it send packets on some way through it?
    pub fn sends(&self) -> bool {
        match &self.end {
            End::Sends(_) => true,
            End::If(_, yes, no) => yes.sends() || no.sends(),
            _ => false,
        }
    }

    /// Is a variable read on some way through it?
    pub fn reads_variable(&self, id: &str) -> bool {
        let mut found = false;
        self.each_expr(&mut |e| found |= matches!(e, Expr::Variable(known) if known == id));
        found
    }

    /// Calls `f` with the update of each end.
    pub fn each_update_mut(&mut self, f: &mut dyn FnMut(&mut Fields)) {
        match &mut self.end {
            End::Update(update) | End::Command { update, .. } => f(update),
            End::If(_, yes, no) => {
                yes.each_update_mut(f);
                no.each_update_mut(f);
            }
            End::Value(_) | End::Sends(_) | End::Python(_) => {}
        }
    }

    /// The fields that some way through it writes.
    pub fn writes(&self) -> Vec<String> {
        if let End::Python(carried) = &self.end {
            return carried.writes.clone();
        }
        let mut out: Vec<String> = Vec::new();
        self.each_update(&mut |update| {
            for (name, _) in update {
                if !out.contains(name) {
                    out.push(name.clone());
                }
            }
        });
        out
    }

    /// Calls `f` with the update of each end.
    pub fn each_update(&self, f: &mut dyn FnMut(&Fields)) {
        match &self.end {
            End::Update(update) | End::Command { update, .. } => f(update),
            End::If(_, yes, no) => {
                yes.each_update(f);
                no.each_update(f);
            }
            End::Value(_) | End::Sends(_) | End::Python(_) => {}
        }
    }

    /// Calls `f` with every expression.
    pub fn each_expr(&self, f: &mut dyn FnMut(&Expr)) {
        self.asks.iter().for_each(|ask| ask.each_expr(f));
        match &self.end {
            End::Update(update) => update.iter().for_each(|(_, e)| e.each(f)),
            End::Command { goto, update } => {
                goto.iter().for_each(|e| e.each(f));
                update.iter().for_each(|(_, e)| e.each(f));
            }
            End::Value(value) => value.each(f),
            End::Sends(sends) => {
                sends.list.each(f);
                sends.fields.iter().for_each(|(_, e)| e.each(f));
            }
            End::If(test, yes, no) => {
                test.each(f);
                yes.each_expr(f);
                no.each_expr(f);
            }
            End::Python(_) => {}
        }
    }

    /// The texts that it may end with; `None` where one is not constant.
    pub fn labels(&self) -> Option<Vec<String>> {
        let mut out = Vec::new();
        self.collect_labels(&mut out).then_some(out)
    }

    /// The nodes that its commands go to; `false`: one is not constant.
    pub fn collect_targets(&self, out: &mut Vec<String>) -> bool {
        match &self.end {
            End::Command { goto: None, .. } | End::Update(_) => true,
            End::If(_, yes, no) => yes.collect_targets(out) && no.collect_targets(out),
            _ => self.collect_labels(out),
        }
    }

    fn collect_labels(&self, out: &mut Vec<String>) -> bool {
        match &self.end {
            End::Value(value) => value.labels(out),
            End::Command { goto: Some(goto), .. } => goto.labels(out),
            End::If(_, yes, no) => yes.collect_labels(out) && no.collect_labels(out),
            End::Python(carried) => carried.labels.iter().flatten().map(|l| out.push(l.clone())).count() > 0,
            _ => false,
        }
    }
}

impl Expr {
    /// Calls `f` with this expression and everything inside.
    pub fn each(&self, f: &mut dyn FnMut(&Expr)) {
        f(self);
        match self {
            Expr::FieldOr(_, a)
            | Expr::Not(a)
            | Expr::Negative(a)
            | Expr::Message(_, a)
            | Expr::Member(a, _) => a.each(f),
            Expr::Parts(items) | Expr::List(items) | Expr::Call(_, items) => {
                items.iter().for_each(|e| e.each(f))
            }
            Expr::Dict(items) => items.iter().for_each(|(_, e)| e.each(f)),
            Expr::ToolNamed(_, name) => name.each(f),
            Expr::Binary(_, a, b) | Expr::Index(a, b) | Expr::ToolMessage(a, b) => {
                a.each(f);
                b.each(f);
            }
            Expr::If(a, b, c) => [a, b, c].into_iter().for_each(|e| e.each(f)),
            Expr::For { list, test, element, .. } => {
                list.each(f);
                test.iter().for_each(|e| e.each(f));
                element.each(f);
            }
            _ => {}
        }
    }

    /// Does it begin with a list that was changed in place?
    pub fn is_grown(&self) -> bool {
        match self {
            Expr::Binary("+=", ..) => true,
            Expr::Binary("+", first, _) => first.is_grown(),
            _ => false,
        }
    }

    /// How many expressions it is made of.
    pub fn size(&self) -> usize {
        let mut count = 0;
        self.each(&mut |_| count += 1);
        count
    }

    /// The expression with another in the place of an answer.
    pub fn with_answer(&self, id: usize, other: &Expr) -> Expr {
        let one = |e: &Expr| Box::new(e.with_answer(id, other));
        let all = |items: &[Expr]| items.iter().map(|e| e.with_answer(id, other)).collect();
        match self {
            Expr::Answer(known) if *known == id => other.clone(),
            Expr::FieldOr(name, e) => Expr::FieldOr(name.clone(), one(e)),
            Expr::Not(e) => Expr::Not(one(e)),
            Expr::Negative(e) => Expr::Negative(one(e)),
            Expr::Message(role, e) => Expr::Message(role, one(e)),
            Expr::Member(e, name) => Expr::Member(one(e), name.clone()),
            Expr::Parts(items) => Expr::Parts(all(items)),
            Expr::List(items) => Expr::List(all(items)),
            Expr::Call(name, items) => Expr::Call(name, all(items)),
            Expr::Dict(items) => {
                Expr::Dict(items.iter().map(|(n, e)| (n.clone(), e.with_answer(id, other))).collect())
            }
            Expr::Binary(op, a, b) => Expr::Binary(op, one(a), one(b)),
            Expr::Index(a, b) => Expr::Index(one(a), one(b)),
            Expr::ToolMessage(a, b) => Expr::ToolMessage(one(a), one(b)),
            Expr::If(a, b, c) => Expr::If(one(a), one(b), one(c)),
            Expr::For { item, list, test, element } => Expr::For {
                item: item.clone(),
                list: one(list),
                test: test.as_ref().map(|test| one(test)),
                element: one(element),
            },
            _ => self.clone(),
        }
    }

    /// The constant texts that it may be.
    fn labels(&self, out: &mut Vec<String>) -> bool {
        match self {
            Expr::Text(text) => {
                out.push(text.clone());
                true
            }
            Expr::Bool(yes) => {
                out.push(if *yes { "True" } else { "False" }.to_owned());
                true
            }
            Expr::If(_, yes, no) => yes.labels(out) && no.labels(out),
            _ => false,
        }
    }
}
