# goldens: crates/data/tests/goldens
"""Goldens of image decoding and transforms, made with Pillow and torchvision.

    python xtask/parity/pil_transforms.py <output-dir>     (crates/data/tests/goldens)

Writes pil_transforms.json (expected pixels as hexadecimal bytes, [height, width, 3]) and small images of odd colour
types under decode/. Inputs of the transforms are not stored: `picture` is a formula that the Rust test repeats.
Nothing is random; two runs with the same packages write the same bytes.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F


def picture(width, height):
    """A deterministic picture with gradients, edges and texture."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    value = x * 7 + y * 13 + c * 29 + (x * y) % 31 * 5 + ((x // 5 + y // 3) % 2) * 90
    return Image.fromarray((value % 256).astype(np.uint8))


def smooth(width, height):
    """A picture that JPEG keeps well."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return Image.fromarray((40 + x * 6 + y * 4 + c * 30).clip(0, 255).astype(np.uint8))


def case(image, **arguments):
    return {**arguments, "height": image.height, "width": image.width, "pixels": np.asarray(image.convert("RGB")).tobytes().hex()}


def transforms():
    filters = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC, "nearest": InterpolationMode.NEAREST}
    cases = []
    for name, mode in filters.items():
        for source, target in [((37, 23), (16, 10)), ((20, 20), (23, 21)), ((97, 61), (14, 9)), ((1, 1), (5, 4)), ((9, 40), (9, 12)), ((64, 3), (7, 3))]:
            out = F.resize(picture(*source), [target[1], target[0]], mode)
            cases.append(case(out, op="resize", filter=name, source=source))
    for source, size in [((50, 33), 12), ((33, 50), 12), ((19, 19), 7), ((31, 17), 20)]:
        out = F.resize(picture(*source), size, InterpolationMode.BILINEAR)
        cases.append(case(out, op="resize_short_side", filter="bilinear", source=source, size=size))
    for source, size in [((37, 23), 16), ((36, 25), 16), ((15, 9), 20), ((16, 9), 13), ((9, 19), 12), ((11, 13), 10)]:
        out = F.center_crop(picture(*source), [size, size])
        cases.append(case(out, op="center_crop", source=source, size=size))
    for source, window, size in [((50, 33), (7, 5, 20, 25), 16), ((50, 33), (0, 0, 50, 33), 16), ((24, 24), (3, 9, 6, 4), 12)]:
        left, top, width, height = window
        out = F.resized_crop(picture(*source), top, left, height, width, [size, size], InterpolationMode.BILINEAR)
        cases.append(case(out, op="resized_crop", filter="bilinear", source=source, window=window, size=size))
    cases.append(case(F.hflip(picture(7, 5)), op="flip", source=(7, 5)))
    cases.append(case(F.crop(F.pad(picture(9, 7), 3), 1, 2, 10, 10), op="padded_crop", source=(9, 7), padding=3, window=(2, 1, 10, 10)))
    return cases


def normalized():
    tensor = F.normalize(F.to_tensor(picture(6, 4)), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return {"source": (6, 4), "values": [float(value) for value in tensor.flatten()]}


def png(width, height, depth, colour, rows, extra=b""):
    """A PNG by hand: Pillow writes neither 16-bit colour nor false headers."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def on_white(image):
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def decoded(folder):
    """Files of odd colour types, what they show, and by how many levels another decoder may differ."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = 16, 12
    base, soft = picture(width, height), smooth(width, height)
    alpha = Image.fromarray(np.add.outer(np.arange(height) * 9, np.arange(width) * 10).clip(0, 255).astype(np.uint8))
    rgba = base.copy()
    rgba.putalpha(alpha)
    cases = []

    def add(name, expected, levels):
        cases.append(case(expected, file=name, levels=levels))

    def save(name, image, expected=None, levels=0, **options):
        image.save(folder / name, **options)
        add(name, expected or Image.open(folder / name).convert("RGB"), levels)

    save("rgb.png", base)
    save("grey.png", base.convert("L"))
    grey_alpha = Image.merge("LA", (base.convert("L"), alpha))
    save("grey_alpha.png", grey_alpha, on_white(grey_alpha), 1)  # rounding of the blend
    save("rgba.png", rgba, on_white(rgba), 1)
    save("palette.png", base.quantize(16))
    transparent = base.quantize(16)
    save("palette_transparent.png", transparent, None, 1, transparency=3)
    cases.pop()
    add("palette_transparent.png", on_white(Image.open(folder / "palette_transparent.png")), 1)
    save("one_bit.png", base.convert("1"))
    save("one_pixel.png", Image.new("RGB", (1, 1), (10, 200, 30)))
    wide = (np.asarray(base).astype(np.uint16) * 256 + 128)
    (folder / "rgb_16.png").write_bytes(png(width, height, 16, 2, b"".join(b"\0" + row.astype(">u2").tobytes() for row in wide)))
    add("rgb_16.png", Image.open(folder / "rgb_16.png").convert("RGB"), 1)  # Pillow cuts the low byte, we round
    grey = wide[:, :, 0]
    (folder / "grey_16.png").write_bytes(png(width, height, 16, 0, b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey)))
    add("grey_16.png", Image.fromarray((grey >> 8).astype(np.uint8)), 1)  # Pillow clips 16-bit grey instead of scaling it
    # JPEG decoders may differ in the inverse transform and in chroma upsampling.
    save("rgb_444.jpg", soft, None, 3, quality=95, subsampling=0)
    save("rgb_420.jpg", soft, None, 6, quality=95, subsampling=2)
    save("progressive.jpg", soft, None, 3, quality=95, subsampling=0, progressive=True)
    save("grey.jpg", soft.convert("L"), None, 2, quality=95)
    save("cmyk.jpg", soft.convert("CMYK"), None, 4, quality=95)
    save("rgb.bmp", base)
    save("rgb.tif", base)
    save("rgb.webp", base, lossless=True, exact=True)
    save("palette.gif", base.quantize(16))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        name = f"exif_{orientation}.jpg"
        soft.save(folder / name, quality=95, subsampling=0, exif=exif)
        add(name, ImageOps.exif_transpose(Image.open(folder / name)), 3)
    (folder / "bomb.png").write_bytes(png(65535, 65535, 8, 2, b"\0" * 64))
    return cases


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    golden = {
        "script": "xtask/parity/pil_transforms.py",
        "versions": {"pillow": PIL.__version__, "torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__},
        "seed": "none: nothing is random",
        "transforms": transforms(),
        "normalized": normalized(),
        "decoded": decoded(out / "decode"),
    }
    (out / "pil_transforms.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
