namespace TransformerXL.Fuzz;

/// <summary>A target for each parser of files that come from outside.</summary>
public static class FuzzTargets
{
    /// <summary>All targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } = [.. WeightTargets.All, .. VocabularyTargets.All, .. TextTargets.All, .. ConfigurationTargets.All, .. RunTargets.All, .. ArchiveTargets.All, .. ExampleTargets.All, .. CompressionTargets.All, .. EncoderTargets.All, .. UnigramTargets.All, .. UseTargets.All];

    /// <summary>The target of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static FuzzTarget Find(string name) =>
        All.FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException($"there is no target '{name}'; there are {string.Join(", ", All.Select(target => target.Name))}", nameof(name));
}
