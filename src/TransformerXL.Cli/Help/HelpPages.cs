namespace TransformerXL.Cli.Help;

/// <summary>Usage and examples of each command.</summary>
internal static class HelpPages
{
    /// <summary>The page of a command.</summary>
    /// <param name="command">The command without <c>txl</c>, such as <c>data prepare</c>; empty for <c>txl</c> itself.</param>
    public static HelpPage Of(string command) => command switch
    {
        "" => new(["COMMAND [options]"], ["quickstart", "train --preset tiny --data mytext.txt --out runs/mine", "generate runs/mine \"Once upon a time\""]),
        "quickstart" => new(["quickstart [options]"], ["quickstart", "quickstart --data mytext.txt --seconds 120 --out runs/mine", "quickstart --task classify"]),
        "train" => new(
            ["train --data PATH --out DIR [options]", "train --train PATH --valid PATH --out DIR [options]", "train --task NAME --data EXAMPLES --out DIR [options]", "train --resume RUN"],
            ["train --preset tiny --data mytext.txt --out runs/mine", "train --preset small --steps 5000 --data mytext.txt --out runs/larger", "train --resume runs/larger --steps 8000", "train --task classify --train mails.train.jsonl --valid mails.valid.jsonl --out runs/mails"]),
        "presets" => new(["presets [--json]"], ["presets"]),
        "config" => new(["config schema"], ["config schema > config.schema.json"]),
        "config schema" => new(["config schema"], ["config schema > config.schema.json"]),
        "average" => new(["average RUN [options]"], ["average runs/mine --last 5"]),
        "evaluate" => new(["evaluate RUN [options]"], ["evaluate runs/mine", "evaluate runs/mine --memory 512 --json"]),
        "context" => new(["context RUN... [options]"], ["context runs/mine runs/other --out context.html"]),
        "compare" => new(["compare --data PATH --out DIR [options]"], ["compare --preset tiny --steps 300 --data mytext.txt --out runs/compared"]),
        "generate" => new(
            ["generate RUN [PROMPT] [options]", "generate RUN --prompt-file FILE [options]", "generate RUN --interactive [options]"],
            ["generate runs/mine \"Once upon a time\" --tokens 500", "generate runs/mine - --temperature 0.6 < prompt.txt", "generate runs/mine --interactive"]),
        "score" => new(["score RUN FILE [options]"], ["score runs/mine mytext.txt > scores.jsonl"]),
        "predict" => new(["predict RUN [FILE] [options]"], ["predict runs/mails mails.jsonl > labels.jsonl", "predict runs/mails letter.txt --input document", "predict runs/mails - < lines.txt"]),
        "fill-mask" => new(["fill-mask RUN TEXT [options]"], ["fill-mask runs/encoder \"the capital of [MASK] is\" --top 3", "fill-mask runs/encoder --json - < sentences.txt"]),
        "embed" => new(["embed RUN FILE [options]"], ["embed runs/mine sentences.txt > vectors.jsonl", "embed runs/mine reviews.csv --text-column review --out vectors.npy"]),
        "similar" => new(["similar RUN FILE --to TEXT [options]"], ["similar runs/mine sentences.txt --to \"Once upon a time\" --top 5"]),
        "rescore" => new(["rescore RUN FILE --valid FILE [options]", "rescore RUN FILE --weight N [options]"], ["rescore runs/mine lists.jsonl --valid known.jsonl > best.jsonl"]),
        "watch" => new(["watch RUN [FILE] [options]"], ["watch runs/mine server.log", "watch runs/mine --quantile 0.999 --json < server.log"]),
        "serve" => new(
            ["serve RUN... [options]", "serve NAME=RUN... [options]"],
            ["serve runs/mine --open", "serve small=runs/mine large=runs/larger --session-store sessions", "serve runs/mine --host '*' --api-key-file keys.txt"]),
        "attention" => new(["attention RUN [options]"], ["attention runs/mine --open"]),
        "surprisal" => new(["surprisal RUN FILE [options]"], ["surprisal runs/mine mytext.txt --open"]),
        "info" => new(["info RUN [--json]"], ["info runs/mine"]),
        "report" => new(["report RUN... [options]"], ["report runs/mine --open", "report runs/mine runs/other --out compared.html"]),
        "import" => new(["import FROM --out DIR [options]"], ["import transfo-xl-wt103 --out runs/imported"]),
        "export" => new(["export RUN --out DIR [options]"], ["export runs/mine --out model --format huggingface"]),
        "data" => new(["data COMMAND [options]"], ["data prepare wikitext-103 --from wikitext-103-v1.zip --to wikitext-103"]),
        "data list" => new(["data list [--json]"], ["data list"]),
        "data prepare" => new(
            ["data prepare NAME --from PATH --to DIR", "data prepare NAME --url URL --to DIR [--sha256 HEX]"],
            ["data prepare wikitext-103 --from wikitext-103-v1.zip --to wikitext-103"]),
        "data synthetic" => new(["data synthetic NAME --out DIR [options]"], ["data synthetic recall --out recall --distance 1024", "data synthetic questions --out questions --unanswerable 30"]),
        "compress" => new(
            ["compress FILE [options]", "compress FILE... --out ARCHIVE [options]"],
            ["compress server.log", "compress docs notes.txt --best --out backup.txlz", "compress - < server.log > server.log.txlz"]),
        "decompress" => new(["decompress FILE... [options]"], ["decompress server.log.txlz", "decompress backup.txlz --out restored", "decompress damaged.log.txlz --recover"]),
        "bench compress" => new(["bench compress FILE... [options]"], ["bench compress server.log book.txt"]),
        "bench" => new(["bench [MODE] [options]"], ["bench", "bench generate --precision int8"]),
        "completion" => new(["completion SHELL"], ["completion bash > ~/.local/share/bash-completion/completions/txl"]),
        _ => new([$"{command} [options]"], []),
    };
}
