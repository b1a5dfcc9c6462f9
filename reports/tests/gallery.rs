//! scratch gallery
#![allow(missing_docs)]
mod support;
use reports::*;
use support::*;

#[test]
fn gallery() {
    let out = std::path::PathBuf::from("/tmp/gallery");
    let st = storm();
    let mut r = st.report();
    r.sweeps.push(sweep());
    write_comparison(&r, &out.join("storm"), &Options::default()).unwrap();
    write_comparison(&r, &out.join("page"), &Options{size: Size::Page, theme: Theme::Print, png: true}).unwrap();
    write_comparison(&r, &out.join("dark"), &Options{theme: Theme::Dark, ..Options::default()}).unwrap();
    write_comparison(&r, &out.join("thumb"), &Options{size: Size::Thumb, ..Options::default()}).unwrap();
    let twelve = Sample { variants: (0..12).map(|k| (format!("variant-number-{k}-with-a-long-name"), match k % 6 {0=>Fate::Stuck,1=>Fate::RecoversAfter(10.0+f64::from(k)*3.0),2=>Fate::Mixed(8),3=>Fate::Unaffected,4=>Fate::Overloaded,_=>Fate::Silent})).collect(), ..storm() };
    write_comparison(&twelve.report(), &out.join("twelve"), &Options::default()).unwrap();
    let single = Sample { seeds: 1, variants: st.variants[..1].to_vec(), ..storm() };
    write_comparison(&single.report(), &out.join("single"), &Options::default()).unwrap();
    write_sweep(&sweep_manifest(), &sweep(), &out.join("sweep"), &Options::default()).unwrap();
    for (n, s) in [("w100", TextStyle::default()), ("ascii", TextStyle{ascii:true, width: 80, color:false}), ("color", TextStyle{color:true, ..TextStyle::default()})] {
        std::fs::write(out.join(format!("text-{n}.txt")), format!("{}\n=====\n{}\n=====\n{}\n====\n{}", comparison_text(&r,&s), run_text(&single.report(), &s), sweep_text(&sweep(), &s), comparison_text(&twelve.report(), &s))).unwrap();
    }
}
