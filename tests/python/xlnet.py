"""A random checkpoint of XLNet under the names of Hugging Face's library, and what it computes by its definition (Yang et al. 2019, sections 2.2 to 2.5): hidden states of the content stream, also with
memories, log-probabilities of masked tokens from the query stream, logits of a head, and gradients of a loss by central differences. It shares no code with the library, needs numpy only, and computes in
float64, one text at a time.

    python3 xlnet.py HEAD FOLDER

HEAD is masked, sequence, mean, token, question or none. Writes config.json and model.safetensors to FOLDER, and prints a JSON object for each of some texts, a line each: ids, hidden, and as the head has
them logits, or places, targets and log_probabilities. Then {"memory": [...]}: the hidden states of the first text of several segments, each read with the memory of those before it. Last {"gradients": {name: [[place, value], ...]}}
of the loss: for masked the mean nll of all masked tokens, for others the mean square of all logits of the first texts.
"""
import json
import math
import sys

import numpy as np

from checkpoint import Checkpoint, differences

head, folder = sys.argv[1:3]
VOCABULARY, SIZE, HEADS, INNER, LAYERS, LABELS, MEMORY, CLAMP = 41, 18, 3, 17, 3, 4, 7, 9
SEP, CLS, MASK = 4, 3, 6
WIDTH = SIZE // HEADS
TEXTS_OF_LOSS, PLACES, STEP = 2, 3, 1e-5
stored = Checkpoint(sum(map(ord, head)), SIZE)
tensor, linear, norm, weights = stored.tensor, stored.linear, stored.norm, stored.weights

own = "transformer."
tensor(own + "mask_emb", 1, 1, SIZE)
tensor(own + "word_embedding.weight", VOCABULARY, SIZE)
for layer in range(LAYERS):
    attention = f"{own}layer.{layer}.rel_attn."
    for name in "qkvor":
        tensor(attention + name, SIZE, HEADS, WIDTH)
    for name in ("r_r_bias", "r_s_bias", "r_w_bias"):
        tensor(attention + name, HEADS, WIDTH)
    tensor(attention + "seg_embed", 2, HEADS, WIDTH)
    norm(attention + "layer_norm")
    norm(f"{own}layer.{layer}.ff.layer_norm")
    linear(f"{own}layer.{layer}.ff.layer_1", INNER, SIZE)
    linear(f"{own}layer.{layer}.ff.layer_2", SIZE, INNER)
if head == "masked":
    tensor("lm_loss.bias", VOCABULARY)
if head == "sequence":
    linear("sequence_summary.summary", SIZE, SIZE)
if head in ("sequence", "mean"):
    linear("logits_proj", LABELS, SIZE)
if head == "token":
    linear("classifier", LABELS, SIZE)
if head == "question":
    linear("qa_outputs", 2, SIZE)

classes = {
    "masked": "XLNetLMHeadModel", "sequence": "XLNetForSequenceClassification", "mean": "XLNetForSequenceClassification", "token": "XLNetForTokenClassification",
    "question": "XLNetForQuestionAnsweringSimple", "none": "XLNetModel",
}
config = {
    "architectures": [classes[head]], "model_type": "xlnet", "vocab_size": VOCABULARY, "d_model": SIZE, "n_layer": LAYERS, "n_head": HEADS, "d_head": WIDTH, "d_inner": INNER, "ff_activation": "gelu",
    "attn_type": "bi", "untie_r": True, "bi_data": False, "same_length": False, "clamp_len": CLAMP, "mem_len": MEMORY, "reuse_len": None, "layer_norm_eps": 1e-12, "dropout": 0.1, "initializer_range": 0.02,
    "summary_type": "mean" if head == "mean" else "last", "summary_use_proj": head != "mean", "summary_activation": None if head == "mean" else "tanh", "pad_token_id": 5, "start_n_top": 5, "end_n_top": 5,
    "transformers_version": "4.30.0",
}
if head in ("sequence", "mean", "token"):
    labels = ["O", "B-X", "I-X", "B-Y"] if head == "token" else ["w", "x", "y", "z"]
    config.update(id2label={str(i): label for i, label in enumerate(labels)}, label2id={label: i for i, label in enumerate(labels)})
json.dump(config, open(folder + "/config.json", "w"))
# A model without a head is saved without its name before the tensors.
stored.write(folder, own if head == "none" else "")

# What the model computes.
w = {name: value.astype(np.float64) for name, value in weights.items()}


def apply(x, name):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def normal(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * w[name + ".weight"] + w[name + ".bias"]


gelu = np.vectorize(lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))))


def sinusoids(distances):
    angles = np.clip(distances, -CLAMP, CLAMP)[..., None] / 10000.0 ** (np.arange(0, SIZE, 2) / SIZE)
    return np.concatenate([np.sin(angles), np.cos(angles)], -1)


def attend(queries, keys, types, key_types, visible, name):
    """One stream of a layer's attention with residual sum and LayerNorm: queries (L, d) are the last L of K keys (K, d); visible (L, K)."""
    q, k, v = (np.einsum("id,dnh->inh", x, w[name + part]) for x, part in ((queries, "q"), (keys, "k"), (keys, "v")))
    places = np.arange(len(keys))
    r = np.einsum("ijd,dnh->ijnh", sinusoids(places[len(keys) - len(queries):, None] - places[None, :]), w[name + "r"])
    segment = w[name + "seg_embed"][(types[:, None] != key_types[None, :]).astype(int)]
    scores = np.einsum("inh,jnh->nij", q + w[name + "r_w_bias"], k)
    scores += np.einsum("inh,ijnh->nij", q + w[name + "r_r_bias"], r)
    scores += np.einsum("inh,ijnh->nij", q + w[name + "r_s_bias"], segment)
    scores = np.where(visible, scores / math.sqrt(WIDTH), -np.inf)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    a = np.einsum("nij,jnh->inh", p / p.sum(-1, keepdims=True), v)
    return normal(queries + np.einsum("inh,dnh->id", a, w[name + "o"]), name + "layer_norm")


def feed_forward(x, name):
    return normal(x + apply(gelu(apply(x, name + "layer_1")), name + "layer_2"), name + "layer_norm")


def encode(ids, types, masked=(), memory=None):
    """The content stream, the query stream, and what the next segment remembers: the last states that each layer read. Tokens at masked places are known to themselves alone. A memory is of the first text."""
    ids, types = np.array(ids), np.array(types)
    count, past = len(ids), 0 if memory is None else len(memory[0])
    hidden = np.isin(np.arange(count), list(masked))
    sees = np.concatenate([np.ones((count, past), bool), np.repeat(~hidden[None, :], count, 0)], 1)
    content = sees.copy()
    content[np.arange(count), past + np.arange(count)] = True
    key_types = np.concatenate([np.zeros(past, int), types])
    h, g, kept = w[own + "word_embedding.weight"][ids], np.repeat(w[own + "mask_emb"][0], count, 0), []
    for layer in range(LAYERS):
        name = f"{own}layer.{layer}."
        keys = h if memory is None else np.concatenate([memory[layer], h])
        kept.append(keys[-MEMORY:])
        g = feed_forward(attend(g, keys, types, key_types, sees, name + "rel_attn."), name + "ff.") if len(masked) else g
        h = feed_forward(attend(h, keys, types, key_types, content, name + "rel_attn."), name + "ff.")
    return h, g, kept


def template(*texts):
    """A <sep> <cls>, or A <sep> B <sep> <cls>, and the segment of each token; that of <cls> is 2."""
    ids, types = [], []
    for i, part in enumerate(texts):
        ids += part + [SEP]
        types += [i] * (len(part) + 1)
    return ids + [CLS], types + [2]


def drawn(count):
    return [int(i) for i in stored.random.integers(7, VOCABULARY, count)]


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def log_probabilities(ids, types, masked, targets):
    g = encode(ids, types, masked)[1]
    log_p = log_softmax(g @ w[own + "word_embedding.weight"].T + w["lm_loss.bias"])
    return [float(log_p[place, target]) for place, target in zip(masked, targets)]


def logits_of(hidden):
    if head == "sequence":
        return apply(np.tanh(apply(hidden[-1], "sequence_summary.summary")), "logits_proj")
    if head == "mean":
        return apply(hidden.mean(0), "logits_proj")
    return apply(hidden, "classifier" if head == "token" else "qa_outputs")


texts = [template(*parts) for parts in ([drawn(9), drawn(6)], [drawn(4)], [drawn(1)], [drawn(23)], [drawn(3)[:2], drawn(17)])]
masks = []
for ids, types in texts:
    masked = [place for place in range(len(ids)) if ids[place] > MASK and (place % 3 == 0)]
    masks.append((masked, [ids[place] for place in masked]))
    for place in masked if head == "masked" else []:
        ids[place] = MASK


def loss():
    if head == "masked":
        return -np.mean([value for (ids, types), (masked, targets) in zip(texts[:TEXTS_OF_LOSS], masks) for value in log_probabilities(ids, types, masked, targets)])
    return np.mean(np.concatenate([logits_of(encode(ids, types)[0]).ravel() for ids, types in texts[:TEXTS_OF_LOSS]]) ** 2)


for (ids, types), (masked, targets) in zip(texts, masks):
    hidden = encode(ids, types)[0]
    result = {"ids": ids, "hidden": hidden.ravel().tolist()}
    if head == "masked":
        result.update(places=masked, targets=targets, log_probabilities=log_probabilities(ids, types, masked, targets))
    elif head != "none":
        result["logits"] = logits_of(hidden).ravel().tolist()
    print(json.dumps(result))

ids, types = texts[0]
states, memory = [], None
for first in range(0, len(ids), 5):
    hidden, _, memory = encode(ids[first:first + 5], types[first:first + 5], (), memory)
    states.append(hidden.ravel())
print(json.dumps({"memory": np.concatenate(states).tolist()}))

gradients = {name: differences(loss, tensor, PLACES, STEP) for name, tensor in w.items()} if head != "none" else {}
print(json.dumps({"gradients": gradients}))
