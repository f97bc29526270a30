namespace TransformerXL.Data;

/// <summary>Runs the two passes over a planned corpus, or takes what an earlier run left.</summary>
internal sealed class CorpusPreparation(CorpusPlan plan, bool bytes, Vocabulary? given, IProgress<CorpusProgress>? progress, CancellationToken cancellationToken)
{
    private const string VocabularyFile = "vocabulary.json";
    private const int FolderNameLength = 16;
    private readonly string _identity = plan.Identity(bytes, given);

    public Corpus InFolder(string cacheDirectory)
    {
        string folder = Path.Combine(cacheDirectory, _identity[..FolderNameLength]);
        if (TryOpen(folder) is { } ready)
        {
            return ready;
        }
        try
        {
            Directory.CreateDirectory(folder);
            Vocabulary vocabulary = Inspect();
            vocabulary.Save(Path.Combine(folder, VocabularyFile));
            var encoder = new SplitEncoder(vocabulary, _identity, Advance("encoding"));
            foreach (SplitRange split in plan.Splits)
            {
                encoder.WriteFile(split, TokenPath(folder, split));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the token files in '{folder}' cannot be written: {exception.Message}", exception);
        }
        return TryOpen(folder) ?? throw new InputException($"the token files just written to '{folder}' cannot be read back; is another program changing them?");
    }

    public Corpus InMemory()
    {
        Vocabulary vocabulary = Inspect();
        var encoder = new SplitEncoder(vocabulary, _identity, Advance("encoding"));
        return new Corpus(vocabulary, encoder.InMemory(plan.Train), encoder.InMemory(plan.Validation), encoder.InMemory(plan.Test), plan);
    }

    private Vocabulary Inspect()
    {
        if (bytes)
        {
            return given ?? new ByteVocabulary();
        }
        CodePointSet characters = new TextInspection(Advance("reading")).Run(plan);
        return given ?? new CharacterVocabulary(characters.Ascending());
    }

    private Corpus? TryOpen(string folder)
    {
        if (!File.Exists(TokenPath(folder, plan.Test)))
        {
            return null;
        }
        try
        {
            Vocabulary vocabulary = Vocabulary.Load(Path.Combine(folder, VocabularyFile));
            return new Corpus(vocabulary, Open(folder, plan.Train, vocabulary), Open(folder, plan.Validation, vocabulary), Open(folder, plan.Test, vocabulary), plan);
        }
        catch (InputException)
        {
            // A cache that is damaged is made again; it holds nothing that the source does not.
            return null;
        }
    }

    private TokenFile Open(string folder, SplitRange split, Vocabulary vocabulary)
    {
        TokenFile file = TokenFile.Open(TokenPath(folder, split), split.Name);
        return file.SourceIdentity == _identity && file.VocabularyFingerprint == vocabulary.Fingerprint && file.VocabularySize == vocabulary.Count
            ? file
            : throw new InputException($"'{file.Path}' was made from another text or vocabulary");
    }

    private Action<int> Advance(string stage)
    {
        long done = 0;
        return count =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            done += count;
            progress?.Report(new CorpusProgress(stage, done, plan.Length));
        };
    }

    private static string TokenPath(string folder, SplitRange split) => Path.Combine(folder, split.Name + ".tokens");
}
