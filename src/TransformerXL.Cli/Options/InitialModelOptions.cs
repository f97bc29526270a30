using System.CommandLine;
using TransformerXL.Data;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>The model whose weights a new run begins with.</summary>
internal sealed class InitialModelOptions
{
    private readonly Option<string?> _init = NewOption.Text("--init", "RUN", "Begin with the weights of this run (the best, or the last where no validation has chosen any), its vocabulary, architecture and lengths. [default: random weights]");

    public Option Option => _init;

    public void AddTo(Command command) => command.Add(_init);

    /// <summary>The model; null if none is named.</summary>
    /// <exception cref="InputException">There is none, or its files are damaged.</exception>
    public TrainedModel? Load(ParseResult result) => result.GetValue(_init) is { } path ? TrainedModel.Load(path) : null;

    /// <summary>What a new run is before options change it: with the architecture and the lengths of the model.</summary>
    public static RunConfiguration Over(RunConfiguration standard, TrainedModel? initial) =>
        initial is null ? standard : standard with { Model = initial.Configuration.Model, Context = initial.Configuration.Context };

    /// <summary>The same with the model's vocabulary, if all that was asked for goes together with the model.</summary>
    /// <exception cref="InputException">It does not.</exception>
    public static RunConfiguration WithVocabulary(RunConfiguration configuration, TrainedModel? initial)
    {
        if (initial is null)
        {
            return configuration;
        }

        initial.RequireSameArchitecture(configuration.Model);
        CorpusOptions corpus = CorpusRunOptions.Corpus(configuration);
        return corpus.Vocabulary is null
            ? configuration with { Corpus = corpus with { Vocabulary = VocabularyOptions.Of(initial.Vocabulary, initial.Run.VocabularyFile) } }
            : throw new InputException($"--init {initial.Run.Path} brings its vocabulary; leave out the options that make another one");
    }
}
