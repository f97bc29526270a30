"""Normalization forms of Unicode by Python's standard library, for every character that has a decomposition and for random sequences of them.

    python3 unicode_forms.py NFC|NFD|NFKC|NFKD

Prints TEXT=NORMALIZED, each as code points in hexadecimal. Characters that this Python's edition of Unicode does not know are left out.
"""
import random
import sys
import unicodedata

form = sys.argv[1]
characters = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
special = [c for c in characters if unicodedata.normalize("NFKD", c) != c or unicodedata.combining(c)]
random.seed(7)
texts = special + ["".join(random.choice(special) for _ in range(random.randrange(2, 7))) for _ in range(3000)] + ["a" + c + "\u0323" for c in special[:2000]]
for text in texts:
    print("=".join(" ".join(f"{ord(c):X}" for c in side) for side in (text, unicodedata.normalize(form, text))))
