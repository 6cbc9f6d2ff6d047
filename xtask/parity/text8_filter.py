# goldens: crates/data/tests/goldens
"""Goldens of the filter that makes text8 of a Wikipedia dump.

    python xtask/parity/text8_filter.py <output-dir>     (crates/data/tests/goldens)

The rule, written as one regular expression per step, over made-up pages: pieces of markup in random order (seed 8), most
of it broken, so that what is nested, unclosed or overlapping is decided by the expressions. If the Wikipedia extract of
the shared data is there (HALATION_DATA, else ../shared/data), the size and SHA-256 of its filtered text too.
"""

import bz2
import hashlib
import json
import os
import random
import re
import sys
from pathlib import Path

EXTRACT = "text/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
STEPS = [
    (rb"<.*>", b"", 1),  # the dot stops at a line's end
    (rb"&amp;", b"&", 0),
    (rb"&lt;", b"<", 0),
    (rb"&gt;", b">", 0),
    (rb"<ref[^<]*</ref>", b"", 0),
    (rb"<[^>]*>", b"", 0),
    (rb"\[http:[^] ]*", b"[", 0),
    (rb"(?i)\|thumb", b"", 0),
    (rb"(?i)\|left", b"", 0),
    (rb"(?i)\|right", b"", 0),
    (rb"(?i)\|[0-9]+px", b"", 0),
    (rb"(?i)\[\[image:[^\[\]]*\|", b"", 0),
    (rb"(?i)\[\[category:([^|\]]*)[^]]*\]\]", rb"[[\1]]", 0),
    (rb"\[\[[a-z\-]*:[^\]]*\]\]", b"", 0),
    (rb"\[\[[^|\]]*\|", b"[[", 0),
    (rb"\{\{[^}]*\}\}", b"", 0),
    (rb"\{[^}]*\}", b"", 0),
    (rb"[\[\]]", b"", 0),
    (rb"&[^;]*;", b" ", 0),
]
DIGITS = b"zero one two three four five six seven eight nine".split()
PIECES = [
    "word", "Two Words", "1984", "3.5", "100px", "é", "naïve", " ", "\n", "-", "%", "a", "B", ":", "|", "||", "[", "[[", "]", "]]",
    "{", "{{", "}", "}}", "&amp;", "&lt;", "&gt;", "&amp;nbsp;", "&amp;lt;", "&amp;amp;", "&eacute;", "&", ";", "&lt;ref&gt;",
    "&lt;ref name=x&gt;", "&lt;/ref&gt;", "&lt;br /&gt;", "&lt;!-- c --&gt;", "|thumb", "|THUMB", "|left", "|Right", "|200px",
    "|2px", "|px", "[[image:", "[[Image:x.png", "[[category:", "[[Category:Bar|k]]", "[[fr:Foo]]", "[[zh-min-nan:X]]",
    "[[File:a|b]]", "[[Anarchy|Lawless]]", "[[plain]]", "[http://a.b label]", "[https://a.b label]", "[http:", "{{stub}}",
    "{|\n|a\n|}", "|le|thumbft", "<i>", "</i>", "<b\nc>", "#", "#REDIRECT", "'''bold'''", "== h ==",
]


def text8(dump: bytes) -> bytes:
    out, in_text = [], False
    for record in re.findall(rb"[^>]*>|[^>]+", dump):
        if b"<text " in record:
            in_text = True
        if b"#redirect" in record.lower():
            in_text = False
        if not in_text:
            continue
        in_text = b"</text>" not in record
        for pattern, replacement, count in STEPS:
            record = re.sub(pattern, replacement, record, count=count)
        record = b" " + record.lower() + b" "
        for digit, name in enumerate(DIGITS):
            record = record.replace(b"%d" % digit, b" " + name + b" ")
        out.append(re.sub(rb"[^a-z]+", b" ", record)[:-1])
    return b"".join(out)


def main(folder: Path) -> None:
    rng = random.Random(8)
    cases = []
    for _ in range(300):
        pages = ["".join(rng.choices(PIECES, k=rng.randint(1, 30))) for _ in range(rng.randint(1, 2))]
        dump = "".join(f'<page><title>t</title><text xml:space="preserve">{page}</text></page>\n' for page in pages)
        cases.append({"dump": dump, "text": text8(dump.encode()).decode()})
    golden = {"cases": cases}
    data = Path(os.environ.get("HALATION_DATA", Path(__file__).parents[3] / "shared/data")) / EXTRACT
    if data.exists():
        text = text8(bz2.decompress(data.read_bytes()))
        golden["extract"] = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "text8_filter.json").write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n")


main(Path(sys.argv[1]))
