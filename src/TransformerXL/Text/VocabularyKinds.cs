using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>The names of the kinds of vocabularies, as in <c>vocabulary.json</c>.</summary>
public static class VocabularyKinds
{
    private static readonly string[] s_names = [CharacterVocabulary.KindName, ByteVocabulary.KindName, WordVocabulary.KindName, BytePairs.BytePairVocabulary.KindName, WordPieces.WordPieceVocabulary.KindName, Unigram.UnigramVocabulary.KindName];

    /// <summary>All names, in the order of <see cref="VocabularyKind"/>.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The name of a kind: <c>characters</c>, <c>bytes</c>, <c>words</c>, <c>byte-pairs</c>, <c>word-pieces</c> or <c>unigram</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is not defined.</exception>
    public static string NameOf(VocabularyKind kind) =>
        (uint)kind < (uint)s_names.Length ? s_names[(int)kind] : throw new ArgumentOutOfRangeException(nameof(kind), kind, $"there is no kind {(int)kind} of vocabulary");

    /// <summary>The kind that has a name.</summary>
    /// <exception cref="InputException">No kind has it; the message lists the kinds.</exception>
    public static VocabularyKind Parse(string name)
    {
        int kind = Array.IndexOf(s_names, name);
        return kind >= 0 ? (VocabularyKind)kind : throw new InputException($"there are no vocabularies of '{InputText.Show(name)}'; there are: {string.Join(", ", s_names)}");
    }
}
