//! `zero-shot`: images are classified by the text they are nearest to, with and without the prompts the model is unsure of.

use crate::dataset::data_error;
use crate::embedder::{Embedder, rows};
use crate::evaluation::sigma;
use crate::published::{self, PublishedArgs};
use anyhow::{Context, anyhow};
use clap::Args;
use halation_core::metric::ZeroShot;
use halation_data::caption::ImageSource;
use halation_data::image::{DecodeLimits, decode};
use halation_train::device::select_device;
use halation_train::user_error::user;
use image::RgbImage;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Arguments of `zero-shot`.
#[derive(Args)]
pub struct ZeroShotArgs {
    /// Run directory
    #[arg(long, conflicts_with = "weights", required_unless_present = "weights")]
    pub run: Option<PathBuf>,
    /// Published CLIP weights, without a run
    #[arg(long)]
    pub weights: Option<PathBuf>,
    /// What goes with the weights
    #[command(flatten)]
    pub published: PublishedArgs,
    /// Folder with one folder of images per class, named after it
    #[arg(long)]
    pub images: PathBuf,
    /// Text file: a line `class<TAB>prompt` is one class's, a line with `{}` is for all: the class's name goes there
    #[arg(long)]
    pub prompts: PathBuf,
    /// Classify a second time with the sure prompts alone: `top=K`, the K least uncertain of each class, or `max=U`, those whose
    /// uncertainty is at most U (of each class at least the least uncertain)
    #[arg(long, value_name = "top=K|max=U")]
    pub filter_by_uncertainty: Option<Filter>,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// Which prompts speak for a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// So many, the least uncertain.
    Top(usize),
    /// Those up to an uncertainty.
    Max(f64),
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.split_once('=') {
            Some(("top", count)) => count.parse().ok().filter(|&count| count > 0).map(Self::Top),
            Some(("max", most)) => most.parse().ok().filter(|most: &f64| most.is_finite()).map(Self::Max),
            _ => None,
        };
        parsed.ok_or_else(|| format!("`{text}` is neither `top=K` with K from 1 nor `max=U` with a number"))
    }
}

/// What `zero-shot` reports.
#[derive(Serialize)]
struct Report {
    classes: usize,
    images: usize,
    skipped: usize,
    prompts: usize,
    /// With every prompt.
    all: Outcome,
    /// With the sure prompts alone.
    filtered: Option<Outcome>,
}

#[derive(Serialize)]
struct Outcome {
    /// Share of images classified rightly.
    accuracy: f64,
    /// Mean over classes of that share.
    mean_class_accuracy: f64,
    /// Prompts that spoke.
    prompts: usize,
    per_class: Vec<ClassOutcome>,
}

#[derive(Serialize)]
struct ClassOutcome {
    class: String,
    images: usize,
    prompts: usize,
    accuracy: f64,
}

/// Classifies and prints.
pub fn run(args: &ZeroShotArgs) -> anyhow::Result<()> {
    let device = select_device(args.device.as_deref())?;
    let embedder = match (&args.run, &args.weights) {
        (Some(run), _) => Embedder::open(run, &device)?,
        (None, Some(weights)) => published::embedder(&args.published, weights, &device)?,
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    if args.filter_by_uncertainty.is_some() && !embedder.is_probabilistic() {
        return Err(user(anyhow!(
            "`--filter-by-uncertainty` needs a model that knows how sure it is; this one embeds points"
        )));
    }
    let set = ImageSet::read(&args.images, &embedder)?;
    let prompts = Prompts::read(&args.prompts, &set.classes)?;
    let text = embedder.captions(&prompts.texts)?;
    let [_, dim] = text.dims();
    let (means, images) = (rows(text.mean()), rows(embedder.images(&set.pixels)?.mean()));
    let unsure = if embedder.is_probabilistic() { sigma(&text) } else { vec![0.0; prompts.texts.len()] };
    let classes = set.classes.len();

    let all = ZeroShot::new(&means, dim, &prompts.classes, &unsure, classes, usize::MAX)?;
    let filtered = match args.filter_by_uncertainty {
        None => None,
        Some(Filter::Top(count)) => Some(ZeroShot::new(&means, dim, &prompts.classes, &unsure, classes, count)?),
        Some(Filter::Max(most)) => {
            let kept = prompts.up_to(most, &unsure, classes);
            let pick = |values: &[f64]| kept.iter().map(|&prompt| values[prompt]).collect::<Vec<_>>();
            let of_kept: Vec<usize> = kept.iter().map(|&prompt| prompts.classes[prompt]).collect();
            let means: Vec<f32> = kept.iter().flat_map(|&prompt| &means[prompt * dim..][..dim]).copied().collect();
            Some(ZeroShot::new(&means, dim, &of_kept, &pick(&unsure), classes, usize::MAX)?)
        }
    };
    let report = Report {
        classes,
        images: set.labels.len(),
        skipped: set.skipped,
        prompts: prompts.texts.len(),
        all: Outcome::new(&all, &images, &set)?,
        filtered: filtered.map(|found| Outcome::new(&found, &images, &set)).transpose()?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.print();
    }
    Ok(())
}

impl Outcome {
    fn new(zero_shot: &ZeroShot, images: &[f32], set: &ImageSet) -> anyhow::Result<Self> {
        let found = zero_shot.classify(images)?;
        let per_class: Vec<ClassOutcome> = set
            .classes
            .iter()
            .enumerate()
            .map(|(class, name)| {
                let of_class = || set.labels.iter().zip(&found).filter(|(label, _)| **label == class);
                let (images, right) = (of_class().count(), of_class().filter(|(label, found)| label == found).count());
                let prompts = zero_shot.prompts()[class].len();
                ClassOutcome { class: name.clone(), images, prompts, accuracy: right as f64 / images as f64 }
            })
            .collect();
        Ok(Self {
            accuracy: zero_shot.accuracy(images, &set.labels)?,
            mean_class_accuracy: per_class.iter().map(|class| class.accuracy).sum::<f64>() / per_class.len() as f64,
            prompts: zero_shot.prompts().iter().map(Vec::len).sum(),
            per_class,
        })
    }
}

impl Report {
    fn print(&self) {
        let Self { images, classes, prompts, .. } = self;
        println!("{images} images of {classes} classes, {prompts} prompts");
        println!("{:<28}{:>8}{:>12}{:>12}", "accuracy %", "images", "all prompts", "sure ones");
        let percent =
            |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{:.1}", 100.0 * share));
        let row = |name: &str, images: usize, all: f64, filtered: Option<f64>| {
            println!("{name:<28}{images:>8}{:>12}{:>12}", percent(Some(all)), percent(filtered));
        };
        for (at, class) in self.all.per_class.iter().enumerate() {
            let filtered = self.filtered.as_ref().map(|filtered| filtered.per_class[at].accuracy);
            row(&class.class, class.images, class.accuracy, filtered);
        }
        let (all, filtered) = (&self.all, self.filtered.as_ref());
        row("mean of classes", self.images, all.mean_class_accuracy, filtered.map(|found| found.mean_class_accuracy));
        row("all images", self.images, all.accuracy, filtered.map(|found| found.accuracy));
    }
}

/// Images in one folder per class.
struct ImageSet {
    classes: Vec<String>,
    pixels: Vec<RgbImage>,
    labels: Vec<usize>,
    skipped: usize,
}

impl ImageSet {
    /// Reads and resizes; bad images are skipped, counted and named.
    fn read(folder: &Path, embedder: &Embedder) -> anyhow::Result<Self> {
        let mut set = Self { classes: Vec::new(), pixels: Vec::new(), labels: Vec::new(), skipped: 0 };
        for class in listed(folder)?.into_iter().filter(|path| path.is_dir()) {
            let before = set.labels.len();
            for path in listed(&class)?.into_iter().filter(|path| path.is_file()) {
                match decode(&ImageSource::File(path), &DecodeLimits::default()) {
                    Ok(image) => {
                        set.pixels.push(embedder.resize(&image));
                        set.labels.push(set.classes.len());
                    }
                    Err(error) => {
                        set.skipped += 1;
                        eprintln!("skipped: {error}");
                    }
                }
            }
            if set.labels.len() == before {
                eprintln!("skipped: {} holds no image that can be read", class.display());
            } else {
                set.classes.push(class.file_name().unwrap_or_default().to_string_lossy().into_owned());
            }
        }
        match set.classes.len() {
            0 | 1 => Err(user(anyhow!(
                "{} holds {} class(es) with images: give one folder of images for each of at least two classes",
                folder.display(),
                set.classes.len()
            ))),
            _ => Ok(set),
        }
    }
}

fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| user(anyhow!("{}: {error}", folder.display())))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// The prompts of all classes.
struct Prompts {
    texts: Vec<String>,
    classes: Vec<usize>,
}

impl Prompts {
    fn read(file: &Path, names: &[String]) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string()).map_err(user)?;
        let mut prompts = Self { texts: Vec::new(), classes: Vec::new() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |problem: String| user(anyhow!("{}, line {}: {problem}", file.display(), number + 1));
            match line.split_once('\t') {
                Some((class, prompt)) => {
                    let Some(at) = names.iter().position(|name| name == class.trim()) else {
                        return Err(wrong(format!("there is no folder of class `{}`", class.trim())));
                    };
                    prompts.texts.push(prompt.trim().to_owned());
                    prompts.classes.push(at);
                }
                None if line.contains("{}") => {
                    for (at, name) in names.iter().enumerate() {
                        prompts.texts.push(line.trim().replace("{}", &name.replace('_', " ")));
                        prompts.classes.push(at);
                    }
                }
                None => return Err(wrong("neither `class<TAB>prompt` nor a template with `{}`".to_owned())),
            }
        }
        match (0..names.len()).find(|class| !prompts.classes.contains(class)) {
            Some(class) => Err(data_error(halation_data::DataError::Invalid {
                what: file.display().to_string(),
                problem: format!("class `{}` has no prompt", names[class]),
                help: "add a line for it, or a template with `{}`".to_owned(),
            })),
            None => Ok(prompts),
        }
    }

    /// Prompts up to an uncertainty, ascending; a class without one keeps its least uncertain.
    fn up_to(&self, most: f64, unsure: &[f64], classes: usize) -> Vec<usize> {
        let mut kept: Vec<usize> = (0..self.texts.len()).filter(|&prompt| unsure[prompt] <= most).collect();
        for class in
            (0..classes).filter(|&class| !kept.iter().any(|&prompt| self.classes[prompt] == class)).collect::<Vec<_>>()
        {
            let of_class = (0..self.texts.len()).filter(|&prompt| self.classes[prompt] == class);
            kept.extend(of_class.min_by(|&a, &b| unsure[a].total_cmp(&unsure[b])));
        }
        kept.sort_unstable();
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Prompts};

    #[test]
    fn a_filter_is_a_count_or_a_bound_and_nothing_else() {
        assert_eq!("top=3".parse(), Ok(Filter::Top(3)));
        assert_eq!("max=0.25".parse(), Ok(Filter::Max(0.25)));
        for wrong in ["top=0", "max=inf", "3", "top", "least=2"] {
            assert!(wrong.parse::<Filter>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bound_keeps_the_least_uncertain_prompt_of_a_class_that_has_none_below_it() {
        let prompts = Prompts { texts: vec![String::new(); 4], classes: vec![0, 0, 1, 1] };
        assert_eq!(prompts.up_to(0.5, &[0.1, 0.9, 0.8, 0.7], 2), [0, 3]);
    }
}
