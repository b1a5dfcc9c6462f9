//! Where does each node of a topology stand? Layers by the longest path from the callers, the order in a
//! layer by barycentres, places as near to their neighbours as the boxes allow (Sugiyama's method, small).

/// Sweeps over the layers that look for fewer crossings.
const SWEEPS: usize = 12;

/// What stands in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A node, by its index.
    Node(usize),
    /// The place where the link of this index passes the layer.
    Bend(usize),
}

/// The layers of a graph, each in its order from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layers {
    pub(super) layers: Vec<Vec<Item>>,
    /// Pairs of a layer and the next that are joined, as places in their layers.
    joints: Vec<Vec<(usize, usize)>>,
    /// Links that close a cycle; they run back below everything.
    pub(super) is_back: Vec<bool>,
}

impl Layers {
    /// Layers of `roots.len()` nodes; roots stand in the first, others behind them.
    pub(super) fn new(roots: &[bool], links: &[(usize, usize)]) -> Layers {
        let is_back = back_links(roots, links);
        let layer = longest_paths(roots, links, &is_back);
        let count = layer.iter().map(|layer| layer + 1).max().unwrap_or(0);
        let mut layers: Vec<Vec<Item>> = vec![Vec::new(); count];
        for (node, layer) in layer.iter().enumerate() {
            layers[*layer].push(Item::Node(node));
        }
        // (layer, upper item, item in the next layer)
        let mut pairs: Vec<(usize, Item, Item)> = Vec::new();
        for (index, (from, to)) in links.iter().enumerate().filter(|(index, _)| !is_back[*index]) {
            let mut last = Item::Node(*from);
            for (between, items) in layers.iter_mut().enumerate().take(layer[*to]).skip(layer[*from] + 1) {
                items.push(Item::Bend(index));
                pairs.push((between - 1, last, Item::Bend(index)));
                last = Item::Bend(index);
            }
            pairs.push((layer[*to] - 1, last, Item::Node(*to)));
        }
        let mut best = Layers { layers, joints: Vec::new(), is_back };
        best.join(&pairs);
        let mut trial = best.clone();
        for sweep in 0..SWEEPS {
            trial.order(sweep % 2 == 0);
            trial.join(&pairs);
            if trial.crossings() < best.crossings() {
                best = trial.clone();
            }
        }
        best
    }

    fn join(&mut self, pairs: &[(usize, Item, Item)]) {
        let place = |layer: usize, item: Item| self.layers[layer].iter().position(|other| *other == item);
        let mut joints = vec![Vec::new(); self.layers.len()];
        for (layer, from, to) in pairs {
            if let (Some(from), Some(to)) = (place(*layer, *from), place(layer + 1, *to)) {
                joints[*layer].push((from, to));
            }
        }
        self.joints = joints;
    }

    /// Orders each layer by the mean place of its neighbours in the layer before, or in the one behind.
    fn order(&mut self, forwards: bool) {
        let count = self.layers.len();
        for step in 1..count {
            let layer = if forwards { step } else { count - 1 - step };
            let places: Vec<f64> = (0..self.layers[layer].len())
                .map(|place| {
                    let there: Vec<f64> = match forwards {
                        true => self.joints[layer - 1]
                            .iter()
                            .filter(|j| j.1 == place)
                            .map(|j| j.0 as f64)
                            .collect(),
                        false => {
                            self.joints[layer].iter().filter(|j| j.0 == place).map(|j| j.1 as f64).collect()
                        }
                    };
                    if there.is_empty() { place as f64 } else { mean(&there) }
                })
                .collect();
            let mut order: Vec<usize> = (0..places.len()).collect();
            order.sort_by(|a, b| places[*a].total_cmp(&places[*b]).then(a.cmp(b)));
            let mut moved_to = vec![0; order.len()];
            order.iter().enumerate().for_each(|(new, old)| moved_to[*old] = new);
            self.layers[layer] = order.iter().map(|old| self.layers[layer][*old]).collect();
            self.joints[layer].iter_mut().for_each(|joint| joint.0 = moved_to[joint.0]);
            if layer > 0 {
                self.joints[layer - 1].iter_mut().for_each(|joint| joint.1 = moved_to[joint.1]);
            }
        }
    }

    /// Whether more links run between two layers than have room for their numbers above each other.
    pub(super) fn is_dense(&self) -> bool {
        self.joints.iter().any(|joints| joints.len() > 6)
    }

    /// How many pairs of links cross.
    pub(super) fn crossings(&self) -> usize {
        let crossed = |joints: &Vec<(usize, usize)>| {
            let pairs = joints.iter().enumerate().flat_map(|(k, a)| joints[..k].iter().map(move |b| (a, b)));
            pairs.filter(|(a, b)| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1)).count()
        };
        self.joints.iter().map(crossed).sum()
    }

    /// The middle of every item between `low` and `high`, given the room that each takes.
    pub(super) fn places(&self, size: impl Fn(Item) -> f64, low: f64, high: f64) -> Vec<Vec<f64>> {
        let sizes: Vec<Vec<f64>> =
            self.layers.iter().map(|layer| layer.iter().map(|item| size(*item)).collect()).collect();
        let middle = 0.5 * (low + high);
        let mut places: Vec<Vec<f64>> =
            sizes.iter().map(|sizes| pack(&vec![middle; sizes.len()], sizes, low, high)).collect();
        for round in 0..16 {
            for step in 0..self.layers.len() {
                let layer = if round % 2 == 0 { step } else { self.layers.len() - 1 - step };
                let wanted: Vec<f64> = (0..self.layers[layer].len())
                    .map(|place| {
                        let mut near: Vec<f64> = Vec::new();
                        if layer > 0 {
                            let before = self.joints[layer - 1].iter().filter(|joint| joint.1 == place);
                            near.extend(before.map(|joint| places[layer - 1][joint.0]));
                        }
                        let behind = self.joints[layer].iter().filter(|joint| joint.0 == place);
                        near.extend(behind.map(|joint| places[layer + 1][joint.1]));
                        if near.is_empty() { places[layer][place] } else { mean(&near) }
                    })
                    .collect();
                places[layer] = pack(&wanted, &sizes[layer], low, high);
            }
        }
        places
    }
}

/// Links that lead back to a node whose calls are still being followed, and calls to oneself.
fn back_links(roots: &[bool], links: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let calls = |node: usize| {
        links.iter().enumerate().filter(move |(_, link)| link.0 == node).map(|(index, _)| index).collect()
    };
    let mut is_back = vec![false; links.len()];
    let mut seen = vec![Seen::No; roots.len()];
    let mut starts: Vec<usize> = (0..roots.len()).collect();
    // Where nobody is called by a root, whoever is called by nobody comes first.
    starts.sort_by_key(|node| (!roots[*node], links.iter().any(|link| link.1 == *node)));
    for start in starts {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::Open;
        let mut path: Vec<(usize, Vec<usize>)> = vec![(start, calls(start))];
        while let Some((node, left)) = path.last_mut() {
            let Some(link) = (!left.is_empty()).then(|| left.remove(0)) else {
                seen[*node] = Seen::Done;
                path.pop();
                continue;
            };
            let to = links[link].1;
            // Nobody calls users: a link to a root runs back as well.
            if seen[to] == Seen::Open || roots[to] {
                is_back[link] = true;
            } else if seen[to] == Seen::No {
                seen[to] = Seen::Open;
                path.push((to, calls(to)));
            }
        }
    }
    is_back
}

/// Number of links on the longest path to each node; services that nobody calls stand behind the roots.
fn longest_paths(roots: &[bool], links: &[(usize, usize)], is_back: &[bool]) -> Vec<usize> {
    let has_roots = roots.contains(&true);
    let mut layer: Vec<usize> = roots.iter().map(|root| usize::from(has_roots && !root)).collect();
    // Without back links no path is longer than the number of nodes.
    for _ in 0..roots.len() {
        let mut has_moved = false;
        for ((from, to), _) in links.iter().zip(is_back).filter(|(_, back)| !**back) {
            if layer[*to] < layer[*from] + 1 {
                layer[*to] = layer[*from] + 1;
                has_moved = true;
            }
        }
        if !has_moved {
            break;
        }
    }
    layer
}

/// Moves wanted places apart by the room that each item takes, keeping their order, within `low..=high`
/// if all fit there.
fn pack(wanted: &[f64], sizes: &[f64], low: f64, high: f64) -> Vec<f64> {
    // Items that touch form blocks: (first item, offsets' sum, number of items, length).
    struct Block {
        first: usize,
        items: usize,
        sum: f64,
        length: f64,
    }
    let start = |block: &Block| (block.sum / block.items as f64).min(high - block.length).max(low);
    let mut blocks: Vec<Block> = Vec::new();
    for (index, (wanted, size)) in wanted.iter().zip(sizes).enumerate() {
        let mut block = Block { first: index, items: 1, sum: wanted - 0.5 * size, length: *size };
        while let Some(before) = blocks.pop() {
            if start(&before) + before.length <= start(&block) + 1e-9 {
                blocks.push(before);
                break;
            }
            let sum = before.sum + block.sum - block.items as f64 * before.length;
            block = Block {
                first: before.first,
                items: before.items + block.items,
                sum,
                length: before.length + block.length,
            };
        }
        blocks.push(block);
    }
    let mut places = vec![0.0; wanted.len()];
    for block in &blocks {
        let mut y = start(block);
        for index in block.first..block.first + block.items {
            places[index] = y + 0.5 * sizes[index];
            y += sizes[index];
        }
    }
    places
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer_of(layers: &Layers, node: usize) -> usize {
        layers.layers.iter().position(|layer| layer.contains(&Item::Node(node))).unwrap()
    }

    #[test]
    fn layers_follow_the_longest_path() {
        // 0 calls 1 and 3, 1 calls 2, 2 calls 3: the link from 0 to 3 bends through two layers.
        let layers = Layers::new(&[true, false, false, false], &[(0, 1), (1, 2), (2, 3), (0, 3)]);
        assert_eq!([0, 1, 2, 3].map(|node| layer_of(&layers, node)), [0, 1, 2, 3]);
        let bends = layers.layers.iter().flatten().filter(|item| matches!(item, Item::Bend(3))).count();
        assert_eq!(bends, 2);
    }

    #[test]
    fn cycles_run_back_and_do_not_hang() {
        let links = [(0, 1), (1, 2), (2, 3), (3, 1), (2, 2), (3, 0)];
        let layers = Layers::new(&[true, false, false, false], &links);
        assert_eq!(layers.is_back, [false, false, false, true, true, true]);
        assert_eq!([0, 1, 2, 3].map(|node| layer_of(&layers, node)), [0, 1, 2, 3]);
        // A ring that nobody enters.
        let ring = Layers::new(&[false; 3], &[(0, 1), (1, 2), (2, 0)]);
        assert_eq!(ring.is_back.iter().filter(|back| **back).count(), 1);
    }

    #[test]
    fn crossings_that_can_be_avoided_are_avoided() {
        // Three callers, each of which calls one service, in opposite order.
        let links = [(0, 5), (1, 4), (2, 3)];
        let layers = Layers::new(&[true, true, true, false, false, false], &links);
        assert_eq!(layers.crossings(), 0);
    }

    #[test]
    fn items_keep_their_order_and_their_room() {
        let sizes = [10.0, 20.0, 10.0];
        assert_eq!(pack(&[50.0, 50.0, 50.0], &sizes, 0.0, 100.0), [35.0, 50.0, 65.0]);
        assert_eq!(pack(&[0.0, 0.0, 99.0], &sizes, 0.0, 100.0), [5.0, 20.0, 95.0]);
        assert_eq!(pack(&[10.0, 50.0, 90.0], &sizes, 0.0, 100.0), [10.0, 50.0, 90.0]);
        // Where they do not fit they still do not cover each other.
        assert_eq!(pack(&[0.0, 0.0, 0.0], &sizes, 0.0, 20.0), [5.0, 20.0, 35.0]);
    }

    #[test]
    fn nothing_has_no_layers() {
        assert!(Layers::new(&[], &[]).layers.is_empty());
    }
}
