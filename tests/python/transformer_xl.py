"""The log-probabilities of a text by the definition of Transformer-XL (Dai et al. 2019, section 3.3; Grave et al. 2017 for
the clusters), from the folder of an exported model in Hugging Face's layout. A second reader: it shares no code with the
library, needs numpy only, and computes in float64, all positions at once.

    python3 transformer_xl.py FOLDER TEXT MEMORY CLAMP

prints -ln p of each token of the text, a line for each. A token is predicted from the one before it (the first from <eos>),
which attends to itself and the MEMORY tokens before it; distances beyond CLAMP look like CLAMP, 0 is no limit.
"""
import json
import struct
import sys

import numpy as np

folder, text, memory, clamp = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
config = json.load(open(folder + "/config.json", encoding="utf-8"))
with open(folder + "/model.safetensors", "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()
header.pop("__metadata__", None)
weights = {}
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    weights[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).astype(np.float64)

symbols = [line.rstrip("\n") for line in open(folder + "/vocab.txt", encoding="utf-8")]
ids = {symbol: number for number, symbol in enumerate(symbols)}
end_of_line = config["eos_token_id"]
targets = []
for line in open(text, encoding="utf-8"):
    targets += [ids.get(word, ids["<unk>"]) for word in line.split()] + [end_of_line]
tokens = [end_of_line] + targets[:-1]

size, heads, width = config["d_model"], config["n_head"], config["d_head"]
ends = config["cutoffs"] + [config["vocab_size"]]
starts = [0] + config["cutoffs"]
single = config["div_val"] == 1
projects = not single or config["d_embed"] != size


def norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weights[name + ".weight"] + weights[name + ".bias"]


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def table(kind, cluster):
    """The rows of a cluster: embedding or, where it is not tied, softmax."""
    own = f"crit.out_layers.{0 if single else cluster}.weight"
    name = own if kind == "softmax" and own in weights else f"transformer.word_emb.emb_layers.{0 if single else cluster}.weight"
    return weights[name][starts[cluster]:ends[cluster]] if single else weights[name]


def projection(kind, cluster):
    own = f"crit.out_projs.{cluster}"
    return weights[own if kind == "softmax" and own in weights else f"transformer.word_emb.emb_projs.{0 if single else cluster}"]


def embed(token):
    cluster = next(c for c, end in enumerate(ends) if token < end)
    row = table("embedding", cluster)[token - starts[cluster]]
    return np.sqrt(size) * (projection("embedding", cluster) @ row if projects else row)


h = np.stack([embed(token) for token in tokens])
count = len(tokens)
distance = np.arange(count)[:, None] - np.arange(count)[None, :]
visible = (distance >= 0) & (distance <= memory)
position = np.clip(distance, 0, clamp if clamp > 0 else None)
angles = np.arange(position.max() + 1)[:, None] / 10000.0 ** (np.arange(0, size, 2)[None, :] / size)
sinusoids = np.concatenate([np.sin(angles), np.cos(angles)], -1)
for layer in range(config["n_layer"]):
    name = f"transformer.layers.{layer}."
    attention = name + "dec_attn."
    biases = attention if config["untie_r"] else "transformer."
    x = norm(h, attention + "layer_norm") if config["pre_lnorm"] else h
    q, k, v = (x @ weights[attention + "qkv_net.weight"].T).reshape(count, 3, heads, width).transpose(1, 2, 0, 3)
    r = (sinusoids @ weights[attention + "r_net.weight"].T).reshape(-1, heads, width).transpose(1, 0, 2)
    u, w = weights[biases + "r_w_bias"][:, None], weights[biases + "r_r_bias"][:, None]
    by_distance = np.take_along_axis((q + w) @ r.transpose(0, 2, 1), np.broadcast_to(position, (heads, count, count)), -1)
    scores = ((q + u) @ k.transpose(0, 2, 1) + by_distance) / np.sqrt(width)
    probabilities = np.exp(log_softmax(np.where(visible, scores, -np.inf)))
    a = (probabilities @ v).transpose(1, 0, 2).reshape(count, -1) @ weights[attention + "o_net.weight"].T
    h = h + a if config["pre_lnorm"] else norm(h + a, attention + "layer_norm")
    block = name + "pos_ff."
    x = norm(h, block + "layer_norm") if config["pre_lnorm"] else h
    inner = np.maximum(0, x @ weights[block + "CoreNet.0.weight"].T + weights[block + "CoreNet.0.bias"])
    f = inner @ weights[block + "CoreNet.3.weight"].T + weights[block + "CoreNet.3.bias"]
    h = h + f if config["pre_lnorm"] else norm(h + f, block + "layer_norm")

log_probability = np.full((count, config["vocab_size"]), np.nan)
for cluster in range(len(ends)):
    bias = weights["crit.out_layers.0.bias"][starts[cluster]:ends[cluster]] if single else weights[f"crit.out_layers.{cluster}.bias"]
    x = h @ projection("softmax", cluster) if projects else h
    logits = x @ table("softmax", cluster).T + bias
    if cluster > 0:
        # In this layout cluster 1 is the first column after the shortlist.
        log_probability[:, starts[cluster]:ends[cluster]] = log_softmax(logits) + head[:, ends[0] + cluster - 1, None]
        continue
    if len(ends) > 1:
        logits = np.concatenate([logits, x @ weights["crit.cluster_weight"].T + weights["crit.cluster_bias"]], -1)
    head = log_softmax(logits)
    log_probability[:, :ends[0]] = head[:, :ends[0]]

assert np.allclose(np.exp(log_probability).sum(-1), 1)
for row, target in enumerate(targets):
    print(repr(float(-log_probability[row, target])))
