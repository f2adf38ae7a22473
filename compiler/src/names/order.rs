//! The order in which the statements of a region can be typed, and cycles.

/// An order in which each index comes after those it depends on, as near to the source order as that
/// allows, and the cycles found (each closed: the first index is repeated at the end).
pub(crate) fn order(dependencies: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut walk = Walk {
        dependencies,
        state: vec![State::New; dependencies.len()],
        order: Vec::with_capacity(dependencies.len()),
        cycles: Vec::new(),
    };
    for start in 0..dependencies.len() {
        walk.visit(start);
    }
    (walk.order, walk.cycles)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    dependencies: &'a [Vec<usize>],
    state: Vec<State>,
    order: Vec<usize>,
    cycles: Vec<Vec<usize>>,
}

impl Walk<'_> {
    /// Depth first without recursion: chains of 100,000 steps are real.
    fn visit(&mut self, start: usize) {
        if self.state[start] != State::New {
            return;
        }
        let mut stack: Vec<(usize, usize)> = vec![(start, 0)];
        self.state[start] = State::Open;
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            let Some(&target) = self.dependencies[node].get(*next) else {
                self.state[node] = State::Done;
                self.order.push(node);
                stack.pop();
                continue;
            };
            *next += 1;
            match self.state[target] {
                State::Done => {}
                State::New => {
                    self.state[target] = State::Open;
                    stack.push((target, 0));
                }
                State::Open => {
                    let at = stack.iter().position(|(n, _)| *n == target).unwrap_or_default();
                    let mut cycle: Vec<usize> = stack[at..].iter().map(|(n, _)| *n).collect();
                    cycle.push(target);
                    self.cycles.push(cycle);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn keeps_source_order_where_it_can() {
        let (found, cycles) = order(&[vec![2], vec![], vec![]]);
        assert_eq!(found, [2, 0, 1]);
        assert!(cycles.is_empty());
    }

    #[test]
    fn tells_each_cycle() {
        let (found, cycles) = order(&[vec![1], vec![0], vec![2]]);
        assert_eq!(found.len(), 3);
        assert_eq!(cycles, [vec![0, 1, 0], vec![2, 2]]);
    }
}
