# goldens: crates/models/tests/goldens
"""Goldens of halation-models' CLIP towers: transformers' CLIPModel and a packed PyTorch twin with hashed weights, in f64.

usage: python xtask/parity/clip.py <output-dir>      (crates/models/tests/goldens)

Writes
* clip_keys.txt: names and shapes of transformers' CLIPModel at the sizes of ViT-B/32, B/16 and L/14, and of the packed
  layout (`in_proj_weight`) for ViT-B/32, from a PyTorch module whose attention is nn.MultiheadAttention;
* clip_transformers.safetensors, clip_packed.safetensors: tokens, embeddings, logits and some gradients of small towers,
  each weight hashed by its name in that layout;
* clip_branches.safetensors: the branched and the uncertainty-token towers, written as functions of hashed weights that
  carry our own names.
"""

import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel

sys.path.insert(0, str(Path(__file__).parent))
from hashed import fill, signed, weight  # noqa: E402

# width, layers, heads of both towers; embedding, image, patch, vocabulary, context
VISION, TEXT = (64, 3, 2), (48, 3, 3)
EMBED, IMAGE, PATCH, VOCABULARY, CONTEXT = 40, 32, 8, 100, 16
END = VOCABULARY - 1
CAPTIONS = [[98, 5, 17, 42, 3, 99], [98, 61, 99], [98, 7, 7, 7, 80, 12, 33, 2, 1, 54, 99]]
GRADIENTS = {
    "vision_model.embeddings.class_embedding",
    "vision_model.embeddings.position_embedding.weight",
    "vision_model.encoder.layers.0.self_attn.k_proj.weight",
    "vision_model.encoder.layers.2.mlp.fc2.bias",
    "text_model.embeddings.token_embedding.weight",
    "text_model.encoder.layers.1.self_attn.v_proj.weight",
    "text_model.final_layer_norm.weight",
    "text_projection.weight",
    "logit_scale",
}


def padded(pad):
    """The captions as one matrix, cut to the longest and filled up with `pad`."""
    longest = max(map(len, CAPTIONS))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in CAPTIONS])


def config(vision, text, embed, image, patch, vocabulary, context, activation="quick_gelu"):
    part = lambda sizes: dict(  # noqa: E731
        hidden_size=sizes[0], num_hidden_layers=sizes[1], num_attention_heads=sizes[2],
        intermediate_size=4 * sizes[0], projection_dim=embed, hidden_act=activation,
    )
    return CLIPConfig(
        text_config=part(text) | dict(
            vocab_size=vocabulary, max_position_embeddings=context,
            bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=vocabulary - 1,
        ),
        vision_config=part(vision) | dict(image_size=image, patch_size=patch),
        projection_dim=embed,
    )


def small(activation="quick_gelu"):
    model = CLIPModel(config(VISION, TEXT, EMBED, IMAGE, PATCH, VOCABULARY, CONTEXT, activation)).double().eval()
    fill(model)
    return model


def images():
    return signed("images", (2, 3, IMAGE, IMAGE), 2.0)


def from_transformers():
    out = {}
    for activation, suffix in [("quick_gelu", ""), ("gelu", ".gelu")]:
        model = small(activation)
        vision = model.vision_model(images())
        text = model.text_model(padded(END))
        out[f"image{suffix}"] = model.visual_projection(vision.pooler_output)
        out[f"text{suffix}"] = model.text_projection(text.pooler_output)
        result = model(input_ids=padded(END), pixel_values=images())
        out[f"logits{suffix}"] = result.logits_per_image
        if suffix:
            continue
        out["image_tokens"] = vision.last_hidden_state
        out["text_tokens"] = text.last_hidden_state  # after the last norm
        (result.logits_per_image * signed("cotangent", result.logits_per_image.shape)).sum().backward()
        parameters = dict(model.named_parameters())
        for name in GRADIENTS:
            out[f"grad.{name}"] = parameters[name].grad
    return out


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class PackedBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", QuickGelu())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x, mask):
        h = self.ln_1(x)
        x = x + self.attn(h, h, h, attn_mask=mask, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class PackedStack(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList(PackedBlock(width, heads) for _ in range(layers))

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x


class PackedVision(nn.Module):
    def __init__(self, sizes, embed, image, patch):
        super().__init__()
        width = sizes[0]
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((image // patch) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = PackedStack(*sizes)
        self.proj = nn.Parameter(torch.empty(width, embed))

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x))
        return x, self.ln_post(x[:, 0]) @ self.proj


class Packed(nn.Module):
    """The layout with packed attention; the text tower lies at the root."""

    def __init__(self, vision, text, embed, image, patch, vocabulary, context):
        super().__init__()
        self.visual = PackedVision(vision, embed, image, patch)
        self.token_embedding = nn.Embedding(vocabulary, text[0])
        self.positional_embedding = nn.Parameter(torch.empty(context, text[0]))
        self.transformer = PackedStack(*text)
        self.ln_final = nn.LayerNorm(text[0])
        self.text_projection = nn.Parameter(torch.empty(text[0], embed))
        self.logit_scale = nn.Parameter(torch.empty([]))

    def text(self, ids):
        count = ids.shape[1]
        x = self.token_embedding(ids) + self.positional_embedding[:count]
        mask = torch.full((count, count), float("-inf"), dtype=x.dtype).triu(1)
        x = self.transformer(x, mask)
        return x, self.ln_final(x[torch.arange(len(x)), ids.argmax(1)]) @ self.text_projection


def from_packed():
    model = Packed(VISION, TEXT, EMBED, IMAGE, PATCH, VOCABULARY, CONTEXT).double()
    with torch.no_grad():
        fill(model)
        image_tokens, image = model.visual(images())
        text_tokens, text = model.text(padded(0))
        logits = model.logit_scale.exp() * F.normalize(image, dim=1) @ F.normalize(text, dim=1).T
    return dict(image_tokens=image_tokens, image=image, text_tokens=text_tokens, text=text, logits=logits)


# The branched and the uncertainty-token towers: functions of hashed weights.


def dense(name, x, output, bias=True):
    y = x @ weight(f"{name}.weight", (output, x.shape[-1])).T
    return y + weight(f"{name}.bias", (output,)) if bias else y


def norm(name, x):
    width = x.shape[-1]
    return F.layer_norm(x, (width,), weight(f"{name}.weight", (width,)), weight(f"{name}.bias", (width,)))


def block(name, x, heads, causal):
    batch, count, width = x.shape
    q, k, v = (
        part.reshape(batch, count, heads, width // heads).transpose(1, 2)
        for part in dense(f"{name}.attn.in_proj", norm(f"{name}.ln_1", x), 3 * width).split(width, dim=2)
    )
    scores = q @ k.transpose(2, 3) / (width // heads) ** 0.5
    if causal:
        scores = scores.masked_fill(torch.ones(count, count, dtype=torch.bool).triu(1), float("-inf"))
    read = (scores.softmax(3) @ v).transpose(1, 2).reshape(batch, count, width)
    x = x + dense(f"{name}.attn.out_proj", read, width)
    h = dense(f"{name}.mlp.c_fc", norm(f"{name}.ln_2", x), 4 * width)
    return x + dense(f"{name}.mlp.c_proj", h * torch.sigmoid(1.702 * h), width)


def stack(name, x, blocks, heads, causal):
    for index in range(blocks):
        x = block(f"{name}.resblocks.{index}", x, heads, causal)
    return x


def patches(name):
    width = VISION[0]
    x = F.conv2d(images(), weight(f"{name}.conv1.weight", (width, 3, PATCH, PATCH)), stride=PATCH)
    x = x.flatten(2).transpose(1, 2)
    x = torch.cat([weight(f"{name}.class_embedding", (width,)).expand(len(x), 1, -1), x], 1)
    return x + weight(f"{name}.positional_embedding", (x.shape[1], width))


def tokens(name, ids):
    table = weight(f"{name}.token_embedding.weight", (VOCABULARY, TEXT[0]))
    return table[ids] + weight(f"{name}.positional_embedding", (CONTEXT, TEXT[0]))[: ids.shape[1]]


def branches():
    out = {}
    _, layers, heads = VISION
    shared = stack("trunk", norm("patches.ln_pre", patches("patches")), layers - 1, heads, False)
    out["vision_mean"] = stack("mean", shared, 1, heads, False)
    out["vision_sigma"] = stack("sigma", shared, 1, heads, False)

    _, layers, heads = TEXT
    shared = stack("trunk", tokens("words", padded(0)), layers - 1, heads, True)
    out["text_mean"] = norm("ln_final", stack("mean", shared, 1, heads, True))
    out["text_sigma"] = stack("sigma", shared, 1, heads, True)

    width, layers, heads = VISION
    x = patches("tower.patches")
    x = torch.cat([x, weight("unc_token", (width,)).expand(len(x), 1, -1)], 1)
    x = stack("tower.transformer", norm("tower.patches.ln_pre", x), layers, heads, False)
    x = norm("tower.ln_post", x)
    out["unc_image_mean"] = F.normalize(dense("tower.proj", x[:, 0], EMBED, bias=False), dim=1)
    out["unc_image_log_var"] = dense("log_var", x[:, -1], EMBED)

    # One caption at a time: no padding, so the uncertainty token is simply the last.
    width, layers, heads = TEXT
    means, log_vars = [], []
    for caption in CAPTIONS:
        x = tokens("tower.words", torch.tensor([caption]))
        x = torch.cat([x, weight("unc_token", (width,)).expand(1, 1, -1)], 1)
        x = norm("tower.ln_final", stack("tower.transformer", x, layers, heads, True))
        means.append(F.normalize(dense("tower.proj", x[:, -2], EMBED, bias=False), dim=1))
        log_vars.append(dense("log_var", x[:, -1], EMBED))
    out["unc_text_mean"], out["unc_text_log_var"] = torch.cat(means), torch.cat(log_vars)
    return out


def keys():
    text = dict(vocabulary=49408, context=77)
    sizes = {
        "ViT-B/32": ((768, 12, 12), (512, 12, 8), 512, 224, 32),
        "ViT-B/16": ((768, 12, 12), (512, 12, 8), 512, 224, 16),
        "ViT-L/14": ((1024, 24, 16), (768, 12, 12), 768, 224, 14),
    }
    lines = [f"# xtask/parity/clip.py, torch {torch.__version__}, transformers {transformers.__version__}"]
    models = [(f"transformers {name}", lambda size=size: CLIPModel(config(*size, *text.values()))) for name, size in sizes.items()]
    models.append(("packed ViT-B/32", lambda: Packed(*sizes["ViT-B/32"], **text)))
    for name, build in models:
        lines.append(f"# {name}")
        with torch.device("meta"):
            state = build().state_dict()
        for key, tensor in sorted(state.items()):
            lines.append(" ".join([key, "x".join(map(str, tensor.shape)) or "scalar"]))
    return "\n".join(lines) + "\n"


def main() -> None:
    target = Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    metadata = {
        "script": "xtask/parity/clip.py",
        "versions": f"torch {torch.__version__}, transformers {transformers.__version__}",
        "seed": "hash of (name, index), xtask/parity/hashed.py",
    }
    (target / "clip_keys.txt").write_text(keys())
    for name, make in [("transformers", from_transformers), ("packed", from_packed), ("branches", branches)]:
        tensors = {k: v.detach().to(torch.float32).contiguous() for k, v in make().items()}
        save_file(tensors, str(target / f"clip_{name}.safetensors"), metadata=metadata)


if __name__ == "__main__":
    main()
