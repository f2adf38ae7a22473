//! The identity of a plan.

use crate::eval::hash_hex;
use crate::plan::{Body, Node, Plan, Region};
use crate::plan_file::{PlanError, with_stack};
use crate::{canonical, plan_file};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

impl Plan {
    /// SHA-256 over the canonical JSON of everything but `debug`. Nodes are keyed by id: their order in
    /// the source does not count. Fails where the plan is nested deeper than a plan file may be.
    pub fn hash(&self) -> Result<[u8; 32], PlanError> {
        Ok(Sha256::digest(self.canonical_json()?.as_bytes()).into())
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
    let mut keyed = serde_json::Map::new();
    for (node, mut item) in region.nodes.iter().zip(items) {
        if let Some(body) = item.get_mut("body") {
            key_body(node, body);
        }
        if let Some(members) = item.as_object_mut() {
            members.remove("id");
        }
        keyed.insert(node.id.to_string(), item);
    }
    if let Some(members) = json.as_object_mut() {
        members.insert("nodes".to_owned(), Json::Object(keyed));
    }
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
