using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Bench;

/// <summary>
/// How much slower a token is predicted by a Transformer without recurrence, whose window moves by one token and is read anew
/// for each (Al-Rfou et al. 2018), than by a Transformer-XL that keeps keys and values: Dai et al. 2019, table 9.
/// </summary>
internal sealed class SlowDownBench(BenchModel bench, CpuBackend backend, int? windows, TimeProvider clock)
{
    /// <summary>Rows that are worth to be computed at once; both sides have them.</summary>
    private const int WindowRows = 2048, RowsAtOnce = 512;

    private readonly RandomTokens _tokens = new(bench.Model.VocabularySize);

    /// <summary>What one attention length gave.</summary>
    /// <param name="Model">The name of the model.</param>
    /// <param name="AttentionLength">Tokens that a prediction is made from.</param>
    /// <param name="Isa">The instruction set.</param>
    /// <param name="Threads">Threads that computed.</param>
    /// <param name="Windows">Windows, and so predictions, of one pass.</param>
    /// <param name="SegmentLength">Tokens of a segment that the Transformer-XL reads.</param>
    /// <param name="TokensAtOnce">Tokens that the Transformer-XL reads in one pass.</param>
    /// <param name="WindowSeconds">Time for a token that is predicted from a window of its own.</param>
    /// <param name="ReuseSeconds">Time for a token that is predicted with kept keys and values.</param>
    /// <param name="PaperSlowDown">What the paper says, for a model of 24 layers.</param>
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
        /// <summary>How many times longer the window takes.</summary>
        public double SlowDown => WindowSeconds / ReuseSeconds;
    }

    /// <summary>The lengths of the paper with its figures.</summary>
    public static IReadOnlyList<(int Length, double SlowDown)> Paper { get; } = [(800, 363), (1800, 773), (2800, 1409), (3800, 1874)];

    /// <summary>Measures one attention length.</summary>
    /// <param name="length">Tokens that each prediction sees, itself included.</param>
    /// <param name="paper">What the paper says.</param>
    /// <param name="duration">About how long each side is measured; one pass at least.</param>
    /// <param name="stop">Ends the measurement without a result.</param>
    public Result Measure(int length, double paper, TimeSpan duration, CancellationToken stop)
    {
        int together = windows ?? Math.Max(1, WindowRows / length), segment = bench.Evaluation.TargetLength;
        int segments = Math.Max(1, RowsAtOnce / segment);
        double window = Window(length, together, duration, stop), reuse = Reuse(length, segment, segments, duration, stop);
        return new Result(
            bench.Name, length, backend.Isa.ToString().ToLowerInvariant(), backend.Threads, together, segment, segment * segments, window, reuse, paper);
    }

    /// <summary>Seconds for a prediction from a window that is read anew.</summary>
    private double Window(int length, int together, TimeSpan duration, CancellationToken stop)
    {
        InferenceOptions options = new() { MemoryLength = length - 1, Streams = together, MaxSegment = length, Recurrent = false };
        InferenceSession session = InferenceSession.Create(new TransformerXLModel((AttentionConfiguration)VaswaniFamily.Instance.Adopt(bench.Model)), backend, options);

        // The first pass fills the windows; from then on each takes one token.
        Read(session, length);
        return Median(() => Read(session, 1), 1, duration, stop) / together;
    }

    /// <summary>Seconds for a prediction with kept keys and values, every token seeing as many as the window holds.</summary>
    private double Reuse(int length, int segment, int segments, TimeSpan duration, CancellationToken stop)
    {
        ContextConfiguration context = new() { TargetLength = segment, MemoryLength = length, SameLength = true };
        InferenceSession session = InferenceSession.Create(new TransformerXLModel(bench.Model), backend, InferenceOptions.ForSegments(context, 1, segments));
        int tokens = segment * segments;

        // Until the memory is full, and once more so that the weights are packed.
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

    private double Median(Action step, int least, TimeSpan duration, CancellationToken stop)
    {
        List<double> seconds = [];
        long begin = clock.GetTimestamp();
        while (seconds.Count < least || clock.GetElapsedTime(begin) < duration)
        {
            stop.ThrowIfCancellationRequested();
            long start = clock.GetTimestamp();
            step();
            seconds.Add(clock.GetElapsedTime(start).TotalSeconds);
        }

        return BenchRunner.Median(seconds);
    }
}
