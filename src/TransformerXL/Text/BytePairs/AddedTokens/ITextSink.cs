namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>Receives text in pieces that may end anywhere, and tokens between them.</summary>
internal interface ITextSink
{
    /// <summary>More text.</summary>
    void Text(ReadOnlySpan<byte> text);

    /// <summary>A token; the text before it has ended.</summary>
    void Token(int id);

    /// <summary>Ends the text; the next call begins another one.</summary>
    void End();
}
