//! `--set a.b=c`: overrides of a recipe's keys.

use toml::{Table, Value};

use crate::TrainError;

/// Sets `a.b` of `table` to the value in `text` (`a.b=c`), and returns the key.
///
/// The value is read as TOML (`3`, `0.1`, `true`, `[1, 2]`, `"x"`); what is not TOML is a bare word and taken as a string.
pub(super) fn apply_override(table: &mut Table, text: &str) -> Result<String, TrainError> {
    let fail = |problem: String| TrainError::Recipe {
        origin: format!("--set {text}"),
        line: None,
        problem,
        help: "write `--set key=value` or `--set table.key=value`".to_owned(),
    };
    let (key, value) = text.split_once('=').ok_or_else(|| fail("there is no `=`".to_owned()))?;
    let key = key.trim();
    let path: Vec<&str> = key.split('.').map(str::trim).collect();
    if path.iter().any(|part| part.is_empty()) {
        return Err(fail(format!("the key `{key}` has an empty part")));
    }
    let (last, parents) = path.split_last().expect("split yields at least one part");

    let mut place = table;
    for part in parents {
        let entry = place.entry((*part).to_owned()).or_insert_with(|| Value::Table(Table::new()));
        place = entry.as_table_mut().ok_or_else(|| fail(format!("`{part}` is a value and holds no keys")))?;
    }
    place.insert((*last).to_owned(), parse_value(value.trim()));
    Ok(key.to_owned())
}

fn parse_value(text: &str) -> Value {
    let parsed: Option<Table> = toml::from_str(&format!("value = {text}")).ok();
    // More than one key would mean that the text smuggled in a second line.
    match parsed {
        Some(mut table) if table.len() == 1 => table.remove("value").unwrap_or_else(|| text.into()),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_toml_and_bare_words_are_strings() {
        let mut table: Table = toml::from_str("seed = 1\n[model]\nwidth = 8\n").unwrap();
        for text in ["seed=7", "model.width = 16", "model.name=resnet-18", "model.rates=[0.1, 2]", "new.deep.flag=true"]
        {
            apply_override(&mut table, text).unwrap();
        }
        let expected: Table = toml::from_str(
            "seed = 7\n[model]\nwidth = 16\nname = 'resnet-18'\nrates = [0.1, 2]\n[new.deep]\nflag = true\n",
        )
        .unwrap();
        assert_eq!(table, expected);
    }

    #[test]
    fn an_override_without_a_value_or_through_a_value_is_refused() {
        let mut table: Table = toml::from_str("seed = 1\n").unwrap();
        for (text, expected) in [("seed", "no `=`"), ("seed.x=1", "holds no keys"), (".x=1", "empty part")] {
            let error = apply_override(&mut table, text).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.is_user_error());
        }
    }
}
