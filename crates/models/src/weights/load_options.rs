//! What a weight file may hold beyond the model, and how its names begin.

/// How to read a weight file. The default takes it as it is.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Prefix that all names in the file carry (`module.`, `backbone.`); tensors without it are not looked at.
    pub prefix: Option<String>,
    /// Leave out the classifier (`fc.*`) of a file when the model has none.
    pub skip_classifier: bool,
}

impl LoadOptions {
    /// Takes the file as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Strips a prefix from the names in the file.
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Leaves out the classifier of the file.
    pub fn without_classifier(mut self) -> Self {
        self.skip_classifier = true;
        self
    }

    /// The model's name of a tensor in the file, or `None` for one that is left out.
    pub(super) fn model_name<'a>(&self, name: &'a str) -> Option<&'a str> {
        let name = match &self.prefix {
            Some(prefix) => name.strip_prefix(prefix.as_str())?,
            None => name,
        };
        let counter = name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
        let classifier = self.skip_classifier && name.starts_with("fc.");
        (!counter && !classifier).then_some(name)
    }
}
