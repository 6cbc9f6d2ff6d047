//! Pictures in rows, such as queries with what they retrieve.

use super::PictureCell;

/// Rows of cells; the first cell of a row stands apart as its query.
#[derive(Debug, Clone, Default)]
pub struct PictureGrid {
    rows: Vec<(PictureCell, Vec<PictureCell>)>,
}

impl PictureGrid {
    /// An empty grid.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row: a query in words and its hits, best first.
    pub fn row(self, query: impl Into<String>, hits: impl IntoIterator<Item = impl Into<PictureCell>>) -> Self {
        self.row_with_query(PictureCell::text(query), hits)
    }

    /// Adds a row whose query is a picture (or any cell).
    pub fn row_with_query(
        mut self,
        query: PictureCell,
        hits: impl IntoIterator<Item = impl Into<PictureCell>>,
    ) -> Self {
        self.rows.push((query, hits.into_iter().map(Into::into).collect()));
        self
    }

    pub(super) fn to_html(&self) -> String {
        let mut html = String::from("<div class=\"grid\">\n");
        for (query, hits) in &self.rows {
            let hits: String = hits.iter().map(PictureCell::to_html).collect();
            html += &format!("<div class=\"row\"><div class=\"query\">{}</div>{hits}</div>\n", query.to_html());
        }
        html + "</div>\n"
    }
}
