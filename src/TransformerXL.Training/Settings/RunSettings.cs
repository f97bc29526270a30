using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Presets;

namespace TransformerXL.Training.Settings;

/// <summary>
/// A configuration that is put together layer by layer, each over the one before, and knows where each value came from:
/// <c>RunSettings.Standard.Apply(preset).ApplyFile("x.json")</c>. It never changes; each layer makes a new one.
/// </summary>
public sealed class RunSettings
{
    // What only the text and the lengths tell: a run has them, a plan for one does not.
    private static readonly string[] s_fromText = ["model.vocabularySize", "model.positionRows"];

    // Lengths that only attention has.
    private static readonly string[] s_ofAttention = ["context.clampLength", "context.sameLength", "context.extendedLength"];

    private const string ModelPart = "model.", s_kind = "model.kind";

    private readonly ImmutableDictionary<string, SettingOrigin> _origins;

    private RunSettings(RunConfiguration configuration, ImmutableDictionary<string, SettingOrigin> origins) => (Configuration, _origins) = (configuration, origins);

    /// <summary>Nothing but defaults.</summary>
    public static RunSettings Standard => new(RunDefaults.Configuration, ImmutableDictionary<string, SettingOrigin>.Empty);

    /// <summary>The configuration; the size of its vocabulary is that of the largest, until <see cref="For"/> knows better.</summary>
    public RunConfiguration Configuration { get; }

    private static JsonTypeInfo<RunConfiguration> Type => RunJson.Default.RunConfiguration;

    /// <summary>With the values of a preset.</summary>
    public RunSettings Apply(Preset preset)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return Apply(new SettingOrigin(SettingOriginKind.Preset, preset.Name), preset.Apply);
    }

    /// <summary>With a change; the members that it sets are found out.</summary>
    /// <param name="origin">What changes.</param>
    /// <param name="change">A function without effects: it is called several times.</param>
    public RunSettings Apply(SettingOrigin origin, Func<RunConfiguration, RunConfiguration> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return With(change(Configuration), ChangedMembers.Of(change), origin);
    }

    /// <summary>
    /// With the members of a JSON file, any part of those of <c>config.json</c>. Relative paths in it begin at its folder. Another
    /// optimizer than before brings its customary constants.
    /// </summary>
    /// <exception cref="InputException">The file cannot be read, a member is not known or has a value of another type; the message names file and member.</exception>
    public RunSettings ApplyFile(string path)
    {
        JsonObject file = JsonFile.Read(path, RunFiles.MaxBytes);
        return OptimizerIn(file) is { } kind && kind != Configuration.Training.Optimizer.Kind
            ? Apply(new SettingOrigin(SettingOriginKind.File, path), c => c with { Training = c.Training with { Optimizer = c.Training.Optimizer.For(kind) } }).Lay(file, path)
            : Lay(file, path);
    }

    private RunSettings Lay(JsonObject file, string path)
    {
        JsonObject whole = JsonSerializer.SerializeToNode(Configuration, Type)!.AsObject();
        try
        {
            IReadOnlyList<string> members = new JsonOverlay(RunDefaults.Of).Lay(Type, whole, file);
            RunConfiguration configuration = whole.Deserialize(Type)!;
            return With(
                configuration with
                {
                    Model = RunDefaults.WithoutText(configuration.Model),
                    Corpus = configuration.Corpus is { } corpus ? Rooted(corpus, Path.GetDirectoryName(Path.GetFullPath(path))!) : null,
                },
                members,
                new SettingOrigin(SettingOriginKind.File, path));
        }
        catch (Exception exception) when (exception is JsonException or InputException)
        {
            throw new InputException($"{path}: {exception.Message}", exception) { Member = (exception as InputException)?.Member };
        }
    }

    /// <summary>Without any text that was named before; the vocabulary stays.</summary>
    public RunSettings WithoutText() => Configuration.Corpus is not { } corpus ? this : new RunSettings(
        Configuration with { Corpus = corpus with { Path = null, TrainPath = null, ValidationPath = null, TestPath = null } },
        _origins.RemoveRange(["corpus.path", "corpus.trainPath", "corpus.validationPath", "corpus.testPath"]));

    /// <summary>
    /// Without the lengths of evaluation of a preset where the lengths of training are no longer the preset's: those that suit
    /// the one do not suit the other.
    /// </summary>
    public RunSettings WithFittingEvaluation()
    {
        string[] evaluation = [.. _origins.Keys.Where(member => member.StartsWith("evaluation", StringComparison.Ordinal))];
        SettingOrigin[] origins = [.. evaluation.Select(OriginOf).Distinct()];
        return origins is [{ Kind: SettingOriginKind.Preset, Name: var name }] && Preset.Find(name).Apply(RunDefaults.Configuration).Context != Configuration.Context
            ? new RunSettings(Configuration with { Evaluation = null }, _origins.RemoveRange(evaluation))
            : this;
    }

    /// <summary>
    /// With a shorter warm-up where a preset set it for more steps than there are now: a tenth of them at most, which is more than any
    /// preset has of its own.
    /// </summary>
    public RunSettings WithFittingWarmup()
    {
        TrainingConfiguration training = Configuration.Training;
        SettingOrigin origin = OriginOf("training.warmupSteps");
        long most = training.Steps / 10;
        return origin.Kind == SettingOriginKind.Preset && OriginOf("training.steps") != origin && training.WarmupSteps > most
            ? new RunSettings(Configuration with { Training = training with { WarmupSteps = most } }, _origins)
            : this;
    }

    /// <summary>Where the value of a member came from.</summary>
    /// <param name="member">Its path, such as <c>training.learningRate</c>.</param>
    public SettingOrigin OriginOf(string member) => _origins.GetValueOrDefault(member, SettingOrigin.Default);

    /// <summary>The members that something has set although the family of the model lacks them.</summary>
    internal IEnumerable<string> ForeignMembers => _origins.Keys.Where(member => !HasMember(Configuration.Model.Family, member)).Order(StringComparer.Ordinal);

    /// <summary>Whether a setting means something for a family of models.</summary>
    internal static bool HasMember(ModelFamily family, string member) =>
        s_ofAttention.Contains(member) ? family.HasAttention
        : !member.StartsWith(ModelPart, StringComparison.Ordinal) || member == s_kind || family.Members.Contains(member[ModelPart.Length..]);

    /// <summary>Every value, in the order of <c>config.json</c>, but for those that only the text tells.</summary>
    public IReadOnlyList<RunSetting> List()
    {
        List<RunSetting> settings = [];
        List(ToJsonObject(), "", settings);
        return settings;
    }

    /// <summary>The configuration as a JSON file that <see cref="ApplyFile"/> reads.</summary>
    public string ToJson() => ToJsonObject().ToJsonString(RunJson.Default.Options);

    /// <summary>Checks every value.</summary>
    /// <param name="text">Whether a text must be named.</param>
    /// <exception cref="InputException">A value is outside what is allowed; the message names it, the rule, and the file that it came from.</exception>
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

    private static OptimizerKind? OptimizerIn(JsonObject file) =>
        (file["training"] as JsonObject)?["optimizer"] is JsonObject optimizer && optimizer["kind"] is JsonValue value
            && value.TryGetValue(out string? name) && Enum.TryParse(name, out OptimizerKind kind) && Enum.IsDefined(kind) ? kind : null;

    private RunSettings With(RunConfiguration configuration, IEnumerable<string> members, SettingOrigin origin) =>
        new(configuration, _origins.SetItems(members.Except(s_fromText).Select(member => KeyValuePair.Create(member, origin))));

    private JsonObject ToJsonObject()
    {
        JsonObject json = JsonSerializer.SerializeToNode(Configuration, Type)!.AsObject();
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

    private static CorpusOptions Rooted(CorpusOptions corpus, string folder)
    {
        return corpus with
        {
            Path = Full(corpus.Path),
            TrainPath = Full(corpus.TrainPath),
            ValidationPath = Full(corpus.ValidationPath),
            TestPath = Full(corpus.TestPath),
            Vocabulary = corpus.Vocabulary is { File: { } file } vocabulary ? vocabulary with { File = Full(file) } : corpus.Vocabulary,
        };

        string? Full(string? path) => string.IsNullOrEmpty(path) ? path : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, folder));
    }
}
