using TransformerXL.Models;

namespace TransformerXL.Cli.Options;

/// <summary>Architectures as the command line names them.</summary>
internal static class ModelKindNames
{
    private static readonly (ModelKind Kind, string Name)[] Names =
    [
        (ModelKind.TransformerXL, "transformer-xl"), (ModelKind.Shaw, "shaw"), (ModelKind.Vaswani, "vaswani"),
        (ModelKind.AlRfou, "al-rfou"), (ModelKind.Lstm, "lstm"),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All { get; } = [.. Names.Select(pair => pair.Name)];

    /// <summary>The name of an architecture.</summary>
    public static string Of(ModelKind kind) => Names.First(pair => pair.Kind == kind).Name;

    /// <summary>The architecture of one of the names.</summary>
    public static ModelKind Parse(string name) => Names.First(pair => pair.Name == name).Kind;
}
