//! Draws made-up results in every theme and size, to look at: `cargo run -p reports --example gallery -- DIR`.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/sample.rs"]
mod sample;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/landscapes.rs"]
mod landscapes;
#[path = "../tests/it/scenes.rs"]
mod scenes;

use std::error::Error;
use std::path::{Path, PathBuf};

use landscapes::{Scene, critical, hysteresis, manifest, map};
use reports::{Options, Size, TextStyle, Theme, comparison_text, run_text, sweep_text};
use reports::{critical_text, hysteresis_text, map_text};
use sample::{Fate, Sample, storm, sweep, sweep_manifest};
use scenes::{CHAIN, add_scenes, add_tiers};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    if std::env::args().nth(2).as_deref() == Some("maps") {
        return draw_landscapes(&out);
    }
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
    draw_landscapes(&out)?;
    for ascii in [false, true] {
        let style = TextStyle { ascii, width: if ascii { 80 } else { 100 }, color: !ascii };
        println!("{}", comparison_text(&report, &style));
        println!("{}", comparison_text(&twelve, &style));
        println!("{}", run_text(&single, &style));
        println!("{}", sweep_text(&sweep(), &style));
        println!("{}", map_text(&map(33, &["four-attempts"], Scene::Stuck), &style));
        println!("{}", critical_text(&critical(), &style));
        println!("{}", hysteresis_text(&hysteresis(), &style));
    }
    Ok(())
}

/// Maps of all sizes, critical values and loops; alone if the second argument is `maps`.
fn draw_landscapes(out: &Path) -> Result<(), Box<dyn Error>> {
    let names = ["four-attempts", "one-attempt", "bucket-10", "backoff-full-jitter", "hedged", "breaker"];
    for theme in Theme::ALL {
        for (size, cells, variants, scene) in [
            (Size::Slide, 33, 1, Scene::Stuck),
            (Size::Slide, 33, 2, Scene::Stuck),
            (Size::Page, 33, 4, Scene::Latency),
            (Size::Slide, 60, 6, Scene::Stuck),
            (Size::Page, 60, 3, Scene::Latency),
            (Size::Page, 2, 2, Scene::Stuck),
            (Size::Slide, 8, 2, Scene::Stuck),
            (Size::Thumb, 17, 2, Scene::Stuck),
        ] {
            let options = Options { theme: *theme, size, png: true };
            let map = map(cells, &names[..variants], scene);
            let dir = out.join(format!("map-{theme}-{size}-{cells}-{variants}"));
            reports::write_map(&manifest("map"), &map, &dir, &options)?;
        }
        for size in Size::ALL {
            let options = Options { theme: *theme, size: *size, png: true };
            let dir = out.join(format!("critical-{theme}-{size}"));
            reports::write_critical(&manifest("critical"), &critical(), &dir, &options)?;
            let dir = out.join(format!("hysteresis-{theme}-{size}"));
            reports::write_hysteresis(&manifest("hysteresis"), &hysteresis(), &dir, &options)?;
        }
    }
    Ok(())
}
