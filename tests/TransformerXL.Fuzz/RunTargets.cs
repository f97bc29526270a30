using System.Text;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Synthetic;

namespace TransformerXL.Fuzz;

/// <summary>Files of a run that a copy from elsewhere brings along: tokens, weights, the state of a training, a session, metrics.</summary>
internal static class RunTargets
{
    private static readonly Lazy<CpuBackend> s_backend = new(() => new CpuBackend(threads: 1));
    private static readonly Lazy<LanguageModel> s_model = new(TinyModels.Create);

    public static IEnumerable<FuzzTarget> All =>
    [
        new("tokens", ReadTokens, Tokens),
        new("model-weights", input => ModelWeights.Load(FuzzFolder.File("weights.safetensors", input), s_model.Value), () => [TinyModels.Weights(TinyModels.All[0])]),
        new("checkpoint", LoadCheckpoint, CheckpointTensors),
        new("session", input => Session().Load(FuzzFolder.File("session.safetensors", input)), Sessions),
        new("session-stream", input => Session().Load(new MemoryStream(input)), Sessions),
        new("checkpoint-progress", ReadProgress, Progress),
        new("optimum", input => TextOptimum.Read(FuzzFolder.File("x.optimum", input)), Optima),
        new("metrics.jsonl", input => RunHistory.Read(FuzzFolder.File("metrics.jsonl", input), tokensPerStep: 8), Metrics),
        new("metrics-resumed", ResumeMetrics, Metrics),
    ];

    private static void ReadTokens(byte[] input)
    {
        using TokenFile tokens = TokenFile.Open(FuzzFolder.File("x.tokens.bin", input));
        tokens.Read(0, new int[Math.Min(tokens.Count, 4096)]);
    }

    private static IEnumerable<byte[]> Tokens()
    {
        TokenFileHeader header = new(300, 5, 5, 0, new('0', 2 * TokenFileHeader.IdentityBytes), new('0', 2 * TokenFileHeader.IdentityBytes));
        byte[] file = new byte[TokenFileHeader.Size + 10];
        header.Write(file);
        yield return file;
    }

    private static void LoadCheckpoint(byte[] input)
    {
        string folder = Path.GetDirectoryName(FuzzFolder.File("last/state.safetensors", input))!;
        if (!File.Exists(Path.Combine(folder, "state.json")))
        {
            SaveCheckpoint(folder + ".seed");
            File.Copy(Path.Combine(folder + ".seed", "model.safetensors"), Path.Combine(folder, "model.safetensors"));
            File.Copy(Path.Combine(folder + ".seed", "state.json"), Path.Combine(folder, "state.json"));
        }

        Checkpoint.Load(folder, s_model.Value, Optimizer(), [s_model.Value.CreateState(3, 2)]);
    }

    private static IEnumerable<byte[]> CheckpointTensors()
    {
        string folder = FuzzFolder.Path("seed/last");
        SaveCheckpoint(folder);
        yield return File.ReadAllBytes(Path.Combine(folder, "state.safetensors"));
    }

    private static void SaveCheckpoint(string folder) => Checkpoint.Save(
        folder,
        s_model.Value,
        Optimizer(),
        [s_model.Value.CreateState(3, 2)],
        new TrainingState { Step = 1, Epoch = 1, NextSegment = 1, TokensSeen = 8, Seconds = 1, TrainingText = "none", ParameterSteps = [.. s_model.Value.Parameters.Select(_ => 1L)] });

    private static Optimizer Optimizer() => Tensors.Optimizers.Optimizer.Create(s_model.Value.Parameters, new OptimizerOptions(), s_backend.Value);

    private static InferenceSession Session() => InferenceSession.Create(s_model.Value, s_backend.Value, new InferenceOptions { MemoryLength = 4, MaxSegment = 4 });

    private static IEnumerable<byte[]> Sessions()
    {
        InferenceSession session = Session();
        session.Advance([1, 2, 3]);
        yield return FuzzFolder.Written("session.safetensors", session.Save);
    }

    /// <summary>The few numbers of a training's state that a reader of its weights needs.</summary>
    private static void ReadProgress(byte[] input)
    {
        string state = FuzzFolder.File("weights/state.json", input), weights = Path.Combine(Path.GetDirectoryName(state)!, CheckpointFiles.Weights);
        if (!File.Exists(weights))
        {
            ModelWeights.Save(weights, s_model.Value);
        }

        CheckpointFiles.LoadWeights(Path.GetDirectoryName(state)!, s_model.Value, head: null, atFirstUse: false, progress: null, CancellationToken.None);
    }

    private static IEnumerable<byte[]> Progress() => [Encoding.UTF8.GetBytes("""{"version":1,"step":3,"epoch":1,"seconds":1.5,"parameterSteps":[3]}""")];

    /// <summary>What a resumption asks of the log, and the lines that it keeps.</summary>
    private static void ResumeMetrics(byte[] input)
    {
        string path = FuzzFolder.File("resumed.jsonl", input);
        MetricsLog.TellsOfCheckpoint(path, "last");
        using MetricsLog log = new(path, step: 1);
    }

    private static IEnumerable<byte[]> Optima() =>
        [FuzzFolder.Written("x.optimum", path => TextOptimum.Write(path, [new SyntheticCharacter('a', 0.5, 3)], 1))];

    private static IEnumerable<byte[]> Metrics() =>
    [
        Encoding.UTF8.GetBytes("""
            {"kind":"start","step":0,"time":"2020-01-01T00:00:00Z","processor":"x","isa":"Avx2","threads":2,"runtime":".NET","system":"Linux"}
            {"kind":"step","step":1,"loss":2.5,"tokens":8,"seconds":0.1,"learning_rate":0.01,"gradient_norm":1.5,"tokens_per_second":80}
            {"kind":"validation","step":1,"loss":2.4,"sample":"some text"}
            {"kind":"checkpoint","step":1,"path":"run/checkpoints/last"}

            """),
    ];
}
