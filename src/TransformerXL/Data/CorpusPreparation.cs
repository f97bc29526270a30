namespace TransformerXL.Data;

/// <summary>Runs the two passes over a planned corpus, or takes what an earlier run left.</summary>
internal sealed class CorpusPreparation(CorpusPlan plan, VocabularyChoice choice, IProgress<CorpusProgress>? progress, CancellationToken cancellationToken)
{
    private readonly string _identity = plan.Identity(choice);

    public Corpus InFolder(string cacheDirectory)
    {
        string folder = CorpusCache.FolderOf(cacheDirectory, _identity);
        if (TryOpen(cacheDirectory) is { } ready)
        {
            return ready;
        }
        try
        {
            Directory.CreateDirectory(folder);
            Vocabulary vocabulary = Inspect();
            vocabulary.Save(CorpusCache.VocabularyPath(folder));
            var encoder = new SplitEncoder(vocabulary, _identity, Advance("encoding"));
            foreach (SplitRange split in plan.Splits)
            {
                encoder.WriteFile(split, CorpusCache.TokenPath(folder, split.Name));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the token files in '{folder}' cannot be written: {exception.Message}", exception);
        }
        return TryOpen(cacheDirectory) ?? throw new InputException($"the token files just written to '{folder}' cannot be read back; is another program changing them?");
    }

    public Corpus InMemory()
    {
        Vocabulary vocabulary = Inspect();
        var encoder = new SplitEncoder(vocabulary, _identity, Advance("encoding"));
        return new Corpus(vocabulary, encoder.InMemory(plan.Train), encoder.InMemory(plan.Validation), encoder.InMemory(plan.Test), plan);
    }

    private Vocabulary Inspect()
    {
        if (choice.AcceptsAnyBytes)
        {
            return choice.Given ?? new ByteVocabulary();
        }
        IVocabularyBuilder? builder = choice.Given is null ? VocabularyBuilders.Create(choice.Options) : null;
        new TextInspection(Advance("reading")).Run(plan, builder);
        return choice.Given ?? builder!.Complete();
    }

    private Corpus? TryOpen(string cacheDirectory) =>
        CorpusCache.TryOpen(cacheDirectory, _identity) is var (vocabulary, train, validation, test) ? new Corpus(vocabulary, train, validation, test, plan) : null;

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
}
