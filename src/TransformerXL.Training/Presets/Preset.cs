using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Models.Families;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Presets;

/// <summary>A model, its lengths and its recipe under a name, as a beginning that files and options may change.</summary>
public sealed class Preset
{
    internal Preset(string name, string summary, int typicalVocabulary, JsonObject values, TaskKind? task = null) =>
        (Name, Summary, TypicalVocabulary, Values, Task) = (name, summary, typicalVocabulary, values, task);

    /// <summary>Every preset, those for laptops first.</summary>
    public static IReadOnlyList<Preset> All =>
    [
        LaptopPresets.Tiny, LaptopPresets.Small, TaskPresets.Tagger, EncoderPresets.Laptop, EncoderPresets.BertTiny, EncoderPresets.BertMini, EncoderPresets.BertSmall,
        ReferencePresets.Enwik8Base, ReferencePresets.Text8Base, ReferencePresets.Enwik8Large,
        ReferencePresets.WikiText103Base, ReferencePresets.WikiText103Large, ReferencePresets.OneBillionWordBase, EncoderPresets.BertBase, EncoderPresets.RobertaBase,
    ];

    /// <summary>Such as <c>enwik8-base</c>.</summary>
    public string Name { get; }

    /// <summary>What it is for.</summary>
    public string Summary { get; }

    /// <summary>Tokens in the vocabulary of the text that it is meant for.</summary>
    public int TypicalVocabulary { get; }

    /// <summary>The task that it is for; null for a model that learns from a text, whose model and recipe a task may use too.</summary>
    public TaskKind? Task { get; }

    /// <summary>Its values, as a file of a configuration has them.</summary>
    internal JsonObject Values { get; }

    /// <summary>The preset with a name.</summary>
    /// <exception cref="InputException">There is none; the message suggests a similar name and lists all presets.</exception>
    public static Preset Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] names = [.. All.Select(preset => preset.Name)];
        IReadOnlyList<string> near = NameSuggestions.Find(name, names, 1);
        string hint = near.Count > 0 ? $"did you mean '{near[0]}'?" : $"there are: {string.Join(", ", names)}";
        return All.FirstOrDefault(preset => preset.Name == name) ?? throw new InputException($"'{name}' is not a preset; {hint}");
    }

    /// <summary>A configuration with the values of the preset; what it says nothing about stays.</summary>
    public RunConfiguration Apply(RunConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        JsonObject json = JsonSerializer.SerializeToNode(configuration, RunJson.Default.RunConfiguration)!.AsObject();
        new JsonOverlay(RunDefaults.Of).Lay(RunJson.Default.RunConfiguration, json, Values);
        return json.Deserialize(RunJson.Default.RunConfiguration)!;
    }

    /// <summary>The configuration of the preset alone, for the text that it is meant for.</summary>
    public RunConfiguration ForTypicalText()
    {
        // The defaults of the family, not those of the family that is the default.
        RunConfiguration defaults = RunDefaults.Configuration;
        string? kind = (string?)Values["model"]?["kind"];
        RunConfiguration configuration = Apply(ModelFamily.All.FirstOrDefault(family => family.Kind == kind) is { } own
            ? defaults with { Model = RunDefaults.WithoutText(own.CreateConfiguration()) }
            : defaults);
        return configuration with { Model = configuration.Model.For(TypicalVocabulary, configuration.Context).Resolve() };
    }
}
