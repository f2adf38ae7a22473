//! Which marks reach the scheme, host or port of a url.

use super::mark::Mark;
use super::walk::Walker;
use crate::effects::fold;
use rustchain_plan::Expr;
use rustchain_plan::expr::{BinaryOp, ExprKind, Part};

/// How much of a url's start is known to be over.
#[derive(Default)]
struct Authority {
    text: String,
    over: bool,
    host: Mark,
}

impl Authority {
    fn literal(&mut self, text: &str) {
        if self.over {
            return;
        }
        self.text.push_str(text);
        let after = self.text.split_once("://").map_or(self.text.as_str(), |(_, rest)| rest);
        self.over = after.contains(['/', '?', '#']);
    }

    fn hole(&mut self, mark: &Mark) {
        if !self.over {
            self.host = self.host.join(mark);
            self.text.push('x');
        }
    }
}

impl<'p> Walker<'p> {
    /// The mark of what chooses scheme, host or port of a url.
    pub fn host_mark(&mut self, url: &'p Expr, at: usize) -> Mark {
        let mut authority = Authority::default();
        self.read_url(url, at, &mut authority, 0);
        authority.host
    }

    fn read_url(&mut self, url: &'p Expr, at: usize, authority: &mut Authority, depth: u32) {
        if authority.over {
            return;
        }
        let constant = self.frames.get(at).and_then(|f| fold::constant(url, &f.scope));
        if let Some(text) = constant.as_ref().and_then(|v| v.as_text()) {
            return authority.literal(text);
        }
        if depth < 32 {
            match &url.kind {
                ExprKind::Template { parts, .. } => {
                    for part in parts {
                        match part {
                            Part::Text(text) => authority.literal(text),
                            Part::Hole(hole) => self.read_url(hole, at, authority, depth + 1),
                        }
                    }
                    return;
                }
                ExprKind::Binary { op: BinaryOp::Add, left, right } => {
                    self.read_url(left, at, authority, depth + 1);
                    return self.read_url(right, at, authority, depth + 1);
                }
                ExprKind::If { cond, then, otherwise } => {
                    let chosen = self.expr(cond, at).all().choosing();
                    let mark = self.host_mark(then, at).join(&self.host_mark(otherwise, at)).join(&chosen);
                    return authority.hole(&mark);
                }
                ExprKind::Convert { value, .. } => return self.read_url(value, at, authority, depth + 1),
                ExprKind::Let { up, name } => {
                    let home = self.outwards(at, *up);
                    let region = home.and_then(|h| self.frames.get(h)).and_then(|f| f.scope.region);
                    if let (Some(home), Some(value)) = (home, region.and_then(|r| r.lets.get(name))) {
                        return self.read_url(value, home, authority, depth + 1);
                    }
                }
                ExprKind::Param { up, name } => {
                    if let Some((arg, home)) = self.chain_argument(at, *up, name) {
                        return self.read_url(arg, home, authority, depth + 1);
                    }
                }
                ExprKind::Step { up, id } => {
                    let home = self.outwards(at, *up);
                    let region = home.and_then(|h| self.frames.get(h)).and_then(|f| f.scope.region);
                    let node = region.and_then(|r| r.nodes.iter().find(|n| n.id == *id));
                    if let (Some(home), Some(rustchain_plan::Body::Value(value))) =
                        (home, node.map(|n| &n.body))
                    {
                        return self.read_url(value, home, authority, depth + 1);
                    }
                }
                _ => {}
            }
        }
        let mark = self.expr(url, at).all();
        authority.hole(&mark);
    }

    /// The argument behind a chain's parameter, with the region it stands in.
    fn chain_argument(&self, at: usize, up: u32, name: &str) -> Option<(&'p Expr, usize)> {
        let home = self.outwards(at, up)?;
        let frame = self.frames.get(home)?;
        match frame.scope.params.get(name)? {
            crate::effects::scope::Bound::Argument(arg, _) => Some((arg, home.checked_sub(1)?)),
            _ => None,
        }
    }
}
