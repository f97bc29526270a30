"""The loss of a batch in the pre-training of an encoder and some of its gradients, from a model folder, with the definitions of encoder.py in float64: masked tokens (Devlin et al. 2019),
sentence pairs with a label (Devlin et al. 2019; Lan et al. 2020), lines with translations (Conneau and Lample 2019), tokens in random orders (Yang et al. 2019). Gradients are central differences.

    python3 pretraining.py FOLDER BATCH

BATCH is a JSON file: {"sequences": [{"ids": [...], "targets": [...], "label": 0, "ranks": null}], "count": 3}. A target of -1 is none; so are a label and ranks of null. Prints {"loss": ..., "gradients": {name: [[place, value], ...]}} with
so many places of each tensor.
"""
import json
import sys

import numpy as np

import encoder
from checkpoint import differences

STEP = 1e-5

batch = json.load(open(sys.argv[2]))


def loss():
    masked, labels, predicted = 0.0, [], 0
    for sequence in batch["sequences"]:
        ranks = sequence["ranks"]
        hidden = encoder.encode(sequence["ids"]) if ranks is None else encoder.encode_queries(sequence["ids"], ranks)
        log_p = encoder.log_probabilities(hidden)
        for place, target in enumerate(sequence["targets"]):
            if target >= 0:
                masked -= log_p[place, target]
                predicted += 1
        if sequence["label"] is not None:
            labels.append(-np.log(encoder.softmax(encoder.classes(hidden)))[sequence["label"]])
    return masked / predicted + (np.mean(labels) if labels else 0.0)


def main():
    gradients = {}
    has_labels = any(sequence["label"] is not None for sequence in batch["sequences"])
    for name, tensor in [*encoder.weights.items(), *(encoder.head.items() if has_labels else [])]:
        tensor.flags.writeable = True
        gradients[name] = differences(loss, tensor, batch["count"], STEP)
    print(json.dumps({"loss": loss(), "gradients": gradients}))


main()
