# goldens: crates/data/tests/goldens
"""Goldens of the caption tokenizer, made with NLTK.

    python xtask/parity/caption_tokens.py <output-dir>     (crates/data/tests/goldens)

Runs NLTK's word tokenizer on every sentence of an untrained Punkt splitter (the trained model is a download). The
captions have no abbreviations, where the two splitters differ. Nothing is random.
"""

import json
import sys
from pathlib import Path

import nltk
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.tokenize.punkt import PunktSentenceTokenizer

CAPTIONS = [
    "A man's dog isn't here.",
    "The dog , which can't swim , drinks .",
    'He says "stop" to the kids.',
    "Two men... in t-shirts at 3:15, 1,000 people!",
    "dogs' toys 'n stuff",
    "a man. a dog.",
    "2nd street sign; 50% off & more",
    "I cannot go; gonna wanna gotta gimme lemme (maybe) [x] {y} <z>.",
    "the \"no parking\" sign's bent",
    "rock 'n' roll",
    "--- three -- two - one",
    "``quoted'' text",
    "he said 'hello' to me",
    "5'10\" tall.",
    "what?! really?",
    "a/b test: yes",
    "\u201ccurly\u201d it\u2019s",
    "ends with ellipsis...",
    "don't   won't  they'll we've i'm he'd you're 'tis 'twas d'ye more'n",
    " ",
    "",
    "a cat (black.)",
    'she said "hi."',
    "he said 'hi.'",
    "10.5 miles",
    "'s",
    "n't",
    "'",
    ".",
    "a , b",
    "hello,world",
    "x:y",
    "ratio 5,000:6",
    "#1 @home $5",
    "''",
    "one ''two'' three",
    "wait....what",
    "man.woman",
    "A woman \u2013 in red \u2014 runs*",
    "caf\u00e9 na\u00efve \u00dcber \u65e5\u672c",
    "the boys' and girls' bags",
    "\"quoted at the start\" then not",
    "tab\tand\nnewline",
    "semi;colon,comma:colon",
    "end in comma,",
    "end in colon:",
    "(\"nested\")",
    "who'd've thought",
    "50-year-old man.",
    "a man in a #7 jersey, no. no way. yes",
]


def main():
    splitter, tokenizer = PunktSentenceTokenizer(), NLTKWordTokenizer()
    cases = []
    for caption in CAPTIONS:
        sentences = splitter.tokenize(caption.lower())
        cases.append({"caption": caption, "tokens": [token for sentence in sentences for token in tokenizer.tokenize(sentence)]})
    golden = {"script": "xtask/parity/caption_tokens.py", "versions": {"nltk": nltk.__version__}, "seed": "none: nothing is random", "cases": cases}
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    (out / "caption_tokens.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
