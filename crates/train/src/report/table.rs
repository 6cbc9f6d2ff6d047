//! Tables.

use super::escape::escape;

/// A table with one header row; cells that are numbers are right-aligned.
#[derive(Debug, Clone)]
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    caption: Option<String>,
}

impl Table {
    /// A table with these column headers.
    pub fn new(headers: &[&str]) -> Self {
        Self { headers: headers.iter().map(|header| (*header).to_owned()).collect(), rows: Vec::new(), caption: None }
    }

    /// Adds a row; missing cells stay empty.
    pub fn row(mut self, cells: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// A sentence under the table.
    pub fn caption(mut self, caption: &str) -> Self {
        self.caption = Some(caption.to_owned());
        self
    }

    pub(super) fn to_html(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).chain([self.headers.len()]).max().unwrap_or(0);
        // A column is numeric when everything that is written in it is.
        let numeric: Vec<bool> = (0..columns)
            .map(|column| {
                let mut cells =
                    self.rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty()).peekable();
                cells.peek().is_some() && cells.all(|cell| is_number(cell))
            })
            .collect();
        let line = |cells: &[String], tag: &str| -> String {
            let cell = |column: usize| {
                let class = if numeric[column] { " class=\"number\"" } else { "" };
                format!("<{tag}{class}>{}</{tag}>", cells.get(column).map(|cell| escape(cell)).unwrap_or_default())
            };
            format!("<tr>{}</tr>\n", (0..columns).map(cell).collect::<String>())
        };
        let rows: String = self.rows.iter().map(|row| line(row, "td")).collect();
        let caption = self.caption.as_ref().map(|text| format!("<p class=\"caption\">{}</p>", escape(text)));
        format!(
            "<div class=\"table\"><table>\n<thead>{}</thead>\n<tbody>\n{rows}</tbody></table>{}</div>\n",
            line(&self.headers, "th"),
            caption.unwrap_or_default()
        )
    }
}

/// Whether a cell is a number, with a unit of percent, a spread (`0.51 ± 0.02`), or a placeholder for a missing one.
fn is_number(cell: &str) -> bool {
    cell.split('±').all(|part| {
        let part = part.trim().trim_end_matches('%').replace(',', "");
        part.parse::<f64>().is_ok() || matches!(part.as_str(), "-" | "–")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_and_text_is_escaped() {
        let html = Table::new(&["model", "recall"])
            .row(["PCME <x>", "0.51 ± 0.02"])
            .row(["chance", "1,000"])
            .row(vec!["none".to_owned()])
            .to_html();
        assert!(html.contains("<td>PCME &lt;x&gt;</td><td class=\"number\">0.51 ± 0.02</td>"), "{html}");
        assert!(html.contains("<th class=\"number\">recall</th>"));
        assert!(html.contains("<td>none</td><td class=\"number\"></td>"));
    }

    #[test]
    fn a_column_with_words_is_text() {
        let html = Table::new(&["a"]).row(["1"]).row(["many"]).to_html();
        assert!(!html.contains("number"));
    }
}
