//! Tests of missions.

use crate::CompiledMission;
use crate::incremental::Wanted;
use crate::names::{self, DeclRef, Found, Space};
use crate::types::builtin::Form;
use crate::types::call::Target;
use crate::types::outcome::TestScope;
use crate::types::program::Program;
use crate::types::scope::Frame;
use crate::types::{Cx, Typed};
use rustchain_grammar::ast::{self, ExprKind as E, ItemKind, MockReply, TestDecl, TestLineKind};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::error_kind::{ErrorKind, KindPattern};
use rustchain_plan::plan::{Body, Node, Plan};
use rustchain_plan::test::{Expect, Mock, Reply, Test};
use rustchain_plan::{ExprKind, Region, Type};
use smol_str::SmolStr;

/// Lowers the wanted tests of the entry and gives them to their missions; what is found, by test.
pub(crate) fn lower(
    program: &Program,
    wanted: &Wanted,
    missions: &mut [(DeclRef, CompiledMission)],
) -> Vec<(DeclRef, Vec<Diagnostic>)> {
    let module = 0;
    let mut found = Vec::new();
    for (own, item) in program.items().filter(|(decl, _)| decl.module == module && wanted.has(*decl)) {
        let ItemKind::Test(test) = &item.kind else { continue };
        let mut cx = Cx::new(program, module);
        let segments = names::segments(&test.mission);
        let decl = match program.names.path(&program.modules, module, Space::Callable, &segments) {
            Found::Decl(decl) if matches!(program.item(decl).kind, ItemKind::Mission(_)) => decl,
            Found::BrokenImport => continue,
            _ => {
                found.push((own, vec![cx.unknown_mission(test)]));
                continue;
            }
        };
        // A broken mission was reported; its tests wait.
        let Some((_, mission)) = missions.iter_mut().find(|(d, _)| *d == decl) else { continue };
        let lowered = cx.test(test, item.span.start, &mission.plan);
        let failed = cx.diagnostics.iter().any(|d| d.severity == Severity::Error);
        found.push((own, cx.diagnostics));
        if !failed {
            mission.tests.push(lowered);
        }
    }
    found
}

/// A call of a mission: id path, callee, result before lifts.
struct CallSite {
    path: String,
    callee: SmolStr,
    result: Type,
}

fn call_sites(region: &Region, prefix: &str, out: &mut Vec<CallSite>) {
    for node in &region.nodes {
        node_sites(node, &format!("{prefix}{}", node.id), out);
    }
}

fn node_sites(node: &Node, path: &str, out: &mut Vec<CallSite>) {
    let inner = format!("{path}/");
    match &node.body {
        Body::Value(_) => {}
        Body::Call(call) => {
            let site =
                CallSite { path: path.to_owned(), callee: call.callee.clone(), result: call.result.clone() };
            out.push(site);
        }
        Body::Chain { name, region, .. } => {
            out.push(CallSite {
                path: path.to_owned(),
                callee: name.clone(),
                result: node.ty.non_null().clone(),
            });
            call_sites(region, &inner, out);
        }
        Body::Match { arms, .. } => {
            for arm in arms {
                call_sites(&arm.region, &format!("{inner}{}/", arm.label()), out);
            }
        }
        Body::For { region, .. } | Body::Loop { region, .. } | Body::Poll { region, .. } => {
            call_sites(region, &inner, out);
        }
    }
}

fn scope_of(plan: &Plan) -> TestScope {
    let mut scope = TestScope {
        outputs: plan.outputs.iter().map(|o| (o.name.clone(), o.ty.clone())).collect(),
        steps: Default::default(),
        inputs: plan.inputs.iter().map(|i| (i.name.clone(), i.ty.clone())).collect(),
    };
    steps_of(&plan.root, "", &mut scope);
    scope
}

fn steps_of(region: &Region, prefix: &str, scope: &mut TestScope) {
    for node in &region.nodes {
        let path = format!("{prefix}{}", node.id);
        // A step that did not run has no value.
        scope.steps.insert(path.as_str().into(), node.ty.clone());
        let inner = format!("{path}/");
        match &node.body {
            Body::Chain { region, .. }
            | Body::For { region, .. }
            | Body::Loop { region, .. }
            | Body::Poll { region, .. } => steps_of(region, &inner, scope),
            Body::Match { arms, .. } => {
                for arm in arms {
                    steps_of(&arm.region, &format!("{inner}{}/", arm.label()), scope);
                }
            }
            Body::Value(_) | Body::Call(_) => {}
        }
    }
}

impl Cx<'_> {
    fn unknown_mission(&mut self, test: &TestDecl) -> Diagnostic {
        let text = test.mission.text();
        let program = self.program;
        let missions = program.modules[self.module].ast.items.iter().filter_map(|i| match &i.kind {
            ItemKind::Mission(m) => Some(m.name.text.as_str()),
            _ => None,
        });
        let d = self.error("RC0122", test.mission.span, format!("there is no mission `{text}`"));
        names::did_you_mean(d, test.mission.span, &text, missions)
    }

    fn test(&mut self, test: &TestDecl, start: u32, plan: &Plan) -> Test {
        let mut sites = Vec::new();
        call_sites(&plan.root, "", &mut sites);
        let lines = self.program.line_index(self.module);
        let mut lowered = Test {
            title: test.title.0.to_string(),
            mission: plan.mission.clone(),
            line: lines.line(start),
            given: Vec::new(),
            mocks: Vec::new(),
            expects: Vec::new(),
        };
        let mut scope: Option<Frame> = None;
        for line in &test.lines {
            let number = lines.line(line.span.start);
            match &line.kind {
                TestLineKind::Given(name, value) => self.given(name, value, plan, &mut lowered),
                TestLineKind::Mock { target, within, reply } => {
                    if let Some(mock) = self.mock(target, within.as_ref(), reply, &sites, plan, number) {
                        lowered.mocks.push(mock);
                    }
                }
                TestLineKind::Expect(e) => {
                    self.frames.push(scope.take().unwrap_or_else(|| Frame::Test(scope_of(plan))));
                    let condition = self.check(e, &Type::Bool);
                    scope = self.frames.pop();
                    let text = self.text(e.span).to_owned();
                    lowered.expects.push(Expect { condition, text, line: number });
                }
                TestLineKind::Error => {}
            }
        }
        lowered
    }

    fn given(&mut self, name: &ast::Name, value: &ast::Expr, plan: &Plan, test: &mut Test) {
        let Some(input) = plan.inputs.iter().find(|i| i.name == name.text) else {
            let d = self.error("RC0101", name.span, format!("the mission has no input `{}`", name.text));
            let inputs = plan.inputs.iter().map(|i| i.name.as_str());
            let d = names::did_you_mean(d, name.span, &name.text, inputs);
            self.report(d);
            return;
        };
        let ty = input.ty.clone();
        if let Some(constant) = self.check_constant(value, &ty, "a given value") {
            let expr = self.at(value.span, ExprKind::Const(constant));
            test.given.push((name.text.clone(), expr));
        }
    }

    fn mock(
        &mut self,
        target: &ast::Path,
        within: Option<&ast::Path>,
        reply: &MockReply,
        sites: &[CallSite],
        plan: &Plan,
        line: u32,
    ) -> Option<Mock> {
        let segments: Vec<SmolStr> =
            within.map(|p| p.segments.iter().map(|s| s.text.clone()).collect()).unwrap_or_default();
        if target.text() == "approval" {
            self.approval_place(&segments, within, plan);
            let reply = self.reply(reply, &[Type::Unit])?;
            return Some(Mock { target: "approval".into(), within: segments, reply, line });
        }
        let name = self.mock_target(target)?;
        let of_name: Vec<&CallSite> = sites.iter().filter(|s| s.callee == name).collect();
        // A tool of an agent or of a model is called without a site of its own.
        let as_tool = plan.signatures.get(&name).map(|s| s.result.clone());
        let here: Vec<&&CallSite> = of_name.iter().filter(|s| is_within(&s.path, &segments)).collect();
        let mut types: Vec<Type> = Vec::new();
        for site in &here {
            if !types.contains(&site.result) {
                types.push(site.result.clone());
            }
        }
        if types.is_empty() {
            match as_tool.filter(|_| of_name.is_empty() && within.is_none()) {
                Some(result) => types.push(result),
                None => {
                    self.unused_mock(target, within, &of_name, sites);
                    return None;
                }
            }
        }
        let reply = self.reply(reply, &types)?;
        Some(Mock { target: name, within: segments, reply, line })
    }

    fn approval_place(&mut self, segments: &[SmolStr], within: Option<&ast::Path>, plan: &Plan) {
        let Some(path) = within else { return };
        let scope = scope_of(plan);
        if scope.steps.keys().any(|s| is_within(s, segments)) {
            return;
        }
        let text = path.text();
        let d = self.error("RC0111", path.span, format!("the mission has no step `{text}`"));
        let all = scope.names();
        let d = names::did_you_mean(d, path.span, &text, all.iter().map(String::as_str));
        self.report(d);
    }

    /// The plan's name of what is mocked.
    fn mock_target(&mut self, target: &ast::Path) -> Option<SmolStr> {
        let callee = path_expr(target);
        match self.target(&callee) {
            Target::Library(signature) => Some(signature.name.clone()),
            Target::Declared(decl) => Some(self.program.plan_name(decl)),
            Target::Form(Form::Hole) => Some("hole".into()),
            Target::Broken => None,
            _ => {
                self.unknown_callable(&callee);
                None
            }
        }
    }

    fn unused_mock(
        &mut self,
        target: &ast::Path,
        within: Option<&ast::Path>,
        of_name: &[&CallSite],
        sites: &[CallSite],
    ) {
        let name = target.text();
        let d = match (within, of_name) {
            (Some(path), [_, ..]) => {
                let text = path.text();
                let message = format!("no call of `{name}` stands in `{text}`");
                let places: Vec<String> = of_name.iter().map(|s| s.path.replace('/', ".")).collect();
                let d = self.error("RC0122", path.span, message);
                let steps: Vec<&str> =
                    of_name.iter().map(|s| s.path.split('/').next().unwrap_or_default()).collect();
                let d = names::did_you_mean(d, path.span, &text, steps);
                match d.help.is_some() {
                    true => d,
                    false => d.help(format!("it is called in {}", super::handle::quoted(&places))),
                }
            }
            _ => {
                let message = format!("the mission never calls `{name}`: this mock is unused");
                let d = self.error("RC0122", target.span, message);
                names::did_you_mean(d, target.span, &name, sites.iter().map(|s| s.callee.as_str()))
            }
        };
        self.report(d);
    }

    fn reply(&mut self, reply: &MockReply, types: &[Type]) -> Option<Reply> {
        Some(match reply {
            MockReply::Value(e) => Reply::Value(self.reply_value(e, types)?),
            MockReply::Error(kind) => match self.error_kind(&kind.name, kind.arg.as_ref())? {
                KindPattern::Is(kind) => Reply::Error(kind),
                KindPattern::AnyExit => Reply::Error(ErrorKind::Exit(1)),
                KindPattern::Any => {
                    let d = self.error("RC0112", kind.name.span, "a failure has one kind, not `any`");
                    self.report(d);
                    return None;
                }
            },
            MockReply::Each(all) => {
                let all: Option<Vec<Reply>> = all.iter().map(|r| self.reply(r, types)).collect();
                Reply::Each(all?)
            }
            MockReply::Approval(granted) => Reply::Approval(*granted),
        })
    }

    /// A value that is of one of the types that the mocked calls give.
    fn reply_value(&mut self, e: &ast::Expr, types: &[Type]) -> Option<rustchain_plan::Expr> {
        let told = self.diagnostics.len();
        let mut first_errors: Option<Vec<Diagnostic>> = None;
        for ty in types {
            let expr = match ty {
                Type::Unit => self.unit_reply(e),
                _ => self.check(e, ty),
            };
            if self.diagnostics.len() == told {
                return Some(expr);
            }
            let errors = self.diagnostics.split_off(told);
            first_errors.get_or_insert(errors);
        }
        self.diagnostics.extend(first_errors.unwrap_or_default());
        None
    }

    fn unit_reply(&mut self, e: &ast::Expr) -> rustchain_plan::Expr {
        let Typed { expr, ty } = self.elab(e, None);
        self.coerce(Typed { expr, ty }, &Type::Unit, e)
    }
}

/// Do the segments stand one after the other in the path, indices left out?
fn is_within(path: &str, segments: &[SmolStr]) -> bool {
    if segments.is_empty() {
        return true;
    }
    let parts: Vec<&str> = path.split(['/', '.']).collect();
    parts.windows(segments.len()).any(|w| w.iter().zip(segments).all(|(a, b)| a == b))
}

fn path_expr(path: &ast::Path) -> ast::Expr {
    let mut expr: Option<ast::Expr> = None;
    for segment in &path.segments {
        let span = path.span;
        expr = Some(match expr {
            None => ast::Expr { kind: E::Name(segment.clone()), span: segment.span },
            Some(base) => ast::Expr {
                kind: E::Field { base: Box::new(base), name: segment.clone(), optional: false },
                span,
            },
        });
    }
    expr.unwrap_or(ast::Expr { kind: E::Error, span: path.span })
}
