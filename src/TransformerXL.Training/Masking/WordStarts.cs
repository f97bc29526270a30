using System.Buffers;
using System.Text;
using TransformerXL.Text;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Training.Masking;

/// <summary>Tells where words begin among tokens: between two tokens that do not meet inside a run of letters and digits.</summary>
internal sealed class WordStarts
{
    private readonly bool[] _beginsInside, _endsInside;

    public WordStarts(Vocabulary vocabulary)
    {
        (_beginsInside, _endsInside) = (new bool[vocabulary.Count], new bool[vocabulary.Count]);
        if (vocabulary.Kind == WordVocabulary.KindName)
        {
            return;
        }

        if (vocabulary is WordPieceVocabulary pieces)
        {
            Array.Fill(_endsInside, true);
            for (int id = 0; id < pieces.Count; id++)
            {
                _beginsInside[id] = pieces.Continues(id);
            }

            return;
        }

        int first = vocabulary.PaddingId is { } special && vocabulary is SpecialTokensVocabulary ? special : vocabulary.Count;
        ArrayBufferWriter<byte> bytes = new();
        for (int id = 0; id < first; id++)
        {
            bytes.ResetWrittenCount();
            if (vocabulary is UnigramVocabulary unigram)
            {
                // The mark of white space is a part of a piece, and no letter.
                Encoding.UTF8.GetBytes(unigram.Describe(id), bytes);
            }
            else
            {
                vocabulary.DecodeUtf8([id], bytes);
            }

            ReadOnlySpan<byte> text = bytes.WrittenSpan;
            if (!text.IsEmpty)
            {
                Rune.DecodeFromUtf8(text, out Rune begin, out _);
                Rune.DecodeLastFromUtf8(text, out Rune end, out _);
                (_beginsInside[id], _endsInside[id]) = (IsInside(begin), IsInside(end));
            }
        }
    }

    /// <summary>Whether a token begins a word after another one.</summary>
    public bool Begins(int previous, int id) => !(_beginsInside[id] && _endsInside[previous]);

    // A part of a character is decoded as U+FFFD.
    private static bool IsInside(Rune rune) => Rune.IsLetterOrDigit(rune) || rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.NonSpacingMark;
}
