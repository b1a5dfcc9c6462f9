//! Which action gets a system out of a retry storm? The table of `recovery-playbook`, as an operator would pin it up.

use std::fmt::Write;

use super::Lesson;

/// From the end of the brownout, where recovery times count from, to the action.
const ACTS_AFTER_S: f64 = 50.0;

/// By action: on how many seeds the system recovered, and how long after the action in the median.
pub(super) fn table(lesson: &Lesson) -> String {
    let mut table = format!("{:<18}  {:>9}  {:>8}\n", "action", "recovered", "after");
    for runs in &lesson.compared.runs.variants {
        let mut times: Vec<f64> =
            runs.judgements.iter().filter_map(|judgement| judgement.recovery_s).collect();
        times.sort_by(f64::total_cmp);
        let (seeds, recovered) = (times.len(), times.iter().filter(|time| time.is_finite()).count());
        let after_s = (times[seeds / 2] - ACTS_AFTER_S).max(0.0);
        let after = if after_s.is_finite() { format!("{after_s:.0} s") } else { "never".to_owned() };
        let recovered = format!("{recovered}/{seeds}");
        writeln!(table, "{:<18}  {recovered:>9}  {after:>8}", runs.variant.name).expect("a string takes all");
    }
    table
}
