//! Burn's terminal view, fed by hand: press `q`, then `s`, to stop and save.

use std::sync::Arc;

use burn::train::Interrupter;
use burn::train::logger::TrainingProgressLogger;
use burn::train::metric::{
    MetricAttributes, MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry,
};
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};

use super::StepReport;
use crate::run::Position;

/// Burn's view with a loss curve and one curve per validation metric.
pub(crate) struct Tui {
    renderer: TuiMetricsRendererWrapper,
    steps_per_epoch: usize,
    items_per_step: usize,
    epoch: usize,
    registered: Vec<String>,
}

impl Tui {
    pub(crate) fn new(
        interrupter: Interrupter,
        epochs: usize,
        steps_per_epoch: usize,
        items_per_step: usize,
        position: Position,
    ) -> Self {
        let mut renderer = TuiMetricsRendererWrapper::new(interrupter, None);
        renderer.start(epochs, position.epoch + 1, Some(steps_per_epoch * items_per_step), None);
        renderer.start_split("train", steps_per_epoch * items_per_step);
        let mut tui = Self { renderer, steps_per_epoch, items_per_step, epoch: position.epoch, registered: Vec::new() };
        tui.register("loss", false);
        tui
    }

    pub(crate) fn step(&mut self, report: &StepReport) {
        if report.epoch != self.epoch {
            self.epoch = report.epoch;
            self.renderer.update_epoch(report.epoch);
            self.renderer.start_split("train", self.steps_per_epoch * self.items_per_step);
        }
        let state = self.state("loss", report.loss);
        self.renderer.update_train(state);
        self.renderer.update_split((report.step_in_epoch + 1) * self.items_per_step);
        if report.step_in_epoch + 1 == self.steps_per_epoch {
            self.renderer.end_split();
        }
    }

    pub(crate) fn validating(&mut self) {
        self.renderer.start_split("valid", 1);
    }

    pub(crate) fn validated(&mut self, _epoch: usize, metrics: &[(String, f64)]) {
        for (name, value) in metrics {
            self.register(name, true);
            let state = self.state(name, *value);
            self.renderer.update_valid(state);
        }
        self.renderer.update_split(1);
        self.renderer.end_split();
    }

    pub(crate) fn end(mut self) {
        self.renderer.end();
    }

    fn register(&mut self, name: &str, higher_is_better: bool) {
        if self.registered.iter().any(|known| known == name) {
            return;
        }
        self.registered.push(name.to_owned());
        self.renderer.register_metric(MetricDefinition {
            metric_id: id(name),
            name: Arc::new(name.to_owned()),
            description: None,
            attributes: MetricAttributes::Numeric(NumericAttributes { unit: None, higher_is_better }),
        });
    }

    fn state(&self, name: &str, value: f64) -> MetricState {
        let text = format!("{value:.4}");
        let entry = MetricEntry::new(id(name), SerializedEntry::new(text, value.to_string()));
        MetricState::Numeric(entry, Some(NumericEntry::Value(value)))
    }
}

fn id(name: &str) -> MetricId {
    MetricId::new(Arc::new(name.to_owned()))
}
