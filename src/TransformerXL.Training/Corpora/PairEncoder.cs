using System.Buffers;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Turns lines, each followed by its translation, into ids: every line ends with <c>[SEP]</c>. A pair of which a line has no tokens is left out.</summary>
/// <exception cref="InputException">The vocabulary has no <c>[SEP]</c>.</exception>
internal sealed class PairEncoder(Vocabulary vocabulary, string sourceIdentity, Action<int> advance)
{
    private readonly int _separator = vocabulary.SeparatorId
        ?? throw new InputException("the vocabulary has no [SEP], which ends a line before its translation") { Remedies = [new("corpus.vocabulary.addSpecialTokens")] };

    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<int> _pair = new();
    private int _lines, _first;
    private long _characters, _unknown;

    public void WriteFile(SplitRange split, string path) => AtomicFile.Write(path, stream =>
    {
        TokenFileWriter writer = new(stream, vocabulary.Count);
        foreach (ReadOnlyMemory<byte> chunk in split.ReadChunks())
        {
            ReadOnlySpan<byte> rest = chunk.Span;
            for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
            {
                _line.Write(rest[..end]);
                EndLine(writer);
                rest = rest[(end + 1)..];
            }

            _line.Write(rest);
            advance(chunk.Length);
        }

        writer.Complete(_characters, _unknown, sourceIdentity, vocabulary.Fingerprint);
    });

    private void EndLine(TokenFileWriter writer)
    {
        ArrayBufferWriter<int> tokens = new();
        TokenEncoder encoder = vocabulary.CreateEncoder();
        encoder.Append(_line.WrittenSpan, tokens);
        encoder.Complete(tokens);
        ReadOnlySpan<int> ids = tokens.WrittenSpan;
        ids = ids is [.., var last] && last == vocabulary.EndOfLineId ? ids[..^1] : ids;
        ids = ids is [var begin, ..] && begin == vocabulary.StartOfLineId ? ids[1..] : ids;
        (_characters, _unknown) = (_characters + encoder.Characters, _unknown + encoder.Unknown);
        _line.ResetWrittenCount();
        _pair.Write(ids);
        _pair.Write([_separator]);
        _lines++;
        if (_lines % 2 == 1)
        {
            _first = _pair.WrittenCount;
            return;
        }

        if (_first > 1 && _pair.WrittenCount > _first + 1)
        {
            writer.Append(_pair.WrittenSpan);
        }

        _pair.ResetWrittenCount();
    }
}
