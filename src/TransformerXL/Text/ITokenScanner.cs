namespace TransformerXL.Text;

/// <summary>Code points of a text to tokens, in constant memory.</summary>
internal interface ITokenScanner
{
    /// <summary>Adds a character of the text.</summary>
    /// <param name="code">The code point.</param>
    /// <param name="start">Where it begins in the text.</param>
    /// <param name="end">The position after it.</param>
    void Add(int code, int start, int end);

    /// <summary>Ends the text.</summary>
    void Complete();
}
