//! Which crate may depend on which, checked over `cargo metadata`.

use crate::root::workspace_root;
use anyhow::{Context, bail};
use serde_json::Value;
use std::process::Command;

/// For each crate of the workspace, the crates of the workspace it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("halation-kernels", &[]),
    ("halation-core", &["halation-kernels"]),
    ("halation-models", &["halation-kernels", "halation-core"]),
    ("halation-data", &["halation-core"]),
    ("halation-train", &["halation-kernels", "halation-core", "halation-data"]),
    ("halation", &["halation-core", "halation-models", "halation-data", "halation-train"]),
    ("halation-retrieval", &["halation-core", "halation-models", "halation-data", "halation-train"]),
    ("halation-hib", &["halation-core", "halation-models", "halation-data", "halation-train"]),
    ("halation-categorical", &["halation-core", "halation-models", "halation-data", "halation-train"]),
    ("soft-contrastive", &["halation-core"]),
    ("xtask", &[]),
];

/// Backends and what selects one: features of Burn that a library may not enable for everybody.
const BACKENDS: &[&str] = &["flex", "ndarray", "tch", "wgpu", "vulkan", "metal", "webgpu", "cuda", "rocm", "cpu"];

/// `cargo metadata` of this workspace.
pub fn metadata() -> anyhow::Result<Value> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(workspace_root())
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .context("could not start cargo")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Findings: an edge that is not allowed, a crate without a rule, a library that enables a backend.
pub fn check(metadata: &Value) -> Vec<String> {
    let members: Vec<&str> = list(&metadata["workspace_members"]).filter_map(Value::as_str).collect();
    let packages: Vec<&Value> = list(&metadata["packages"])
        .filter(|package| package["id"].as_str().is_some_and(|id| members.contains(&id)))
        .collect();
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(rule, _)| *rule == name) else {
            findings.push(format!("crate `{name}` has no rule in xtask/src/tidy/edges.rs: say what it may depend on"));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let to = dependency["name"].as_str().unwrap_or_default();
            // A crate may name itself as a dev-dependency, to give its own tests a feature.
            if names.contains(&to) && to != name && !allowed.contains(&to) {
                findings.push(format!("edge {name} -> {to} is not allowed (design: {name} -> {allowed:?})"));
            }
            // A library leaves the choice of a backend to the app; its tests may choose one.
            let is_library = name.starts_with("halation-")
                && !["halation-retrieval", "halation-hib", "halation-categorical"].contains(&name);
            if is_library && to == "burn" && dependency["kind"].is_null() {
                for feature in list(&dependency["features"]).filter_map(Value::as_str) {
                    if BACKENDS.contains(&feature) {
                        findings.push(format!("library {name} enables the Burn backend `{feature}` for everybody"));
                    }
                }
            }
        }
    }
    findings
}

/// The elements of a JSON array; nothing for anything else.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn world(name: &str, dependency: Value) -> Value {
        json!({
            "workspace_members": ["a", "b"],
            "packages": [
                {"id": "a", "name": name, "dependencies": [dependency]},
                {"id": "b", "name": "halation-models", "dependencies": []},
            ]
        })
    }

    #[test]
    fn an_edge_upwards_is_found() {
        let findings = check(&world("halation-core", json!({"name": "halation-models", "kind": null})));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("halation-core -> halation-models"));
    }

    #[test]
    fn a_library_that_enables_a_backend_is_found_but_its_tests_may() {
        let burn = |kind: Value| json!({"name": "burn", "kind": kind, "features": ["std", "flex"]});
        assert_eq!(check(&world("halation-data", burn(Value::Null))).len(), 1);
        assert_eq!(check(&world("halation-data", burn(json!("dev")))).len(), 0);
    }

    #[test]
    fn a_crate_without_a_rule_is_found() {
        assert!(check(&world("newcomer", json!({"name": "serde"})))[0].contains("has no rule"));
    }
}
