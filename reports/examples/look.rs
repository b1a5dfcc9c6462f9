//! Temporary.
use reports::*;
use std::path::Path;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let dir = Path::new(&args[0]);
    let mode = args[1].as_str();
    let width: usize = args.get(2).and_then(|w| w.parse().ok()).unwrap_or(100);
    let style = TextStyle { width, color: false, ascii: false };
    match mode {
        "draw" => {
            let theme = args.get(2).map_or(Ok(Theme::Light), |t| t.parse())?;
            let size = args.get(3).map_or(Ok(Size::Slide), |t| t.parse())?;
            redraw(dir, &Options { theme, size, png: true })?;
        }
        "text" => match read(dir)? {
            Stored::Comparison(r) => print!("{}", comparison_text(&r, &style)),
            Stored::Sweep(_, s) => print!("{}", sweep_text(&s, &style)),
        },
        "run" => match read(dir)? {
            Stored::Comparison(mut r) => {
                r.comparison.variants.truncate(1);
                r.comparison.comparisons.clear();
                print!("{}", run_text(&r, &style))
            }
            Stored::Sweep(_, s) => print!("{}", sweep_text(&s, &style)),
        },
        // One variant only.
        "one" => match read(dir)? {
            Stored::Sweep(m, mut s) => {
                let name = s.points[0].variants[0].name.clone();
                for p in &mut s.points {
                    p.variants.truncate(1);
                }
                s.theory.retain(|t| t.variant == name);
                print!("{}", sweep_text(&s, &style));
                write_sweep(&m, &s, Path::new(&args[3]), &Options::default())?;
            }
            Stored::Comparison(mut r) => {
                r.comparison.variants.truncate(1);
                r.comparison.comparisons.clear();
                let n = r.comparison.variants[0].name.clone();
                r.series.lines.retain(|l| l.variant == n);
                r.latency.retain(|l| l.variant == n);
                r.manifest.triggers.retain(|k, _| *k == n);
                r.manifest.kind = "run".into();
                print!("{}", run_text(&r, &style));
                write_comparison(&r, Path::new(&args[3]), &Options::default())?;
            }
        },
        _ => panic!(),
    }
    Ok(())
}
