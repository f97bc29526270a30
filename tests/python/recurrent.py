"""Hidden states and log-probabilities of the next tokens of a recurrent model by its definition (LSTM with and without projection, GRU, RNN, as in PyTorch's nn.LSTM, nn.GRU and nn.RNN), from a
model folder. It shares no code with the library, needs numpy only, and computes in float64, one text at a time.

    python3 recurrent.py FOLDER IDS

IDS is a JSON file: a list of texts, each a list of token ids. Prints a JSON object for each text, a line each: hidden, log_probabilities (of each token after the one before it; empty in both directions).
"""
import json
import struct
import sys

import numpy as np

folder = sys.argv[1]
model = json.load(open(folder + "/config.json", encoding="utf-8"))["model"]
with open(folder + "/model.safetensors", "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()
header.pop("__metadata__", None)
weights = {name: np.frombuffer(data[entry["data_offsets"][0]:entry["data_offsets"][1]], "<f4").reshape(entry["shape"]).astype(np.float64) for name, entry in header.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def read(x, suffix):
    w_ih, w_hh, b_ih, b_hh = (weights[f"rnn.{name}_{suffix}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    w_hr = weights.get(f"rnn.weight_hr_{suffix}")
    size = model["modelSize"]
    h, c = np.zeros(w_hh.shape[1]), np.zeros(size)
    states = []
    for row in x:
        a, r = w_ih @ row + b_ih, w_hh @ h + b_hh
        if model["kind"] == "Lstm":
            i, f, g, o = np.split(a + r, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            h = h if w_hr is None else w_hr @ h
        elif model["kind"] == "Gru":
            (ar, az, an), (rr, rz, rn) = np.split(a, 3), np.split(r, 3)
            z = sigmoid(az + rz)
            h = (1 - z) * np.tanh(an + sigmoid(ar + rr) * rn) + z * h
        else:
            h = np.maximum(a + r, 0) if model["nonlinearity"] == "Relu" else np.tanh(a + r)
        states.append(h)
    return np.array(states)


for ids in json.load(open(sys.argv[2])):
    x = weights["word_emb.emb_layers.0.weight"][ids]
    for layer in range(model["layers"]):
        forward = read(x, f"l{layer}")
        x = np.concatenate([forward, read(x[::-1], f"l{layer}_reverse")[::-1]], -1) if model.get("bidirectional", False) else forward
    log_p = []
    if not model.get("bidirectional", False):
        y = x @ weights["crit.out_projs.0"] if "crit.out_projs.0" in weights else x
        table = weights.get("crit.out_layers.0.weight", weights["word_emb.emb_layers.0.weight"])
        logits = y @ table.T + weights["crit.out_layers.0.bias"]
        logits -= logits.max(-1, keepdims=True)
        p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        log_p = [float(p[i, token]) for i, token in enumerate(ids[1:])]
    print(json.dumps({"hidden": x.ravel().tolist(), "log_probabilities": log_p}))
