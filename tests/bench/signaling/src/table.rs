//! Figures, their medians, and how they are shown.

use crate::rival::Rival;
use std::collections::BTreeMap;

/// One number.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: &'static str,
    unit: Unit,
    value: f64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Count,
    Kibibytes,
    Mebibytes,
    Microseconds,
    Milliseconds,
    PerSecond,
    Percent,
    Seconds,
}

impl Figure {
    pub(crate) fn new(name: &'static str, unit: Unit, value: f64) -> Self {
        Self { name, unit, value }
    }
}

/// What was measured of each, one value a round.
struct Row {
    name: &'static str,
    unit: Unit,
    values: BTreeMap<Rival, Vec<f64>>,
}

/// All figures of one measurement.
#[derive(Default)]
pub(crate) struct Table {
    /// In the order in which they were first told.
    rows: Vec<Row>,
    broken: Vec<(Rival, String)>,
}

impl Table {
    pub(crate) fn add(&mut self, rival: Rival, figures: Vec<Figure>) {
        for Figure { name, unit, value } in figures {
            println!("    {name}: {}", shown(unit, value));
            let at = self.rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
                self.rows.push(Row { name, unit, values: BTreeMap::new() });
                self.rows.len() - 1
            });
            self.rows[at].values.entry(rival).or_default().push(value);
        }
    }

    /// A round that `rival` did not survive.
    pub(crate) fn broke(&mut self, rival: Rival, why: String) {
        println!("    broke: {why}");
        self.broken.push((rival, why));
    }

    pub(crate) fn print(&self, title: &str, rivals: &[Rival]) {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        println!("\n{title}, medians");
        print!("  {:width$}", "");
        rivals.iter().for_each(|rival| print!("  {:>14}", rival.name()));
        println!();
        for Row { name, unit, values } in &self.rows {
            print!("  {name:width$}");
            for rival in rivals {
                let value = values.get(rival).map(|values| shown(*unit, median(values)));
                print!("  {:>14}", value.unwrap_or_else(|| "-".to_owned()));
            }
            println!();
        }
        for (rival, why) in &self.broken {
            println!("  {} broke in a round: {why}", rival.name());
        }
        println!();
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.get(sorted.len().saturating_sub(1) / 2)) {
        (Some(high), Some(low)) => f64::midpoint(*high, *low),
        _ => f64::NAN,
    }
}

fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Count => format!("{value:.0}"),
        Unit::Kibibytes => format!("{value:.1} KiB"),
        Unit::Mebibytes => format!("{value:.1} MiB"),
        Unit::Microseconds => format!("{value:.0} µs"),
        Unit::Milliseconds => format!("{value:.1} ms"),
        Unit::PerSecond => format!("{value:.0} /s"),
        Unit::Percent => format!("{value:.2} %"),
        Unit::Seconds => format!("{value:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
