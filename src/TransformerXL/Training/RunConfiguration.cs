using TransformerXL.Data;
using TransformerXL.Models;

namespace TransformerXL.Training;

/// <summary>Everything that is needed to repeat a run: what <c>config.json</c> holds.</summary>
public sealed record RunConfiguration
{
    /// <summary>The version of the layout of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The architecture.</summary>
    public required ModelConfiguration Model { get; init; }

    /// <summary>The lengths of segment and memory in training.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>The recipe.</summary>
    public required TrainingConfiguration Training { get; init; }

    /// <summary>Where the text came from; null if it was given in memory.</summary>
    public CorpusOptions? Corpus { get; init; }

    /// <summary>Where the weights came from before the first step: an imported model, or the run that this one began with; null for random weights.</summary>
    public string? Origin { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside what is allowed; the message names both.</exception>
    public void Validate()
    {
        Require.That(Version == 1, $"version {Version} of a run configuration is not known; this program reads version 1");
        Model.Validate();
        Context.Validate();
        Training.Validate();
    }

    /// <summary>The same with what may change when a training goes on.</summary>
    internal RunConfiguration Changed(long? steps, int? patience) =>
        this with { Training = Training with { Steps = steps ?? Training.Steps, Patience = patience ?? Training.Patience } };
}
