using TransformerXL.Models.Families;
using TransformerXL.Models;

namespace TransformerXL.Cli.Options;

/// <summary>Architectures as the command line names them.</summary>
internal static class ModelKindNames
{
    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All { get; } = [.. ModelFamily.All.Select(family => family.Name)];

    /// <summary>The name of an architecture.</summary>
    public static string Of(ModelKind kind) => ModelFamily.Of(kind).Name;

    /// <summary>The architecture of one of the names.</summary>
    public static ModelKind Parse(string name) => ModelFamily.All.First(family => family.Name == name).Kind;
}
