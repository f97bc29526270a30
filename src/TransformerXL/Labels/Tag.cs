namespace TransformerXL.Labels;

/// <summary>A tag such as <c>B-NAME</c>, taken apart.</summary>
/// <param name="Prefix">B, I, E, S or O.</param>
/// <param name="Type">The type; empty for O, and <c>_</c> for a prefix alone.</param>
internal readonly record struct Tag(char Prefix, string Type)
{
    public static Tag Outside { get; } = new('O', "");

    public bool IsOutside => Prefix == 'O';

    /// <summary>Takes a tag apart; null if it is none of a scheme of spans.</summary>
    public static Tag? TryParse(string text) => text switch
    {
        "O" => Outside,
        ['B' or 'I' or 'E' or 'S'] => new Tag(text[0], "_"),
        ['B' or 'I' or 'E' or 'S', '-', _, ..] => new Tag(text[0], text[2..]),
        _ => null,
    };

    public bool HasTypeOf(Tag other) => string.Equals(Type, other.Type, StringComparison.Ordinal);

    public static string Text(char prefix, string type) => type == "_" ? prefix.ToString() : $"{prefix}-{type}";
}
