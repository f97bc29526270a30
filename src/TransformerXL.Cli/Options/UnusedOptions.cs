using System.CommandLine;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Settings;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Options;

/// <summary>
/// Options that a training would not use, because they are for another task, kind of data or model, or because another setting switches them off. Presets and files may have such values: they serve several
/// trainings.
/// </summary>
internal static class UnusedOptions
{
    private static readonly (string Member, Func<RunConfiguration, string?> Broken)[] s_rules =
    [
        ForTasks("pooling", TaskKind.Classify),
        ForTasks("pooler", TaskKind.Classify),
        ForTasks("nGrams", TaskKind.Classify),
        ForTasks("alignment", TaskKind.Label),
        ForTasks("balancesLabels", TaskKind.Classify, TaskKind.Label),
        ForTasks("labelSmoothing", TaskKind.Classify, TaskKind.Label),
        ForTasks("examples.textColumn", TaskKind.Classify, TaskKind.Label),
        ForTasks("examples.secondTextColumn", TaskKind.Classify),
        ForTasks("examples.labelColumn", TaskKind.Classify, TaskKind.Label),
        ForTasks("examples.labelSeparator", TaskKind.Classify),
        ForTasks("examples.labels", TaskKind.Classify),
        ForTasks("examples.wordColumn", TaskKind.Label),
        ForTasks("examples.tagColumn", TaskKind.Label),
        ForTasks("examples.scheme", TaskKind.Label),
        ("training.initialAttentionDropout", OfAttention),
        ("training.recompute", c => c.Training.Recompute ? OfLayers(c) : null),
        ("training.weights", c => c.Training.Weights == WeightPrecision.Float32 ? null : OfLayers(c)),
        ("training.decayExclusions", c => c.Training.Optimizer.WeightDecay == 0 ? "needs --weight-decay, which is 0" : null),
        ("training.clipEmbeddings", c => c.Training.ClipNorm == 0 ? "needs --clip-norm above 0" : null),
        ("corpus.vocabulary.lowerCase", OfSavedWords),
        ("corpus.vocabulary.delimiter", OfSavedWords),
        ("corpus.vocabulary.addEos", OfSavedWords),
        ("corpus.vocabulary.addDoubleEos", OfSavedWords),
        ("corpus.validationFraction", OfWholeData),
        ("corpus.testFraction", OfWholeData),
        ("training.order", OnlyNextToken),
        ("training.sampleTokens", c => c.Training.SampleTokens == 0 ? null : OnlyNextToken(c)),
        ("training.validationTokens", c => c.Task is null ? null : $"is for a training on a text, not for --task {NameOf(c.Task.Kind)}, whose validation reads all examples"),
        ("training.longMemoryShare", c => c.Training.LongMemoryLength == 0 ? "needs --long-memory, which is 0" : null),
        ("context.memoryLength", OfAttention),
        ("training.minimumLearningRate", c => c.Training.Schedule == ScheduleKind.Constant ? "is for a schedule that decays, not for --schedule constant" : null),
        ("context.clampLength", c => c.Model is EncoderConfiguration { Positions: not EncoderPositions.Relative } ? "limits distances, which only --position-type relative has"
            : HasDistances(c.Model) ? null : $"limits distances, which --model {c.Model.Family.Name} does not have"),
    ];

    /// <summary>The error of the first option that is not used; null if there is none.</summary>
    /// <param name="settings">The settings.</param>
    public static string? Find(RunSettings settings) => s_rules
        .Select(rule => settings.OriginOf(rule.Member) is { Kind: SettingOriginKind.Option } origin && rule.Broken(settings.Configuration) is { } reason ? $"{origin.Name} {reason}" : null)
        .FirstOrDefault(message => message is not null);

    /// <summary>Refuses options of a command that only models of the next token use.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="because">What the model predicts.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="InputException">One of them is given.</exception>
    public static void RefuseOfNextToken(ParseResult result, string because, params Option[] options)
    {
        if (options.FirstOrDefault(option => result.IsGiven(option)) is { } given)
        {
            throw new InputException($"{given.Name} is for models that predict the next token; {because}");
        }
    }

    /// <summary>Refuses a memory and limits of what tokens see for models that keep a state instead, and a limit of distances where there are none.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="model">The model.</param>
    /// <param name="memory">The option of the memory.</param>
    /// <param name="clamp">The option of the limit, if the command has one.</param>
    /// <param name="sameLength">The option that lets all tokens see as many, if the command has one.</param>
    /// <exception cref="InputException">One of them is given.</exception>
    public static void RefuseOfModel(ParseResult result, ModelConfiguration model, Option memory, Option? clamp = null, Option? sameLength = null)
    {
        if (FindOfModel(result, model, memory, clamp, sameLength) is { } message)
        {
            throw new InputException(message);
        }
    }

    /// <summary>The error of the first of these options that is given and that a model does not use; null if there is none. <see cref="RefuseOfModel"/> says which.</summary>
    public static string? FindOfModel(ParseResult result, ModelConfiguration model, Option memory, Option? clamp = null, Option? sameLength = null)
    {
        string family = model.Family.Name;
        Option[] ofAttention = [.. ((Option?[])[memory, clamp, sameLength]).OfType<Option>()];
        if (!model.Family.HasAttention && ofAttention.FirstOrDefault(option => result.IsGiven(option)) is { } given)
        {
            return $"{given.Name} is for models with attention; a model of the family {family} keeps its state";
        }

        return clamp is not null && result.IsGiven(clamp) && !HasDistances(model) ? $"{clamp.Name} limits distances, which this model of the family {family} does not have" : null;
    }

    /// <summary>Whether distances can be limited.</summary>
    private static bool HasDistances(ModelConfiguration model) => model is EncoderConfiguration encoder
        ? encoder.Positions == EncoderPositions.Relative
        : model.Family.HasAttention && (model.Family.HasRelativePositions || !model.Family.LearnsPositions);

    private static (string Member, Func<RunConfiguration, string?> Broken) ForTasks(string member, params TaskKind[] tasks) =>
        ($"task.{member}", c => c.Task is null || tasks.Contains(c.Task.Kind) ? null : $"is for --task {string.Join(" or ", tasks.Select(NameOf))}, not for {NameOf(c.Task.Kind)}");

    private static string? OfAttention(RunConfiguration configuration) => OfLayers(configuration) is { } reason ? $"{reason}, which keeps its state" : null;

    private static string? OfLayers(RunConfiguration configuration) =>
        configuration.Model.Family.HasAttention ? null : $"is for models with attention, not for --model {configuration.Model.Family.Name}";

    private static string? OnlyNextToken(RunConfiguration configuration) =>
        configuration.Task is { } task ? $"is for a training on a text, not for --task {NameOf(task.Kind)}"
        : !configuration.Model.IsCausal ? $"is for a model that predicts the next token, not for --model {configuration.Model.Family.Name}{(configuration.Model is RecurrentConfiguration ? " --bidirectional" : "")}"
        : null;

    private static string? OfSavedWords(RunConfiguration configuration) =>
        configuration.Corpus?.Vocabulary is { Kind: VocabularyKind.Words, File: { } file } && file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? $"is for words of the text or of a list of words; '{InputText.Show(file)}' says itself how words are read"
            : null;

    private static string? OfWholeData(RunConfiguration configuration) =>
        configuration.Corpus?.TrainPath is not null ? "divides the file or folder of --data, but --train names a part already"
        : configuration.Corpus?.Path is { } path && DatasetManifest.IsIn(path) ? $"divides a file or folder, but the data set '{InputText.Show(path)}' is divided already"
        : null;

    private static string NameOf(TaskKind task) => task.ToString().ToLowerInvariant();
}
