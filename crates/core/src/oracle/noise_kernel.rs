//! What noise does to one position: a table of probabilities.

use crate::CoreError;

/// `q(code | class)` for one position: `K` rows, one for each clean class, of `C` probabilities, one for each noisy code.
///
/// Row-stochastic, as D3PM writes it (`q(x_t | x_0) = x_0 Q`; Austin et al., 2021). `C` may differ from `K`: an absorbing kernel has the
/// mask as code `K`.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseKernel {
    classes: usize,
    codes: usize,
    rows: Vec<f64>,
}

impl NoiseKernel {
    /// The kernel with these rows.
    ///
    /// # Shapes
    /// * `rows`: `classes * codes` numbers, row-major; every row a distribution over codes
    ///
    /// # Errors
    /// If their number is wrong, one is negative or not finite, or a row does not sum to one within 1e-9.
    pub fn new(classes: usize, codes: usize, rows: Vec<f64>) -> Result<Self, CoreError> {
        if classes == 0 || codes == 0 || rows.len() != classes * codes {
            let expected = format!("{classes} x {codes} numbers, at least one");
            return Err(CoreError::argument("rows", format!("{} numbers", rows.len()), expected));
        }
        for (class, row) in rows.chunks_exact(codes).enumerate() {
            let sum: f64 = row.iter().sum();
            if row.iter().any(|p| !p.is_finite() || *p < 0.0) || (sum - 1.0).abs() > 1e-9 {
                let found = format!("row {class}: {row:?}");
                return Err(CoreError::argument("rows", found, "probabilities that sum to one"));
            }
        }
        Ok(Self { classes, codes, rows })
    }

    /// Uniform noise (multinomial diffusion): `keep [code = class] + (1 - keep) / K`.
    ///
    /// # Errors
    /// If there are no classes or `keep` is outside `[0, 1]`.
    pub fn uniform(classes: usize, keep: f64) -> Result<Self, CoreError> {
        let floor = (1.0 - check_keep(keep)?) / classes.max(1) as f64;
        let entry = |index: usize| floor + if index / classes == index % classes { keep } else { 0.0 };
        Self::new(classes, classes, (0..classes * classes).map(entry).collect())
    }

    /// Absorbing noise (masked diffusion): the class with probability `keep`, else the mask, which is code `K`.
    ///
    /// # Errors
    /// If there are no classes or `keep` is outside `[0, 1]`.
    pub fn absorbing(classes: usize, keep: f64) -> Result<Self, CoreError> {
        let masked = 1.0 - check_keep(keep)?;
        let mut rows = vec![0.0; classes * (classes + 1)];
        for class in 0..classes {
            rows[class * (classes + 1) + class] = keep;
            rows[class * (classes + 1) + classes] = masked;
        }
        Self::new(classes, classes + 1, rows)
    }

    /// Clean classes `K`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Noisy codes `C`.
    pub fn codes(&self) -> usize {
        self.codes
    }

    /// `q(code | class)`.
    ///
    /// # Panics
    /// If the class or the code is out of range.
    pub fn prob(&self, class: usize, code: usize) -> f64 {
        assert!(code < self.codes, "code {code} of {}", self.codes);
        self.rows[class * self.codes + code]
    }
}

fn check_keep(keep: f64) -> Result<f64, CoreError> {
    if (0.0..=1.0).contains(&keep) {
        return Ok(keep);
    }
    Err(CoreError::argument("keep", keep, "a probability"))
}
