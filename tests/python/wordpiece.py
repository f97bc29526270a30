"""Tokens of texts by the definition of BERT's tokenizer (Devlin et al. 2019, section 3 and the published description): clean, Chinese characters apart, lower
case and accents, punctuation apart, longest pieces first. Shares no code with the library and needs the standard library only.

    python3 wordpiece.py VOCAB TEXTS cased|uncased

TEXTS is a JSON list of texts. Prints a JSON list of tokens for each, a line each.
"""
import json
import sys
import unicodedata

vocabulary = {line.rstrip("\n"): i for i, line in enumerate(open(sys.argv[1], encoding="utf-8"))}
uncased = sys.argv[3] == "uncased"


def is_space(c):
    return c in " \t\n\r" or unicodedata.category(c) in ("Zs", "Zl", "Zp")


def is_control(c):
    return c not in "\t\n\r" and unicodedata.category(c) in ("Cc", "Cf", "Co")


def is_punctuation(c):
    return 33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96 or 123 <= ord(c) <= 126 or unicodedata.category(c).startswith("P")


def is_chinese(c):
    ranges = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]
    return any(low <= ord(c) <= high for low, high in ranges)


def basic(text):
    text = "".join(" " if is_space(c) else c for c in text if not (ord(c) in (0, 0xFFFD) or is_control(c)))
    text = "".join(f" {c} " if is_chinese(c) else c for c in text)
    if uncased:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
        text = "".join(c.lower() for c in text)
    text = "".join(f" {c} " if is_punctuation(c) else c for c in text)
    return text.split()


def pieces(word):
    if len(word) > 100:
        return ["[UNK]"]
    found, begin = [], 0
    while begin < len(word):
        for end in range(len(word), begin, -1):
            piece = ("##" if begin > 0 else "") + word[begin:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        found.append(piece)
        begin = end
    return found


for text in json.load(open(sys.argv[2], encoding="utf-8")):
    print(json.dumps([vocabulary[piece] for word in basic(text) for piece in pieces(word)]))
