using System.CommandLine;
using TransformerXL.Tensors;
using TransformerXL.Training;
using TransformerXL.Training.Batches;

namespace TransformerXL.Cli.Options;

/// <summary>The recipe of a training.</summary>
internal static class TrainingRunOptions
{
    private const long MaxSteps = 1L << 31;
    private const string Weights = "Precision of weights; adam, adamw; with attention";
    private static readonly TrainingConfiguration Standard = new();
    private static readonly (string Word, string Value)[] s_weights = [(PrecisionNames.Float32, nameof(WeightPrecision.Float32)), (PrecisionNames.Bfloat16, nameof(WeightPrecision.Bfloat16))];

    public static IEnumerable<RunOption> All()
    {
        MemberOptions training = new("training");
        yield return training.Whole<long>("--steps", "Total number of optimizer steps; 'train --resume' may raise it.", 1, MaxSteps, Standard.Steps, "steps", mayChange: true);
        yield return training.Whole<int>("--batch", "Batch size: parallel streams of text.", 1, 1 << 16, Standard.BatchSize, "batchSize");
        yield return training.Whole<int>("--batch-chunks", "Compute each batch in this many parts, to use less memory.", 1, 1 << 16, Standard.BatchChunks, "batchChunks");
        yield return training.Flag("--recompute", "Compute the values of each layer again in the backward pass, to use less memory.", "recompute");
        yield return training.Flag("--half-loss", "Train only on the second half of each segment.", "halfLoss");
        yield return training.Choice(
            "--order", "Reading order",
            [("ordered", nameof(SegmentOrder.Ordered)), ("variable", nameof(SegmentOrder.Variable)), ("shuffled", nameof(SegmentOrder.Shuffled)), ("sentences", nameof(SegmentOrder.Sentences))], "order");
        yield return training.Real<double>("--lr", "Maximum learning rate.", "a number above 0", value => value > 0, Standard.LearningRate, "learningRate");
        yield return training.Real<double>("--clip-norm", "Maximum gradient norm; 0 for no clipping.", "a number from 0 on", value => value >= 0, Standard.ClipNorm, "clipNorm");
        yield return training.Flag("--clip-without-embeddings", "Exclude the embeddings from gradient clipping.", "clipEmbeddings", negated: true);
        yield return new RunOption<string>(
            NewOption.Choice("--precision", "Precision of weight matrix products", PrecisionNames.OfTraining, PrecisionNames.Float32),
            "training.precision",
            name => PrecisionNames.Parse(name).ToString())
        {
            Show = value => PrecisionNames.Of(Enum.Parse<Precision>(value!.ToString())),
        };
        yield return training.Choice("--weights", Weights, s_weights, "weights");
        yield return training.Whole<ulong>("--seed", "Random seed.", 0, ulong.MaxValue, Standard.Seed, "seed");
        yield return training.Whole<long>("--validate-every", "Steps between validations; 0 for a single one at the end.", 0, MaxSteps, Standard.ValidateEvery, "validateEvery");
        yield return training.Whole<long>("--validation-tokens", "Maximum tokens per validation; 0 for the whole validation text.", 0, long.MaxValue, Standard.ValidationTokens, "validationTokens");
        yield return training.Whole<int>("--sample", "Tokens to generate at each validation; 0 for none.", 0, 1 << 20, Standard.SampleTokens, "sampleTokens");
        yield return training.Whole<long>("--checkpoint-every", "Steps between checkpoints; each validation writes one too.", 1, MaxSteps, Standard.CheckpointEvery, "checkpointEvery");
        yield return training.Whole<long>("--keep-every", "Steps between checkpoints to keep; 0 for none.", 0, MaxSteps, Standard.KeepEvery, "keepEvery");
        yield return training.Whole<int>("--keep", "Maximum checkpoints of --keep-every to keep, the newest; 0 for all.", 0, 1 << 20, Standard.KeepCount, "keepCount");
        yield return training.Whole<int>("--patience", "Stop after this many validations without improvement; 0 for never.", 0, 1 << 20, Standard.Patience, "patience", mayChange: true);
        yield return training.Whole<long>("--report-every", "Steps between reports, on screen and in metrics.jsonl.", 1, MaxSteps, Standard.ReportEvery, "reportEvery");
    }

    /// <summary>The option of a command that is not a training.</summary>
    public static Option<string> NewWeights() => NewOption.Choice("--weights", Weights, [.. s_weights.Select(weights => weights.Word)], PrecisionNames.Float32);
}
