#!/usr/bin/env python3
"""Trains txl and the reference PyTorch Transformer-XL from the same weights on the same batches, and compares their losses.

Without dropout both should follow the same curve: float32 rounding alone drives them apart.
"""

import argparse
import json
import os
import shlex
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "pytorch"))

MODEL = dict(n_layer=4, n_head=4, d_model=128, d_head=32, d_inner=512, d_embed=128, div_val=1, cutoffs=[], attn_type=0,
             pre_lnorm=False, tie_weight=True, tgt_len=64, mem_len=64, ext_len=0, clamp_len=-1, same_length=False)
BATCH, CLIP = 16, 0.25


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", required=True, metavar="DIR", help="root of a checkout of kimiyoung/transformer-xl")
    parser.add_argument("--txl", required=True, metavar="COMMAND", help="how txl is called")
    parser.add_argument("--data", required=True, metavar="FILE", help="a text; its first 90 %% trains")
    parser.add_argument("--out", required=True, metavar="DIR", help="a new folder for all that is made")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--lr", type=float, default=2.5e-4, help="default: that of the reference, 2.5e-4")
    parser.add_argument("--seed", type=int, default=1111)
    return parser.parse_args()


def txl(arguments, *line):
    subprocess.run([*shlex.split(arguments.txl), *line], check=True, stdout=subprocess.DEVNULL)


def split(arguments):
    """train.txt and valid.txt, with line ends as they are."""
    with open(arguments.data, encoding="utf-8", newline="") as file:
        text = file.read()
    cut = len(text) * 9 // 10
    paths = []
    for name, part in (("train", text[:cut]), ("valid", text[cut:])):
        paths.append(os.path.join(arguments.out, name + ".txt"))
        with open(paths[-1], "w", encoding="utf-8", newline="") as file:
            file.write(part)
    return text[:cut], paths


def training_options(arguments, paths):
    return ["--train", paths[0], "--valid", paths[1], "--batch", str(BATCH), "--lr", str(arguments.lr), "--schedule", "constant",
            "--clip-norm", str(CLIP), "--dropout", "0", "--validate-every", "0", "--validation-tokens", "2000", "--sample", "0"]


def token_ids(text, run):
    """Token 0 is the unknown one; the others follow in the order of the file."""
    with open(os.path.join(run, "vocabulary.json"), encoding="utf-8") as file:
        symbols = json.load(file)["symbols"]
    ids = {symbol: i + 1 for i, symbol in enumerate(symbols)}
    return [ids[character] for character in text], len(symbols) + 1


def save(model, path):
    """The state dictionary as safetensors."""
    header, blobs, offset = {}, [], 0
    for name, tensor in model.state_dict().items():
        blob = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def train_reference(torch, model, ids, steps, rate):
    """Loss of each step, in nats: the ordered iterator and the step of the reference's train.py."""
    streams = torch.tensor(ids[:len(ids) // BATCH * BATCH]).view(BATCH, -1).t().contiguous()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    losses, memories = [], ()
    for step in range(steps):
        first = step * MODEL["tgt_len"]
        data, target = streams[first:first + MODEL["tgt_len"]], streams[first + 1:first + 1 + MODEL["tgt_len"]]
        if len(target) < MODEL["tgt_len"]:
            raise SystemExit(f"the text has only {step} whole segments; ask for fewer steps")
        optimizer.zero_grad()
        loss, *memories = model(data, target, *memories)
        loss = loss.mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_ours(arguments, paths, weights, vocabulary):
    config = os.path.join(arguments.out, "reference.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump(MODEL, file)
    imported, run = os.path.join(arguments.out, "imported"), os.path.join(arguments.out, "run")
    txl(arguments, "import", weights, "--vocabulary-file", vocabulary, "--config", config, "--out", imported)
    txl(arguments, "train", "--init", imported, *training_options(arguments, paths), "--steps", str(arguments.steps), "--report-every", "1", "--out", run)
    with open(os.path.join(run, "metrics.jsonl"), encoding="utf-8") as file:
        reports = [json.loads(line) for line in file]
    return [report["loss"] for report in reports if report["kind"] == "step"]


def main():
    arguments = parse_arguments()
    os.makedirs(arguments.out)
    from reference_model import import_reference, import_torch, initialise
    torch = import_torch()
    text, paths = split(arguments)
    probe = os.path.join(arguments.out, "probe")
    txl(arguments, "train", *training_options(arguments, paths), "--layers", "1", "--model-size", "8", "--heads", "1", "--steps", "1", "--out", probe)
    ids, vocabulary = token_ids(text, probe)
    torch.manual_seed(arguments.seed)
    reference = import_reference(arguments.reference)
    options = {name: value for name, value in MODEL.items() if name != "tie_weight"}
    model = reference.MemTransformerLM(vocabulary, dropout=0.0, dropatt=0.0, tie_weight=True, tie_projs=[False], sample_softmax=-1, **options)
    initialise(model)
    weights = os.path.join(arguments.out, "weights.safetensors")
    save(model, weights)
    theirs = train_reference(torch, model, ids, arguments.steps, arguments.lr)
    ours = train_ours(arguments, paths, weights, os.path.join(probe, "vocabulary.json"))
    differences = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    with open(os.path.join(arguments.out, "curve.csv"), "w", encoding="utf-8") as file:
        file.write("step,txl,reference\n")
        file.writelines(f"{step + 1},{a},{b}\n" for step, (a, b) in enumerate(zip(ours, theirs)))
    print(json.dumps({
        "steps": arguments.steps, "first_loss": theirs[0], "last_loss": theirs[-1], "last_loss_txl": ours[-1],
        "largest_difference_of_100": max(differences[:100]), "largest_difference": max(differences), "last_difference": differences[-1],
    }))


if __name__ == "__main__":
    main()
