using TransformerXL.Models;

namespace TransformerXL.Inference;

/// <summary>How a text is embedded. Lengths are in tokens.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>How the hidden states become one vector.</summary>
    public EmbeddingPooling Pooling { get; init; }

    /// <summary>Whether the vector is scaled to length 1, so that a dot product of two is the cosine of their angle.</summary>
    public bool Normalizes { get; init; }

    /// <summary>Whether the names of special tokens in the text are read as any other text; see <see cref="Text.Vocabulary.ReadingSpecialTokensAsText"/>.</summary>
    public bool SpecialTokensAsText { get; init; }

    /// <summary>The sizes of the session that reads, of one stream; see <see cref="InferenceOptions.ForTrained"/>.</summary>
    public required InferenceOptions Session { get; init; }

    /// <summary>The options with the memory and clamp length of <see cref="InferenceOptions.ForTrained"/>.</summary>
    /// <param name="training">The lengths of training.</param>
    public static EmbeddingOptions ForTrained(ContextConfiguration training) => new() { Session = InferenceOptions.ForTrained(training) };

    /// <summary>The options that a model was trained for: those of <see cref="ForTrained(ContextConfiguration)"/>, with the pooling of a sentence encoder.</summary>
    /// <param name="trained">The configuration of the model.</param>
    public static EmbeddingOptions ForTrained(ModelFolderConfiguration trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        EmbeddingOptions options = ForTrained(trained.Context);
        return trained.Embedding is { } embedding ? options with { Pooling = embedding.Pooling, Normalizes = embedding.Normalizes } : options;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Known("pooling", Pooling);
        Require.Present("session", Session);
        Session.Validate();
        Require.That(Session.Streams == 1, $"streams is {Session.Streams}, but one text is embedded at a time: it must be 1", "Session.Streams");
    }
}
