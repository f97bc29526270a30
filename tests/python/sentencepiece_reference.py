"""A unigram vocabulary that the library SentencePiece learns, and the tokens that it gives.

    python3 sentencepiece_reference.py CORPUS MODEL TEXTS OPTIONS

CORPUS is a text file with a sentence in each line; the model is written to MODEL.model. TEXTS is a JSON list of texts, OPTIONS a JSON object of the trainer's options. Prints for each
text a line: a JSON list of ids.
"""
import json
import sys

import sentencepiece

corpus, model, texts, options = sys.argv[1:5]
sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=model, model_type="unigram", minloglevel=2, num_threads=1, **json.loads(options))
processor = sentencepiece.SentencePieceProcessor(model_file=model + ".model")
for text in json.load(open(texts, encoding="utf-8")):
    print(json.dumps(processor.encode(text)))
