//! A run directory to train into.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::atomic::{SCRATCH, sync_directory, write_atomically};
use super::lock::{LOCK, lock};
use super::{BestEntry, CheckpointEntry, Goal, Manifest, Position, RunReader, RunSpec};
use crate::TrainError;
use crate::checkpoint::{self, Checkpoint};
use crate::metrics::{MetricRow, MetricsWriter};

/// A run directory that this process alone writes to, until the value is dropped.
#[derive(Debug)]
pub struct Run {
    dir: PathBuf,
    manifest: Manifest,
    metrics: MetricsWriter,
    _lock: File,
}

const RECIPE: &str = "recipe.toml";
const METRICS: &str = "metrics.jsonl";
const TIMING: &str = "timing.jsonl";
const CHECKPOINTS: &str = "checkpoints";
const EVALUATION: &str = "evaluation.json";
const REPORT: &str = "report.html";

impl Run {
    /// Starts a run in `dir`, which is made if need be and must hold nothing yet.
    ///
    /// # Errors
    /// [`TrainError::RunDirectory`] when `dir` holds something, [`TrainError::Locked`] when another process trains there,
    /// [`TrainError::Io`] when it cannot be written.
    pub fn create(dir: &Path, spec: RunSpec) -> Result<Self, TrainError> {
        std::fs::create_dir_all(dir).map_err(TrainError::io(dir, "make the run directory"))?;
        // A foreign directory is refused before even a lock file is put into it.
        let is_ours = dir.join(LOCK).exists();
        if !is_ours {
            refuse_content(dir)?;
        }
        let lock = lock(dir)?;
        refuse_content(dir)?;
        Self::start(dir, spec, lock)
    }

    /// Continues the run in `dir` after its last checkpoint; starts it when nothing was saved there yet.
    ///
    /// # Errors
    /// [`TrainError::Changed`] when app, recipe, seed or data are not the ones that the run was started with,
    /// [`TrainError::Corrupt`] when the manifest or the last checkpoint is damaged, and those of [`create`](Self::create).
    pub fn resume(dir: &Path, spec: RunSpec) -> Result<Self, TrainError> {
        if !dir.join(Manifest::FILE).exists() {
            return Self::create(dir, spec);
        }
        let lock = lock(dir)?;
        let mut manifest = Manifest::read(dir)?;
        refuse_change(dir, &manifest, &spec)?;
        drop_removed_checkpoints(dir, &mut manifest)?;
        if let Some(entry) = manifest.checkpoints.last() {
            let checkpoint = dir.join(CHECKPOINTS).join(&entry.name);
            for (name, sha256) in &entry.files {
                checkpoint::read_verified(&checkpoint.join(name), Some(sha256))?;
            }
        }
        sweep(dir, &manifest)?;
        let metrics = MetricsWriter::open(&dir.join(METRICS), manifest.metrics_bytes)?;
        Ok(Self { dir: dir.to_owned(), manifest, metrics, _lock: lock })
    }

    /// Opens the run in `dir` to look at it.
    ///
    /// # Errors
    /// [`TrainError::RunDirectory`] when it is not a run, [`TrainError::Corrupt`] when its manifest is damaged.
    pub fn open(dir: &Path) -> Result<RunReader, TrainError> {
        RunReader::new(dir)
    }

    fn start(dir: &Path, spec: RunSpec, lock: File) -> Result<Self, TrainError> {
        let checkpoints = dir.join(CHECKPOINTS);
        std::fs::create_dir_all(&checkpoints).map_err(TrainError::io(&checkpoints, "make the checkpoint directory"))?;
        write_atomically(&dir.join(RECIPE), spec.recipe.as_bytes(), "write the resolved recipe")?;
        let metrics = MetricsWriter::open(&dir.join(METRICS), 0)?;
        let manifest = Manifest::new(&spec);
        manifest.write(dir)?;
        Ok(Self { dir: dir.to_owned(), manifest, metrics, _lock: lock })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the run is and how far it is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether the run has finished, evaluation and all.
    pub fn is_done(&self) -> bool {
        self.manifest.done
    }

    /// The same directory to read from, as of now.
    pub fn reader(&self) -> Result<RunReader, TrainError> {
        RunReader::new(&self.dir)
    }

    /// Appends a metric at the current position, such as a test metric after training.
    ///
    /// It is kept once [`finish`](Self::finish) or a later checkpoint has written the manifest.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn log(&mut self, split: &str, name: &str, value: f64) -> Result<(), TrainError> {
        let Position { step, epoch, step_in_epoch, .. } = self.manifest.position;
        let epoch = epoch + usize::from(step_in_epoch > 0);
        self.append(&[MetricRow { step, epoch, split: split.to_owned(), name: name.to_owned(), value }])
    }

    /// Ends a run: writes what was measured as `evaluation.json` (the document that the app's `eval --json` prints), then
    /// `report.html`, and [marks the run as finished](Self::finish).
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn conclude(&mut self, evaluation: &impl Serialize, report: &str) -> Result<(), TrainError> {
        let json = serde_json::to_vec_pretty(evaluation).expect("an evaluation is numbers under names");
        self.write_artifact(EVALUATION, &json)?;
        self.write_artifact(REPORT, report.as_bytes())?;
        self.finish()
    }

    /// Writes a file of the app's own into the run directory, atomically, and returns its path.
    ///
    /// # Errors
    /// [`TrainError::Io`]; [`TrainError::Invalid`] when `name` is not a plain file name or belongs to the run itself.
    pub fn write_artifact(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, TrainError> {
        let reserved = [LOCK, RECIPE, METRICS, TIMING, CHECKPOINTS, Manifest::FILE];
        let is_plain = Path::new(name).file_name() == Some(name.as_ref());
        if !is_plain || reserved.contains(&name) {
            return Err(TrainError::Invalid {
                what: format!("artifact `{name}`"),
                problem: "the name is not a plain file name, or the run uses it itself".to_owned(),
                help: "choose another name".to_owned(),
            });
        }
        let path = self.dir.join(name);
        write_atomically(&path, bytes, "write a file of the run")?;
        Ok(path)
    }

    /// Marks the run as finished, with every metric logged so far.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn finish(&mut self) -> Result<(), TrainError> {
        let mut manifest = self.manifest.clone();
        manifest.metrics_bytes = self.metrics.sync()?;
        manifest.done = true;
        manifest.write(&self.dir)?;
        self.manifest = manifest;
        Ok(())
    }

    /// Appends rows to the metric stream.
    pub(crate) fn append(&mut self, rows: &[MetricRow]) -> Result<(), TrainError> {
        self.metrics.append(rows)
    }

    /// Appends one line of wall-clock time, which is no part of what makes runs equal.
    pub(crate) fn append_timing(&self, line: &serde_json::Value) -> Result<(), TrainError> {
        let path = self.dir.join(TIMING);
        let file = File::options().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.map_err(TrainError::io(&path, "write the timing"))
    }

    /// The last checkpoint, verified; `None` before the first.
    pub(crate) fn last_checkpoint(&self) -> Result<Option<Checkpoint>, TrainError> {
        let Some(entry) = self.manifest.checkpoints.last() else { return Ok(None) };
        Checkpoint::read(&self.dir.join(CHECKPOINTS).join(&entry.name), &entry.files).map(Some)
    }

    /// Saves a checkpoint at `position`: its files, then the manifest that names them, then the sweep of what is old.
    ///
    /// `watched` is the metric that decides about the best checkpoint, with its value now.
    pub(crate) fn save(
        &mut self,
        position: Position,
        checkpoint: &Checkpoint,
        keep_last: usize,
        watched: Option<(&str, Goal, f64)>,
    ) -> Result<(), TrainError> {
        let name = format!("step-{:08}", position.step);
        let dir = self.dir.join(CHECKPOINTS).join(&name);
        std::fs::create_dir_all(&dir).map_err(TrainError::io(&dir, "make the checkpoint's directory"))?;
        let files = checkpoint.write(&dir).inspect_err(|_| {
            // A full disk is not helped by half a checkpoint that nothing names.
            if !self.manifest.named_checkpoints().any(|named| named.name == name) {
                let _ = std::fs::remove_dir_all(&dir);
            }
        })?;
        let parent = self.dir.join(CHECKPOINTS);
        sync_directory(&parent).map_err(TrainError::io(&parent, "flush the checkpoint directory"))?;
        let metrics_bytes = self.metrics.sync()?;
        let entry = CheckpointEntry { name, position, metrics_bytes, files };

        let mut manifest = self.manifest.clone();
        manifest.position = position;
        manifest.metrics_bytes = metrics_bytes;
        manifest.checkpoints.retain(|old| old.name != entry.name);
        if let Some((metric, goal, value)) = watched
            && manifest.best.as_ref().is_none_or(|best| goal.is_better(value, best.value))
        {
            manifest.best = Some(BestEntry { metric: metric.to_owned(), goal, value, checkpoint: entry.clone() });
        }
        manifest.checkpoints.push(entry);
        let surplus = manifest.checkpoints.len().saturating_sub(keep_last.max(1));
        manifest.checkpoints.drain(..surplus);
        manifest.write(&self.dir)?;
        self.manifest = manifest;
        sweep(&self.dir, &self.manifest)
    }
}

/// Refuses a directory that holds a run, or anything that starting a run did not put there.
fn refuse_content(dir: &Path) -> Result<(), TrainError> {
    let entries = std::fs::read_dir(dir).map_err(TrainError::io(dir, "list the run directory"))?;
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if names.is_empty() {
        return Ok(());
    }
    if names.iter().any(|name| name == Manifest::FILE) {
        return Err(TrainError::RunDirectory {
            dir: dir.to_owned(),
            problem: "already holds a run".to_owned(),
            help: "continue it with --resume, or choose another directory".to_owned(),
        });
    }
    // What a start that was killed before its manifest leaves behind; without our lock file nothing is ours.
    let ours = [LOCK, RECIPE, METRICS, CHECKPOINTS];
    let is_ours = names.iter().any(|name| name == LOCK);
    match names.iter().find(|name| !is_ours || !(ours.contains(&name.as_str()) || name.ends_with(SCRATCH))) {
        None => Ok(()),
        Some(name) => Err(TrainError::RunDirectory {
            dir: dir.to_owned(),
            problem: format!("is not empty and not a run: it holds `{name}`"),
            help: "choose another directory".to_owned(),
        }),
    }
}

/// Refuses to continue something else than what was started.
fn refuse_change(dir: &Path, manifest: &Manifest, spec: &RunSpec) -> Result<(), TrainError> {
    let changed = |what: String, expected: String, found: String| TrainError::Changed {
        path: dir.join(Manifest::FILE),
        what,
        expected,
        found,
        help: "resume with what it was started with, or train into another directory".to_owned(),
    };
    if manifest.app != spec.app {
        return Err(changed("the app".to_owned(), manifest.app.clone(), spec.app.clone()));
    }
    if manifest.seed != spec.seed {
        return Err(changed("the seed".to_owned(), manifest.seed.to_string(), spec.seed.to_string()));
    }
    if manifest.recipe_sha256 != spec.recipe_sha256() {
        let old = std::fs::read_to_string(dir.join(RECIPE)).unwrap_or_default();
        let (expected, found) = differing_lines(&old, &spec.recipe);
        return Err(changed("the recipe".to_owned(), expected, found));
    }
    for name in manifest.data.keys().chain(spec.data.keys()) {
        let [expected, found] = [manifest.data.get(name), spec.data.get(name)];
        if expected != found {
            let show = |hash: Option<&String>| hash.map_or("no such data".to_owned(), |hash| format!("SHA-256 {hash}"));
            return Err(changed(format!("the data `{name}`"), show(expected), show(found)));
        }
    }
    Ok(())
}

/// The lines that only one of two recipes has, at most five a side.
fn differing_lines(old: &str, new: &str) -> (String, String) {
    let only = |a: &str, b: &str| {
        let lines: Vec<&str> = a.lines().filter(|line| !b.lines().any(|other| other == *line)).take(5).collect();
        if lines.is_empty() { "no such line".to_owned() } else { format!("`{}`", lines.join("`, `")) }
    };
    (only(old, new), only(new, old))
}

/// Takes checkpoints that somebody removed from the end of the list, so that an older one can be resumed from.
fn drop_removed_checkpoints(dir: &Path, manifest: &mut Manifest) -> Result<(), TrainError> {
    let exists = |entry: &CheckpointEntry| dir.join(CHECKPOINTS).join(&entry.name).is_dir();
    let Some(last) = manifest.checkpoints.last() else { return Ok(()) };
    if exists(last) {
        return Ok(());
    }
    let missing = dir.join(CHECKPOINTS).join(&last.name);
    manifest.checkpoints.retain(exists);
    let Some(last) = manifest.checkpoints.last() else {
        return Err(TrainError::Corrupt {
            path: missing,
            expected: "the checkpoint that the manifest names".to_owned(),
            found: "no such directory, and no older checkpoint".to_owned(),
            help: "restore it, or train into another directory".to_owned(),
        });
    };
    manifest.position = last.position;
    manifest.metrics_bytes = last.metrics_bytes;
    manifest.done = false;
    if manifest.best.as_ref().is_some_and(|best| !exists(&best.checkpoint)) {
        manifest.best = None;
    }
    Ok(())
}

/// Removes the checkpoints that the manifest on disk does not name, and scratch files of a killed process.
fn sweep(dir: &Path, manifest: &Manifest) -> Result<(), TrainError> {
    let checkpoints = dir.join(CHECKPOINTS);
    let fail = |source| TrainError::Io { path: checkpoints.clone(), doing: "remove old checkpoints", source };
    for entry in std::fs::read_dir(&checkpoints).map_err(fail)?.flatten() {
        let name = entry.file_name();
        if !manifest.named_checkpoints().any(|named| *named.name == *name) {
            let path = entry.path();
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) }.map_err(fail)?;
        }
    }
    let named = manifest.named_checkpoints().map(|named| checkpoints.join(&named.name));
    for place in named.chain([dir.to_owned()]) {
        for entry in std::fs::read_dir(&place).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().ends_with(SCRATCH) {
                std::fs::remove_file(entry.path()).map_err(fail)?;
            }
        }
    }
    Ok(())
}
