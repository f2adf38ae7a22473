//! Where the parts of a plan stand in source text. The plan itself carries ids only.

use rustchain_grammar::{FileId, Span};
use rustchain_plan::ExprId;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A span in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The range.
    pub span: Span,
}

/// The places of one compiled mission.
///
/// Nodes are keyed by their static id path: region-local ids joined by `/`; the body of `for` and `loop`
/// adds nothing (`verdicts/clean`), an arm of `match` adds its label (`answer/billing/_`, `answer/then/_`),
/// the unnamed value of a block is the node `_`.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    exprs: Vec<Place>,
    /// By static id path.
    pub nodes: BTreeMap<String, NodePlaces>,
    /// The mission's name.
    pub mission: Place,
    /// The whole declaration of the mission.
    pub mission_whole: Place,
    /// Before the closing brace of the mission: where a clause or a policy can be inserted.
    pub mission_close: Place,
    /// The mission's policy, where it has one.
    pub policy: Option<PolicyPlaces>,
    /// `input`, `secret`, `output` by name: the whole statement.
    pub ports: BTreeMap<SmolStr, Place>,
    /// Agents by name.
    pub agents: BTreeMap<SmolStr, AgentPlaces>,
    /// Providers by name: the declaration.
    pub providers: BTreeMap<SmolStr, Place>,
}

/// The places of a node.
#[derive(Clone, Debug, Default)]
pub struct NodePlaces {
    /// The step's name (the call itself for `_`).
    pub name: Place,
    /// The whole statement.
    pub whole: Place,
    /// The callee's name, where it is a call.
    pub callee: Option<Place>,
    /// The arguments' values by parameter.
    pub args: BTreeMap<SmolStr, Place>,
    /// Clauses by keyword (`retry`, `timeout`, `on error`, `when`, `after` …): the whole clause.
    pub clauses: BTreeMap<&'static str, Place>,
    /// The `with { … }` block, braces included.
    pub with: Option<Place>,
}

/// The places of a policy.
#[derive(Clone, Debug, Default)]
pub struct PolicyPlaces {
    /// The policy's name, or the word `policy`.
    pub name: Place,
    /// Just before the closing brace; for `policy inferred` the whole line.
    pub insert: Place,
    /// Parallel to `Policy::allow`.
    pub allow: Vec<Place>,
    /// Parallel to `Policy::deny`.
    pub deny: Vec<Place>,
    /// Parallel to `Policy::approvals`.
    pub approvals: Vec<Place>,
    /// Parallel to `Policy::sequences`.
    pub sequences: Vec<Place>,
    /// Parallel to `Policy::flows`.
    pub flows: Vec<Place>,
    /// The budget line.
    pub budget: Option<Place>,
    /// Parallel to `Policy::ceilings`: the organisation policies' names.
    pub ceilings: Vec<Place>,
    /// The line `allow personal`.
    pub personal: Option<Place>,
    /// The line `deny inferred`.
    pub denies_inferred: Option<Place>,
    /// The mission states no policy: only organisation policies do.
    pub absent: bool,
}

impl PolicyPlaces {
    fn each(&mut self, f: &mut dyn FnMut(&mut Place)) {
        let PolicyPlaces {
            name,
            insert,
            allow,
            deny,
            approvals,
            sequences,
            flows,
            budget,
            ceilings,
            personal,
            denies_inferred,
            absent: _,
        } = self;
        let lines =
            allow.iter_mut().chain(deny).chain(approvals).chain(sequences).chain(flows).chain(ceilings);
        lines.chain(budget).chain(personal).chain(denies_inferred).chain([name, insert]).for_each(f);
    }

    /// Adds the places of an organisation policy, as [`rustchain_plan::Policy::bind`] adds its lines.
    pub(crate) fn bind(&mut self, other: PolicyPlaces, has_allow: bool) {
        self.ceilings.extend(has_allow.then_some(other.name));
        self.deny.extend(other.deny);
        self.approvals.extend(other.approvals);
        self.sequences.extend(other.sequences);
        self.flows.extend(other.flows);
        self.denies_inferred = self.denies_inferred.or(other.denies_inferred);
    }
}

/// The places of an agent.
#[derive(Clone, Debug, Default)]
pub struct AgentPlaces {
    /// Its name.
    pub name: Place,
    /// Before its closing brace.
    pub close: Place,
    /// `budget { … }`.
    pub budget: Option<Place>,
    /// Parallel to `Agent::tools`.
    pub tools: Vec<Place>,
}

impl Spans {
    /// Room for expressions; id 0 is "nowhere".
    pub fn new() -> Self {
        Spans { exprs: vec![Place::default()], ..Spans::default() }
    }

    /// A fresh expression id for a place.
    pub fn expr(&mut self, place: Place) -> ExprId {
        self.exprs.push(place);
        ExprId(self.exprs.len() as u32 - 1)
    }

    /// Calls `f` for every place.
    pub(crate) fn each(&mut self, f: &mut dyn FnMut(&mut Place)) {
        let Spans { exprs, nodes, mission, mission_whole, mission_close, policy, ports, agents, providers } =
            self;
        // The first expression is "nowhere".
        exprs.iter_mut().skip(1).for_each(&mut *f);
        [mission, mission_whole, mission_close].into_iter().for_each(&mut *f);
        ports.values_mut().chain(providers.values_mut()).for_each(&mut *f);
        for NodePlaces { name, whole, callee, args, clauses, with } in nodes.values_mut() {
            [name, whole].into_iter().for_each(&mut *f);
            callee
                .iter_mut()
                .chain(args.values_mut())
                .chain(clauses.values_mut())
                .chain(with)
                .for_each(&mut *f);
        }
        if let Some(policy) = policy {
            policy.each(f);
        }
        for AgentPlaces { name, close, budget, tools } in agents.values_mut() {
            budget.iter_mut().chain(tools).chain([name, close]).for_each(&mut *f);
        }
    }

    /// Does something at this place concern the mission: its text, or a declaration that its plan embeds?
    pub fn concerns(&self, place: Place) -> bool {
        let within = |outer: &Place| {
            outer.file == place.file
                && outer.span.start <= place.span.start
                && place.span.end <= outer.span.end
        };
        if within(&self.mission_whole) {
            return true;
        }
        let policy = self.policy.iter().flat_map(|p| {
            let rules = p.allow.iter().chain(&p.deny).chain(&p.approvals).chain(&p.sequences).chain(&p.flows);
            rules.chain(&p.budget).chain([&p.name, &p.insert])
        });
        let agents = self.agents.values().flat_map(|a| a.tools.iter().chain(&a.budget).chain([&a.name]));
        let mut all =
            self.nodes.values().map(|n| &n.whole).chain(policy).chain(agents).chain(self.providers.values());
        all.any(within) || self.exprs.contains(&place)
    }

    /// Where an expression stands; the mission's name for unknown ids.
    pub fn place(&self, id: ExprId) -> Place {
        match self.exprs.get(id.0 as usize) {
            Some(place) if id.0 != 0 => *place,
            _ => self.mission,
        }
    }
}
