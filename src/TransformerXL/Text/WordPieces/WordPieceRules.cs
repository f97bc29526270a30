namespace TransformerXL.Text.WordPieces;

/// <summary>How a text becomes words before they are divided into pieces (Devlin et al. 2019; the defaults are those of the uncased models).</summary>
public sealed record WordPieceRules
{
    /// <summary>The most characters that <see cref="MaxWordCharacters"/> allows.</summary>
    internal const int LongestWord = 10_000;

    /// <summary>Whether letters are converted to lower case.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Whether letters lose their accents: canonical decomposition without nonspacing marks.</summary>
    public bool StripAccents { get; init; } = true;

    /// <summary>Whether each Chinese character is a word.</summary>
    public bool SeparatesChinese { get; init; } = true;

    /// <summary>Whether control characters and U+FFFD are left out.</summary>
    public bool CleansText { get; init; } = true;

    /// <summary>Characters of a word; a longer one is unknown.</summary>
    public int MaxWordCharacters { get; init; } = 100;

    /// <summary>The rules of the cased models: letters stay as they are.</summary>
    public static WordPieceRules Cased => new() { LowerCase = false, StripAccents = false };

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate() => Require.Between("characters of a word", MaxWordCharacters, 1, LongestWord, nameof(MaxWordCharacters));
}
