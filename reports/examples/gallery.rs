//! Draws made-up results in every theme and size, to look at: `cargo run -p reports --example gallery -- DIR`.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/sample.rs"]
mod sample;
#[path = "../tests/it/scenes.rs"]
mod scenes;

use std::error::Error;
use std::path::PathBuf;

use reports::{Options, Size, TextStyle, Theme, comparison_text, run_text, sweep_text};
use sample::{Fate, Sample, storm, sweep, sweep_manifest};
use scenes::{CHAIN, add_scenes, add_tiers};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    let mut report = storm().report();
    report.sweeps.push(sweep());
    add_tiers(&mut report, CHAIN);
    add_scenes(&mut report);
    for theme in Theme::ALL {
        for size in Size::ALL {
            let options = Options { theme: *theme, size: *size, png: true };
            reports::write_comparison(&report, &out.join(format!("storm-{theme}-{size}")), &options)?;
        }
    }
    let fates = [
        Fate::Stuck,
        Fate::RecoversAfter(14.0),
        Fate::Mixed(8),
        Fate::Unaffected,
        Fate::Overloaded,
        Fate::Silent,
    ];
    let variants = (0..12).map(|k| (format!("variant-{k}-of-twelve"), fates[k % fates.len()])).collect();
    let twelve = Sample { variants, ..storm() }.report();
    reports::write_comparison(&twelve, &out.join("twelve"), &Options::default())?;
    let single = Sample { seeds: 1, variants: storm().variants[..1].to_vec(), ..storm() }.report();
    reports::write_comparison(&single, &out.join("single"), &Options::default())?;
    reports::write_sweep(&sweep_manifest(), &sweep(), &out.join("sweep"), &Options::default())?;
    for ascii in [false, true] {
        let style = TextStyle { ascii, width: if ascii { 80 } else { 100 }, color: !ascii };
        println!("{}", comparison_text(&report, &style));
        println!("{}", comparison_text(&twelve, &style));
        println!("{}", run_text(&single, &style));
        println!("{}", sweep_text(&sweep(), &style));
    }
    Ok(())
}
