using System.Text.Json.Serialization;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;

namespace TransformerXL;

/// <summary>What <c>config.json</c> of a model folder holds: the sections of a run's file that using the model needs.</summary>
public sealed record ModelFolderConfiguration
{
    /// <summary>The version of the layout of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The architecture.</summary>
    public required ModelConfiguration Model { get; init; }

    /// <summary>The lengths of segment and memory that the model was trained with.</summary>
    public required ContextConfiguration Context { get; init; }

    /// <summary>The default lengths of an evaluation; null for those that suit the lengths of training.</summary>
    public ContextConfiguration? Evaluation { get; init; }

    /// <summary>Where the weights came from: an imported model, or what a training began with; null for random weights.</summary>
    public string? Origin { get; init; }

    /// <summary>The head that predicts labels, numbers or spans instead of the next token; null, and not in the file, for a language model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HeadConfiguration? Head { get; init; }

    /// <summary>How a sentence encoder embeds texts; null, and not in the file, for other models.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmbeddingConfiguration? Embedding { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.That(Version == 1, $"version {Version} of a configuration is not known; this program reads version 1", nameof(Version));
        Require.Present("model", Model);
        Require.Present("context", Context);
        Require.Within("model", Model.Validate);
        Require.Within("context", Context.Validate);
        if (Head is not null)
        {
            Require.Within("head", Head.Validate);
        }

        if (Embedding is not null)
        {
            Require.Within("embedding", Embedding.Validate);
        }

        if (Evaluation is not null)
        {
            Require.Within("evaluation", Evaluation.Validate);
        }
    }

    /// <summary>The default options of an evaluation: the lengths of <see cref="Evaluation"/>, or else those of <see cref="EvaluationOptions.ForTrained"/>.</summary>
    public EvaluationOptions DefaultEvaluation() =>
        Evaluation is { } context ? new EvaluationOptions { Context = context } : EvaluationOptions.ForTrained(Context);
}
