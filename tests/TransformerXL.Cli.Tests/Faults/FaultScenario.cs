namespace TransformerXL.Cli.Tests.Faults;

/// <summary>A command that writes files.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Setup">Commands that come before.</param>
/// <param name="Command">The command. In it and in the setup <c>{model}</c> and <c>{task}</c> stand for a small model and its training, <c>{encoder}</c> for a small encoder and its pre-training.</param>
public sealed record FaultScenario(string Name, string[] Setup, string Command)
{
    private const string Model = "--layers 1 --model-size 16 --heads 2 --target 8 --memory 8 --batch 4 --lr 0.01 --threads 1 --report-every 1 --sample 8 --dropout 0.1";
    private const string Trained = "train --data text.txt --out run --steps 8 --validate-every 4 --keep-every 4 {model}";

    private const string Encoder = "--layers 1 --model-size 16 --heads 2 --target 48 --batch 4 --lr 0.01 --threads 1 --report-every 1 --dropout 0.1";

    private const string Task = "--layers 1 --model-size 16 --heads 2 --head-size 8 --inner-size 16 --embedding-size 16 --target 8 --memory 8 --batch 4 --vocabulary bytes --warmup 1 --validate-every 4 --threads 1 --report-every 1 --dropout 0.1";
    private const string TrainedTask = "train --task classify --train classify.jsonl --valid classify.jsonl --out run --steps 8 {task}";

    private const string TrainedEncoder = "train --model encoder --data text.txt --vocabulary byte-pairs --max-vocabulary 280 --position-type learned --out run --steps 8 --validate-every 4 {encoder}";

    public static IReadOnlyList<FaultScenario> All { get; } =
    [
        new("train", [], "train --data text.txt --out run --steps 12 --validate-every 6 --checkpoint-every 4 --keep-every 3 --keep 2 {model}"),
        new("train-words", [], "train --data text.txt --out run --steps 6 --validate-every 3 --vocabulary words {model}"),
        new("train-folder-in-itself", [], "train --data texts --out texts/run --steps 6 --validate-every 3 --vocabulary byte-pairs --max-vocabulary 280 {model}"),
        new("resume", [Trained], "train --resume run --steps 16 --threads 1"),
        new("init", [Trained], "train --init run --data text.txt --out second --steps 6 --validate-every 3 --threads 1 --batch 4 --report-every 1 --sample 8"),
        new("force", [Trained], "train --force --data text.txt --out run --steps 6 --validate-every 3 --seed 5 {model}"),
        new("pretrain-pairs", [], "train --model encoder --data text.txt --out run --steps 8 --validate-every 4 --checkpoint-every 3 --second-objective sentence-order {encoder}"),
        new("pretrain-translation", [], "train --model encoder --data text.txt --translation text.txt --out run --steps 8 --validate-every 4 --checkpoint-every 3 {encoder}"),
        new("task-classify", [], "train --task classify --train classify.jsonl --valid classify.jsonl --out run --steps 8 --checkpoint-every 3 {task}"),
        new("task-label", [], "train --task label --train label.conll --valid label.conll --out run --steps 8 --checkpoint-every 3 {task}"),
        new("task-answer", [], "train --task answer --train answer.jsonl --valid answer.jsonl --out run --steps 8 --checkpoint-every 3 {task}"),
        new("task-resume", [TrainedTask], "train --resume run --steps 12 --threads 1"),
        new("task-init", [Trained], "train --task classify --init run --train classify.jsonl --valid classify.jsonl --out second --steps 6 --validate-every 3 --threads 1 --batch 4 --report-every 1"),
        new("embed", [Trained], "embed run text.txt --out vectors.npy --threads 1"),
        new("prepare-shards", [], "data prepare lm1b --from originals --to prepared --allow-other-size"),
        new("prepare-files", [], "data prepare ptb --from originals --to prepared --allow-other-size"),
        new("prepare-one", [], "data prepare text8 --from originals/text8 --to prepared --allow-other-size"),
        new("synthetic", [], "data synthetic nested --out nested --size 3000 --depth 4"),
        new("export", [Trained], "export run --out exported --format reference"),
        new("export-force", [Trained, "export run --out exported --format huggingface"], "export run --out exported --format reference --force"),
        new("import", [Trained, "export run --out exported --format reference"], "import exported --out imported"),
        new("export-encoder", [TrainedEncoder], "export run --out exported"),
        new("import-encoder", [TrainedEncoder, "export run --out exported"], "import exported --out imported"),
        new("encoder-init", [TrainedEncoder], "train --task classify --init run --train classify.jsonl --valid classify.jsonl --out second --steps 6 --validate-every 3 --threads 1 --batch 4 --report-every 1 --pooling first"),
        new("explain", [TrainedTask], "predict run classify.jsonl --explain-page page.html --leave-out 2 --threads 1"),
        new("average", [Trained], "average run --last 2"),
        new("compare", [], "compare --data text.txt --out compared --models transformer-xl,no-recurrence --layers 1 --model-size 16 --heads 2 --target 8 --memory 8 --batch 4 --steps 4 --threads 1"),
        new("evaluate-other", [Trained], "evaluate run --data texts --threads 1"),
        new("attention", [Trained], "attention run --out looked --tokens 64 --threads 1"),
        new("synthetic-documents", [], "data synthetic documents --out documents --examples 40 --distance 60"),
        new("synthetic-questions", [], "data synthetic questions --out asked --examples 40"),
        new("surprisal", [Trained], "surprisal run text.txt --out surprisal.html --threads 1"),
        new("compress", [], "compress text.txt --fast"),
        new("compress-folder", [], "compress texts --out texts.txlz --fast"),
        new("decompress", ["compress text.txt --fast"], "decompress text.txt.txlz --out restored.txt"),
        new("decompress-folder", ["compress texts --out texts.txlz --fast"], "decompress texts.txlz --out restored"),
    ];

    public static FaultScenario Find(string name) => All.First(scenario => scenario.Name == name);

    public static string[] Words(string line) => line.Replace("{model}", Model, StringComparison.Ordinal).Replace("{task}", Task, StringComparison.Ordinal).Replace("{encoder}", Encoder, StringComparison.Ordinal).Split(' ');

    /// <summary>Texts that the commands read.</summary>
    public static void WriteTexts(string folder)
    {
        string text = TinyRun.Text(60);
        (string Name, string Content)[] files =
        [
            ("classify.jsonl", TinyRun.Examples("classify", 20)), ("label.conll", TinyRun.Examples("label", 20)), ("answer.jsonl", TinyRun.Examples("answer", 20)),
            ("text.txt", text), ("texts/a.txt", text[..1500]), ("texts/b.txt", text[1500..]), ("originals/text8", text.ToLowerInvariant().Replace(".", "", StringComparison.Ordinal)),
            ("originals/ptb.train.txt", "the model reads\na memory keeps\n"), ("originals/ptb.valid.txt", "one layer\n"), ("originals/ptb.test.txt", "every word\n"),
            ("originals/news.en-00001-of-00100", "one\n"), ("originals/news.en-00002-of-00100", "two\n"),
            ("originals/news.en.heldout-00001-of-00050", "three\n"), ("originals/news.en.heldout-00000-of-00050", "four\n"),
        ];
        foreach ((string name, string content) in files)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
    }
}
