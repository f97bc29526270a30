using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Batches;

namespace TransformerXL.Cli.Options;

/// <summary>The recipe of a training.</summary>
internal static class TrainingRunOptions
{
    private const long MaxSteps = 1L << 31;
    private static readonly TrainingConfiguration Standard = new();

    public static IEnumerable<RunOption> All()
    {
        yield return Whole("--steps", "Total number of optimizer steps; may be raised with --resume.", 1, MaxSteps, Standard.Steps, t => t.Steps, (t, n) => t with { Steps = n }, mayChange: true);
        yield return Whole("--batch", "Batch size: parallel streams of text.", 1, 1 << 16, Standard.BatchSize, t => t.BatchSize, (t, n) => t with { BatchSize = n });
        yield return Whole("--batch-chunks", "Compute each batch in this many parts, to use less memory.", 1, 1 << 16, Standard.BatchChunks, t => t.BatchChunks, (t, n) => t with { BatchChunks = n });
        yield return new RunOption<bool, bool>(
            NewOption.Flag("--half-loss", "Train only on the second half of each segment."),
            value => value,
            c => c.Training.HalfLoss,
            (c, on) => c with { Training = c.Training with { HalfLoss = on } });
        yield return new RunOption<string, SegmentOrder>(
            NewOption.Choice("--order", "Reading order", ["ordered", "variable", "sentences"], "ordered"),
            name => Enum.Parse<SegmentOrder>(name, ignoreCase: true),
            c => c.Training.Order,
            (c, order) => c with { Training = c.Training with { Order = order } });
        yield return Real("--lr", "Maximum learning rate.", "a number above 0", value => value > 0, Standard.LearningRate, t => t.LearningRate, (t, x) => t with { LearningRate = x });
        yield return Real("--clip-norm", "Maximum gradient norm; 0 for no clipping.", "a number from 0 on", value => value >= 0, Standard.ClipNorm, t => t.ClipNorm, (t, x) => t with { ClipNorm = x });
        yield return new RunOption<bool, bool>(
            NewOption.Flag("--clip-without-embeddings", "Exclude the embeddings from gradient clipping."),
            value => value,
            c => !c.Training.ClipEmbeddings,
            (c, on) => c with { Training = c.Training with { ClipEmbeddings = !on } });
        yield return new RunOption<string, Precision>(
            NewOption.Choice("--precision", "Precision of weight matrix products", PrecisionNames.OfTraining, PrecisionNames.Float32),
            PrecisionNames.Parse,
            c => c.Training.Precision,
            (c, precision) => c with { Training = c.Training with { Precision = precision } });
        yield return Whole("--seed", "Random seed.", 0UL, ulong.MaxValue, Standard.Seed, t => t.Seed, (t, n) => t with { Seed = n });
        yield return Whole("--validate-every", "Steps between validations; 0 for a single one at the end.", 0, MaxSteps, Standard.ValidateEvery, t => t.ValidateEvery, (t, n) => t with { ValidateEvery = n });
        yield return Whole("--validation-tokens", "Maximum tokens per validation; 0 for the whole validation text.", 0, long.MaxValue, Standard.ValidationTokens, t => t.ValidationTokens, (t, n) => t with { ValidationTokens = n });
        yield return Whole("--sample", "Tokens to generate at each validation; 0 for none.", 0, 1 << 20, Standard.SampleTokens, t => t.SampleTokens, (t, n) => t with { SampleTokens = n });
        yield return Whole("--checkpoint-every", "Steps between checkpoints; each validation writes one too.", 1, MaxSteps, Standard.CheckpointEvery, t => t.CheckpointEvery, (t, n) => t with { CheckpointEvery = n });
        yield return Whole("--keep-every", "Steps between checkpoints to keep; 0 for none.", 0, MaxSteps, Standard.KeepEvery, t => t.KeepEvery, (t, n) => t with { KeepEvery = n });
        yield return Whole("--keep", "Maximum checkpoints of --keep-every to keep, the newest; 0 for all.", 0, 1 << 20, Standard.KeepCount, t => t.KeepCount, (t, n) => t with { KeepCount = n });
        yield return Whole("--patience", "Stop after this many validations without improvement; 0 for never.", 0, 1 << 20, Standard.Patience, t => t.Patience, (t, n) => t with { Patience = n }, mayChange: true);
        yield return Whole("--report-every", "Steps between reports, on screen and in metrics.jsonl.", 1, MaxSteps, Standard.ReportEvery, t => t.ReportEvery, (t, n) => t with { ReportEvery = n });
    }

    private static RunOption<T?, T> Whole<T>(string name, string description, T least, T most, T standard, Func<TrainingConfiguration, T> get, Func<TrainingConfiguration, T, TrainingConfiguration> set, bool mayChange = false) where T : struct, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T> =>
        new(NewOption.Whole(name, description, least, most, (T?)standard), value => value!.Value, c => get(c.Training), (c, value) => c with { Training = set(c.Training, value) }) { MayChange = mayChange };

    private static RunOption<double?, double> Real(string name, string description, string rule, Func<double, bool> allowed, double standard, Func<TrainingConfiguration, double> get, Func<TrainingConfiguration, double, TrainingConfiguration> set) =>
        new(NewOption.Real(name, description, rule, allowed, (double?)standard), value => value!.Value, c => get(c.Training), (c, value) => c with { Training = set(c.Training, value) });
}
