//! Which scenarios come with the program? Every `*.yaml` in a folder of this crate is embedded in the
//! binary; the folder is its module. Adding a scenario is adding a file.

use include_dir::{Dir, include_dir};

use crate::load::{LoadError, Scenario, load};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/library");

/// A scenario that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its id, which is also its file's name.
    pub id: &'static str,
    /// The module of the course that it belongs to.
    pub module: &'static str,
    /// The file.
    pub text: &'static str,
}

/// All shipped scenarios, by module and id.
pub fn shipped() -> Vec<Shipped> {
    let mut all = Vec::new();
    for folder in SHIPPED.dirs() {
        let module = folder.path().to_str().expect("module names are ASCII");
        for file in folder.files().filter(|file| file.path().extension().is_some_and(|e| e == "yaml")) {
            let id = file.path().file_stem().and_then(|stem| stem.to_str()).expect("file names are ASCII");
            let text = file.contents_utf8().expect("shipped scenarios are UTF-8");
            all.push(Shipped { id, module, text });
        }
    }
    all.sort_by_key(|scenario| (scenario.module, scenario.id));
    all
}

/// The shipped scenario of this id.
pub fn find(id: &str) -> Option<Shipped> {
    shipped().into_iter().find(|scenario| scenario.id == id)
}

impl Shipped {
    /// Reads it, with changes from the command line. Shipped scenarios name no other files.
    pub fn load(&self, sets: &[String]) -> Result<Scenario, LoadError> {
        let no_files = |_: &str| Err("a shipped scenario has no files beside it".to_owned());
        load(&format!("{}.yaml", self.id), self.text.as_bytes(), sets, &no_files)
    }
}
