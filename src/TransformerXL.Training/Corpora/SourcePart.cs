namespace TransformerXL.Training.Corpora;

/// <summary>One file (or text in memory) of a <see cref="TextSource"/>.</summary>
/// <param name="Name">Its name in error messages.</param>
/// <param name="Skip">Bytes at its beginning that are not text: a byte order mark.</param>
/// <param name="Length">Bytes of text.</param>
/// <param name="Modified">Time of its last change in ticks (UTC); 0 in memory.</param>
/// <param name="EndsLine">Whether its last byte is a newline.</param>
/// <param name="Open">Opens it at its first byte.</param>
internal sealed record SourcePart(string Name, int Skip, long Length, long Modified, bool EndsLine, Func<Stream> Open);
