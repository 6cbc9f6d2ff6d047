//! The page.

use super::escape::escape;
use super::{Chart, PictureGrid, Table};

/// A report under construction: blocks are shown in the order they are added.
///
/// ```
/// use halation_train::report::{LineChart, Report, Table};
///
/// let mut report = Report::new("PCME on scenes");
/// report
///     .paragraph("Three seeds.")
///     .section("Results")
///     .table(Table::new(&["model", "R-Precision"]).row(["PCME", "0.61"]))
///     .chart(LineChart::new("Loss", "step", "loss").series("train", vec![(1.0, 2.0), (2.0, 1.5)]));
/// assert!(report.to_html().starts_with("<!DOCTYPE html>"));
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    title: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
enum Block {
    Chart(String),
    Other(String),
}

impl Report {
    /// A page with this title.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), blocks: Vec::new() }
    }

    /// Adds a heading.
    pub fn section(&mut self, heading: &str) -> &mut Self {
        self.other(format!("<h2>{}</h2>\n", escape(heading)))
    }

    /// Adds a paragraph of plain text.
    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.other(format!("<p>{}</p>\n", escape(text)))
    }

    /// Adds text that keeps its line breaks: a recipe, a command.
    pub fn preformatted(&mut self, text: &str) -> &mut Self {
        self.other(format!("<pre>{}</pre>\n", escape(text)))
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.other(table.to_html())
    }

    /// Adds a chart; neighbouring charts share a line where the screen is wide enough.
    pub fn chart(&mut self, chart: impl Chart) -> &mut Self {
        self.blocks.push(Block::Chart(chart.to_html()));
        self
    }

    /// Adds pictures.
    pub fn pictures(&mut self, grid: PictureGrid) -> &mut Self {
        self.other(grid.to_html())
    }

    fn other(&mut self, html: String) -> &mut Self {
        self.blocks.push(Block::Other(html));
        self
    }

    /// The whole page.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        let mut body = String::new();
        let mut in_charts = false;
        for block in &self.blocks {
            let is_chart = matches!(block, Block::Chart(_));
            if is_chart != in_charts {
                body += if is_chart { "<div class=\"charts\">\n" } else { "</div>\n" };
                in_charts = is_chart;
            }
            let (Block::Chart(html) | Block::Other(html)) = block;
            body += html;
        }
        if in_charts {
            body += "</div>\n";
        }
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title>\n<style>\n{}</style></head>\n<body>\n<h1>{title}</h1>\n{body}\
             <footer>Written by halation {}. This page needs nothing but itself.</footer>\n</body></html>\n",
            include_str!("style.css"),
            env!("CARGO_PKG_VERSION"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LineChart, Picture, PictureCell};
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_escaped_and_its_containers_are_closed() {
        let chart = || LineChart::new("c", "x", "y").series("s", vec![(0.0, 0.0), (1.0, 1.0)]);
        let picture = Picture::from_rgb(1, 1, &[1, 2, 3]).unwrap();
        let mut report = Report::new("<R> & co");
        report
            .section("One")
            .chart(chart())
            .chart(chart())
            .paragraph("<p>")
            .preformatted("a\nb")
            .chart(chart())
            .pictures(
                PictureGrid::new()
                    .row("a \"query\"", [PictureCell::new(picture.clone(), "hit\nsigma 0.1").good(true)])
                    .row_with_query(PictureCell::new(picture, "q"), [PictureCell::text("words").good(false)]),
            );
        let html = report.to_html();
        assert!(html.contains("<title>&lt;R&gt; &amp; co</title>") && html.contains("<p>&lt;p&gt;</p>"));
        for tag in ["div", "figure", "figcaption", "svg", "p", "h2"] {
            let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        // The SVG name space is an identifier, not an address that is fetched.
        let outside = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http") && !outside.contains("<script") && !outside.contains("<link"));
        assert!(html.contains("a &quot;query&quot;") && html.contains("hit<br>sigma 0.1"));
    }
}
