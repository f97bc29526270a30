namespace TransformerXL.Interchange;

/// <summary>Options of an import.</summary>
public sealed record ImportOptions
{
    /// <summary>The vocabulary file; null for the one in the folder of the weights.</summary>
    public string? VocabularyFile { get; init; }

    /// <summary>A file that <see cref="ModelDescription.Read"/> reads; null for the <c>config.json</c> in the folder of the weights, if there is one.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Values that override those of the files.</summary>
    public ModelDescription Hints { get; init; } = new();
}
