//! The trainable whole: the network and the two scalars of the match probability.

use crate::recipe::Recipe;
use burn::module::Module;
use burn::tensor::Device;
use halation_core::loss::PairMatchLoss;
use halation_models::hib::HibEncoder;
use halation_train::random::seeded_init;
use halation_train::user_error::user;

/// Everything that training changes.
#[derive(Module, Debug)]
pub struct HibModel {
    /// The network.
    pub encoder: HibEncoder,
    /// The loss with the scale and the shift of the match probability.
    pub criterion: PairMatchLoss,
}

/// A model with the recipe's random weights.
///
/// # Errors
/// As [`blank`].
pub fn init(recipe: &Recipe, device: &Device) -> anyhow::Result<HibModel> {
    // Checked before anything is drawn: what is built below cannot fail any more.
    blank(recipe, device)?;
    Ok(seeded_init(device, recipe.seed, |device| blank(recipe, device).expect("the same recipe has just been built")))
}

/// A model of the recipe's shape, to load a checkpoint into.
///
/// # Errors
/// Settings that [`Recipe::check`] refuses.
pub fn blank(recipe: &Recipe, device: &Device) -> anyhow::Result<HibModel> {
    let config = recipe.model.config(recipe.data.numbers.digits);
    config.check().map_err(|error| user(error.into()))?;
    let criterion = recipe.loss.config().init(device).map_err(|error| user(error.into()))?;
    Ok(HibModel { encoder: config.init(device), criterion })
}
