//! Which prompts of a class are sure enough to speak for it.

use super::MetricError;

/// For every class, its `keep` least uncertain prompts (ties by index), ascending by index; all where there are fewer.
///
/// # Shapes
/// * `class_of_prompt`, `uncertainty`: `[prompts]` -> `[classes]` lists of prompt indices
///
/// # Errors
/// [`MetricError::Shape`] if the lengths differ, a prompt is of no class below `classes`, or `keep` is zero;
/// [`MetricError::TooFew`] if a class has no prompt; [`MetricError::NotFinite`].
///
/// Source: the zero-shot experiment of PCME++ (Chun 2024), which ranks CLIP's 80 prompts of each class by the
/// uncertainty of their text.
pub fn filter_prompts(
    class_of_prompt: &[usize],
    uncertainty: &[f64],
    classes: usize,
    keep: usize,
) -> Result<Vec<Vec<usize>>, MetricError> {
    let shape =
        |found: String, expected: String| MetricError::Shape { what: "prompts of zero-shot classes", found, expected };
    if class_of_prompt.len() != uncertainty.len() {
        let found = format!("{} classes, {} uncertainties", class_of_prompt.len(), uncertainty.len());
        return Err(shape(found, "one of each per prompt".into()));
    }
    if keep == 0 {
        return Err(shape("0 prompts to keep per class".into(), "at least 1".into()));
    }
    if let Some(index) = uncertainty.iter().position(|value| !value.is_finite()) {
        return Err(MetricError::NotFinite { what: "uncertainty of a prompt", index });
    }
    let mut prompts = vec![Vec::new(); classes];
    for (prompt, &class) in class_of_prompt.iter().enumerate() {
        match prompts.get_mut(class) {
            Some(list) => list.push(prompt),
            None => {
                return Err(shape(format!("prompt {prompt} of class {class}"), format!("a class below {classes}")));
            }
        }
    }
    for list in &mut prompts {
        if list.is_empty() {
            return Err(MetricError::TooFew { what: "prompts of a zero-shot class", found: 0, needed: 1 });
        }
        // Zeros of either sign are equal; the sort is stable, so ties keep the order of their indices.
        list.sort_by(|&a, &b| (uncertainty[a] + 0.0).total_cmp(&(uncertainty[b] + 0.0)));
        list.truncate(keep);
        list.sort_unstable();
    }
    Ok(prompts)
}
