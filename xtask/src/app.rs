//! Building an app for a backend, and starting it.

use crate::root::workspace_root;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::path::PathBuf;
use std::process::Command;

/// The Burn backend an app is built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// CPU
    #[default]
    Flex,
    /// Any GPU, through wgpu
    Wgpu,
    /// NVIDIA, kernels through LLVM
    Cuda,
    /// NVIDIA, kernels through NVRTC
    CudaNvrtc,
}

impl Backend {
    fn feature(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
            Self::CudaNvrtc => "cuda-nvrtc",
        }
    }
}

/// Builds `apps/<app>` for `backend` and returns the path of its binary.
///
/// The CPU build shares the ordinary target directory; every other backend has one of its own, so that switching
/// does not rebuild Burn each time.
pub fn build(app: &str, backend: Backend) -> anyhow::Result<PathBuf> {
    let root = workspace_root();
    if !root.join("apps").join(app).is_dir() {
        bail!("there is no app `{app}`; the apps are: {}", apps()?.join(", "));
    }
    let package = format!("halation-{app}");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&root).args(["build", "--quiet", "--package", &package]);
    let target = if backend == Backend::Flex {
        target
    } else {
        let own = target.join(backend.feature());
        cargo.args(["--no-default-features", "--features"]).arg(format!("{},parquet,clip", backend.feature()));
        cargo.arg("--target-dir").arg(&own);
        own
    };
    let status = cargo.status().context("could not start cargo")?;
    if !status.success() {
        bail!("building {package} for {} failed", backend.feature());
    }
    Ok(target.join("debug").join(format!("{package}{}", std::env::consts::EXE_SUFFIX)))
}

/// Names of the apps of this workspace.
pub fn apps() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(workspace_root().join("apps"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Finds a recipe by path, or by name below `apps/<app>/recipes`.
pub fn find_recipe(app: &str, recipe: &str) -> anyhow::Result<PathBuf> {
    let direct = PathBuf::from(recipe);
    if direct.is_file() {
        return Ok(direct);
    }
    let folder = workspace_root().join("apps").join(app).join("recipes");
    let all = crate::root::files_below(&folder, &|path| path.extension().is_some_and(|e| e == "toml"));
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match all.iter().find(|path| stem(path) == recipe) {
        Some(path) => Ok(path.clone()),
        None => bail!(
            "no recipe `{recipe}`: neither a file nor one of {}",
            all.iter().map(stem).collect::<Vec<_>>().join(", ")
        ),
    }
}
