using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Files;

/// <summary>Helpers for JSON types.</summary>
internal static class JsonTypes
{
    /// <summary>The members that a file may have; the generated lists also contain ignored ones.</summary>
    public static IEnumerable<JsonPropertyInfo> Members(this JsonTypeInfo type) => type.Properties.Where(property => property.Get is not null);
}
