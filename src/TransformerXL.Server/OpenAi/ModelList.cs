namespace TransformerXL.Server.OpenAi;

/// <summary>The answer of <c>/v1/models</c>.</summary>
internal sealed record ModelList(IReadOnlyList<ModelItem> Data)
{
    public string Object { get; } = "list";
}

/// <summary>A model.</summary>
/// <param name="Id">Its name in requests.</param>
/// <param name="Created">When it was loaded, in seconds since 1970.</param>
internal sealed record ModelItem(string Id, long Created)
{
    public string Object { get; } = "model";

    public string OwnedBy { get; } = "txl";
}
