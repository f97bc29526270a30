using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>The first pass over a text: checks that it is valid UTF-8 and looks like text, and collects its characters.</summary>
/// <param name="given">The given vocabulary, which cannot be changed; null if a new one is made.</param>
/// <param name="advance">Receives the number of bytes that were read.</param>
internal sealed class TextInspection(Vocabulary? given, Action<int> advance)
{
    /// <summary>Reads all splits and passes the training text to the vocabulary builder.</summary>
    /// <exception cref="InputException">A split is not valid UTF-8 or holds a NUL; the message names file and byte offset.</exception>
    public void Run(CorpusPlan plan, IVocabularyBuilder? builder)
    {
        Scan(plan.Train, builder);
        Scan(plan.Validation, builder: null);
        Scan(plan.Test, builder: null);
    }

    private void Scan(SplitRange split, IVocabularyBuilder? builder)
    {
        var scanner = new Utf8Scanner();
        var sink = new Ignore();
        long fault;
        long done = 0;
        foreach (ReadOnlyMemory<byte> chunk in split.ReadChunks())
        {
            if (!scanner.TryAppend(chunk.Span, ref sink, out fault))
            {
                throw InvalidUtf8(split, fault);
            }
            if (chunk.Span.IndexOf((byte)0) is >= 0 and var zero)
            {
                throw HoldsNul(split, done + zero);
            }
            builder?.Add(chunk.Span);
            done += chunk.Length;
            advance(chunk.Length);
        }
        if (!scanner.TryComplete(out fault))
        {
            throw InvalidUtf8(split, fault);
        }
    }

    private string Advice => given is null
        ? ", or train with a vocabulary of bytes or byte pairs, which reads any file"
        : $"; the vocabulary of {given.Kind} that it must be read with supports only UTF-8 text";

    private InputRemedy[] Remedies => given is null ? [new("corpus.vocabulary.kind", ByteVocabulary.KindName)] : [];

    private InputException InvalidUtf8(SplitRange split, long fault)
    {
        (SourcePart part, long offset) = split.Source!.Locate(split.Start + fault);
        using Stream stream = part.Open();
        stream.Position = offset;
        int value = stream.ReadByte();
        string hint = offset == 0 && value is 0xFF or 0xFE ? " It looks like UTF-16." : "";
        return new InputException($"'{part.Name}' is not valid UTF-8: byte 0x{value:X2} at byte offset {offset}.{hint} Convert the file to UTF-8{Advice}") { Remedies = Remedies };
    }

    private InputException HoldsNul(SplitRange split, long position)
    {
        (SourcePart part, long offset) = split.Source!.Locate(split.Start + position);
        return new InputException($"'{part.Name}' does not look like text: byte 0x00 at byte offset {offset} (a binary file, or UTF-16). Leave the file out, or convert it to UTF-8{Advice}") { Remedies = Remedies };
    }

    private readonly struct Ignore : ICodePointSink
    {
        public void Add(int codePoint)
        {
            // The decoded characters are not needed.
        }
    }
}
