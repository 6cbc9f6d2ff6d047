//! What a weight file looks like, by its names: for the message when it is not what was asked for.

/// Tell-tale names, most specific first: a file looks like the first entry of which it has a name that begins so.
const FAMILIES: &[(&str, &str)] = &[
    ("visual.layer1.0.conv1.", "a CLIP with a ResNet image tower (RN50 and kin)"),
    ("visual.patches.", "a CLIP saved by `weights::save` (load it with `weights::load`)"),
    ("patches.class_embedding", "a CLIP image tower saved by `weights::save` (load it with `weights::load`)"),
    ("words.token_embedding.", "a CLIP text tower saved by `weights::save` (load it with `weights::load`)"),
    ("vision_model.head.", "a SigLIP of transformers"),
    ("text_model.head.", "a SigLIP of transformers"),
    ("visual.trunk.", "an OpenCLIP model whose image tower comes from timm"),
    ("visual.uncertainty_transformer.", "a pretrained PCME++ of its authors"),
    ("visual.unc_embedding", "a ProLIP of its authors"),
    ("img_enc.", "a PCME or PCME++ checkpoint of the authors"),
    ("image.cnn.", "a PCME of this library"),
    ("text.words.embedding.", "a PCME of this library"),
    ("layer1.0.conv1.", "a torchvision or timm ResNet"),
    ("encoder.layers.encoder_layer_0.", "a torchvision vision transformer"),
    ("blocks.0.attn.qkv.", "a timm vision transformer"),
    ("vit.encoder.", "a ViT of transformers"),
    ("visual_encoder.", "a BLIP"),
    ("vision_model.encoder.layers.0.self_attn.qkv.", "a BLIP of transformers"),
    ("bert.", "a BERT"),
    ("encoder.layer.0.attention.self.", "a BERT or ViT of transformers"),
    ("text_encoder.", "a model with a text encoder (ALBEF, BLIP, diffusion)"),
    ("h.0.attn.c_attn.", "a GPT-2"),
    ("transformer.h.0.attn.", "a GPT-2"),
    ("model.layers.0.self_attn.", "a large language model of transformers"),
    ("down_blocks.", "a diffusion U-Net"),
    ("first_stage_model.", "a Stable Diffusion checkpoint"),
    ("features.0.", "a torchvision network (VGG, EfficientNet, MobileNet or kin)"),
];

/// A phrase for the model a file was made for, or its first names where it is unknown.
pub(super) fn describe<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    for (start, family) in FAMILIES {
        if names.clone().any(|name| name.starts_with(start)) {
            return (*family).to_owned();
        }
    }
    let first: Vec<&str> = names.clone().take(3).collect();
    match names.count() {
        0 => "an empty file (or one in which no name has the prefix asked for)".to_owned(),
        count => format!("an unknown model of {count} tensors: {}, ..", first.join(", ")),
    }
}
