//! The file of `--config`: options in TOML under the names of their flags.
//!
//! Its values become words of the command line, so that the same parsers check them and nothing is described twice.
//! It never quotes a value in what it says about errors: there may be secrets among them.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// The words for everything in the file at `path` but the options that are decided elsewhere.
///
/// # Errors
/// If the file cannot be read or holds anything but options of `command` with fitting values.
pub(super) fn words(
    path: &Path,
    command: &Command,
    decided: impl Fn(&str) -> bool,
) -> Result<Vec<OsString>, clap::Error> {
    let name = path.display();
    let fail = |kind, words: String| command.clone().error(kind, format!("{name}: {words}"));
    let text = fs::read_to_string(path).map_err(|error| fail(ErrorKind::Io, error.to_string()))?;
    let table: Table = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        fail(ErrorKind::InvalidValue, format!("line {line}: {}", error.message()))
    })?;

    let mut all = Vec::new();
    for (key, value) in &table {
        let option = command.get_arguments().find(|arg| arg.get_long() == Some(key));
        let Some(option) = option.filter(|arg| arg.get_id() != "config") else {
            return Err(fail(ErrorKind::UnknownArgument, format!("there is no option `{key}`")));
        };
        let words = words_of(option, key, value)
            .map_err(|expected| fail(ErrorKind::InvalidValue, format!("`{key}` must be {expected}")))?;
        let alone = command.clone().try_get_matches_from([OsString::new()].iter().chain(&words));
        match alone.map_err(|error| error.kind()) {
            // What it needs or excludes is judged when everything is known.
            Ok(_) | Err(ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict) => {}
            Err(kind) => return Err(fail(kind, format!("the value of `{key}` is none for --{key}"))),
        }
        if !decided(option.get_id().as_str()) {
            all.extend(words);
        }
    }
    Ok(all)
}

/// `key = value` as a flag of the command line, or what the value should have been.
fn words_of(option: &Arg, key: &str, value: &Value) -> Result<Vec<OsString>, &'static str> {
    let word = |value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
                return Err("a text or a number");
            }
        };
        Ok(OsString::from(format!("--{key}={text}")))
    };
    match (option.get_action(), value) {
        (ArgAction::SetTrue, Value::Boolean(true)) => Ok(vec![format!("--{key}").into()]),
        (ArgAction::SetTrue, Value::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => Err("true or false"),
        (ArgAction::Append, Value::Array(values)) => values.iter().map(word).collect(),
        _ => Ok(vec![word(value)?]),
    }
}
