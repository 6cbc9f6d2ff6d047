//! The one place that chooses a device.
//!
//! Order: what the caller asks for (`--device`), then the environment variable `BURN_DEVICE`, then the best of what is
//! compiled in (CUDA, Metal, ROCm, Vulkan, wgpu, Flex). Nothing else in halation calls `Device::default()`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Tensor};

use crate::TrainError;

/// Every backend that halation knows, best first, and whether this build has it.
const BACKENDS: [(&str, bool); 6] = [
    ("cuda", cfg!(feature = "cuda")),
    ("metal", cfg!(feature = "metal")),
    ("rocm", cfg!(feature = "rocm")),
    ("vulkan", cfg!(feature = "vulkan")),
    ("wgpu", cfg!(feature = "wgpu")),
    ("flex", cfg!(feature = "flex")),
];

/// The backends compiled into this program, best first.
pub fn compiled_backends() -> Vec<&'static str> {
    BACKENDS.iter().filter(|(_, compiled)| *compiled).map(|(name, _)| *name).collect()
}

/// Chooses, starts and returns the device to compute on (without autodiff).
///
/// `request` is `flex`, or one of `wgpu`, `vulkan`, `metal`, `cuda`, `rocm` with an optional `:index` of the card; `wgpu`,
/// `vulkan` and `metal` also take `:cpu` for a software driver such as Mesa's llvmpipe. `None` falls back to
/// `BURN_DEVICE`, which takes the same names, then to the first of [`compiled_backends`].
///
/// Call it once, at the start of `main`, before other threads exist: where the choice is not the one that Burn would make
/// by itself, `BURN_DEVICE` is set to it, because `ModuleOptimizer::load_record` of Burn 0.22.1 builds the restored state
/// on `Device::default()` before it moves it to the parameters' device, and that device might not even start.
///
/// # Errors
/// [`TrainError::Device`] when the name is unknown, the backend is not compiled in (with the feature to build with), or it
/// does not start (no driver, no such card).
pub fn select_device(request: Option<&str>) -> Result<Device, TrainError> {
    let from_environment = std::env::var("BURN_DEVICE").ok().filter(|value| !value.is_empty());
    let origin = if request.is_none() && from_environment.is_some() { " (from BURN_DEVICE)" } else { "" };
    let request = match request.map(str::to_owned).or_else(|| from_environment.clone()) {
        Some(request) => request.trim().to_lowercase(),
        None => match compiled_backends().first() {
            Some(name) => (*name).to_owned(),
            None => return Err(nothing_compiled()),
        },
    };
    let fail = |problem: &str, help: String| TrainError::Device {
        request: format!("{request}{origin}"),
        problem: problem.to_owned(),
        help,
    };

    let (name, selector) = match request.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (request.as_str(), None),
    };
    let known: Vec<&str> = BACKENDS.iter().map(|(name, _)| *name).collect();
    let Some((_, compiled)) = BACKENDS.iter().find(|(known, _)| *known == name) else {
        return Err(fail("no such backend", format!("choose one of {}", known.join(", "))));
    };
    if !compiled {
        let have = compiled_backends();
        let have = if have.is_empty() { "no backend".to_owned() } else { have.join(", ") };
        let help = format!("build with `--features {name}`, or choose from what is compiled in: {have}");
        return Err(fail("not compiled into this program", help));
    }
    let Some(selector) = Selector::parse(name, selector) else {
        return Err(fail("cannot read the part after the colon", selector_help(name)));
    };

    if compiled_backends().first() != Some(&name) || from_environment.is_some_and(|value| value != name) {
        // SAFETY: documented above: called at the start of `main`, while this is the only thread.
        unsafe { std::env::set_var("BURN_DEVICE", name) };
    }
    start(name, selector).map_err(|reason| {
        let help = match name {
            "cuda" => "check that `nvidia-smi` lists the card",
            "rocm" => "check that `rocminfo` lists the card",
            _ => "check that the graphics driver is installed (`vulkaninfo` lists the card)",
        };
        fail(&format!("does not start: {reason}"), format!("{help}, or choose another device with `--device`"))
    })
}

/// A short name of the backend and card, for logs and tables.
pub fn device_name(device: &Device) -> String {
    format!("{device:?}").trim_start_matches("Device<").trim_end_matches('>').to_owned()
}

/// Which card of a backend.
#[derive(Clone, Copy)]
#[cfg_attr(not(any(feature = "wgpu", feature = "cuda", feature = "rocm")), allow(dead_code))]
enum Selector {
    Default,
    Index(usize),
    Software,
}

impl Selector {
    fn parse(backend: &str, text: Option<&str>) -> Option<Self> {
        match (backend, text) {
            (_, None) => Some(Self::Default),
            ("flex", Some(_)) => None,
            ("wgpu" | "vulkan" | "metal", Some("cpu")) => Some(Self::Software),
            (_, Some(index)) => index.parse().ok().map(Self::Index),
        }
    }
}

fn selector_help(backend: &str) -> String {
    match backend {
        "flex" => "Flex is the CPU and has no index: write `flex`".to_owned(),
        "wgpu" | "vulkan" | "metal" => format!("write `{backend}`, `{backend}:0` or `{backend}:cpu`"),
        _ => format!("write `{backend}` or `{backend}:0`"),
    }
}

fn nothing_compiled() -> TrainError {
    let features: Vec<&str> = BACKENDS.iter().rev().map(|(name, _)| *name).collect();
    TrainError::Device {
        request: "default".to_owned(),
        problem: "no backend is compiled into this program".to_owned(),
        help: format!("build with `--features` and one of {}", features.join(", ")),
    }
}

/// Makes the device and computes one number on it, so that a missing driver shows here and not in the first step.
///
/// The backends panic when they do not start; the panic's message becomes the reason, and nothing is printed.
fn start(name: &str, selector: Selector) -> Result<Device, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let device = make(name, selector);
        let two = Tensor::<1>::from_floats([1.0], &device).add_scalar(1.0).try_into_data();
        two.map(|_| device).map_err(|error| format!("{error:?}"))
    }));
    std::panic::set_hook(hook);
    outcome.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        Err(text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

/// The constructor of each compiled backend.
fn make(name: &str, selector: Selector) -> Device {
    #[cfg(any(feature = "cuda", feature = "rocm"))]
    let index = match selector {
        Selector::Index(index) => burn::tensor::DeviceIndex::Specified(index),
        Selector::Default | Selector::Software => burn::tensor::DeviceIndex::Default,
    };
    #[cfg(feature = "wgpu")]
    let kind = match selector {
        Selector::Default => burn::tensor::DeviceKind::DefaultDevice,
        Selector::Index(index) => burn::tensor::DeviceKind::DiscreteGpu(index),
        Selector::Software => burn::tensor::DeviceKind::Cpu,
    };
    let _ = selector;
    match name {
        #[cfg(feature = "flex")]
        "flex" => Device::flex(),
        #[cfg(feature = "cuda")]
        "cuda" => Device::cuda(index),
        #[cfg(feature = "rocm")]
        "rocm" => Device::rocm(index),
        #[cfg(feature = "metal")]
        "metal" => Device::metal(kind),
        #[cfg(feature = "vulkan")]
        "vulkan" => Device::vulkan(kind),
        #[cfg(feature = "wgpu")]
        "wgpu" => Device::wgpu(kind),
        other => unreachable!("`{other}` was checked to be compiled in"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flex_starts_and_is_plain() {
        let device = select_device(Some("flex")).unwrap();
        assert!(!device.is_autodiff());
        assert_eq!(device, Device::flex());
    }

    #[test]
    fn a_backend_that_is_not_compiled_in_names_the_feature_to_build_with() {
        // ROCm is never part of a test build.
        let error = select_device(Some("rocm:0")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("--features rocm") && text.contains("flex"), "{text}");
        assert!(error.is_user_error());
    }

    #[test]
    fn an_unknown_backend_lists_the_known_ones() {
        let text = select_device(Some("gpu")).unwrap_err().to_string();
        assert!(text.contains("`gpu`") && text.contains("cuda, metal, rocm, vulkan, wgpu, flex"), "{text}");
    }

    #[test]
    fn flex_takes_no_index() {
        let text = select_device(Some("flex:1")).unwrap_err().to_string();
        assert!(text.contains("write `flex`"), "{text}");
    }
}
