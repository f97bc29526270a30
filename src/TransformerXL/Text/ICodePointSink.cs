namespace TransformerXL.Text;

/// <summary>Receives the code points that a <see cref="Utf8Scanner"/> found.</summary>
internal interface ICodePointSink
{
    void Add(int codePoint);
}
