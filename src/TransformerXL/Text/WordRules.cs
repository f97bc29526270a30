namespace TransformerXL.Text;

/// <summary>
/// How lines become words: white space at both ends is removed, then letters are converted to lower case if requested, then the line is split.
/// Lines end with a newline, a carriage return, or both; characters, white space and lower case are Unicode's.
/// </summary>
public sealed record WordRules
{
    /// <summary>Whether text is converted to lower case (the full mapping of Unicode, with the final sigma).</summary>
    public bool LowerCase { get; init; }

    /// <summary>
    /// The separator of words: null for any run of white space; a text, which also gives empty words between two separators
    /// and for an empty line; or the empty text, which makes every character a word.
    /// </summary>
    public string? Delimiter { get; init; }

    /// <summary>Symbols at the ends of lines.</summary>
    public LineMarks Marks { get; init; } = LineMarks.End;

    /// <summary>Checks that the fields are compatible.</summary>
    /// <exception cref="InputException">They do not.</exception>
    public void Validate()
    {
        Require.Known("line marks", Marks);
        Require.That(
            Delimiter is null || !Delimiter.AsSpan().ContainsAny('\n', '\r'),
            "the delimiter holds an end of line, but lines are split before words");
        Require.That(
            Delimiter != "" || Marks == LineMarks.None,
            "an empty delimiter makes every character of a line a word, and such lines get no symbols at their ends: leave <eos> and <S> out, or use a vocabulary of characters, which has the newline itself");
    }
}
