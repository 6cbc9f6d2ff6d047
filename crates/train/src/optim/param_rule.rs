//! Which parameters, and what differs for them.

use serde::{Deserialize, Serialize};

/// Which parameters, by their path in the module, and what differs for them.
///
/// A path is what the module's fields spell, with indices for lists: `image.blocks.3.attention.query.weight`. All
/// conditions of a rule must hold; a rule without any holds for every parameter. In a recipe:
/// `{ prefix = "image.backbone", lr_factor = 0.01 }`, `{ max_rank = 1, weight_decay = 0.0 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamRule {
    /// The path starts with these components: `blocks.1` matches `blocks.1.weight` and not `blocks.11.weight`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The path ends with these components: `bias`, `norm.gamma`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// The parameter has at most so many dimensions: 1 selects biases, the scales of norms and scalars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rank: Option<usize>,
    /// Multiplies the learning rate. The factors of all rules that match a parameter multiply.
    #[serde(default = "one")]
    pub lr_factor: f64,
    /// Replaces the optimiser's weight decay. The last rule that matches and has one decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// Replaces [`AdamP::rows_are_channels`](super::AdamP::rows_are_channels): true for embedding tables. The last rule
    /// that matches and has one decides; other optimisers ignore it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_are_channels: Option<bool>,
}

fn one() -> f64 {
    1.0
}

impl ParamRule {
    /// Every parameter; nothing differs yet.
    pub fn all() -> Self {
        let (prefix, suffix) = (String::new(), String::new());
        Self { prefix, suffix, max_rank: None, lr_factor: 1.0, weight_decay: None, rows_are_channels: None }
    }

    /// The parameters whose path starts with `prefix`, whole components.
    pub fn prefix(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..Self::all() }
    }

    /// The parameters whose path ends with `suffix`, whole components.
    pub fn suffix(suffix: &str) -> Self {
        Self { suffix: suffix.to_owned(), ..Self::all() }
    }

    /// Restricts the rule to parameters of at most `rank` dimensions.
    pub fn with_max_rank(mut self, rank: usize) -> Self {
        self.max_rank = Some(rank);
        self
    }

    /// Multiplies the learning rate by `factor`.
    pub fn with_lr_factor(mut self, factor: f64) -> Self {
        self.lr_factor = factor;
        self
    }

    /// Replaces the weight decay.
    pub fn with_weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = Some(weight_decay);
        self
    }

    /// Says which side of a matrix AdamP takes for its channels.
    pub fn with_rows_are_channels(mut self, rows: bool) -> Self {
        self.rows_are_channels = Some(rows);
        self
    }

    /// Whether the rule holds for the parameter at `path` with `rank` dimensions.
    pub fn matches(&self, path: &str, rank: usize) -> bool {
        let starts =
            path.strip_prefix(self.prefix.as_str()).is_some_and(|rest| is_cut(&self.prefix, rest.chars().next()));
        let ends =
            path.strip_suffix(self.suffix.as_str()).is_some_and(|rest| is_cut(&self.suffix, rest.chars().last()));
        starts && ends && self.max_rank.is_none_or(|max| rank <= max)
    }

    /// The rule's conditions, for messages.
    pub(super) fn conditions(&self) -> String {
        let named = |name: &str, value: &str| (!value.is_empty()).then(|| format!("{name} `{value}`"));
        let rank = self.max_rank.map(|rank| format!("at most {rank} dimensions"));
        let all: Vec<String> =
            [named("prefix", &self.prefix), named("suffix", &self.suffix), rank].into_iter().flatten().collect();
        if all.is_empty() { "every parameter".to_owned() } else { all.join(", ") }
    }
}

/// Whether a path was cut between components: the part is empty, nothing is left over, or a dot is beside the cut.
fn is_cut(part: &str, beside: Option<char>) -> bool {
    part.is_empty() || beside.is_none_or(|beside| beside == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_matches_whole_components_only() {
        let rule = ParamRule::prefix("tower.blocks.1");
        for (path, expected) in [
            ("tower.blocks.1.weight", true),
            ("tower.blocks.1", true),
            ("tower.blocks.11.weight", false),
            ("tower.blocks.10", false),
            ("other.tower.blocks.1.weight", false),
        ] {
            assert_eq!(rule.matches(path, 2), expected, "{path}");
        }
    }

    #[test]
    fn a_suffix_matches_whole_components_only_and_all_conditions_must_hold() {
        let rule = ParamRule::suffix("bias");
        assert!(rule.matches("a.bias", 1) && rule.matches("bias", 1));
        assert!(!rule.matches("a.unbias", 1) && !rule.matches("a.bias.x", 1));
        let both = ParamRule { suffix: "bias".to_owned(), ..ParamRule::prefix("a").with_max_rank(1) };
        assert!(both.matches("a.b.bias", 1) && !both.matches("a.b.bias", 2) && !both.matches("b.bias", 1));
        assert!(ParamRule::all().matches("anything", 7));
    }

    #[test]
    fn a_recipe_names_a_rule_by_its_conditions_and_a_misspelt_key_is_refused() {
        let rule: ParamRule = toml::from_str("prefix = 'image'\nlr_factor = 0.01").unwrap();
        assert_eq!(rule, ParamRule::prefix("image").with_lr_factor(0.01));
        assert_eq!(toml::from_str::<ParamRule>(&toml::to_string(&rule).unwrap()).unwrap(), rule);
        assert!(toml::from_str::<ParamRule>("prefx = 'image'").is_err());
    }
}
