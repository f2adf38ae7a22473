//! Moves syntax to another place of its file.

use crate::ast::*;
use crate::span::Span;
use smol_str::SmolStr;

/// What has spans.
pub(crate) trait Shift {
    /// Adds to every span but the empty one at 0, which says that something is missing.
    fn shift(&mut self, by: i64);
}

impl Shift for Span {
    fn shift(&mut self, by: i64) {
        if *self != Span::default() {
            self.start = moved(self.start, by);
            self.end = moved(self.end, by);
        }
    }
}

/// A byte moved; texts are shorter than 4 GiB.
pub(crate) fn moved(at: u32, by: i64) -> u32 {
    (i64::from(at) + by).clamp(0, i64::from(u32::MAX)) as u32
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: i64) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: i64) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: i64) {
        (**self).shift(by);
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: i64) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

macro_rules! without_spans {
    ($($ty:ty)*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, _: i64) {}
        })*
    };
}

macro_rules! structs {
    ($($ty:ident { $($field:ident),* })*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, by: i64) {
                let $ty { $($field),* } = self;
                $($field.shift(by);)*
            }
        })*
    };
}

macro_rules! enums {
    ($($ty:ident { $($variant:ident $(($($part:ident),*))? $({ $($field:ident),* })?),* })*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, by: i64) {
                match self {
                    $($ty::$variant $(($($part),*))? $({ $($field),* })? => {
                        $($($part.shift(by);)*)?
                        $($($field.shift(by);)*)?
                    })*
                }
            }
        })*
    };
}

without_spans! { SmolStr String bool i64 f64 UnaryOp BinaryOp }

structs! {
    Name { text, span }
    Path { segments, span }
    Docs { text, span }
    Item { docs, kind, span }
    Let { name, ty, value }
    EnumDecl { name, members }
    EnumMember { docs, name, wire }
    RecordDecl { name, type_params, fields }
    FieldDecl { docs, name, wire, ty, constraint, default, span }
    TypeAlias { name, ty }
    ProviderDecl { name, value }
    MemoryDecl { name, value }
    PolicyDecl { name, body }
    PolicyBody { lines, span }
    PolicyLine { kind, span }
    EffectPattern { effect, args, predicate, span }
    AgentDecl { name, params, result, model, system, prompt, tools, budget, on_exhausted, close }
    ChainDecl { name, params, result, body, value, is_expression }
    ToolDecl { name, params, result, source, requires, effects }
    FnDecl { name, type_params, params, result, is_pure, lines }
    FnParam { field, sink }
    FnCase { param, values }
    MissionDecl { name, body, close }
    Stmt { docs, kind, span }
    Step { name, ty, value, clauses, with_span }
    Group { name, body }
    Input { name, ty, constraint, from, default }
    Clause { kind, span }
    ErrorKindRef { name, arg }
    NamedArg { name, value }
    TestDecl { title, mission, lines }
    TestLine { kind, span }
    TypeExpr { labels, kind, span }
    Expr { kind, span }
    Arg { name, value }
    MatchArm { patterns, value, span }
}

enums! {
    ItemKind {
        Let(d), Enum(d), Record(d), TypeAlias(d), Provider(d), Policy(d), Agent(d), Chain(d), Tool(d), Memory(d),
        Mission(d), Test(d), Fn(d), Error
    }
    PolicyLineKind {
        Allow(a), Deny(a), Budget(a), RequireApproval { effect, when_untrusted }, NeverAfter(a, b), OnlyAfter(a, b),
        AtMost(a, b), NeverFlow { label, to, vendor }, Sandbox(a), PromptUntrusted(a), Error
    }
    FnLine { Effect { case, effect, arg }, Replay { case, kind }, Raises(a) }
    StmtKind {
        Let(a), Step(a), Group(a), Input(a), Secret(a), Output(a), PolicyName(a), PolicyInferred, PolicyBlock(a),
        Defaults(a), Id(a, b), Within(a), Schedule(a), Meta(a, b), OnFailure(a), Outcome(a), Return(a), Value(a),
        Error
    }
    Schedule { None, Once, Every(a), Cron { line, span, tz }, On(a) }
    ClauseKind {
        After(a), When(a), OnError { kinds, action }, Retry { count, kinds, options }, Timeout(a), Within(a),
        Trigger(a), Teardown(a), Cache(a), Id(a, b), Meta(a, b), Updates(a), Error
    }
    ErrorAction { Fail, Continue, Skip, Use(a) }
    TestLineKind { Given(a, b), Mock { target, within, reply }, Expect(a), Error }
    MockReply { Value(a), Error(a), Each(a), Approval(a) }
    TypeExprKind { Named(a, b), Optional(a), Record(a), Error }
    ExprKind {
        Null, Bool(a), Int(a), Float(a), Template(a), Raw(a, b), Timestamp(a), Duration(a), Name(a),
        Field { base, name, optional }, Index { base, index }, Call { callee, type_args, args, args_span },
        Record { name, base, fields }, List(a), Comprehension { body, clauses }, Unary(a, b),
        Binary { op, op_span, left, right }, If { cond, then, otherwise }, Match { subject, arms },
        For { bindings, max, limit, body }, Loop { var, init, until, max, body },
        Poll { until, every, duration, max, body }, Paren(a), Error
    }
    TemplatePart { Text(a, b), Hole(a, b) }
    CompClause { For(a, b), If(a) }
}
