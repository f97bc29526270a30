using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Presets;

namespace TransformerXL.Training.Settings;

/// <summary>
/// A configuration that is put together layer by layer, each over the one before, and knows where each value came from:
/// <c>RunSettings.Standard.Apply(preset).ApplyFile("x.json")</c>. It never changes; each layer makes a new one.
/// </summary>
public sealed class RunSettings
{
    // Values that follow from the text and the lengths: a run has them, a plan for one does not.
    private static readonly string[] s_fromText = ["model.vocabularySize", "model.positionRows"];

    private static readonly string[] s_paths = ["path", "trainPath", "validationPath", "testPath", "translationPath"];

    // Lengths that only attention has.
    private static readonly string[] s_ofAttention = ["context.clampLength", "context.sameLength", "context.extendedLength"];

    private const string ModelPart = "model.", s_kind = "model.kind";

    private readonly ImmutableArray<SettingLayer> _layers;
    private readonly IReadOnlyDictionary<string, SettingOrigin> _origins;

    private RunSettings(ImmutableArray<SettingLayer> layers)
    {
        MergedSettings merged = MergedSettings.Of(layers);
        RunConfiguration configuration = merged.ToConfiguration();
        (_layers, _origins) = (layers, merged.Origins.Where(pair => !s_fromText.Contains(pair.Key)).ToDictionary());
        Configuration = configuration with { Model = RunDefaults.WithoutText(configuration.Model) };
    }

    /// <summary>Nothing but defaults.</summary>
    public static RunSettings Standard { get; } = new([]);

    /// <summary>The configuration; the size of its vocabulary is that of the largest, until <see cref="For(int, out IReadOnlyList{int})"/> knows better.</summary>
    public RunConfiguration Configuration { get; }

    private static JsonTypeInfo<RunConfiguration> Type => RunJson.Default.RunConfiguration;

    /// <summary>With the values of a preset.</summary>
    public RunSettings Apply(Preset preset)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return Apply(new SettingOrigin(SettingOriginKind.Preset, preset.Name), preset.Values);
    }

    /// <summary>With a value of a member.</summary>
    /// <param name="origin">The source of the value.</param>
    /// <param name="member">Its path in <c>config.json</c>, such as <c>training.learningRate</c>.</param>
    /// <param name="value">Its value as JSON.</param>
    /// <exception cref="InputException">The member does not exist, or has values of another type; the message names it.</exception>
    public RunSettings Apply(SettingOrigin origin, string member, JsonNode? value)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentException.ThrowIfNullOrEmpty(member);
        return new RunSettings(_layers.Add(SettingLayer.Of(origin, member, value?.DeepClone())));
    }

    /// <summary>
    /// With the members of a JSON file, any part of those of <c>config.json</c>. Relative paths in it begin at its folder. Another
    /// optimizer than before brings its customary constants.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, a member is not known or has a value of another type; the message names file and member.</exception>
    public RunSettings ApplyFile(string path)
    {
        JsonObject file = JsonFile.Read(path, RunFiles.MaxBytes, example: """{ "training": { "steps": 1000 } }""");
        if (file["corpus"] is JsonObject corpus)
        {
            Root(corpus, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        return Apply(new SettingOrigin(SettingOriginKind.File, path), file);
    }

    /// <summary>With values for any part of the members of <c>config.json</c>.</summary>
    internal RunSettings Apply(SettingOrigin origin, JsonObject values) => new(_layers.Add(new SettingLayer(origin, values)));

    /// <summary>Without any text that was named before; the vocabulary stays.</summary>
    public RunSettings WithoutText() => Configuration.Corpus is null ? this : Without([.. s_paths.Select(name => $"corpus.{name}")]);

    /// <summary>
    /// Without the lengths of evaluation of a preset where the lengths of training are no longer the preset's: those that suit
    /// the one do not suit the other.
    /// </summary>
    public RunSettings WithFittingEvaluation()
    {
        SettingOrigin[] origins = [.. _origins.Where(pair => pair.Key.StartsWith("evaluation", StringComparison.Ordinal)).Select(pair => pair.Value).Distinct()];
        return origins is [{ Kind: SettingOriginKind.Preset, Name: var name }] && Preset.Find(name).Apply(RunDefaults.Configuration).Context != Configuration.Context
            ? Without("evaluation")
            : this;
    }

    /// <summary>
    /// With a shorter warm-up where a preset set it for more steps than there are now: a tenth of them at most, which is more than any
    /// preset has of its own.
    /// </summary>
    public RunSettings WithFittingWarmup()
    {
        const string Warmup = "training.warmupSteps";
        SettingOrigin origin = OriginOf(Warmup);
        long max = Configuration.Training.Steps / 10;
        return origin.Kind == SettingOriginKind.Preset && OriginOf("training.steps") != origin && Configuration.Training.WarmupSteps > max
            ? Apply(origin, Warmup, max)
            : this;
    }

    /// <summary>Where the value of a member came from.</summary>
    /// <param name="member">Its path, such as <c>training.learningRate</c>.</param>
    public SettingOrigin OriginOf(string member) => _origins.GetValueOrDefault(member, SettingOrigin.Default);

    /// <summary>Where the values in a section came from.</summary>
    internal IEnumerable<SettingOrigin> OriginsIn(string section) =>
        _origins.Where(pair => pair.Key.StartsWith(section, StringComparison.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value);

    /// <summary>The members that something has set although the family of the model lacks them.</summary>
    internal IEnumerable<string> ForeignMembers => _origins.Keys.Where(member => !HasMember(Configuration.Model.Family, member)).Order(StringComparer.Ordinal);

    /// <summary>Whether a setting means something for a family of models.</summary>
    internal static bool HasMember(ModelFamily family, string member) =>
        s_ofAttention.Contains(member) ? family.HasAttention
        : !member.StartsWith(ModelPart, StringComparison.Ordinal) || member == s_kind || family.Members.Contains(member[ModelPart.Length..]);

    /// <summary>Every value, in the order of <c>config.json</c>, except those that follow from the text. Sizes that follow from others have the values that they will have.</summary>
    public IReadOnlyList<RunSetting> List()
    {
        List<RunSetting> settings = [];
        List(ToJsonObject(Configuration with { Model = Configuration.Model.Resolve() }), "", settings);
        return settings;
    }

    /// <summary>The configuration as a JSON file that <see cref="ApplyFile"/> reads.</summary>
    public string ToJson() => ToJsonObject(Configuration).ToJsonString(RunJson.Default.Options);

    /// <summary>The value of a member of a configuration; that of the defaults in a part that is null, null where the configuration has no such member.</summary>
    internal static JsonNode? ValueOf(RunConfiguration configuration, string member)
    {
        JsonObject json = JsonSerializer.SerializeToNode(configuration, Type)!.AsObject();
        JsonTypeInfo type = Type;
        string[] names = member.Split('.');
        foreach (string name in names.SkipLast(1))
        {
            type = type.Options.GetTypeInfo(JsonVariants.TypeOf(type, json).Members().First(property => property.Name == name).PropertyType);
            json = json[name] as JsonObject ?? RunDefaults.Of(type);
        }

        return json[names[^1]];
    }

    /// <summary>A configuration with a value of a member.</summary>
    internal static RunConfiguration With(RunConfiguration configuration, string member, JsonNode? value)
    {
        JsonObject json = JsonSerializer.SerializeToNode(configuration, Type)!.AsObject();
        new JsonOverlay(RunDefaults.Of).Lay(Type, json, SettingLayer.Of(SettingOrigin.Default, member, value).Values);
        return json.Deserialize(Type)!;
    }

    /// <summary>Checks every value.</summary>
    /// <param name="text">Whether a text must be named.</param>
    /// <exception cref="InputException">A value is outside its allowed range; the message names it, the rule, and the file that it came from.</exception>
    public void Validate(bool text)
    {
        try
        {
            Configuration.Validate();
            if (text || Configuration.Corpus is { Path: not null } or { TrainPath: not null } or { ValidationPath: not null } or { TestPath: not null })
            {
                Require.Within("corpus", (Configuration.Corpus ?? new CorpusOptions()).Validate);
            }
            else if (Configuration.Corpus is { } corpus)
            {
                Require.Within("corpus", corpus.ValidateWithoutPaths);
            }
        }
        catch (InputException exception) when (exception.Member is { } member && FileOf(member) is { } file)
        {
            throw new InputException($"{file}: {member}: {exception.Message}", exception) { Member = member };
        }
    }

    /// <summary>The configuration for a text; cutoffs that came from a preset and lie beyond its vocabulary are left out.</summary>
    /// <param name="vocabularySize">V.</param>
    /// <param name="leftOut">The cutoffs that were left out.</param>
    public RunConfiguration For(int vocabularySize, out IReadOnlyList<int> leftOut)
    {
        ModelConfiguration model = Configuration.Model;
        bool isPreset = OriginOf("model.cutoffs").Kind == SettingOriginKind.Preset;
        leftOut = isPreset ? [.. model.Cutoffs.Where(cutoff => cutoff >= vocabularySize)] : [];
        if (leftOut.Count > 0)
        {
            model = model with { Cutoffs = [.. model.Cutoffs.Except(leftOut)] };
            bool single = model.Cutoffs.Count == 0 && OriginOf("model.embeddingDivisor").Kind == SettingOriginKind.Preset;
            model = single ? model with { EmbeddingDivisor = 1 } : model;
        }

        return Configuration with { Model = model.For(vocabularySize, Configuration.Context) };
    }

    /// <summary>
    /// The defaults of a model that reads in both directions, for members that no source sets: no memory, no delay of labels, special tokens in the vocabulary that
    /// is made; with translations their objective, and positions that begin again with the translation; for random orders two streams with relative positions, and a sixth of the tokens predicted.
    /// </summary>
    public RunSettings WithFittingSides()
    {
        const string Memory = "context.memoryLength", Delay = "task.delay", Special = "corpus.vocabulary.addSpecialTokens";
        if (Configuration.Model.IsCausal)
        {
            return this;
        }

        SettingOrigin origin = new(SettingOriginKind.Model, Configuration.Model.Family.Name);
        RunSettings settings = IsStandard(Memory) ? Apply(origin, Memory, 0) : this;
        settings = settings.WithFittingObjective(origin);
        settings = Configuration.Task is not null && IsStandard(Delay) ? settings.Apply(origin, Delay, 0) : settings;
        return BeginsWithModel ? settings : settings.Apply(origin, Special, true);
    }

    /// <summary>Without the label smoothing of a preset where the examples have several labels or numbers, for which there is none.</summary>
    /// <param name="head">The head that the examples need.</param>
    public RunSettings WithFittingHead(HeadConfiguration head)
    {
        const string Smoothing = "task.labelSmoothing";
        ArgumentNullException.ThrowIfNull(head);
        bool drops = head.Kind is HeadKind.SeveralLabels or HeadKind.Number && OriginOf(Smoothing).Kind == SettingOriginKind.Preset;
        return drops ? Without(Smoothing) : this;
    }

    /// <summary>Whether the settings are over those of a model whose weights the run begins with. An option may repeat some of them.</summary>
    private bool BeginsWithModel => OriginsIn(ModelPart).Any(origin => origin.Kind == SettingOriginKind.Run);

    private RunSettings WithFittingObjective(SettingOrigin origin)
    {
        const string Objective = "masking.objective", Rate = "masking.rate", Restarts = ModelPart + "restartsPositions", Streams = ModelPart + "twoStreams", Positions = ModelPart + "positions";
        bool isNew = Configuration.Task is null && !BeginsWithModel;
        RunSettings settings = Configuration is { Task: null, Corpus.TranslationPath: not null } && IsStandard(Objective) ? Apply(origin, Objective, nameof(PretrainingObjective.Translation)) : this;
        settings = Configuration is { Task: null, Model: EncoderConfiguration { TwoStreams: true } } && settings.IsStandard(Objective) ? settings.Apply(origin, Objective, nameof(PretrainingObjective.Permutation)) : settings;
        PretrainingObjective? objective = settings.Configuration.Masking?.Objective;
        bool restarts = isNew && objective == PretrainingObjective.Translation && Configuration.Model is EncoderConfiguration { Positions: not EncoderPositions.Relative };
        settings = restarts && IsStandard(Restarts) ? settings.Apply(origin, Restarts, true) : settings;
        if (isNew && objective == PretrainingObjective.Permutation && Configuration.Model is EncoderConfiguration)
        {
            settings = IsStandard(Rate) ? settings.Apply(origin, Rate, 1.0 / 6) : settings;
            settings = IsStandard(Positions) ? settings.Apply(origin, Positions, nameof(EncoderPositions.Relative)) : settings;
            settings = IsStandard(Streams) ? settings.Apply(origin, Streams, true) : settings;
        }

        return settings;
    }

    /// <summary>Whether a member has its default, or that of a task.</summary>
    private bool IsStandard(string member) => OriginOf(member) is { Kind: SettingOriginKind.Default } or { Kind: SettingOriginKind.Preset, Name: "classify" or "label" or "answer" };

    /// <summary>The configuration for a text with a vocabulary; cutoffs that came from a preset and lie beyond it are left out.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="leftOut">The cutoffs that were left out.</param>
    public RunConfiguration For(Vocabulary vocabulary, out IReadOnlyList<int> leftOut)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        RunConfiguration configuration = For(vocabulary.Count, out leftOut);
        return configuration with { Model = configuration.Model.ForVocabulary(vocabulary) };
    }

    private RunSettings Without(params ReadOnlySpan<string> members)
    {
        IEnumerable<SettingLayer> layers = _layers;
        foreach (string member in members)
        {
            layers = layers.Select(layer => layer.Without(member));
        }

        return new RunSettings([.. layers]);
    }

    private static JsonObject ToJsonObject(RunConfiguration configuration)
    {
        JsonObject json = JsonSerializer.SerializeToNode(configuration, Type)!.AsObject();
        foreach (string member in s_fromText)
        {
            json["model"]!.AsObject().Remove(member["model.".Length..]);
        }

        return json;
    }

    private void List(JsonObject json, string prefix, List<RunSetting> settings)
    {
        foreach ((string name, JsonNode? value) in json)
        {
            if (value is JsonObject part)
            {
                List(part, $"{prefix}{name}.", settings);
            }
            else
            {
                settings.Add(new RunSetting(prefix + name, value?.ToJsonString() ?? "null", OriginOf(prefix + name)));
            }
        }
    }

    /// <summary>The file that a member came from, or, of a part as a whole, a file that set some of it.</summary>
    private string? FileOf(string member) => _origins
        .Where(pair => pair.Value.Kind == SettingOriginKind.File && (pair.Key == member || pair.Key.StartsWith(member + ".", StringComparison.Ordinal)))
        .Select(pair => pair.Value.Name)
        .FirstOrDefault();

    /// <summary>Relative paths of a file begin at its folder. Values that are no paths are refused later.</summary>
    private static void Root(JsonObject corpus, string folder)
    {
        foreach (string name in s_paths)
        {
            Root(corpus, name, folder);
        }

        if (corpus["vocabulary"] is JsonObject vocabulary)
        {
            Root(vocabulary, "file", folder);
        }
    }

    private static void Root(JsonObject part, string name, string folder)
    {
        if (part[name] is JsonValue value && value.TryGetValue(out string? path) && path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal))
        {
            part[name] = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, folder));
        }
    }
}
