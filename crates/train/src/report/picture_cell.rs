//! One place of a picture grid.

use super::Picture;
use super::escape::escape;

/// A picture with its caption, a picture alone, or a text alone; optionally marked as right or wrong.
#[derive(Debug, Clone)]
pub struct PictureCell {
    picture: Option<Picture>,
    caption: String,
    good: Option<bool>,
}

impl PictureCell {
    /// A picture with its caption.
    pub fn new(picture: Picture, caption: impl Into<String>) -> Self {
        Self { picture: Some(picture), caption: caption.into(), good: None }
    }

    /// A text without a picture: a caption that was retrieved, or a query in words.
    pub fn text(caption: impl Into<String>) -> Self {
        Self { picture: None, caption: caption.into(), good: None }
    }

    /// Marks a hit as right or wrong, with a coloured edge and a word for those who do not see it.
    pub fn good(mut self, good: bool) -> Self {
        self.good = Some(good);
        self
    }

    pub(super) fn to_html(&self) -> String {
        let (class, mark) = match self.good {
            Some(true) => (" right", "<b>&#10003; match</b> "),
            Some(false) => (" wrong", "<b>&#10007; no match</b> "),
            None => ("", ""),
        };
        let picture = self.picture.as_ref().map(Picture::to_html).unwrap_or_default();
        let caption = escape(&self.caption).replace('\n', "<br>");
        format!("<figure class=\"cell{class}\">{picture}<figcaption>{mark}{caption}</figcaption></figure>")
    }
}

impl From<(Picture, String)> for PictureCell {
    fn from((picture, caption): (Picture, String)) -> Self {
        Self::new(picture, caption)
    }
}
