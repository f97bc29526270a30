using System.Buffers;
using System.Text;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Tells where sentences begin among tokens: after the end of a line, and after a full stop, question or exclamation mark (with closing quotes and brackets after it) before white space. Where no
/// token holds white space, as with words and word pieces, the mark alone ends the sentence.
/// </summary>
internal sealed class SentenceStarts
{
    private readonly bool[] _endsLine, _endsSentence, _beginsBlank, _beginsLine;
    private readonly bool _hasBlanks;

    public SentenceStarts(Vocabulary vocabulary)
    {
        int count = vocabulary is SpecialTokensVocabulary special ? special.Inner.Count : vocabulary.Count;
        bool[] New() => new bool[vocabulary.Count];
        (_endsLine, _endsSentence, _beginsBlank, _beginsLine) = (New(), New(), New(), New());
        bool isOfWords = vocabulary.Kind == WordVocabulary.KindName;
        ArrayBufferWriter<byte> bytes = new();
        for (int id = 0; id < count; id++)
        {
            string text = TextOf(vocabulary, id, bytes);
            string mark = text.TrimEnd(' ').TrimEnd('"', '\'', ')', ']', '”', '’', '»');
            _endsLine[id] = id == vocabulary.EndOfLineId || text.EndsWith('\n');
            _endsSentence[id] = mark.Length > 0 && mark[^1] is '.' or '!' or '?' or '。' or '！' or '？';
            _beginsBlank[id] = text.Length > 0 && char.IsWhiteSpace(text[0]);
            _beginsLine[id] = id == vocabulary.EndOfLineId || text.StartsWith('\n') || text.StartsWith('\r');
            _hasBlanks |= !isOfWords && _beginsBlank[id] && id != vocabulary.EndOfLineId;
        }
    }

    private static string TextOf(Vocabulary vocabulary, int id, ArrayBufferWriter<byte> bytes)
    {
        if (vocabulary is UnigramVocabulary unigram)
        {
            // Decoded by itself, a piece loses the mark of white space before it.
            return unigram.Describe(id).Replace((char)UnigramRules.Mark, ' ');
        }

        bytes.ResetWrittenCount();
        vocabulary.DecodeUtf8([id], bytes);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Whether a sentence begins with a token after another one. The end of a line belongs to the sentence before it.</summary>
    public bool Begins(int previous, int id) => !_beginsLine[id] && (_endsLine[previous] || (_endsSentence[previous] && (!_hasBlanks || _beginsBlank[id])));
}
