//! What is left when somebody stopped the work? Of a comparison the seeds that are finished, of a sweep the
//! points at which every seed was run.

use scenarios::results::SweepResult;

/// Drops the points that lack seeds; whether any is left.
pub(super) fn keep_whole_points(sweep: &mut SweepResult) -> bool {
    let seeds = sweep.seeds.len();
    sweep
        .points
        .retain(|point| point.variants.iter().all(|variant| variant.verdicts.stuck.of as usize == seeds));
    !sweep.points.is_empty()
}

/// The command that repeats what is finished: the words that were typed, for these seeds only.
pub(super) fn with_seeds(command: &str, seeds: &[u64]) -> String {
    let Some((before, after)) = command.split_once(" --seeds ") else { return command.to_owned() };
    let after = after.find(' ').map_or("", |end| &after[end..]);
    let seeds = match seeds {
        [first, .., last] if seeds.windows(2).all(|pair| pair[0] + 1 == pair[1]) => {
            format!("{first}..={last}")
        }
        [only] => format!("{only}..={only}"),
        _ => seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(","),
    };
    format!("{before} --seeds {seeds}{after}")
}

#[cfg(test)]
mod tests {
    use super::with_seeds;

    #[test]
    fn the_command_names_the_seeds_that_are_finished() {
        let command = "spiral compare a.yaml --seeds 400 --set run.warmup=1s";
        let expected = |seeds| format!("spiral compare a.yaml --seeds {seeds} --set run.warmup=1s");
        assert_eq!(with_seeds(command, &[1, 2, 3]), expected("1..=3"));
        assert_eq!(with_seeds(command, &[7]), expected("7..=7"));
        assert_eq!(with_seeds(command, &[1, 2, 201]), expected("1,2,201"));
        assert_eq!(with_seeds(command, &[9, 5, 1]), expected("9,5,1"));
        assert_eq!(with_seeds("spiral compare a --seeds 3", &[1]), "spiral compare a --seeds 1..=1");
    }
}
