namespace TransformerXL.Testing.Cases;

/// <summary>Every case.</summary>
public static class OpCases
{
    /// <summary>Cases that are small enough for an oracle.</summary>
    public static IReadOnlyList<OpCase> All { get; } =
    [
        .. EmbeddingCases.All, .. LinearCases.All, .. LayerNormCases.All, .. RowCases.All, .. QueryKeyValueCases.All,
        .. CrossEntropyCases.All, .. AttentionCases.All, .. KernelCases.All,
    ];

    /// <summary>The case of a name.</summary>
    public static OpCase Named(string name) => All.Single(@case => @case.Name == name);
}
