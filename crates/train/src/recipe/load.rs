//! A recipe file, with its overrides, into the app's own struct.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Table;

use super::overrides::apply_override;
use crate::TrainError;

/// Reads the recipe at `path` and applies `overrides` (`a.b=c`, as given to `--set`).
///
/// `T` should carry `#[serde(deny_unknown_fields)]`, so that a misspelt key is found.
///
/// # Errors
/// [`TrainError::Io`] when the file cannot be read; [`TrainError::Recipe`], with file, line, key and the nearest valid
/// key, when it is not a recipe of this app.
pub fn load_recipe<T: DeserializeOwned>(path: &Path, overrides: &[String]) -> Result<T, TrainError> {
    let text = std::fs::read_to_string(path).map_err(TrainError::io(path, "read the recipe"))?;
    parse_recipe(&text, &path.display().to_string(), overrides)
}

/// As [`load_recipe`], for text already in memory; `name` stands for the file in messages.
///
/// # Errors
/// [`TrainError::Recipe`], as above.
pub fn parse_recipe<T: DeserializeOwned>(text: &str, name: &str, overrides: &[String]) -> Result<T, TrainError> {
    let mut table: Table = toml::from_str(text).map_err(|error| explain(&error, Some(text), name))?;
    let mut keys = Vec::with_capacity(overrides.len());
    for text in overrides {
        keys.push(apply_override(&mut table, text)?);
    }
    let error = match T::deserialize(table) {
        Ok(recipe) => return Ok(recipe),
        Err(error) => error,
    };
    // The merged table has no lines. Where the file alone has the same fault, its error knows the line.
    match toml::from_str::<T>(text) {
        Err(in_file) if in_file.message() == error.message() => Err(explain(&in_file, Some(text), name)),
        _ => {
            let field = backquoted(error.message()).into_iter().next();
            let guilty =
                keys.iter().position(|key| field.as_deref().is_some_and(|f| key.split('.').any(|part| part == f)));
            // A wrong value has no field name in its message; the last override is the likeliest.
            let guilty = guilty.or(if keys.is_empty() { None } else { Some(keys.len() - 1) });
            let origin = guilty.map_or(name.to_owned(), |index| format!("--set {} (on {name})", overrides[index]));
            Err(explain(&error, None, &origin))
        }
    }
}

/// The serde message with its line, the key, and the valid key that is nearest to a misspelt one.
fn explain(error: &toml::de::Error, text: Option<&str>, origin: &str) -> TrainError {
    let message = error.message();
    let line = text.zip(error.span()).map(|(text, span)| {
        let end = span.start.min(text.len());
        text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
    });
    let mut names = backquoted(message);
    let help = if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let given = names.remove(0);
        let nearest = names.iter().min_by_key(|name| strsim::damerau_levenshtein(name, &given));
        match nearest {
            Some(nearest) => format!("did you mean `{nearest}`? Valid here: {}", names.join(", ")),
            None => "no key is valid here: remove it".to_owned(),
        }
    } else if message.starts_with("missing field") {
        "add it to the recipe, or give it with `--set`".to_owned()
    } else {
        "correct the value".to_owned()
    };
    let problem = match message.split_once(", expected") {
        Some((problem, _)) if message.starts_with("unknown") => problem.replace("field", "key"),
        _ => message.replace("missing field", "missing key"),
    };
    let key = text.zip(line).and_then(|(text, line)| text.lines().nth(line - 1)).map(str::trim).unwrap_or_default();
    let problem = if key.is_empty() { problem } else { format!("{problem} in `{key}`") };
    TrainError::Recipe { origin: origin.to_owned(), line, problem, help }
}

/// The names in backquotes of a serde message, in order.
fn backquoted(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Recipe {
        seed: u64,
        #[serde(default)]
        optimizer: Optimizer,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Optimizer {
        learning_rate: f64,
        weight_decay: f64,
    }

    const TEXT: &str = "# a recipe\nseed = 1\n\n[optimizer]\nlearning_rate = 0.1\n";

    fn parse(text: &str, overrides: &[&str]) -> Result<Recipe, TrainError> {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
        parse_recipe(text, "r.toml", &overrides)
    }

    #[test]
    fn overrides_win_over_the_file_and_can_supply_what_it_lacks() {
        let recipe = parse("[optimizer]\nlearning_rate = 0.1\n", &["seed=3", "optimizer.learning_rate=0.5"]).unwrap();
        assert_eq!(recipe, Recipe { seed: 3, optimizer: Optimizer { learning_rate: 0.5, weight_decay: 0.0 } });
    }

    #[test]
    fn a_misspelt_key_names_file_line_key_and_the_nearest_valid_key() {
        let error = parse(&TEXT.replace("learning_rate", "learning_rte"), &[]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("r.toml:5: unknown key `learning_rte`"), "{text}");
        assert!(text.contains("did you mean `learning_rate`?"), "{text}");
        assert!(error.is_user_error());
    }

    #[test]
    fn a_misspelt_key_is_found_in_the_file_also_under_overrides() {
        let text = parse(&TEXT.replace("learning_rate", "learning_rte"), &["seed=2"]).unwrap_err().to_string();
        assert!(text.starts_with("r.toml:5:"), "{text}");
    }

    #[test]
    fn a_misspelt_override_is_quoted_as_it_was_typed() {
        let text = parse(TEXT, &["seed=2", "optimizer.weigth_decay=1"]).unwrap_err().to_string();
        assert!(text.starts_with("--set optimizer.weigth_decay=1 (on r.toml): unknown key `weigth_decay`"), "{text}");
        assert!(text.contains("did you mean `weight_decay`?"), "{text}");
    }

    #[test]
    fn a_wrong_type_and_a_missing_key_and_broken_toml_name_the_line() {
        let text = parse("seed = 'x'\n", &[]).unwrap_err().to_string();
        assert!(text.starts_with("r.toml:1: invalid type: string \"x\", expected u64"), "{text}");
        let text = parse("", &[]).unwrap_err().to_string();
        assert!(text.contains("missing key `seed`") && text.contains("--set"), "{text}");
        let text = parse("seed = 1\nseed = 2\n", &[]).unwrap_err().to_string();
        assert!(text.starts_with("r.toml:2:") && text.contains("duplicate key"), "{text}");
    }
}
