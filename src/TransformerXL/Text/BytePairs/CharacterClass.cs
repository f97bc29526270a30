namespace TransformerXL.Text.BytePairs;

/// <summary>The character classes of GPT-2's pattern.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Not known yet: the character is not complete.</summary>
    None,

    /// <summary><c>\p{L}</c>.</summary>
    Letter,

    /// <summary><c>\p{N}</c>.</summary>
    Number,

    /// <summary><c>\s</c>.</summary>
    Space,

    /// <summary>Everything else, and each byte that is not part of valid UTF-8.</summary>
    Other,
}
