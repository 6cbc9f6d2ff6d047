//! Pages of docs/results: one table per data set, and in words where the method wins and where it does not.

use super::Metrics;
use super::curves::{self, Curve};
use super::recipe::Recipe;
use super::statistic::Statistic;
use crate::results_page::seal;
use anyhow::Context;
use serde::Deserialize;
use std::fmt::Write;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    page: Vec<Page>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    name: String,
    title: String,
    text: String,
    /// The row the comparison is about.
    subject: String,
    column: Vec<Column>,
    /// Learning curves below the table.
    curve: Option<Curve>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    head: String,
    metric: String,
    #[serde(default = "one")]
    scale: f64,
    #[serde(default = "two")]
    digits: usize,
    /// Metric of the chance level, for the last row.
    chance: Option<String>,
    /// Whether larger is better; absent: the column is not compared.
    larger_is_better: Option<bool>,
}

fn one() -> f64 {
    1.0
}

fn two() -> usize {
    2
}

/// Writes every page that `recipes/pages.toml` describes and of whose recipes, `all` of the tier, every one was `measured`.
pub fn write_all(recipes: &Path, results: &Path, measured: &[(Recipe, Metrics)], all: &[Recipe]) -> anyhow::Result<()> {
    let path = recipes.join("pages.toml");
    if !path.is_file() {
        return Ok(());
    }
    let text = std::fs::read_to_string(&path)?;
    let pages: Pages = toml::from_str(&text).with_context(|| path.display().to_string())?;
    for page in pages.page {
        let rows: Vec<&(Recipe, Metrics)> =
            measured.iter().filter(|(recipe, _)| recipe.page.as_deref() == Some(&page.name)).collect();
        if rows.is_empty() {
            continue;
        }
        let belong = all.iter().filter(|recipe| recipe.page.as_deref() == Some(&page.name)).count();
        if rows.len() < belong {
            println!(
                "repro: docs/results/{}.md stays as it is: {} of its {belong} recipes were measured, and a page is written whole",
                page.name,
                rows.len()
            );
            continue;
        }
        std::fs::create_dir_all(results)?;
        let file = results.join(format!("{}.md", page.name));
        let mut text = render(&page, &rows);
        if let Some(curve) = &page.curve {
            let recipes: Vec<&Recipe> = rows.iter().map(|(recipe, _)| recipe).collect();
            if let Some(svg) = curves::draw(curve, &recipes)? {
                std::fs::write(file.with_extension("svg"), svg)?;
                let _ = writeln!(text, "\n![learning curves]({}.svg)", page.name);
            }
        }
        std::fs::write(&file, seal(&text))?;
        println!("repro: wrote docs/results/{}.md", page.name);
    }
    Ok(())
}

fn render(page: &Page, rows: &[&(Recipe, Metrics)]) -> String {
    let mut out = format!("# {}\n\n{}\n\n", page.title, page.text.trim());
    let seeds = rows.iter().map(|(recipe, _)| recipe.seeds.len()).max().unwrap_or(0);
    let _ = match seeds {
        1 => writeln!(out, "One seed.\n"),
        _ => writeln!(out, "Mean ± standard deviation over {seeds} seeds.\n"),
    };
    let heads: Vec<&str> = page.column.iter().map(|column| column.head.as_str()).collect();
    let _ = writeln!(out, "| | {} |", heads.join(" | "));
    let _ = writeln!(out, "|---|{}", "---:|".repeat(heads.len()));
    for (recipe, metrics) in rows {
        let cells: Vec<String> = page.column.iter().map(|column| cell(column, metrics, &column.metric)).collect();
        let _ = writeln!(out, "| {} | {} |", recipe.row, cells.join(" | "));
    }
    let chance = |column: &Column| match &column.chance {
        Some(metric) => cell(column, &rows[0].1, metric).split(" ±").next().unwrap_or("-").to_owned(),
        None => "-".to_owned(),
    };
    if page.column.iter().any(|column| column.chance.is_some()) {
        let cells: Vec<String> = page.column.iter().map(chance).collect();
        let _ = writeln!(out, "| chance | {} |", cells.join(" | "));
    }
    out.push('\n');
    // A difference of single runs has no standard error to be compared with.
    if seeds > 1 && rows.len() > 1 {
        out.push_str(&verdicts(page, rows));
    }
    let recipes: Vec<String> = rows.iter().map(|(recipe, _)| format!("`{}`", recipe.name)).collect();
    let _ = writeln!(out, "\nRecipes: {}.", recipes.join(", "));
    out
}

fn cell(column: &Column, metrics: &Metrics, metric: &str) -> String {
    Statistic::of(metrics.get(metric).map_or(&[], Vec::as_slice)).show(column.scale, column.digits)
}

/// The subject against every other row, column by column: ahead, behind, or too close to tell.
fn verdicts(page: &Page, rows: &[&(Recipe, Metrics)]) -> String {
    let Some((_, subject)) = rows.iter().find(|(recipe, _)| recipe.row == page.subject) else {
        return String::new();
    };
    let mut out = format!(
        "How {} compares (a difference counts when it is larger than twice its standard error over the seeds):\n\n",
        page.subject
    );
    for (recipe, metrics) in rows.iter().filter(|(recipe, _)| recipe.row != page.subject) {
        for column in &page.column {
            let (Some(larger), Some(ours), Some(theirs)) =
                (column.larger_is_better, subject.get(&column.metric), metrics.get(&column.metric))
            else {
                continue;
            };
            let (ours, theirs) = (Statistic::of(ours), Statistic::of(theirs));
            let error = (ours.spread.powi(2) / ours.count as f64 + theirs.spread.powi(2) / theirs.count as f64).sqrt();
            let difference = ours.mean - theirs.mean;
            let verdict = if difference.abs() <= 2.0 * error {
                "no clear difference"
            } else if (difference > 0.0) == larger {
                "ahead"
            } else {
                "**behind**"
            };
            let digits = column.digits;
            let _ = writeln!(
                out,
                "- {} against {}: {verdict} ({:+.digits$})",
                column.head,
                recipe.row,
                difference * column.scale
            );
        }
    }
    out
}
