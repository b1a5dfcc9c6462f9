//! How far is it? A bar on standard error, for whoever watches; nothing of it reaches the results.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console;

/// A bar that counts finished runs; invisible unless standard error is a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// `what` stands in front of the bar.
    pub(crate) fn new(what: &str, quiet: bool) -> Progress {
        if quiet {
            return Progress { bar: ProgressBar::hidden() };
        }
        let color = if console::color_is_welcome() { "{bar:30.cyan}" } else { "{bar:30}" };
        let line = format!("{{msg}} {color} {{pos}} of {{len}} runs, {{eta}} to go");
        let style = ProgressStyle::with_template(&line).expect("the template is sound");
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style);
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(500));
        Progress { bar }
    }

    /// Told after every run; another total is another round of work.
    pub(crate) fn tell(&self, done: usize, total: usize) {
        let total = total as u64;
        if self.bar.length() != Some(total) {
            self.bar.set_length(total);
            self.bar.reset_eta();
        }
        self.bar.set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
