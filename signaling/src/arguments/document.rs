//! The operator's document held against the options, so that it cannot drift.

use super::command;
use clap::{Arg, ArgAction};
use signaling::Limits;

const DOCUMENT: &str = include_str!("../../../docs/server.md");

/// One row of a table.
fn row(arg: &Arg) -> String {
    let name = arg.get_long().expect("every option has a name");
    let takes: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(AsRef::as_ref).collect();
    let takes = match arg.get_action() {
        ArgAction::SetTrue => String::new(),
        _ => format!(" {}", takes.join(" ")),
    };
    let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let default = default.filter(|_| !matches!(arg.get_action(), ArgAction::SetTrue)).unwrap_or_default();
    let help = arg.get_help().expect("every option is explained").to_string();
    format!(
        "| `{}` | {default} | {} |\n",
        (name.to_owned() + &takes).replace('|', "\\|"),
        help.replace('|', "\\|")
    )
}

/// Compares the table `name` with what the options make.
fn check(name: &str, belongs: impl Fn(&Arg) -> bool) {
    let command = command();
    let rows: String = command.get_arguments().filter(|arg| belongs(arg)).map(row).collect();
    let made = format!("| option | default | what |\n|---|---|---|\n{rows}");
    let (_, rest) = DOCUMENT.split_once(&format!("<!-- {name} -->\n")).expect("the table has its place");
    let (stands, _) = rest.split_once("<!-- end -->").expect("the table has an end");
    assert!(stands == made, "docs/server.md, {name}, should be:\n\n{made}");
}

fn is_limit(arg: &Arg) -> bool {
    arg.get_help_heading() == Some(Limits::HEADING)
}

#[test]
fn the_options_are_those_of_the_document() {
    check("options", |arg| !is_limit(arg));
}

#[test]
fn the_limits_are_those_of_the_document() {
    check("limits", is_limit);
}
