"""Random checkpoints of BERT, DistilBERT, RoBERTa and XLM-RoBERTa under the names of Hugging Face's library, and what they compute by their definitions (Devlin et al. 2019;
Sanh et al. 2019; Liu et al. 2019; Conneau et al. 2020): hidden states, log-probabilities of masked tokens, logits of a head. It shares no code with the library, needs numpy only, and
computes in float64, one text at a time.

    python3 huggingface_encoder.py TYPE HEAD FOLDER
    python3 huggingface_encoder.py FOLDER IDS

TYPE is bert, distilbert, roberta or xlm-roberta; HEAD is masked, pretraining, sequence, token, question or none. Writes config.json and model.safetensors to FOLDER, and prints a JSON
object for each of some texts, a line each: ids, hidden, and as the head has them log_probabilities and logits (of the text, or of each token). The second form reads config.json and
model.safetensors of a real checkpoint, and IDS, a JSON list of lists of ids, are the texts.
"""
import json
import math
import sys

import numpy as np

from checkpoint import Checkpoint

# Ends of the names of classes.
classes = {"masked": "ForMaskedLM", "pretraining": "ForPreTraining", "sequence": "ForSequenceClassification", "token": "ForTokenClassification", "question": "ForQuestionAnswering", "none": "Model"}
is_stored = len(sys.argv) == 3
if is_stored:
    folder, given = sys.argv[1], json.loads(sys.argv[2])
    config = json.load(open(folder + "/config.json"))
    model_type = config["model_type"]
    head = next(name for name, end in classes.items() if config["architectures"][0].endswith(end))
else:
    model_type, head, folder = sys.argv[1:4]

# XLM-RoBERTa is RoBERTa with another vocabulary.
kind = model_type.removeprefix("xlm-")
own = kind + "."
if is_stored:
    SIZE, HEADS, LAYERS = (config[name] for name in (("dim", "n_heads", "n_layers") if kind == "distilbert" else ("hidden_size", "num_attention_heads", "num_hidden_layers")))
    PAD, TYPES, EPSILON = config.get("pad_token_id", 0), 0 if kind == "distilbert" else config.get("type_vocab_size", 2), config.get("layer_norm_eps", 1e-12)
    stored = Checkpoint.read(folder, own)
else:
    VOCABULARY, SIZE, HEADS, INNER, LAYERS, PLACES, LABELS = {"roberta": 263, "xlm-roberta": 47}.get(model_type, 61), 12, 3, 17, 3, 23, 4
    PAD, CLS, SEP, MASK = (1, 0, 2, VOCABULARY - 1) if kind == "roberta" else (0, 3, 4, 5)
    TYPES = {"bert": 2, "distilbert": 0, "roberta": 1}[kind]
    EPSILON = 1e-5 if kind == "roberta" else 1e-12
    stored = Checkpoint(sum(map(ord, model_type + head)), SIZE)
OFFSET = PAD + 1 if kind == "roberta" else 0
tensor, linear, norm, weights = stored.tensor, stored.linear, stored.norm, stored.weights
names = {
    "distilbert": ("transformer.layer.{}.", "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"),
}.get(kind, ("encoder.layer.{}.", "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"))
transform, transform_norm, bias = {
    "bert": ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"),
    "distilbert": ("vocab_transform", "vocab_layer_norm", "vocab_projector.bias"),
    "roberta": ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias"),
}[kind]


def create():
    """The tensors, in the order of the library's modules, and the files."""
    tensor(own + "embeddings.word_embeddings.weight", VOCABULARY, SIZE)
    tensor(own + "embeddings.position_embeddings.weight", PLACES + OFFSET, SIZE)
    if TYPES:
        tensor(own + "embeddings.token_type_embeddings.weight", TYPES, SIZE)
    norm(own + "embeddings.LayerNorm")
    for layer in range(LAYERS):
        prefix = own + names[0].format(layer)
        for name in names[1:5]:
            linear(prefix + name, SIZE, SIZE)
        norm(prefix + names[5])
        linear(prefix + names[6], INNER, SIZE)
        linear(prefix + names[7], SIZE, INNER)
        norm(prefix + names[8])

    if kind == "bert" and head in ("sequence", "pretraining", "none"):
        linear("bert.pooler.dense", SIZE, SIZE)
    if head in ("masked", "pretraining"):
        linear(transform, SIZE, SIZE)
        norm(transform_norm)
        tensor(bias, VOCABULARY)
    if head == "pretraining":
        linear("cls.seq_relationship", 2, SIZE)
    if head == "sequence":
        if kind == "distilbert":
            linear("pre_classifier", SIZE, SIZE)
        if kind == "roberta":
            linear("classifier.dense", SIZE, SIZE)
        linear("classifier.out_proj" if kind == "roberta" else "classifier", LABELS, SIZE)
    if head == "token":
        linear("classifier", LABELS, SIZE)
    if head == "question":
        linear("qa_outputs", 2, SIZE)

    names_of = {"bert": "Bert", "distilbert": "DistilBert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta"}
    config = {"architectures": [names_of[model_type] + classes[head]], "model_type": model_type, "vocab_size": VOCABULARY, "max_position_embeddings": PLACES + OFFSET, "pad_token_id": PAD, "initializer_range": 0.02, "transformers_version": "4.30.0"}
    if kind == "distilbert":
        config.update(dim=SIZE, n_heads=HEADS, n_layers=LAYERS, hidden_dim=INNER, activation="gelu", dropout=0.1, attention_dropout=0.1, sinusoidal_pos_embds=False)
    else:
        config.update(hidden_size=SIZE, num_attention_heads=HEADS, num_hidden_layers=LAYERS, intermediate_size=INNER, hidden_act="gelu", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1, type_vocab_size=TYPES, layer_norm_eps=EPSILON)
    if head in ("sequence", "token"):
        labels = ["O", "B-X", "I-X", "B-Y"] if head == "token" else ["w", "x", "y", "z"]
        config.update(id2label={str(i): label for i, label in enumerate(labels)}, label2id={label: i for i, label in enumerate(labels)})
    json.dump(config, open(folder + "/config.json", "w"))
    # A model without a head is saved without its name before the tensors.
    stored.write(folder, own if head == "none" else "")


if not is_stored:
    create()


# What the model computes.
def w(name):
    return weights[name].astype(np.float64)


def apply(x, name):
    return x @ w(name + ".weight").T + w(name + ".bias")


def normal(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON) * w(name + ".weight") + w(name + ".bias")


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


gelu = np.vectorize(lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))))


def encode(ids, types):
    x = w(own + "embeddings.word_embeddings.weight")[ids] + w(own + "embeddings.position_embeddings.weight")[OFFSET:OFFSET + len(ids)]
    if TYPES:
        x = x + w(own + "embeddings.token_type_embeddings.weight")[types]
    x = normal(x, own + "embeddings.LayerNorm")
    for layer in range(LAYERS):
        query, key, value, output, first, inner, outer, second = (own + names[0].format(layer) + name for name in names[1:])
        q, k, v = (apply(x, name).reshape(len(ids), HEADS, SIZE // HEADS) for name in (query, key, value))
        a = softmax(np.einsum("ihd,jhd->hij", q, k) / math.sqrt(SIZE // HEADS))
        x = normal(x + apply(np.einsum("hij,jhd->ihd", a, v).reshape(len(ids), SIZE), output), first)
        x = normal(x + apply(gelu(apply(x, inner)), outer), second)
    return x


def template(*texts):
    """The tokens of one text or of two with their types."""
    ids, types = [CLS], [0]
    for i, text in enumerate(texts):
        if i > 0 and kind == "roberta":
            ids.append(SEP)
            types.append(0)
        ids += text + [SEP]
        types += [min(i, max(TYPES - 1, 0))] * (len(text) + 1)
    return ids, types


def drawn(count):
    return [int(i) for i in stored.random.integers(6, VOCABULARY - 1, count)]


def examples():
    """Ids and types of the texts."""
    if is_stored:
        yield from ((ids, [0] * len(ids)) for ids in given)
        return
    for texts in ([drawn(1)], [drawn(9)], [drawn(21)], [drawn(3), drawn(6)], [drawn(7)[:3] + [MASK] + drawn(4)]):
        yield template(*texts)


for ids, types in examples():
    hidden = encode(np.array(ids), np.array(types))
    result = {"ids": ids, "hidden": hidden.ravel().tolist()}
    if head in ("masked", "pretraining"):
        logits = normal(gelu(apply(hidden, transform)), transform_norm) @ w(own + "embeddings.word_embeddings.weight").T + w(bias)
        result["log_probabilities"] = [float(np.log(softmax(logits))[i, token]) for i, token in enumerate(ids)]
    if head == "sequence":
        pooled = {
            "bert": lambda: np.tanh(apply(hidden[0], "bert.pooler.dense")),
            "distilbert": lambda: np.maximum(0, apply(hidden[0], "pre_classifier")),
            "roberta": lambda: np.tanh(apply(hidden[0], "classifier.dense")),
        }[kind]()
        result["logits"] = apply(pooled, "classifier.out_proj" if kind == "roberta" else "classifier").tolist()
    if head == "token":
        result["logits"] = apply(hidden, "classifier").ravel().tolist()
    if head == "question":
        result["logits"] = apply(hidden, "qa_outputs").ravel().tolist()
    print(json.dumps(result))
