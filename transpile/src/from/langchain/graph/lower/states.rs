//! The states of a graph that runs: which nodes are next. LangGraph runs all nodes that are due at once and then looks
//! at their edges; so the sets of nodes that can be due together, explored from the start, are a finite machine.

use crate::from::langchain::graph::body::{Block, End};
use crate::from::langchain::graph::builder::{END, START};
use crate::from::langchain::graph::wiring::{Wiring, may_stay};
use std::collections::{BTreeMap, BTreeSet};

/// Most states of a machine.
const MOST: usize = 2_000;

/// A machine; state 0 is the first.
#[derive(Debug)]
pub struct Machine {
    /// In order of discovery.
    pub states: Vec<State>,
}

/// Nodes that are due at once, and what follows.
#[derive(Debug)]
pub struct State {
    /// The nodes, sorted: their order is the order of their writes.
    pub due: Vec<Due>,
    /// What follows.
    pub next: Next,
}

/// A node that is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Once.
    Once(String),
    /// Once for each packet that the branch of `from` with this number sends.
    Each {
        /// The node.
        node: String,
        /// The node whose branch sends; `__start__` too.
        from: String,
    },
}

impl Due {
    /// The node.
    pub fn node(&self) -> &str {
        match self {
            Due::Once(node) | Due::Each { node, .. } => node,
        }
    }
}

/// What follows a state.
#[derive(Clone, Debug)]
pub enum Next {
    /// Always this state; `None`: the end.
    To(Option<usize>),
    /// What the branch of a node, or its command, says: target and state.
    Choice {
        /// The node.
        node: String,
        /// Target and state; `None`: the end.
        ways: Vec<(Target, Option<usize>)>,
    },
    /// What several branches say at once: the target of each, and the state.
    Choices {
        /// The numbers of the branches.
        branches: Vec<usize>,
        /// Targets and state; `None`: the end.
        ways: Vec<(Vec<String>, Option<usize>)>,
    },
}

/// What a branch may say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A node or the end.
    Node(String),
    /// Packets to a node.
    Packets(String),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Config {
    due: BTreeSet<Due>,
    /// Joins that wait, with the sources that came.
    came: BTreeMap<usize, BTreeSet<String>>,
    deferred: BTreeSet<String>,
}

/// Explores a graph.
///
/// # Errors
/// What a machine cannot hold.
pub fn explore(wiring: &Wiring) -> Result<Machine, String> {
    let mut explorer = Explorer { wiring, configs: Vec::new(), states: Vec::new() };
    let nodes = [START.to_owned()];
    match explorer.after(&Config::default(), &nodes)? {
        (Some(first), _) => {
            explorer.state_of(first)?;
        }
        (None, ways) => {
            explorer.configs.push(Config::default());
            explorer.states.push(State { due: Vec::new(), next: Next::To(None) });
            let next = explorer.choice(&nodes, ways)?;
            if let Some(state) = explorer.states.first_mut() {
                state.next = next;
            }
        }
    }
    if explorer.states.is_empty() {
        return Err("it has no first node".to_owned());
    }
    Ok(Machine { states: explorer.states })
}

struct Explorer<'w> {
    wiring: &'w Wiring,
    configs: Vec<Config>,
    states: Vec<State>,
}

type Ways = Vec<(Vec<Target>, Option<Config>)>;

/// What decides after a node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Chooser {
    Branch(usize),
    Command(String),
}

impl Explorer<'_> {
    /// The number of a configuration; `None` for the end.
    fn state_of(&mut self, config: Config) -> Result<Option<usize>, String> {
        if config.due.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.configs.iter().position(|c| *c == config) {
            return Ok(Some(known));
        }
        if self.configs.len() >= MOST {
            return Err(format!("it has more than {MOST} states"));
        }
        let at = self.configs.len();
        self.configs.push(config.clone());
        let due: Vec<Due> = config.due.iter().cloned().collect();
        self.states.push(State { due, next: Next::To(None) });
        let nodes: Vec<String> = config.due.iter().map(|d| d.node().to_owned()).collect();
        let next = match self.after(&config, &nodes)? {
            (Some(config), _) => Next::To(self.state_of(config)?),
            (None, ways) => self.choice(&nodes, ways)?,
        };
        if let Some(state) = self.states.get_mut(at) {
            state.next = next;
        }
        Ok(Some(at))
    }

    fn choice(&mut self, nodes: &[String], ways: Ways) -> Result<Next, String> {
        let mut numbered = Vec::new();
        for (targets, config) in ways {
            let state = match config {
                Some(config) => self.state_of(config)?,
                None => None,
            };
            numbered.push((targets, state));
        }
        let choosers = self.choosers(nodes)?;
        if let [one] = choosers.as_slice() {
            let node = self.source(one);
            let one = |(targets, state): (Vec<Target>, _)| Some((targets.into_iter().next()?, state));
            return Ok(Next::Choice { node, ways: numbered.into_iter().filter_map(one).collect() });
        }
        let number = |chooser: &Chooser| match chooser {
            Chooser::Branch(at) => Some(*at),
            Chooser::Command(_) => None,
        };
        let names = |targets: Vec<Target>| {
            let name = |target: Target| match target {
                Target::Node(node) | Target::Packets(node) => node,
            };
            targets.into_iter().map(name).collect()
        };
        let ways = numbered.into_iter().map(|(targets, state)| (names(targets), state)).collect();
        Ok(Next::Choices { branches: choosers.iter().filter_map(number).collect(), ways })
    }

    /// The node after which something decides.
    fn source(&self, chooser: &Chooser) -> String {
        match chooser {
            Chooser::Branch(at) => {
                self.wiring.branches.get(*at).map(|b| b.source.clone()).unwrap_or_default()
            }
            Chooser::Command(node) => node.clone(),
        }
    }

    /// The branches and commands that decide after these nodes. A command decides alone.
    fn choosers(&self, nodes: &[String]) -> Result<Vec<Chooser>, String> {
        let mut out = Vec::new();
        for node in nodes {
            let branches = self.wiring.branches.iter().enumerate().filter(|(_, b)| b.source == *node);
            out.extend(branches.map(|(at, _)| Chooser::Branch(at)));
            if self.wiring.goes(node).is_some() {
                out.push(Chooser::Command(node.clone()));
            }
        }
        match out.iter().find(|chooser| matches!(chooser, Chooser::Command(_))) {
            Some(Chooser::Command(node)) if out.len() > 1 => {
                Err(format!("the command of `{node}` and something else decide at once"))
            }
            _ => Ok(out),
        }
    }

    /// What follows when these nodes ran: a configuration, or one for each way.
    fn after(&self, before: &Config, nodes: &[String]) -> Result<(Option<Config>, Ways), String> {
        let mut next = Config { due: BTreeSet::new(), ..before.clone() };
        for (at, edge) in self.wiring.edges.iter().enumerate() {
            if !edge.is_join {
                if edge.sources.iter().any(|s| nodes.contains(s)) {
                    self.add(&mut next, &edge.target);
                }
                continue;
            }
            let came: Vec<String> = edge.sources.iter().filter(|s| nodes.contains(s)).cloned().collect();
            if came.is_empty() {
                continue;
            }
            let waiting = next.came.entry(at).or_default();
            waiting.extend(came);
            if edge.sources.iter().all(|s| waiting.contains(s)) {
                next.came.remove(&at);
                self.add(&mut next, &edge.target);
            }
        }
        let choosers = self.choosers(nodes)?;
        if choosers.is_empty() {
            return Ok((Some(settled(next)), Vec::new()));
        }
        // Each target of one with each of the others.
        let mut ways: Vec<(Vec<Target>, Config)> = vec![(Vec::new(), next)];
        for chooser in &choosers {
            let from = self.source(chooser);
            let mut more = Vec::new();
            for target in self.targets(chooser)? {
                if choosers.len() > 1 && matches!(target, Target::Packets(_)) {
                    return Err(format!(
                        "several branches decide at once, and the one after `{from}` sends packets"
                    ));
                }
                for (before, config) in &ways {
                    let (mut targets, mut config) = (before.clone(), config.clone());
                    match &target {
                        Target::Node(node) => self.add(&mut config, node),
                        Target::Packets(node) => {
                            config.due.insert(Due::Each { node: node.clone(), from: from.clone() });
                        }
                    }
                    targets.push(target.clone());
                    more.push((targets, config));
                }
            }
            ways = more;
            if ways.len() > MOST {
                return Err(format!("its branches have more than {MOST} ways together"));
            }
        }
        let ended = |(targets, config): (Vec<Target>, Config)| {
            let config = settled(config);
            (targets, (!config.due.is_empty()).then_some(config))
        };
        Ok((None, ways.into_iter().map(ended).collect()))
    }

    fn add(&self, config: &mut Config, target: &str) {
        if target == END {
            return;
        }
        match self.wiring.deferred.iter().any(|d| d == target) {
            true => config.deferred.insert(target.to_owned()),
            false => config.due.insert(Due::Once(target.to_owned())),
        };
    }

    /// Where a node's branch or command may go.
    fn targets(&self, chooser: &Chooser) -> Result<BTreeSet<Target>, String> {
        let node = &self.source(chooser);
        if let Chooser::Branch(at) = chooser
            && let Some(branch) = self.wiring.branches.get(*at)
        {
            let mut out = BTreeSet::new();
            if let Ok(block) = &branch.route {
                packets(block, &mut out);
            }
            let only_packets =
                !out.is_empty() && branch.route.as_ref().is_ok_and(|b| matches!(b.end, End::Sends(_)));
            if only_packets {
                return Ok(out);
            }
            match (&branch.ends, branch.route.as_ref().ok().and_then(Block::labels)) {
                (Some(ends), labels) => {
                    let said = |label: &String| labels.as_ref().is_none_or(|all| all.contains(label));
                    let reached = ends.iter().filter(|(label, _)| said(label));
                    out.extend(reached.map(|(_, target)| Target::Node(target.clone())));
                }
                (None, Some(labels)) => out.extend(labels.into_iter().map(Target::Node)),
                (None, None) => return Err(format!("only the run decides where `{node}` goes")),
            }
            return Ok(out);
        }
        match self.wiring.goes(node) {
            Some(Some(targets)) => {
                let mut out: BTreeSet<Target> = targets.into_iter().map(Target::Node).collect();
                // Without a target its edges alone decide, as they do beside the end.
                let block = self.wiring.function(node).and_then(|f| f.block.as_ref().ok());
                if block.is_none_or(may_stay) {
                    out.insert(Target::Node(END.to_owned()));
                }
                Ok(out)
            }
            _ => Err(format!("only the run decides where `{node}` goes")),
        }
    }
}

/// Deferred nodes are due once nothing else is.
fn settled(mut config: Config) -> Config {
    if config.due.is_empty() {
        config.due = std::mem::take(&mut config.deferred).into_iter().map(Due::Once).collect();
    }
    config
}

fn packets(block: &Block, out: &mut BTreeSet<Target>) {
    match &block.end {
        End::Sends(sends) => {
            out.insert(Target::Packets(sends.node.clone()));
        }
        End::If(_, yes, no) => {
            packets(yes, out);
            packets(no, out);
        }
        _ => {}
    }
}

impl Machine {
    /// One state after the other, without a choice or a cycle: the numbers in order.
    pub fn line(&self) -> Option<Vec<usize>> {
        let mut out = vec![0];
        while let Some(state) = out.last().and_then(|at| self.states.get(*at)) {
            match state.next {
                Next::To(None) => return Some(out),
                Next::To(Some(next)) if !out.contains(&next) => out.push(next),
                _ => return None,
            }
        }
        None
    }
}
