//! What does Ctrl-C do? The first one keeps what is finished, the second one ends at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::console::remark;
use crate::failure::Status;

static STOP: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on; the flag is set by the first one.
pub(crate) fn flag() -> &'static AtomicBool {
    let listening = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            process::exit(Status::Incomplete as i32);
        }
        remark("\nstopping: runs under way are finished and reported; Ctrl-C again ends at once");
    });
    // Without a handler, Ctrl-C ends the program as it always does.
    drop(listening);
    &STOP
}
