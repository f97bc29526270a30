using System.Globalization;
using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Options;

/// <summary>
/// Rules of combined options with messages for the command line. The library has the same rules with messages about a configuration; these
/// are checked first, so that an error names the options to type.
/// </summary>
internal static class OptionRules
{
    private static readonly IEnumerable<OptionRule>[] s_rules =
        [ModelRules(), LengthRules(), TrainingRules(), ScheduleRules(), OptimizerOptionRules.All(), VocabularyOptionRules.All()];

    /// <summary>The first error of the settings; null if there is none, or if a file has set one of the values, because the library's message then names the member.</summary>
    /// <param name="settings">The settings.</param>
    public static string? Broken(RunSettings settings) => s_rules
        .SelectMany(rules => rules)
        .Where(rule => !rule.Members.Any(member => settings.OriginOf(member).Kind == SettingOriginKind.File))
        .Select(rule => rule.Broken(settings.Configuration))
        .FirstOrDefault(message => message is not null);

    /// <summary>The error of given lengths; null if there is none.</summary>
    public static string? Broken(ContextConfiguration context) =>
        context is { SameLength: true, MemoryLength: 0 } ? "--same-length needs a --memory of at least 1, but it is 0" : null;

    private static IEnumerable<OptionRule> ModelRules()
    {
        yield return Attention("modelSize heads headSize", m => m.HeadSize == 0 && m.ModelSize % m.Heads != 0
            ? $"--model-size {m.ModelSize} is not divisible by --heads {m.Heads}; change one of them, or set --head-size" : null);
        yield return Attention("modelSize kind", m => m.Family.HasSinusoids && m.ModelSize % 2 != 0
            ? $"--model-size {m.ModelSize} is odd, but --model {m.Family.Name} needs an even number" : null);
        yield return Attention("finalNorm preNorm", m => m is { FinalNorm: true, PreNorm: false } ? "--final-norm needs --pre-norm" : null);
        yield return Attention("kind heads headSize modelSize", m => m is AlRfouConfiguration && m.Heads * m.Resolve().HeadSize != m.ModelSize
            ? $"--heads {m.Heads} of --head-size {m.Resolve().HeadSize} make {m.Heads * m.Resolve().HeadSize}, but --model {m.Family.Name} needs the --model-size {m.ModelSize}" : null);
        yield return Model("embeddingDivisor cutoffs", m => m.EmbeddingDivisor > 1 && m.Cutoffs.Count == 0 ? $"--div-val {m.EmbeddingDivisor} needs --cutoffs, but there are none" : null);
    }

    private static IEnumerable<OptionRule> LengthRules()
    {
        yield return new OptionRule(["context.sameLength", "context.memoryLength"], c => Broken(c.Context));
        string[] memory = ["training.longMemoryLength", "context.memoryLength", "context.clampLength", "context.sameLength", "model.kind"];
        yield return new OptionRule(memory, c => c.Training.LongMemoryLength is var length && length == 0 ? null
            : !c.Model.Family.HasRelativePositions ? $"--long-memory is not for --model {c.Model.Family.Name}"
            : length <= c.Context.MemoryLength ? $"--long-memory {length} must be above --memory {c.Context.MemoryLength}"
            : c.Context.ClampLength == 0 ? $"--long-memory {length} needs --clamp, such as --clamp {c.Context.TargetLength + c.Context.MemoryLength}"
            : c.Context.SameLength ? "--long-memory cannot be combined with --same-length" : null);
        yield return new OptionRule(["corpus.validationFraction", "corpus.testFraction"], c => (c.Corpus ?? new CorpusOptions()) is var text && text.ValidationFraction + text.TestFraction >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"--valid-fraction {text.ValidationFraction} and --test-fraction {text.TestFraction} leave no text to train on; their sum must be below 1") : null);
        yield return new OptionRule(["corpus.path", "corpus.trainPath", "corpus.validationPath", "corpus.testPath"], c => c.Corpus switch
        {
            { Path: not null } text when (text.TrainPath ?? text.ValidationPath ?? text.TestPath) is not null => "--data is divided into splits; it cannot be combined with --train, --valid and --test",
            { TrainPath: not null, ValidationPath: null } => "--train and --valid must both be named, but --valid is missing",
            { TrainPath: null, Path: null } text when (text.ValidationPath ?? text.TestPath) is not null => "--train and --valid must both be named, but --train is missing",
            _ => null,
        });
    }

    private static IEnumerable<OptionRule> TrainingRules()
    {
        yield return Training("batchSize batchChunks", t => t.BatchChunks > t.BatchSize ? $"--batch-chunks {t.BatchChunks} is more than --batch {t.BatchSize}" : null);
        yield return Training("batchSize batchChunks", t => t.BatchSize % t.BatchChunks != 0 ? $"--batch {t.BatchSize} is not divisible by --batch-chunks {t.BatchChunks}" : null);
        yield return Training("keepCount keepEvery", t => t is { KeepCount: > 0, KeepEvery: 0 } ? $"--keep {t.KeepCount} needs --keep-every, which is 0: no checkpoint is kept" : null);
        yield return Training("patience validateEvery", t => t is { Patience: > 0, ValidateEvery: 0 } ? $"--patience {t.Patience} counts validations, but --validate-every is 0" : null);
        bool Begins(TrainingConfiguration t) => t.InitialDropout is not null || t.InitialAttentionDropout is not null;
        yield return Training("initialDropout initialAttentionDropout dropoutSteps", t => Begins(t) && t.DropoutSteps == 0
            ? $"{(t.InitialDropout is null ? "--initial-attention-dropout" : "--initial-dropout")} needs --dropout-steps, which is 0" : null);
        yield return Training("initialDropout initialAttentionDropout dropoutSteps", t => !Begins(t) && t.DropoutSteps > 0
            ? $"--dropout-steps {t.DropoutSteps} needs --initial-dropout or --initial-attention-dropout" : null);
    }

    private static IEnumerable<OptionRule> ScheduleRules()
    {
        static bool Ends(TrainingConfiguration t) => t.Schedule is ScheduleKind.Cosine or ScheduleKind.Linear;
        yield return Training("warmupSteps steps schedule", t => Ends(t) && t.WarmupSteps >= t.Steps
            ? $"--warmup {t.WarmupSteps} must be below --steps {t.Steps} for --schedule {ScheduleRunOptions.NameOf(t.Schedule)}" : null);
        yield return Training("minimumLearningRate learningRate schedule", t => t.Schedule != ScheduleKind.Constant && t.MinimumLearningRate > t.LearningRate
            ? string.Create(CultureInfo.InvariantCulture, $"--min-lr {t.MinimumLearningRate} is above --lr {t.LearningRate}") : null);
        yield return Training("schedule validateEvery", t => t is { Schedule: ScheduleKind.Plateau, ValidateEvery: 0 } ? "--schedule plateau follows validations, but --validate-every is 0" : null);
        yield return Training("plateauFactor schedule", t => t.Schedule != ScheduleKind.Plateau && t.PlateauFactor != 0.5
            ? $"--plateau-factor is for --schedule plateau, not for {ScheduleRunOptions.NameOf(t.Schedule)}" : null);
        yield return Training("plateauPatience schedule", t => t.Schedule != ScheduleKind.Plateau && t.PlateauPatience != 0
            ? $"--plateau-patience is for --schedule plateau, not for {ScheduleRunOptions.NameOf(t.Schedule)}" : null);
    }

    private static OptionRule Model(string members, Func<ModelConfiguration, string?> broken) => new(Paths("model", members), c => broken(c.Model));

    private static OptionRule Attention(string members, Func<AttentionConfiguration, string?> broken) =>
        Model(members, model => model is AttentionConfiguration attention ? broken(attention) : null);

    private static OptionRule Training(string members, Func<TrainingConfiguration, string?> broken) => new(Paths("training", members), c => broken(c.Training));

    private static string[] Paths(string part, string members) => [.. members.Split(' ').Select(member => $"{part}.{member}")];
}
