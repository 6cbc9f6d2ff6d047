//! Mean and spread over seeds.

/// Mean and sample standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistic {
    /// Arithmetic mean; NaN of nothing.
    pub mean: f64,
    /// Sample standard deviation (n - 1); zero for one value.
    pub spread: f64,
    /// How many values.
    pub count: usize,
}

impl Statistic {
    /// Of a list of values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let spread = if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 };
        Self { mean, spread, count }
    }

    /// `mean ± spread`, both times `scale`.
    pub fn show(self, scale: f64, digits: usize) -> String {
        if self.count == 0 {
            "-".to_owned()
        } else if self.count == 1 {
            format!("{:.digits$}", self.mean * scale)
        } else {
            format!("{:.digits$} ± {:.digits$}", self.mean * scale, self.spread * scale)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Statistic;

    #[test]
    fn mean_and_spread_of_three() {
        let statistic = Statistic::of(&[1.0, 2.0, 3.0]);
        assert_eq!((statistic.mean, statistic.spread), (2.0, 1.0));
        assert_eq!(statistic.show(1.0, 1), "2.0 ± 1.0");
        assert_eq!(Statistic::of(&[]).show(1.0, 1), "-");
    }
}
