//! Which cells are worth measuring? First a coarse grid; then, where neighbours differ, the cells between them,
//! down to the finest. What lies among equal neighbours is taken to be like them.
//!
//! Decided from the classes of cells alone, in the order of the grid: neither threads nor chance change it. A region
//! that fits between the cells of the coarse grid without touching one is not seen.

/// The coarse grid has at least this many steps along each axis, if the axis has them.
const COARSE_STEPS: usize = 4;

/// A grid that is looked at in steps of falling size.
#[derive(Clone, Debug)]
pub(super) struct Refinement {
    across: usize,
    up: usize,
    /// Steps along both axes, coarsest first, down to one cell.
    steps: Vec<(usize, usize)>,
    /// The present level; `None` before the coarse grid was asked for.
    level: Option<usize>,
}

impl Refinement {
    /// For a grid of `across` by `up` cells.
    pub(super) fn new(across: usize, up: usize) -> Refinement {
        let mut steps = vec![(coarse_step(across), coarse_step(up))];
        while let Some(&(x, y)) = steps.last()
            && (x, y) != (1, 1)
        {
            steps.push((x.div_ceil(2), y.div_ceil(2)));
        }
        Refinement { across, up, steps, level: None }
    }

    /// The cells that are to be measured next; empty when nothing is left to be known. `class` is that of a cell
    /// that was measured.
    pub(super) fn next<K: PartialEq>(
        &mut self,
        class: impl Fn(usize, usize) -> Option<K>,
    ) -> Vec<(usize, usize)> {
        let Some(mut level) = self.level else {
            self.level = Some(0);
            return product(&places(self.across, self.steps[0].0), &places(self.up, self.steps[0].1));
        };
        loop {
            let wanted = self.wanted(level, &class);
            if !wanted.is_empty() || level + 1 == self.steps.len() {
                return wanted;
            }
            level += 1;
            self.level = Some(level);
        }
    }

    /// Cells of the next finer level in boxes whose known cells differ.
    fn wanted<K: PartialEq>(
        &self,
        level: usize,
        class: impl Fn(usize, usize) -> Option<K>,
    ) -> Vec<(usize, usize)> {
        let (step, finer) = (self.steps[level], self.steps[(level + 1).min(self.steps.len() - 1)]);
        let inside = |places: &[usize], ends: &[usize]| -> Vec<usize> {
            places.iter().copied().filter(|place| (ends[0]..=ends[1]).contains(place)).collect()
        };
        let all = |ends: &[usize]| (ends[0]..=ends[1]).collect::<Vec<_>>();
        let (fine_across, fine_up) = (places(self.across, finer.0), places(self.up, finer.1));
        let mut wanted = Vec::new();
        for rows in places(self.up, step.1).windows(2) {
            for columns in places(self.across, step.0).windows(2) {
                let box_cells = product(&all(columns), &all(rows)).into_iter();
                let known: Vec<K> = box_cells.filter_map(|(x, y)| class(x, y)).collect();
                if known.windows(2).all(|pair| pair[0] == pair[1]) {
                    continue;
                }
                let finer = product(&inside(&fine_across, columns), &inside(&fine_up, rows));
                wanted.extend(finer.into_iter().filter(|(x, y)| class(*x, *y).is_none()));
            }
        }
        wanted.sort_by_key(|(x, y)| (*y, *x));
        wanted.dedup();
        wanted
    }

    /// What a cell that was not measured is like: the corners of the smallest box around it whose corners all were,
    /// with their weights in a bilinear interpolation.
    pub(super) fn corners(
        &self,
        (x, y): (usize, usize),
        is_known: impl Fn(usize, usize) -> bool,
    ) -> [((usize, usize), f64); 4] {
        let ends = |cells: usize, step: usize, place: usize| {
            let low = (place / step * step).min(cells.saturating_sub(2) / step * step);
            (low, (low + step).min(cells - 1))
        };
        let part =
            |(low, high): (usize, usize), place: usize| (place - low) as f64 / (high - low).max(1) as f64;
        for step in self.steps.iter().rev() {
            let (columns, rows) = (ends(self.across, step.0, x), ends(self.up, step.1, y));
            let (right, upper) = (part(columns, x), part(rows, y));
            let corners = [
                ((columns.0, rows.0), (1.0 - right) * (1.0 - upper)),
                ((columns.1, rows.0), right * (1.0 - upper)),
                ((columns.0, rows.1), (1.0 - right) * upper),
                ((columns.1, rows.1), right * upper),
            ];
            if corners.iter().all(|((x, y), _)| is_known(*x, *y)) {
                return corners;
            }
        }
        unreachable!("the coarse grid was measured")
    }
}

fn coarse_step(cells: usize) -> usize {
    let steps = (cells - 1) / COARSE_STEPS;
    if steps == 0 { 1 } else { 1 << steps.ilog2() }
}

/// Every `step`th place of an axis, and the last one.
fn places(cells: usize, step: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..cells).step_by(step).collect();
    if places.last() != Some(&(cells - 1)) {
        places.push(cells - 1);
    }
    places
}

/// Every place across with every place up, row by row.
fn product(across: &[usize], up: &[usize]) -> Vec<(usize, usize)> {
    up.iter().flat_map(|y| across.iter().map(|x| (*x, *y))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Refines a picture; the cells that were looked at.
    fn refined(across: usize, up: usize, class: impl Fn(usize, usize) -> u8) -> BTreeMap<(usize, usize), u8> {
        let mut refinement = Refinement::new(across, up);
        let mut known = BTreeMap::new();
        loop {
            let wave = refinement.next(|x, y| known.get(&(x, y)).copied());
            if wave.is_empty() {
                return known;
            }
            for (x, y) in wave {
                assert!(known.insert((x, y), class(x, y)).is_none(), "no cell is looked at twice");
            }
        }
    }

    /// Cells that are not like the cell that they were taken to be like.
    fn mistaken(
        across: usize,
        up: usize,
        class: impl Fn(usize, usize) -> u8,
        known: &BTreeMap<(usize, usize), u8>,
    ) -> Vec<(usize, usize)> {
        let refinement = Refinement::new(across, up);
        let is_wrong = |cell: &(usize, usize)| {
            if known.contains_key(cell) {
                return false;
            }
            let corners = refinement.corners(*cell, |x, y| known.contains_key(&(x, y)));
            assert!((corners.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
            corners.iter().any(|(other, _)| known[other] != class(cell.0, cell.1))
        };
        product(&(0..across).collect::<Vec<_>>(), &(0..up).collect::<Vec<_>>())
            .into_iter()
            .filter(is_wrong)
            .collect()
    }

    #[test]
    fn a_slanted_boundary_is_found_for_a_quarter_of_the_cells() {
        for slope in [0.3, 0.8, 1.0, 1.7, 4.0] {
            let class = |x: usize, y: usize| u8::from(y as f64 > 30.0 - slope * x as f64);
            let known = refined(33, 33, class);
            assert_eq!(mistaken(33, 33, class, &known), [], "slope {slope}");
            assert!(known.len() * 4 <= 33 * 33, "slope {slope}: {} cells", known.len());
        }
    }

    #[test]
    fn a_curve_as_of_tipping_durations_is_found() {
        let class = |x: usize, y: usize| u8::from(x > 8 && (y as f64) * (x as f64 - 8.0) > 60.0);
        for (across, up) in [(33, 33), (20, 31), (12, 50)] {
            let known = refined(across, up, class);
            assert_eq!(mistaken(across, up, class, &known), [], "{across} x {up}");
        }
    }

    #[test]
    fn what_is_all_alike_takes_the_coarse_grid_only() {
        assert_eq!(refined(33, 33, |_, _| 0).len(), 25);
        assert_eq!(refined(5, 3, |_, _| 0).len(), 15);
        assert_eq!(refined(2, 2, |_, _| 0).len(), 4);
        assert_eq!(refined(10, 2, |_, _| 0).len(), 12);
    }
}
