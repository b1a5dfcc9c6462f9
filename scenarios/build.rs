//! Files of the library and the presets are embedded in the program: a new one is noticed here.

fn main() {
    for folder in ["library", "presets"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
