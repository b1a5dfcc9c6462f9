//! The command `spiral`.
fn main() {}
