using System.Buffers;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>UTF-8 to the ids of words, in constant memory.</summary>
internal sealed class WordEncoder(WordVocabulary vocabulary, bool endLastLine) : TokenEncoder
{
    private readonly Splitter _splitter = new(vocabulary);

    public override long Characters => _splitter.Characters;

    public override long Unknown => _splitter.Unknown;

    public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _splitter.Tokens = tokens;
        _splitter.Append(utf8);
    }

    public override void Complete(IBufferWriter<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _splitter.Tokens = tokens;
        _splitter.Complete(endLastLine);
    }

    private sealed class Splitter(WordVocabulary vocabulary) : WordSplitter(vocabulary.Rules)
    {
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids = vocabulary.Lookup;

        public IBufferWriter<int> Tokens { get; set; } = new ArrayBufferWriter<int>();

        public long Unknown { get; private set; }

        protected override void OnLineBegin()
        {
            if (vocabulary.StartOfLineId is { } mark)
            {
                Write(mark);
            }
        }

        protected override void OnWord(ReadOnlySpan<char> word)
        {
            if (!_ids.TryGetValue(word, out int id) || vocabulary.IsHidden(id))
            {
                id = vocabulary.UnknownId ?? throw new InputException(
                    $"the word '{WordVocabulary.Shorten(word)}' is not in the vocabulary of {Counted.Of(vocabulary.Count, "word")}, which has no symbol ({WordVocabulary.UnknownWord}) for others");
                Unknown++;
            }

            Write(id);
        }

        protected override void OnLineEnd()
        {
            if (vocabulary.EndOfLineId is { } mark)
            {
                Write(mark);
            }
        }

        private void Write(int id)
        {
            Tokens.GetSpan(1)[0] = id;
            Tokens.Advance(1);
        }
    }
}
