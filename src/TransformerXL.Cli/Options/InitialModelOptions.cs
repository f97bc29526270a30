using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Settings;

namespace TransformerXL.Cli.Options;

/// <summary>The model whose weights a new run begins with.</summary>
internal sealed class InitialModelOptions
{
    private readonly Option<string?> _init = NewOption.Text("--init", "RUN", "Start from the weights and vocabulary of a run or model folder. [default: random weights]");

    public Option Option => _init;

    public void AddTo(Command command) => command.Add(_init);

    /// <summary>The model; null if none is given.</summary>
    /// <exception cref="InputException">There is none, or its files are damaged.</exception>
    public ModelFolder? Load(ParseResult result, Terminal terminal, CancellationToken stop = default)
    {
        using StatusLine status = new(terminal);
        return result.GetValue(_init) is { } path ? ModelFolder.Load(path, null, new WeightStatus(status, "reading the weights"), stop) : null;
    }

    /// <summary>Sets the architecture and the lengths of the model.</summary>
    public static RunSettings Over(RunSettings settings, ModelFolder initial) => settings
        .Apply(Origin(initial), "model", JsonSerializer.SerializeToNode(initial.Configuration.Model, RunJson.Default.ModelConfiguration))
        .Apply(Origin(initial), "context", JsonSerializer.SerializeToNode(initial.Configuration.Context, RunJson.Default.ContextConfiguration));

    /// <summary>Sets the model's vocabulary, after a check that the options are compatible with the model.</summary>
    /// <exception cref="InputException">They are not.</exception>
    public static RunSettings WithVocabulary(RunSettings settings, ModelFolder initial)
    {
        InitialWeights.RequireSame(initial.Model.Configuration, Fitting(settings.Configuration.Model, initial).Resolve(), initial.Path, WordOf);
        if (settings.Configuration.Corpus?.Vocabulary is not null)
        {
            throw new InputException($"--init {initial.Path} has its own vocabulary; leave out the options that make another one");
        }

        VocabularyOptions vocabulary = VocabularyOptions.Of(initial.Vocabulary, initial.VocabularyFile);
        return settings.Apply(Origin(initial), "corpus.vocabulary", JsonSerializer.SerializeToNode(vocabulary, RunJson.Default.VocabularyOptions));
    }

    /// <summary>The word of the option for a name in the JSON of a model.</summary>
    private static string WordOf(string member, string name) =>
        ModelRunOptions.All().FirstOrDefault(option => option.Member == $"model.{member}") is { } option ? option.Words(JsonValue.Create(name)) : name;

    /// <summary>The architecture with the sizes that follow from the model's text.</summary>
    public static ModelConfiguration Fitting(ModelConfiguration model, ModelFolder initial)
    {
        ModelConfiguration sized = model with { VocabularySize = initial.Configuration.Model.VocabularySize };
        return sized is LearnedPositionsConfiguration learned && initial.Configuration.Model is LearnedPositionsConfiguration own
            ? learned with { PositionRows = own.PositionRows }
            : sized;
    }

    private static SettingOrigin Origin(ModelFolder initial) => new(SettingOriginKind.Run, initial.Path);
}
