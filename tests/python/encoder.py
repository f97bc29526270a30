"""Hidden states, log-probabilities of tokens at their places and logits of a head of an encoder by its definition (Vaswani et al. 2017; Devlin et al.
2019; relative positions by Dai et al. 2019, section 3.3, without the mask; relative segments by Yang et al. 2019, section 2.5), from a model folder. A second reader: it shares no code with the library,
needs numpy only, and computes in float64, one text at a time.

    python3 encoder.py FOLDER IDS

IDS is a JSON file: a list of texts, each a list of token ids. Prints a JSON object for each text, a line each: hidden, log_probabilities, head.
"""
import json
import math
import struct
import sys

import numpy as np

folder = sys.argv[1]
config = json.load(open(folder + "/config.json", encoding="utf-8"))
model = config["model"]


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).astype(np.float64)
    return tensors


weights = read(folder + "/model.safetensors")
head = read(folder + "/head.safetensors")
size, heads, width = model["modelSize"], model["heads"], model["headSize"]
positions = model["positions"]


def norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, name, tensors=weights):
    return x @ tensors[name + ".weight"].T + tensors.get(name + ".bias", 0)


gelu = np.vectorize(lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))))


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def sinusoids(places):
    angles = places[..., None] / 10000.0 ** (np.arange(0, size, 2) / size)
    return np.concatenate([np.sin(angles), np.cos(angles)], -1)


def attention(x, name, texts, of=None, visible=None):
    """Queries of `of`, or of x itself; texts says which text of a pair each token is of, visible (i, j) which keys a query sees, all if None. A query that sees none gives zeros."""
    count = len(x)
    q = linear(x if of is None else of, name + ".query").reshape(count, heads, width)
    kv = linear(x, name + ".key_value")
    k, v = (part.reshape(count, heads, width) for part in np.split(kv, 2, -1))
    if positions == "Relative":
        distance = np.arange(count)[:, None] - np.arange(count)[None, :]
        r = (sinusoids(distance) @ weights[name + ".relative.weight"].T).reshape(count, count, heads, width)
        scores = np.einsum("ihd,jhd->hij", q + weights[name + ".r_w_bias"], k) + np.einsum("ihd,ijhd->hij", q + weights[name + ".r_r_bias"], r)
        if name + ".seg_embed" in weights:
            embeddings = weights[name + ".seg_embed"][(texts[:, None] != texts[None, :]).astype(int)]
            scores = scores + np.einsum("ihd,ijhd->hij", q + weights[name + ".r_s_bias"], embeddings)
    else:
        scores = np.einsum("ihd,jhd->hij", q, k)
    visible = np.ones((count, count), bool) if visible is None else visible
    e = np.where(visible, np.exp((scores - scores.max(-1, keepdims=True)) / math.sqrt(width)), 0)
    a = np.einsum("hij,jhd->ihd", e / np.maximum(e.sum(-1, keepdims=True), 1e-300), v)
    return linear(a.reshape(count, heads * width), name + ".output")


def feed_forward(x, name):
    return linear(gelu(linear(x, name + ".CoreNet.0")), name + ".CoreNet.3")


def texts_of(ids):
    """The separators before each token."""
    return np.concatenate([[0], np.cumsum(np.array(ids) == model["separatorId"])[:-1]])


def embed(ids, query=False):
    ids = np.array(ids)
    x = weights["word_emb.emb_layers.0.weight"][ids]
    if "word_emb.emb_projs.0" in weights:
        x = x @ weights["word_emb.emb_projs.0"].T
    x = x * math.sqrt(size) if positions == "Sinusoidal" else x
    x = np.repeat(weights["query_emb.weight"], len(ids), 0) if query else x
    places = np.arange(len(ids))
    if model.get("restartsPositions", False):
        begins = np.concatenate([[True], ids[:-1] == model["separatorId"]])
        places = places - np.maximum.accumulate(np.where(begins, places, 0))
    if positions == "Learned":
        x = x + weights["position_emb.weight"][places]
    elif positions == "Sinusoidal":
        x = x + sinusoids(places)
    if model["tokenTypes"] > 0:
        x = x + weights["type_emb.weight"][np.minimum(texts_of(ids), model["tokenTypes"] - 1)]
    return norm(x, "emb_norm") if "emb_norm.weight" in weights else x


def layer_of(x, name, texts, of=None, visible=None):
    y = x if of is None else of
    if model["preNorm"]:
        first = name + "attention.layer_norm"
        y = y + attention(norm(x, first), name + "attention", texts, norm(y, first), visible)
        return y + feed_forward(norm(y, name + "pos_ff.layer_norm"), name + "pos_ff")
    y = norm(y + attention(x, name + "attention", texts, y, visible), name + "attention.layer_norm")
    return norm(y + feed_forward(y, name + "pos_ff"), name + "pos_ff.layer_norm")


def encode(ids):
    x = embed(ids)
    for layer in range(model["layers"]):
        x = layer_of(x, f"layers.{layer}.", texts_of(ids))
    return norm(x, "final_norm") if model["finalNorm"] else x


def encode_queries(ids, ranks):
    """The query stream of Yang et al. 2019, section 2.3: it sees keys of lower ranks, the content stream those of its own too."""
    ranks = np.array(ranks)
    h, g = embed(ids), embed(ids, query=True)
    for layer in range(model["layers"]):
        name = f"layers.{layer}."
        h, g = layer_of(h, name, texts_of(ids), None, ranks[None, :] <= ranks[:, None]), layer_of(h, name, texts_of(ids), g, ranks[None, :] < ranks[:, None])
    return norm(g, "final_norm") if model["finalNorm"] else g


def log_probabilities(hidden):
    t = norm(gelu(linear(hidden, "masked.transform")), "masked.layer_norm") if "masked.transform.weight" in weights else hidden
    if "crit.out_projs.0" in weights:
        t = t @ weights["crit.out_projs.0"]
    table = weights.get("crit.out_layers.0.weight", weights["word_emb.emb_layers.0.weight"])
    return np.log(softmax(t @ table.T + weights["crit.out_layers.0.bias"]))


def classes(hidden):
    return linear(np.tanh(linear(hidden[0], "pooler.dense", head)), "classifier", head)


def main():
    for ids in json.load(open(sys.argv[2])):
        hidden = encode(ids)
        log_p = log_probabilities(hidden)
        print(json.dumps({
            "hidden": hidden.ravel().tolist(),
            "log_probabilities": [float(log_p[i, token]) for i, token in enumerate(ids)],
            "head": classes(hidden).tolist(),
        }))


if __name__ == "__main__":
    main()
