using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>
/// Measures how much slower a Transformer without recurrence predicts a token, with a window that moves by one token and is recomputed
/// each time (Al-Rfou et al. 2018), than a Transformer-XL with cached keys and values: Dai et al. 2019, table 9.
/// </summary>
internal sealed class SlowDownBench(BenchModel bench, CpuBackend backend, int? windows, TimeProvider clock)
{
    /// <summary>Number of rows computed together: of windows that are recomputed, and of tokens with cached keys.</summary>
    private const int WindowRows = 2048, RowsAtOnce = 512;

    private readonly RandomTokens _tokens = new(bench.Model.VocabularySize);
    private readonly TransformerXLConfiguration _model = bench.Model as TransformerXLConfiguration
        ?? throw new InputException($"windows are compared with the memory of a Transformer-XL, but {bench.Name} is a model of the family {bench.Model.Family.Name}");

    /// <summary>The result of one attention length.</summary>
    /// <param name="Model">The name of the model.</param>
    /// <param name="AttentionLength">Tokens that a prediction is made from.</param>
    /// <param name="Isa">The instruction set.</param>
    /// <param name="Threads">Number of compute threads.</param>
    /// <param name="Windows">Windows, and so predictions, of one pass.</param>
    /// <param name="SegmentLength">Tokens of a segment that the Transformer-XL reads.</param>
    /// <param name="TokensAtOnce">Tokens that the Transformer-XL reads in one pass.</param>
    /// <param name="WindowSeconds">Seconds per token predicted from a recomputed window.</param>
    /// <param name="ReuseSeconds">Seconds per token predicted with cached keys and values.</param>
    /// <param name="PaperSlowDown">The paper's figure, for a model of 24 layers.</param>
    public sealed record Result(
        string Model,
        int AttentionLength,
        string Isa,
        int Threads,
        int Windows,
        int SegmentLength,
        int TokensAtOnce,
        double WindowSeconds,
        double ReuseSeconds,
        double PaperSlowDown)
    {
        /// <summary>The ratio of the two times.</summary>
        public double SlowDown => WindowSeconds / ReuseSeconds;
    }

    /// <summary>The attention lengths of the paper with its figures.</summary>
    public static IReadOnlyList<(int Length, double SlowDown)> Paper { get; } = [(800, 363), (1800, 773), (2800, 1409), (3800, 1874)];

    /// <summary>Measures one attention length.</summary>
    /// <param name="length">Tokens that each prediction sees, itself included.</param>
    /// <param name="paper">The paper's figure.</param>
    /// <param name="duration">The approximate duration of each measurement; at least one pass.</param>
    /// <param name="stop">Cancels the measurement.</param>
    public Result Measure(int length, double paper, TimeSpan duration, CancellationToken stop)
    {
        int together = windows ?? Math.Max(1, WindowRows / length), segment = bench.Evaluation.TargetLength;
        int segments = Math.Max(1, RowsAtOnce / segment);
        double window = Window(length, together, duration, stop), reuse = Reuse(length, segment, segments, duration, stop);
        return new Result(
            bench.Name, length, backend.Isa.ToString().ToLowerInvariant(), backend.Threads, together, segment, segment * segments, window, reuse, paper);
    }

    /// <summary>Seconds for a prediction from a recomputed window.</summary>
    private double Window(int length, int together, TimeSpan duration, CancellationToken stop)
    {
        InferenceOptions options = new() { MemoryLength = length - 1, Streams = together, MaxSegment = length, Recurrent = false };
        InferenceSession session = InferenceSession.Create(new TransformerXLModel((AttentionConfiguration)VaswaniFamily.Instance.Adopt(_model)), backend, options);

        // The first pass fills the windows; each later pass adds one token to each.
        Read(session, length);
        return Median(() => Read(session, 1), 1, duration, stop) / together;
    }

    /// <summary>Seconds for a prediction with cached keys and values; every token sees as many tokens as a window has.</summary>
    private double Reuse(int length, int segment, int segments, TimeSpan duration, CancellationToken stop)
    {
        ContextConfiguration context = new() { TargetLength = segment, MemoryLength = length, SameLength = true };
        InferenceSession session = InferenceSession.Create(new TransformerXLModel(_model), backend, InferenceOptions.ForSegments(context, 1, segments));
        int tokens = segment * segments;

        // Fill the memory, then one more pass so that the weights are packed.
        for (int read = -tokens; read < length; read += tokens)
        {
            stop.ThrowIfCancellationRequested();
            Read(session, tokens, tokens);
        }

        return Median(() => Read(session, tokens, tokens), 3, duration, stop) / tokens;
    }

    private void Read(InferenceSession session, int tokens, int predictions = 1)
    {
        int streams = session.Options.Streams;
        int[] ids = new int[tokens * streams], targets = new int[predictions * streams];
        _tokens.Fill(ids);
        _tokens.Fill(targets);
        session.Advance(ids, predictions);
        session.NegativeLogLikelihood(targets, new float[targets.Length]);
    }

    private double Median(Action step, int min, TimeSpan duration, CancellationToken stop)
    {
        List<double> seconds = [];
        long begin = clock.GetTimestamp();
        while (seconds.Count < min || clock.GetElapsedTime(begin) < duration)
        {
            stop.ThrowIfCancellationRequested();
            long start = clock.GetTimestamp();
            step();
            seconds.Add(clock.GetElapsedTime(start).TotalSeconds);
        }

        return BenchRunner.Median(seconds);
    }
}
