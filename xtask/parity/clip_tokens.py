"""Goldens of the CLIP tokenizer: ids of real captions in ten languages, of hostile strings, and of a made-up merge list.

# goldens: crates/data/tests/goldens

    python xtask/parity/clip_tokens.py <output-dir>

Needs transformers (for its CLIPTokenizer), ftfy and regex, and the folder of shared data: $HALATION_DATA, else
../shared/data beside the repository. Two references: `transformers` is CLIPTokenizer built from the merge list;
`published` is the algorithm of the CLIP paper's code, written here from its description: clean with ftfy, resolve HTML
entities twice, collapse white space, lower-case, cut into words, and merge the pair of lowest rank until none is left.
Nothing is random.
"""

import csv
import gzip
import hashlib
import html
import json
import os
import sys
import tarfile
from pathlib import Path

import ftfy
import regex
import transformers
from transformers import CLIPTokenizer

CONTEXT, GROUP, EVERY, MERGES = 77, 100, 25, 49152 - 256 - 2
START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = regex.compile(
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE
)


def symbols_of_bytes():
    """Printable bytes of Latin-1 stand for themselves and come first; the others get code points from 256 on."""
    own = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b]
    others = [b for b in range(256) if b not in own]
    return {**{b: chr(b) for b in own}, **{b: chr(256 + i) for i, b in enumerate(others)}}


class Published:
    def __init__(self, merges):
        self.byte = symbols_of_bytes()
        names = list(self.byte.values())
        names += [name + "</w>" for name in names]
        names += ["".join(pair) for pair in merges] + [START, END]
        self.id = {name: i for i, name in enumerate(names)}
        self.rank = {pair: i for i, pair in enumerate(merges)}

    def merge(self, word):
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda pair: self.rank.get(pair, 1 << 30))
            if best not in self.rank:
                break
            merged, i = [], 0
            while i < len(parts):
                if tuple(parts[i : i + 2]) == best:
                    merged.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    merged.append(parts[i])
                    i += 1
            parts = merged
        return parts

    def tokens(self, text):
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        text = regex.sub(r"\s+", " ", text).strip().lower()
        ids = []
        for word in WORDS.findall(text):
            if word in (START, END):
                ids.append(self.id[word])
            else:
                word = "".join(self.byte[b] for b in word.encode())
                ids += [self.id[part] for part in self.merge(word)]
        return ids

    def __call__(self, text):
        ids = self.tokens(text)[: CONTEXT - 2]
        return [self.id[START], *ids, self.id[END]]


class Transformers:
    def __init__(self, merges):
        names = list(symbols_of_bytes().values())
        names += [name + "</w>" for name in names]
        names += ["".join(pair) for pair in merges] + [START, END]
        vocabulary = {name: i for i, name in enumerate(names)}
        self.tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges)

    def __call__(self, text):
        return self.tokenizer(text, truncation=True, max_length=CONTEXT)["input_ids"]


TINY = [("t", "h"), ("th", "e</w>"), ("c", "a"), ("ca", "t</w>"), ("o", "n</w>"), ("a", "t</w>"), ("'", "s</w>"),
        ("d", "o"), ("do", "g</w>"), ("e", "r</w>"), ("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o</w>"), ("!", "!</w>"),
        ("\u00c3", "\u00a9</w>")]  # fmt: skip

HOSTILE = [
    "",
    " ",
    " \t\r\n\u00a0\u3000\u2003 ",
    "\0",
    "a\0b",
    "\u0001\u0002 bell\u0007 tab\tback\b\u001b",
    "\u001b[31mred\u001b[0m text \u001b[;",
    "a dog's toy isn't here; they'll've what I'm it'd we're",
    "a dog\u2019s toy \u201cquoted\u201d \u02bchm \u2018single\u2019",
    "HELLO World THE CAT",
    "A  man   on\ta\n\nhorse ",
    "1234567890 3.14 1,000 \u00bd \u00b2 \u0663\u0664 \u2167",
    "!!! ?!? ... --- @#$%^&*()_+={}[]|\\:;<>,./~`",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family",
    "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f wales \U0001f1eb\U0001f1f7",
    "\u2764\ufe0f\u200d\U0001f525 \U0001f44d\U0001f3fd",
    "e\u0301 cafe\u0301 n\u0303 a\u0323\u0307",
    "z\u0351\u036b\u0343\u036a\u0302 zalgo \u0338\u0338\u0338",
    "\u0130stanbul I\u0307 \u1e9e stra\u00dfe",
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u03a3 \u0391\u03a3",
    "\u017fong '\u017f \u212a \u01c5 \u01c4",
    "\ufb01sh \ufb02ower \ufb03 \ufb05 \u0132 \u0149 \u01f1",
    "\uff28\uff25\uff2c\uff2c\uff2f \uff76\uff9e\uff77 \uff01 \uff02\uff07",
    "\u4e00\u53ea\u72d7\u5728\u8349\u5730\u4e0a \u72ac\u304c\u8d70\u308b\u3002 \uac1c\uac00 \ub2ec\ub9b0\ub2e4",
    "\u0915\u094d\u0937\u093f \u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32",
    "\u0643\u0644\u0628 \u202e\u05e9\u05dc\u05d5\u05dd\u202c \u200f\u200e \u0640\u0640",
    "&lt;b&gt; &amp;amp; &quot;x&quot; &eacute; &#233; &#xE9; &copy &notit; &nosuch; &;",
    "P&EACUTE;REZ &AMP; &HELLIP; &NTILDE; &ntilde;&Ntilde; &nTILDE;",
    "&rsquo;s &ldquo;hi&rdquo; &#8217;t &#146; &#0; &#xD800; &#x110000; &#99999999999; &#28; &#11; &#xFFFE;",
    "<p>&eacute; &rsquo;</p>",
    "line &eacute;\n<line> &rsquo;\nthird &rsquo;",
    "&#59; &#38;amp; &amp;#38;lt; &amp;amp;amp;lt; &#x3b &#; &#x;",
    "<|startoftext|>a cat<|endoftext|>",
    "<|ENDOFTEXT|> !<|endoftext|> <| endoftext |>",
    "a<|startoftext|>b </w> a</w>b",
    "C1 \u0080 \u0085 \u0093hi\u0094 \u0081",
    "soft\u00adhyphen zero\u200bwidth \u2060join \ufeffbom \ufffc \ufff9",
    "line\u2028sep para\u2029sep vt\u000bff\u000cend\u001cfs\u001fus",
    "replacement \ufffd private \ue000 \U000f0000 noncharacter \ufdd0 \U0001ffff",
    "the cat " * 200,
    "a" * 5000,
    "ab" * 2000 + " tail",
    "\U0001f600" * 300,
    "& " * 300,
    "x" + "\u0301" * 400,
]  # fmt: skip


def captions(data):
    """All captions of the Flickr8k subset, then every 25th text of the CLDR annotations, in the order of names."""
    with open(data / "captions/flickr8k_subset/captions.txt", encoding="utf-8", newline="") as file:
        texts = [row["caption"] for row in csv.DictReader(file)]
    members = {}
    with tarfile.open(data / "captions/emoji/cldr_annotations_10langs.tar.gz") as archive:
        for member in archive:
            if member.name.endswith(".json"):
                members[member.name] = json.load(archive.extractfile(member))
    number = 0
    for name in sorted(members):
        (body,) = members[name].values()
        entries = body["annotations"]
        for key in sorted(entries):
            for text in entries[key].get("tts", []) + entries[key].get("default", []):
                if number % EVERY == 0:
                    texts.append(text)
                number += 1
    return texts


def hashes(encode, texts):
    groups = [texts[i : i + GROUP] for i in range(0, len(texts), GROUP)]
    lines = ("".join(" ".join(map(str, encode(text))) + "\n" for text in group) for group in groups)
    return [hashlib.sha256(line.encode()).hexdigest()[:16] for line in lines]


def main(out):
    beside = Path(__file__).resolve().parents[2].parent / "shared/data"
    data = Path(os.environ.get("HALATION_DATA", beside))
    packed = (data / "captions/clip_bpe/bpe_simple_vocab_16e6.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().split("\n")[1 : MERGES + 1]
    merges = [tuple(line.split()) for line in lines]
    published, library = Published(merges), Transformers(merges)
    texts = captions(data)
    tiny = Published(TINY), Transformers(TINY)
    versions = dict(transformers=transformers.__version__, ftfy=ftfy.__version__, regex=regex.__version__)
    golden = dict(
        made_by="xtask/parity/clip_tokens.py",
        versions=versions,
        captions=len(texts),
        published=hashes(published, texts),
        transformers=hashes(library, texts),
        hostile=[dict(text=text, published=published(text), transformers=library(text)) for text in HOSTILE],
        tiny_merges=TINY,
        tiny=[
            dict(text=text, published=tiny[0](text), transformers=tiny[1](text))
            for text in [*HOSTILE[:30], "the cat on the dog", "caf\u00e9 hello!! other", "it's"]
        ],
    )
    (Path(out) / "clip_tokens.json").write_text(json.dumps(golden, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
