using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Folders of token files, named by the identity of their source.</summary>
internal static class CorpusCache
{
    private const int FolderNameLength = 16;

    public static string FolderOf(string cacheDirectory, string identity) => Path.Combine(cacheDirectory, identity[..FolderNameLength]);

    public static string VocabularyPath(string folder) => Path.Combine(folder, "vocabulary.json");

    public static string TokenPath(string folder, string split) => Path.Combine(folder, split + ".tokens");

    /// <summary>Vocabulary, training, validation and test tokens of an identity; null if they are missing, damaged, or of another identity.</summary>
    public static (Vocabulary Vocabulary, TokenFile Train, TokenFile Validation, TokenFile Test)? TryOpen(string cacheDirectory, string identity)
    {
        // The identity may come from a file: it must not name a path outside the folder.
        if (identity.Length <= FolderNameLength || !identity.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }
        string folder = FolderOf(cacheDirectory, identity);
        if (!File.Exists(TokenPath(folder, "test")))
        {
            return null;
        }
        try
        {
            Vocabulary vocabulary = Vocabulary.Load(VocabularyPath(folder));
            return (vocabulary, Open(folder, "train", vocabulary, identity), Open(folder, "validation", vocabulary, identity), Open(folder, "test", vocabulary, identity));
        }
        catch (InputException)
        {
            // A damaged cache is written again; the source still has all of its contents.
            return null;
        }
    }

    private static TokenFile Open(string folder, string split, Vocabulary vocabulary, string identity)
    {
        TokenFile file = TokenFile.Open(TokenPath(folder, split), split);
        return file.SourceIdentity == identity && file.VocabularyFingerprint == vocabulary.Fingerprint && file.VocabularySize == vocabulary.Count
            ? file
            : throw new InputException($"'{file.Path}' was made from another text or vocabulary");
    }
}
