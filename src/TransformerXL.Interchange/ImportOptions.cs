namespace TransformerXL.Interchange;

/// <summary>What an import is told beside the files of the model.</summary>
public sealed record ImportOptions
{
    /// <summary>The file of the vocabulary; null for the one beside the weights.</summary>
    public string? VocabularyFile { get; init; }

    /// <summary>A file that <see cref="ModelDescription.Read"/> reads; null for the <c>config.json</c> beside the weights, if there is one.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>What overrides the files.</summary>
    public ModelDescription Hints { get; init; } = new();
}
