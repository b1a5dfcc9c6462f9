//! How do time series and latency distributions become CSV and come back? Floats are written in the
//! shortest form that reads back to the same bits; a missing value is an empty cell.

use std::collections::BTreeMap;
use std::path::Path;

use scenarios::metric::Metric;
use scenarios::results::{Arm, Band, LatencyCdf, SERIES_METRICS, Series, VariantSeries};

use crate::error::{ReportError, ReportErrorKind};

const LATENCY_COLUMNS: [&str; 4] = ["variant", "unanswered_share", "latency_s", "share"];

/// The text of `series.csv`: variant, arm, time_s, then p10, p50, p90 of each series metric.
pub(crate) fn series_csv(series: &Series) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = "writing into memory cannot fail";
    writer.write_record(series_columns()).expect(written);
    for line in &series.lines {
        for (window, start) in series.starts_s.iter().enumerate() {
            let mut row = vec![line.variant.clone(), arm_word(line.arm).to_owned(), start.to_string()];
            for metric in SERIES_METRICS {
                let band = line.bands.get(metric).and_then(|bands| bands.get(window)).copied();
                let band = band.unwrap_or_default();
                row.extend([band.p10, band.p50, band.p90].map(cell));
            }
            writer.write_record(&row).expect(written);
        }
    }
    text(writer)
}

/// Reads `series.csv`; every line has bands for every series metric.
pub(crate) fn read_series(path: &Path, text: &str, width_s: f64) -> Result<Series, ReportError> {
    let mut rows = Rows::new(path, text, &series_columns())?;
    let mut series = Series { starts_s: Vec::new(), width_s, lines: Vec::new() };
    let mut window = 0;
    while let Some(row) = rows.next_row()? {
        let variant = row.text(0);
        let arm = match row.text(1) {
            "control" => Arm::Control,
            "triggered" => Arm::Triggered,
            other => return Err(row.error(format!("`{other}` is no arm; must be control or triggered"))),
        };
        let start = row.number(2)?;
        let same_line = series.lines.last().is_some_and(|line| line.variant == variant && line.arm == arm);
        if !same_line {
            let bands = SERIES_METRICS.iter().map(|metric| (*metric, Vec::new())).collect();
            series.lines.push(VariantSeries { variant: variant.to_owned(), arm, bands });
            window = 0;
        }
        if series.lines.len() == 1 {
            series.starts_s.push(start);
        } else if series.starts_s.get(window).map(|start| start.to_bits()) != Some(start.to_bits()) {
            return Err(row.error(format!("window {window} starts at {start}, unlike the first variant's")));
        }
        window += 1;
        let line = series.lines.last_mut().expect("a line was begun");
        read_bands(&row, &mut line.bands)?;
    }
    match series.lines.iter().find(|line| line.bands.values().any(|b| b.len() != series.starts_s.len())) {
        Some(line) => Err(rows.error(format!("`{}` has fewer windows than the first variant", line.variant))),
        None => Ok(series),
    }
}

fn read_bands(row: &Row<'_>, bands: &mut BTreeMap<Metric, Vec<Band>>) -> Result<(), ReportError> {
    for (index, metric) in SERIES_METRICS.iter().enumerate() {
        let first = 3 + 3 * index;
        let band =
            Band { p10: row.optional(first)?, p50: row.optional(first + 1)?, p90: row.optional(first + 2)? };
        bands.entry(*metric).or_default().push(band);
    }
    Ok(())
}

/// The text of `latency.csv`; a variant without an answered request has one row without a point.
pub(crate) fn latency_csv(latency: &[LatencyCdf]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = "writing into memory cannot fail";
    writer.write_record(LATENCY_COLUMNS).expect(written);
    for cdf in latency {
        let unanswered = cdf.unanswered_share.to_string();
        if cdf.points.is_empty() {
            writer.write_record([&cdf.variant, &unanswered, "", ""]).expect(written);
        }
        for (latency_s, share) in &cdf.points {
            let (latency_s, share) = (latency_s.to_string(), share.to_string());
            writer.write_record([&cdf.variant, &unanswered, &latency_s, &share]).expect(written);
        }
    }
    text(writer)
}

/// Reads `latency.csv`.
pub(crate) fn read_latency(path: &Path, text: &str) -> Result<Vec<LatencyCdf>, ReportError> {
    let columns: Vec<String> = LATENCY_COLUMNS.iter().map(|column| (*column).to_owned()).collect();
    let mut rows = Rows::new(path, text, &columns)?;
    let mut all: Vec<LatencyCdf> = Vec::new();
    while let Some(row) = rows.next_row()? {
        let variant = row.text(0);
        let unanswered_share = row.number(1)?;
        if all.last().is_none_or(|cdf| cdf.variant != variant) {
            all.push(LatencyCdf { variant: variant.to_owned(), points: Vec::new(), unanswered_share });
        }
        if let Some(latency_s) = row.optional(2)? {
            all.last_mut().expect("a variant was begun").points.push((latency_s, row.number(3)?));
        }
    }
    Ok(all)
}

fn series_columns() -> Vec<String> {
    let mut columns = vec!["variant".to_owned(), "arm".to_owned(), "time_s".to_owned()];
    for metric in SERIES_METRICS {
        columns.extend(["p10", "p50", "p90"].map(|quantile| format!("{}_{quantile}", metric.id())));
    }
    columns
}

fn arm_word(arm: Arm) -> &'static str {
    match arm {
        Arm::Control => "control",
        Arm::Triggered => "triggered",
    }
}

fn cell(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or(String::new(), |value| value.to_string())
}

fn text(writer: csv::Writer<Vec<u8>>) -> String {
    let bytes = writer.into_inner().expect("flushing into memory cannot fail");
    String::from_utf8(bytes).expect("only text was written")
}

/// The rows of a table whose header has been checked.
struct Rows<'a> {
    path: &'a Path,
    reader: csv::Reader<&'a [u8]>,
    columns: Vec<String>,
    line: u64,
}

impl<'a> Rows<'a> {
    fn new(path: &'a Path, text: &'a str, columns: &[String]) -> Result<Self, ReportError> {
        let reader = csv::Reader::from_reader(text.as_bytes());
        let mut rows = Rows { path, reader, columns: columns.to_vec(), line: 1 };
        let found = rows.reader.headers().cloned().map_err(|error| rows.error(error.to_string()))?;
        match columns.iter().enumerate().find(|(index, column)| found.get(*index) != Some(column)) {
            Some((index, column)) => {
                let found = found.get(index).unwrap_or("nothing");
                Err(rows.error(format!("column {} must be `{column}`, found `{found}`", index + 1)))
            }
            None => Ok(rows),
        }
    }

    fn next_row(&mut self) -> Result<Option<Row<'_>>, ReportError> {
        let mut record = csv::StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                self.line = record.position().map_or(self.line + 1, csv::Position::line);
                Ok(Some(Row { path: self.path, columns: &self.columns, line: self.line, record }))
            }
            Err(error) => {
                self.line = error.position().map_or(self.line + 1, csv::Position::line);
                Err(self.error(error.to_string()))
            }
        }
    }

    fn error(&self, what: String) -> ReportError {
        ReportError::new(self.path, ReportErrorKind::Table { line: self.line, what })
    }
}

struct Row<'a> {
    path: &'a Path,
    columns: &'a [String],
    line: u64,
    record: csv::StringRecord,
}

impl Row<'_> {
    fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    fn number(&self, column: usize) -> Result<f64, ReportError> {
        let text = self.text(column);
        text.parse().map_err(|_| {
            let name = self.columns.get(column).map_or("?", String::as_str);
            self.error(format!("`{name}` must be a number, found `{text}`"))
        })
    }

    fn optional(&self, column: usize) -> Result<Option<f64>, ReportError> {
        if self.text(column).is_empty() { Ok(None) } else { self.number(column).map(Some) }
    }

    fn error(&self, what: String) -> ReportError {
        ReportError::new(self.path, ReportErrorKind::Table { line: self.line, what })
    }
}
