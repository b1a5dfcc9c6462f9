//! `spiral explain preset [NAME]`: which values stand behind a name, and where were they read?

use scenarios::presets::{self, Preset};
use serde_json::{Value, json};

use crate::args::Format;
use crate::console::{print, style};
use crate::failure::{Complaint, Failure, Status};

pub(crate) fn run(name: Option<&str>, format: Format) -> Result<Status, Failure> {
    let text = match name {
        None => list(format),
        Some(name) => {
            let known: Vec<&str> = presets::all().iter().map(|preset| preset.name).collect();
            let preset = presets::find(name).ok_or_else(|| Complaint::unknown("preset", name, &known))?;
            match format {
                Format::Text => reports::preset_text(preset, &style()),
                Format::Json => super::json(&data(preset)),
            }
        }
    };
    print(&text)?;
    Ok(Status::Fine)
}

/// One line per preset.
fn list(format: Format) -> String {
    match format {
        Format::Text => reports::presets_text(presets::all(), &style()),
        Format::Json => {
            let all: Vec<Value> = presets::all().iter().map(data).collect();
            super::json(&json!({"schema": "spiral/presets/1", "presets": all}))
        }
    }
}

fn data(preset: &Preset) -> Value {
    let parts = preset.parts().map(|part| {
        let values = preset.values(part).into_iter().map(|value| {
            let path = scenarios::yaml::shown(&value.path);
            json!({"path": path, "value": value.text, "class": value.class, "source": value.source})
        });
        (part.word().to_owned(), values.collect())
    });
    json!({
        "name": preset.name,
        "title": preset.title,
        "source": preset.source,
        "notes": preset.notes,
        "values": parts.collect::<serde_json::Map<String, Value>>(),
    })
}
