using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>Collects the characters of a text in constant memory.</summary>
internal sealed class CharacterVocabularyBuilder : IVocabularyBuilder
{
    private readonly Utf8Scanner _scanner = new();
    private CodePointSet _characters = new();

    // The reader of the text rejects invalid UTF-8 with the name of the file.
    public void Add(ReadOnlySpan<byte> utf8) => _scanner.TryAppend(utf8, ref _characters, out _);

    public Vocabulary Complete(IProgress<BytePairTrainingProgress>? progress, CancellationToken cancellationToken) => new CharacterVocabulary(_characters.Ascending());
}
