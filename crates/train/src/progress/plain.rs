//! Lines for logs, pipes and CI.

use std::io::Write;
use std::time::{Duration, Instant};

use super::StepReport;
use crate::run::Position;
use crate::trainer::Outcome;

/// How long to stay silent between two lines.
const EVERY: Duration = Duration::from_secs(5);

/// A line every few seconds, and one per validation.
pub(crate) struct Plain<W> {
    out: W,
    stages: Vec<String>,
    epochs: usize,
    steps_per_epoch: usize,
    items_per_step: usize,
    /// The last line, or the start: speed is measured from there.
    since: Instant,
    steps_since: u64,
    every: Duration,
}

impl<W: Write> Plain<W> {
    pub(crate) fn new(
        mut out: W,
        stages: Vec<String>,
        epochs: usize,
        steps_per_epoch: usize,
        items_per_step: usize,
        position: Position,
    ) -> Self {
        // Progress is a courtesy: a closed pipe must not stop training, here and below.
        if position.step > 0 {
            let _ = writeln!(out, "resumed after step {} (epoch {} of {epochs})", position.step, position.epoch + 1);
        }
        Self {
            out,
            stages,
            epochs,
            steps_per_epoch,
            items_per_step,
            since: Instant::now(),
            steps_since: 0,
            every: EVERY,
        }
    }

    pub(crate) fn step(&mut self, report: &StepReport) {
        self.steps_since += 1;
        let elapsed = self.since.elapsed();
        if elapsed < self.every {
            return;
        }
        let per_second = self.steps_since as f64 / elapsed.as_secs_f64().max(1e-9);
        let left = (self.epochs * self.steps_per_epoch) as u64 - report.step;
        let stage = if self.stages.len() > 1 { format!("{}  ", self.stages[report.stage]) } else { String::new() };
        let _ = writeln!(
            self.out,
            "{stage}epoch {}/{}  step {}/{}  loss {:.4}  {:.1} items/s  {} left",
            report.epoch + 1,
            self.epochs,
            report.step_in_epoch + 1,
            self.steps_per_epoch,
            report.loss,
            per_second * self.items_per_step as f64,
            duration(left as f64 / per_second),
        );
        self.restart_clock();
    }

    pub(crate) fn validating(&mut self, _epoch: usize) {}

    pub(crate) fn validated(&mut self, epoch: usize, step: u64, metrics: &[(String, f64)]) {
        if !metrics.is_empty() {
            let metrics: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
            let _ =
                writeln!(self.out, "epoch {}/{}  step {step}  valid: {}", epoch + 1, self.epochs, metrics.join("  "));
        }
        // Validation is no part of the speed of training.
        self.restart_clock();
    }

    pub(crate) fn end(mut self, outcome: Outcome) {
        if outcome == Outcome::Interrupted {
            let _ = writeln!(self.out, "stopped and saved; continue with --resume");
        }
    }

    fn restart_clock(&mut self) {
        self.since = Instant::now();
        self.steps_since = 0;
    }
}

/// `2h 05m`, `3m 07s` or `12s`.
fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m {s:02}s"),
        (h, m, _) => format!("{h}h {m:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_where_training_is_and_what_is_left() {
        let mut out = Vec::new();
        let position = Position { stage: 0, epoch: 1, step_in_epoch: 2, step: 6 };
        let mut plain = Plain::new(&mut out, vec!["warm".into(), "fine".into()], 3, 4, 8, position);
        plain.every = Duration::ZERO;
        plain.step(&StepReport { stage: 1, epoch: 1, step_in_epoch: 2, step: 7, loss: 0.25 });
        plain.validated(1, 8, &[("recall_at_1".to_owned(), 0.5)]);
        plain.end(Outcome::Interrupted);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "resumed after step 6 (epoch 2 of 3)");
        assert!(lines[1].starts_with("fine  epoch 2/3  step 3/4  loss 0.2500  "), "{}", lines[1]);
        assert!(lines[1].ends_with("left") && lines[1].contains("items/s"), "{}", lines[1]);
        assert_eq!(lines[2], "epoch 2/3  step 8  valid: recall_at_1 0.5000");
        assert_eq!(lines[3], "stopped and saved; continue with --resume");
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn little_is_said_in_a_short_run() {
        let mut out = Vec::new();
        let mut plain = Plain::new(&mut out, vec!["all".into()], 1, 100, 8, Position::default());
        for step in 0..100 {
            plain.step(&StepReport { stage: 0, epoch: 0, step_in_epoch: step, step: step as u64 + 1, loss: 1.0 });
        }
        plain.end(Outcome::Finished);
        assert!(out.is_empty());
    }

    #[test]
    fn durations_are_read_at_a_glance() {
        assert_eq!([12.4, 187.0, 7_500.0].map(duration), ["12s", "3m 07s", "2h 05m"]);
    }
}
