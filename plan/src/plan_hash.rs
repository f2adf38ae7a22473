//! The identity of a plan.

use crate::canonical::Writer;
use crate::eval::hash_hex;
use crate::plan::{Body, Node, Plan, Region};
use crate::plan_file::{PlanError, with_stack};
use crate::{canonical, plan_file};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Stands for the nodes of the root while the rest is brought into its canonical form.
const NODES: &str = "\u{f8ff}nodes\u{f8ff}";

impl Plan {
    /// SHA-256 over the canonical JSON of everything but `debug`. Nodes are keyed by id: their order in
    /// the source does not count. Fails where the plan is nested deeper than a plan file may be.
    pub fn hash(&self) -> Result<[u8; 32], PlanError> {
        let depth = crate::plan_validate::depth(self)?;
        with_stack(depth, || match self.hash_by_nodes()? {
            Some(hash) => Ok(hash),
            None => Ok(Sha256::digest(self.canonical_json()?.as_bytes()).into()),
        })
    }

    /// The same hash with the text of one node at a time in memory; `None` where that cannot be: two nodes have
    /// one id, or the text that stands for the nodes occurs in the plan itself.
    fn hash_by_nodes(&self) -> Result<Option<[u8; 32]>, PlanError> {
        let root = &self.root;
        let frame = Region {
            params: root.params.clone(),
            lets: root.lets.clone(),
            nodes: Vec::new(),
            result: root.result.clone(),
            policy: root.policy.clone(),
        };
        let mut json = plan_file::to_json(&self.clone_with_root(frame))?;
        if let Some(members) = json.as_object_mut() {
            members.remove("debug");
        }
        for (name, region) in &self.chain_tools {
            if let Some(json) = json.get_mut("chain_tools").and_then(|t| t.get_mut(name.as_str())) {
                key_nodes(region, json);
            }
        }
        if let Some(nodes) = json.get_mut("root").and_then(|root| root.get_mut("nodes")) {
            *nodes = Json::from(NODES);
        }
        let text = canonical::to_string(&json);
        let place = Json::from(NODES).to_string();
        let mut parts = text.split(&place);
        let (Some(before), Some(after), None) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(None);
        };
        let mut hasher = Sha256::new();
        hasher.update(before);
        let mut nodes: Vec<&Node> = self.root.nodes.iter().collect();
        nodes.sort_by(|a, b| canonical::utf16_order(&a.id, &b.id));
        if nodes.windows(2).any(|pair| matches!(pair, [a, b] if a.id == b.id)) {
            return Ok(None);
        }
        let mut writer = Writer::default();
        writer.nodes_by_id = true;
        for (i, node) in nodes.into_iter().enumerate() {
            writer.text.clear();
            writer.text.push(if i == 0 { '{' } else { ',' });
            write_keyed(node, &mut writer)?;
            hasher.update(&writer.text);
        }
        hasher.update(if self.root.nodes.is_empty() { "{}" } else { "}" });
        hasher.update(after);
        Ok(Some(hasher.finalize().into()))
    }

    fn clone_with_root(&self, root: Region) -> Plan {
        Plan {
            root,
            plan_version: self.plan_version,
            mission: self.mission.clone(),
            id: self.id.clone(),
            doc: self.doc.clone(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            on_failure: self.on_failure,
            outcome_leaves: self.outcome_leaves,
            within: self.within.clone(),
            schedule: self.schedule.clone(),
            policy: self.policy.clone(),
            signatures: self.signatures.clone(),
            schemas: self.schemas.clone(),
            providers: self.providers.clone(),
            memories: self.memories.clone(),
            agents: self.agents.clone(),
            tools: self.tools.clone(),
            chain_tools: self.chain_tools.clone(),
            debug: crate::plan::Debug::default(),
        }
    }

    /// [`Plan::hash`] in lower-case hex.
    pub fn hash_hex(&self) -> Result<String, PlanError> {
        self.hash().map(|hash| hash_hex(&hash))
    }

    /// What the hash is taken over.
    pub fn canonical_json(&self) -> Result<String, PlanError> {
        let depth = crate::plan_validate::depth(self)?;
        with_stack(depth, || {
            let mut json = plan_file::to_json(self)?;
            if let Some(members) = json.as_object_mut() {
                members.remove("debug");
            }
            if let Some(root) = json.get_mut("root") {
                key_nodes(&self.root, root);
            }
            for (name, region) in &self.chain_tools {
                if let Some(json) = json.get_mut("chain_tools").and_then(|t| t.get_mut(name.as_str())) {
                    key_nodes(region, json);
                }
            }
            Ok(canonical::to_string(&json))
        })
    }
}

/// Replaces the list of nodes by a map from id to node, here and in the regions inside.
fn key_nodes(region: &Region, json: &mut Json) {
    let Some(Json::Array(items)) = json.get_mut("nodes").map(Json::take) else {
        return;
    };
    let mut by_id = serde_json::Map::new();
    for (node, item) in region.nodes.iter().zip(items) {
        by_id.insert(node.id.to_string(), keyed(node, item));
    }
    if let Some(members) = json.as_object_mut() {
        members.insert("nodes".to_owned(), Json::Object(by_id));
    }
}

/// Writes the id of a node and what stands under it.
fn write_keyed(node: &Node, writer: &mut Writer) -> Result<(), PlanError> {
    let unreadable = |error: serde_json::Error| PlanError::Syntax(error.to_string());
    node.id.serialize(&mut *writer).map_err(unreadable)?;
    writer.text.push(':');
    writer.omitted = Some("id");
    node.serialize(writer).map_err(unreadable)
}

/// The JSON of a node as it stands under its id.
fn keyed(node: &Node, mut json: Json) -> Json {
    if let Some(body) = json.get_mut("body") {
        key_body(node, body);
    }
    if let Some(members) = json.as_object_mut() {
        members.remove("id");
    }
    json
}

fn key_body(node: &Node, body: &mut Json) {
    let (form, region) = match &node.body {
        Body::Value(_) | Body::Call(_) => return,
        Body::Match { arms, .. } => {
            let json = body.get_mut("match").and_then(|m| m.get_mut("arms")).and_then(Json::as_array_mut);
            for (arm, json) in arms.iter().zip(json.into_iter().flatten()) {
                if let Some(json) = json.get_mut("region") {
                    key_nodes(&arm.region, json);
                }
            }
            return;
        }
        Body::Chain { region, .. } => ("chain", region),
        Body::For { region, .. } => ("for", region),
        Body::Loop { region, .. } => ("loop", region),
        Body::Poll { region, .. } => ("poll", region),
    };
    if let Some(json) = body.get_mut(form).and_then(|b| b.get_mut("region")) {
        key_nodes(region, json);
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::{Arm, Body, Node, Plan, Region};
    use crate::{Expr, Value};
    use sha2::{Digest, Sha256};
    use std::collections::BTreeMap;

    #[test]
    fn the_hash_by_nodes_is_the_hash_of_the_canonical_text() {
        let text = include_str!("../tests/it/snapshots/it__plan_file__plan.snap");
        let json = text.splitn(3, "---\n").nth(2).expect("the text of a snapshot");
        let mut plan = Plan::from_json(json).expect("a plan");
        hashes_alike(&plan);
        let mapped = plan.root.nodes.iter().find_map(|node| match &node.body {
            Body::For { region, .. } => Some(region.clone()),
            _ => None,
        });
        let mut region = mapped.expect("a region");
        for form in ["chain", "match", "chain"] {
            let mut node = plan.root.nodes[0].clone();
            node.id = format!("\u{ff5e}\"{form}").into();
            node.body = match form {
                "match" => Body::Match { subject: Expr::constant(Value::Null), arms: vec![] },
                _ => Body::Chain { name: form.into(), args: BTreeMap::new(), region },
            };
            if let Body::Match { arms, .. } = &mut node.body {
                *arms = vec![Arm { patterns: vec![], region: plan.root.clone() }];
            }
            region = Region { nodes: vec![plan.root.nodes[0].clone(), node.clone()], ..Region::default() };
            plan.root.nodes.push(Node { id: format!("{form}{}", plan.root.nodes.len()).into(), ..node });
            hashes_alike(&plan);
        }
    }

    fn hashes_alike(plan: &Plan) {
        let whole: [u8; 32] = Sha256::digest(plan.canonical_json().expect("a text").as_bytes()).into();
        assert_eq!(plan.hash_by_nodes().expect("a hash"), Some(whole));
    }
}
