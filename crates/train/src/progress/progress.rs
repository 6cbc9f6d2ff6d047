//! One display of the three.

use std::io::IsTerminal;

use super::plain::Plain;
use super::tui::Tui;
use super::{ProgressMode, StepReport};
use crate::run::Position;
use crate::trainer::{FitOptions, Outcome};

/// The display of one call of `fit`.
pub(crate) enum Progress {
    Tui(Box<Tui>),
    Plain(Plain<std::io::Stderr>),
    Quiet,
}

impl Progress {
    pub(crate) fn new(
        options: &FitOptions,
        stages: Vec<String>,
        epochs: usize,
        steps_per_epoch: usize,
        items_per_step: usize,
        position: Position,
    ) -> Self {
        // Burn's view draws on stdout; with either stream redirected somebody is reading lines.
        let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        match options.progress {
            // Nothing is left to watch, and the view would flash by.
            _ if position.epoch >= epochs => Self::Quiet,
            ProgressMode::Quiet => Self::Quiet,
            ProgressMode::Auto if is_terminal => {
                let interrupter = options.interrupter.clone();
                Self::Tui(Box::new(Tui::new(interrupter, epochs, steps_per_epoch, items_per_step, position)))
            }
            ProgressMode::Auto | ProgressMode::Plain => {
                Self::Plain(Plain::new(std::io::stderr(), stages, epochs, steps_per_epoch, items_per_step, position))
            }
        }
    }

    pub(crate) fn step(&mut self, report: &StepReport) {
        match self {
            Self::Tui(tui) => tui.step(report),
            Self::Plain(plain) => plain.step(report),
            Self::Quiet => {}
        }
    }

    pub(crate) fn validating(&mut self, epoch: usize) {
        match self {
            Self::Tui(tui) => tui.validating(),
            Self::Plain(plain) => plain.validating(epoch),
            Self::Quiet => {}
        }
    }

    pub(crate) fn validated(&mut self, epoch: usize, step: u64, metrics: &[(String, f64)]) {
        match self {
            Self::Tui(tui) => tui.validated(epoch, metrics),
            Self::Plain(plain) => plain.validated(epoch, step, metrics),
            Self::Quiet => {}
        }
    }

    pub(crate) fn end(self, outcome: Outcome) {
        match self {
            Self::Tui(tui) => tui.end(),
            Self::Plain(plain) => plain.end(outcome),
            Self::Quiet => {}
        }
    }
}
