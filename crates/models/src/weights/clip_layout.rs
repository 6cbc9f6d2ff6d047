//! The layouts in which CLIP weights are published, as key maps.

use super::file_tensor::{FileForm, FileTensor};

/// How a file names the weights of a [`Clip`](crate::clip::Clip).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipLayout {
    /// OpenAI's own, and OpenCLIP's for the same towers: `visual.transformer.resblocks.0.attn.in_proj_weight`,
    /// `transformer.resblocks..`, `text_projection`.
    OpenAi,
    /// OpenCLIP's for models with a text tower of its own (`CustomTextCLIP`): as OpenAI's, the text tower below `text.`.
    OpenClipText,
    /// Hugging Face transformers': `vision_model.encoder.layers.0.self_attn.q_proj.weight`, `text_model..`.
    Transformers,
}

impl ClipLayout {
    /// The layout of a file by its names; `None` if it is no CLIP with an image transformer.
    pub(super) fn detect<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let has = |wanted: &[&str]| names.clone().any(|name| wanted.contains(&name));
        // One name of each part, so that a lost tensor is reported as lost and not as another model.
        let openai = ["visual.class_embedding", "visual.conv1.weight", "visual.proj", "visual.ln_pre.weight"];
        let text = ["text.token_embedding.weight", "text.positional_embedding", "text.text_projection"];
        let plain = ["token_embedding.weight", "text_projection", "positional_embedding"];
        let vision_model = ["vision_model.embeddings.class_embedding", "vision_model.pre_layrnorm.weight"];
        let text_model = ["text_model.embeddings.token_embedding.weight", "text_model.final_layer_norm.weight"];
        let resnet = has(&["visual.layer1.0.conv1.weight"]);
        let siglip = has(&["text_model.head.weight", "vision_model.head.probe", "logit_bias"]) && !has(&openai);
        if resnet || siglip {
            None
        } else if has(&vision_model) || (has(&text_model) && !has(&["vision_model.embeddings.patch_embedding.bias"])) {
            Some(Self::Transformers)
        } else if has(&text) {
            Some(Self::OpenClipText)
        } else if has(&openai) || (has(&plain[..1]) && has(&plain[1..])) {
            Some(Self::OpenAi)
        } else {
            None
        }
    }

    /// Whether a name of the file is a buffer or a setting, not a weight.
    pub(super) fn ignores(name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        matches!(last, "position_ids" | "attn_mask" | "input_resolution" | "context_length" | "vocab_size")
    }

    /// Which tower a name of the file belongs to; neither for what they share.
    pub(super) fn tower(self, name: &str) -> Option<ClipTower> {
        if name == "logit_scale" || name == "logit_bias" {
            return None;
        }
        let image = match self {
            Self::OpenAi | Self::OpenClipText => name.starts_with("visual."),
            Self::Transformers => name.starts_with("vision_model.") || name.starts_with("visual_projection."),
        };
        let text = match self {
            Self::OpenAi => {
                ["transformer.", "token_embedding.", "ln_final."].iter().any(|prefix| name.starts_with(prefix))
                    || matches!(name, "positional_embedding" | "text_projection")
            }
            Self::OpenClipText => name.starts_with("text."),
            Self::Transformers => name.starts_with("text_model.") || name.starts_with("text_projection."),
        };
        match (image, text) {
            (true, _) => Some(ClipTower::Image),
            (_, true) => Some(ClipTower::Text),
            _ => None,
        }
    }

    /// Where the layout keeps a tensor of [`Clip`](crate::clip::Clip).
    pub(super) fn locate(self, name: &str) -> FileTensor {
        match self {
            Self::OpenAi | Self::OpenClipText => self.openai(name),
            Self::Transformers => transformers(name),
        }
    }

    fn openai(self, name: &str) -> FileTensor {
        let text = if self == Self::OpenAi { "" } else { "text." };
        let (form, name) = match name {
            "visual.proj.weight" => (FileForm::Transposed, "visual.proj".to_owned()),
            "text.proj.weight" => (FileForm::Transposed, format!("{text}text_projection")),
            "logit_scale" => (FileForm::Scalar, name.to_owned()),
            _ => {
                let name = name
                    .replace("visual.patches.", "visual.")
                    .replace("text.words.", "text.")
                    .replace("attn.in_proj.", "attn.in_proj_");
                let name = name.strip_prefix("text.").map(|rest| format!("{text}{rest}")).unwrap_or(name);
                (FileForm::Same, name)
            }
        };
        FileTensor::new(name, form)
    }
}

/// A part of a CLIP that a file can be loaded into alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipTower {
    /// Images.
    Image,
    /// Captions.
    Text,
}

fn transformers(name: &str) -> FileTensor {
    let renamed = match name {
        "logit_scale" => return FileTensor::new(name, FileForm::Scalar),
        "visual.proj.weight" => "visual_projection.weight".to_owned(),
        "text.proj.weight" => "text_projection.weight".to_owned(),
        "visual.patches.class_embedding" => "vision_model.embeddings.class_embedding".to_owned(),
        _ => {
            let mut name = match name.split_once('.') {
                Some(("visual", rest)) => format!("vision_model.{rest}"),
                Some(("text", rest)) => format!("text_model.{rest}"),
                _ => name.to_owned(),
            };
            for (ours, theirs) in [
                ("patches.conv1.", "embeddings.patch_embedding."),
                ("patches.positional_embedding", "embeddings.position_embedding.weight"),
                ("patches.ln_pre.", "pre_layrnorm."), // so spelt there
                ("words.token_embedding.", "embeddings.token_embedding."),
                ("words.positional_embedding", "embeddings.position_embedding.weight"),
                ("transformer.resblocks.", "encoder.layers."),
                (".ln_1.", ".layer_norm1."),
                (".ln_2.", ".layer_norm2."),
                (".ln_post.", ".post_layernorm."),
                (".ln_final.", ".final_layer_norm."),
                (".attn.", ".self_attn."),
                (".c_fc.", ".fc1."),
                (".c_proj.", ".fc2."),
            ] {
                name = name.replace(ours, theirs);
            }
            name
        }
    };
    let names = match renamed.split_once(".in_proj.") {
        Some((block, kind)) => ["q", "k", "v"].iter().map(|part| format!("{block}.{part}_proj.{kind}")).collect(),
        None => vec![renamed],
    };
    FileTensor { names, form: FileForm::Same }
}
