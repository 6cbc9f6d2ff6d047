//! Parameter groups: who gets which rate and decay, and that each group steps as an optimiser of its own would.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use halation_train::TrainError;
use halation_train::optim::{LayerDecay, OptimizerSpec, ParamGroups, ParamRule, ParamSettings};
use halation_train::random::{normal_noise, seeded_init};

#[derive(Module, Debug)]
struct Tower {
    embedding: Linear,
    blocks: Vec<Linear>,
}

#[derive(Module, Debug)]
struct Model {
    image: Tower,
    head: Linear,
}

fn model(depth: usize, device: &Device) -> Model {
    seeded_init(device, 3, |device| {
        let linear = |input, output| LinearConfig::new(input, output).init(device);
        let blocks = (0..depth).map(|_| linear(4, 4)).collect();
        Model { image: Tower { embedding: linear(3, 4), blocks }, head: linear(4, 2) }
    })
}

fn find<'a>(settings: &'a [ParamSettings], path: &str) -> &'a ParamSettings {
    settings.iter().find(|settings| settings.path == path).unwrap()
}

#[test]
fn layer_decay_counts_the_blocks_of_a_tower_of_any_depth() {
    for depth in [1, 12, 24] {
        let groups = ParamGroups::new()
            .with_rule(ParamRule::prefix("image").with_lr_factor(0.01))
            .with_layer_decay(LayerDecay::new("image.blocks", 0.7));
        let settings = groups.resolve(&model(depth, &Device::flex())).unwrap();
        assert_eq!(settings.len(), 2 * (depth + 2));
        for block in 0..depth {
            let expected = 0.01 * 0.7_f64.powi((depth - block) as i32);
            for name in ["weight", "bias"] {
                assert_eq!(find(&settings, &format!("image.blocks.{block}.{name}")).lr_factor, expected);
            }
        }
        assert_eq!(find(&settings, "image.embedding.weight").lr_factor, 0.01);
        assert_eq!(find(&settings, "head.weight").lr_factor, 1.0);
    }
}

#[test]
fn a_depth_of_12_for_a_tower_of_24_is_refused_and_repeats_the_released_code_when_named_so() {
    let tower = model(24, &Device::flex());
    let wrong = ParamGroups::new().with_layer_decay(LayerDecay::new("image.blocks", 0.7).with_depth(12));
    assert_says(&wrong.resolve(&tower).unwrap_err(), &["layer decay of `image.blocks`", "depth 12", "24 blocks"]);
    let published = ParamGroups::new().with_layer_decay(LayerDecay::new("image.blocks", 0.7).with_published_depth(12));
    let factor = find(&published.resolve(&tower).unwrap(), "image.blocks.23.weight").lr_factor;
    assert!((factor - 0.7_f64.powi(-11)).abs() < 1e-12);
    // A depth beyond the list is a tower whose last block is elsewhere.
    let branched = ParamGroups::new().with_layer_decay(LayerDecay::new("image.blocks", 0.7).with_depth(25));
    assert_eq!(find(&branched.resolve(&tower).unwrap(), "image.blocks.23.weight").lr_factor, 0.7_f64.powi(2));
}

#[test]
fn factors_of_matching_rules_multiply_and_the_last_weight_decay_wins() {
    let groups = ParamGroups::new()
        .with_rule(ParamRule::all().with_weight_decay(0.2))
        .with_rule(ParamRule::prefix("image").with_lr_factor(0.1).with_weight_decay(0.3))
        .with_rule(ParamRule::prefix("image.blocks.1").with_lr_factor(0.5))
        .with_rule(ParamRule::all().with_max_rank(1).with_weight_decay(0.0))
        .with_rule(ParamRule::prefix("image.embedding").with_rows_are_channels(true));
    let settings = groups.resolve(&model(12, &Device::flex())).unwrap();
    let of = |path| {
        let found = find(&settings, path);
        (found.lr_factor, found.weight_decay, found.rows_are_channels)
    };
    assert_eq!(of("head.weight"), (1.0, Some(0.2), None));
    assert_eq!(of("head.bias"), (1.0, Some(0.0), None));
    assert_eq!(of("image.embedding.weight"), (0.1, Some(0.3), Some(true)));
    assert_eq!(of("image.blocks.1.weight"), (0.1 * 0.5, Some(0.3), None));
    // Not blocks.1, though its path begins with the same letters.
    assert_eq!(of("image.blocks.11.weight"), (0.1, Some(0.3), None));
}

/// Three steps of `head` and `embedding` on gradients that do not depend on the weights.
fn train(spec: OptimizerSpec, groups: &ParamGroups, rate: f64) -> Model {
    let device = Device::flex().autodiff();
    let mut model = model(2, &device);
    let mut optimizer = spec.build_grouped(groups, &model).unwrap();
    for step in 0..3 {
        let loss = (model.head.weight.val() * normal_noise([4, 2], step, &device)).sum()
            + (model.head.bias.as_ref().unwrap().val() * normal_noise([2], 10 + step, &device)).sum()
            + (model.image.embedding.weight.val() * normal_noise([3, 4], 20 + step, &device)).sum();
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(rate, model, grads);
    }
    model
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[test]
fn every_group_steps_exactly_as_an_optimiser_with_its_rate_and_decay_would() {
    let specs: [fn(f64) -> OptimizerSpec; 3] = [
        |weight_decay| OptimizerSpec::Adam { betas: [0.9, 0.99], epsilon: 1e-8, weight_decay },
        |weight_decay| OptimizerSpec::AdamW { betas: [0.9, 0.99], epsilon: 1e-8, weight_decay },
        |weight_decay| OptimizerSpec::AdamP { betas: [0.9, 0.99], epsilon: 1e-8, weight_decay },
    ];
    let groups = ParamGroups::new()
        .with_rule(ParamRule::prefix("head").with_lr_factor(0.25).with_weight_decay(0.5))
        .with_rule(ParamRule::suffix("bias").with_weight_decay(0.0));
    let none = ParamGroups::new();
    for spec in specs {
        let grouped = train(spec(0.1), &groups, 0.04);
        // 0.04 and 0.25 multiply to 0.01 exactly as f64 rounds it.
        assert_eq!(0.04 * 0.25, 0.01);
        let head = train(spec(0.5), &none, 0.01).head;
        let bias = train(spec(0.0), &none, 0.01).head.bias.unwrap();
        let rest = train(spec(0.1), &none, 0.04).image.embedding;
        assert_eq!(values(grouped.head.weight.val()), values(head.weight.val()));
        assert_eq!(values(grouped.head.bias.unwrap().val()), values(bias.val()));
        assert_eq!(values(grouped.image.embedding.weight.val()), values(rest.weight.val()));
        let plain = train(spec(0.1), &none, 0.04);
        assert_ne!(values(head.weight.val()), values(plain.head.weight.val()));
    }
}

#[test]
fn a_rate_of_zero_freezes_a_group() {
    let groups = ParamGroups::new().with_rule(ParamRule::prefix("head").with_lr_factor(0.0));
    let trained = train(OptimizerSpec::default(), &groups, 0.1);
    let fresh = model(2, &Device::flex());
    assert_eq!(values(trained.head.weight.val()), values(fresh.head.weight.val()));
    assert_ne!(values(trained.image.embedding.weight.val()), values(fresh.image.embedding.weight.val()));
}

fn assert_says(error: &TrainError, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    assert!(error.is_user_error());
}

#[test]
fn a_group_that_matches_nothing_or_has_a_number_out_of_range_is_refused() {
    let tower = model(2, &Device::flex());
    let refused = |groups: ParamGroups| groups.resolve(&tower).unwrap_err();
    let misspelt = ParamGroups::new().with_rule(ParamRule::prefix("imgae.blocks").with_lr_factor(0.1));
    assert_says(
        &refused(misspelt),
        &["parameter group (prefix `imgae.blocks`)", "matches no parameter", "image.blocks.0", "head.weight"],
    );
    let misspelt = ParamGroups::new().with_layer_decay(LayerDecay::new("image.block", 0.7));
    assert_says(&refused(misspelt), &["layer decay of `image.block`", "matches no parameter"]);
    for rule in [ParamRule::all().with_lr_factor(-1.0), ParamRule::all().with_weight_decay(f64::NAN)] {
        assert_says(&refused(ParamGroups::new().with_rule(rule)), &["every parameter", "negative or not a number"]);
    }
    for decay in [0.0, 1.5, f64::NAN] {
        let groups = ParamGroups::new().with_layer_decay(LayerDecay::new("image.blocks", decay));
        assert_says(&refused(groups), &["is not in (0, 1]"]);
    }
}

#[test]
fn a_recipe_names_groups_and_a_misspelt_key_is_refused() {
    let groups: ParamGroups = toml::from_str(
        "rules = [{ prefix = 'image', lr_factor = 0.01 }, { max_rank = 1, weight_decay = 0.0 }]\n\
         layer_decay = [{ blocks = 'image.blocks', decay = 0.7 }]",
    )
    .unwrap();
    let expected = ParamGroups::new()
        .with_rule(ParamRule::prefix("image").with_lr_factor(0.01))
        .with_rule(ParamRule::all().with_max_rank(1).with_weight_decay(0.0))
        .with_layer_decay(LayerDecay::new("image.blocks", 0.7));
    assert_eq!(groups, expected);
    assert_eq!(toml::from_str::<ParamGroups>(&toml::to_string(&groups).unwrap()).unwrap(), groups);
    assert!(toml::from_str::<ParamGroups>("layer_decays = []").is_err());
    assert!(toml::from_str::<ParamGroups>("layer_decay = [{ blocks = 'b', decay = 0.7, dpth = 3 }]").is_err());
}
