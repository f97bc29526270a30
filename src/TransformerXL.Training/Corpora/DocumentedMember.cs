namespace TransformerXL.Training.Corpora;

/// <summary>One <c>member</c> of an XML documentation file, with its tags converted to plain sentences.</summary>
internal sealed class DocumentedMember(string id)
{
    /// <summary>The documentation id, such as <c>M:System.String.Trim(System.Char)</c>.</summary>
    public string Id { get; } = id;

    public string Summary { get; set; } = "";

    public string Remarks { get; set; } = "";

    public string Returns { get; set; } = "";

    public List<string> TypeParameters { get; } = [];

    public List<(string Name, string Text)> Parameters { get; } = [];
}
