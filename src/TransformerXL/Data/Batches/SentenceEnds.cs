using System.Text;

namespace TransformerXL.Data.Batches;

/// <summary>Where sentences end: one line is one sentence.</summary>
public static class SentenceEnds
{
    /// <summary>The id that ends a line, the newline; null if the vocabulary has none.</summary>
    public static int? IdFor(Vocabulary vocabulary) => vocabulary switch
    {
        ByteVocabulary => '\n',
        CharacterVocabulary characters when characters.Symbols.IndexOf(new Rune('\n')) is >= 0 and var index => index + 1,
        _ => null,
    };
}
