using System.Buffers;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>The second pass over a split: text to ids.</summary>
internal sealed class SplitEncoder(Vocabulary vocabulary, string sourceIdentity, Action<int> advance)
{
    public void WriteFile(SplitRange split, string path) => AtomicFile.Write(path, stream =>
    {
        var writer = new TokenFileWriter(stream, vocabulary.Count);
        var tokens = new ArrayBufferWriter<int>();
        TokenEncoder encoder = vocabulary.CreateEncoder();
        foreach (ReadOnlyMemory<byte> chunk in split.ReadChunks())
        {
            encoder.Append(chunk.Span, tokens);
            writer.Append(tokens.WrittenSpan);
            tokens.ResetWrittenCount();
            advance(chunk.Length);
        }
        encoder.Complete(tokens);
        writer.Append(tokens.WrittenSpan);
        writer.Complete(encoder.Characters, encoder.Unknown, sourceIdentity, vocabulary.Fingerprint);
    });

    public TokenFile InMemory(SplitRange split)
    {
        var tokens = new ArrayBufferWriter<int>();
        TokenEncoder encoder = vocabulary.CreateEncoder();
        foreach (ReadOnlyMemory<byte> chunk in split.ReadChunks())
        {
            encoder.Append(chunk.Span, tokens);
        }
        encoder.Complete(tokens);
        var header = new TokenFileHeader(vocabulary.Count, tokens.WrittenCount, encoder.Characters, encoder.Unknown, sourceIdentity, vocabulary.Fingerprint);
        return TokenFile.FromHeader(tokens.WrittenSpan, header, split.Name);
    }
}
