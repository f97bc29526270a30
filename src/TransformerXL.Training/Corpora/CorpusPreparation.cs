using TransformerXL.Files;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Training.Corpora;

/// <summary>Runs the two passes over a planned corpus, or opens the files of an earlier preparation.</summary>
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
            NewFolder.Create(folder);
            Vocabulary vocabulary = Inspect();
            vocabulary.Save(CorpusCache.VocabularyPath(folder));
            var encoder = new SplitEncoder(vocabulary, _identity, Advance("encoding"));
            foreach (SplitRange split in plan.Splits)
            {
                if (plan.HasPairs)
                {
                    new PairEncoder(vocabulary, _identity, Advance("encoding")).WriteFile(split, CorpusCache.TokenPath(folder, split.Name));
                    continue;
                }

                encoder.WriteFile(split, CorpusCache.TokenPath(folder, split.Name));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the token files in '{folder}' cannot be written: {FileFault.Reason(exception)}", exception);
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
        IVocabularyBuilder? builder = choice.Given is null ? VocabularyBuilders.Create(choice.Options) : null;
        if (!choice.AcceptsAnyBytes)
        {
            new TextInspection(choice.Given, Advance("reading")).Run(plan, builder);
        }
        else if (builder is not null)
        {
            Read(plan.Train, builder);
        }
        return choice.Given ?? choice.Options.Complete(builder?.Complete(new PairProgress(progress), cancellationToken) ?? new ByteVocabulary());
    }

    private void Read(SplitRange split, IVocabularyBuilder builder)
    {
        Action<int> advance = Advance("reading", split.Length);
        foreach (ReadOnlyMemory<byte> chunk in split.ReadChunks())
        {
            builder.Add(chunk.Span);
            advance(chunk.Length);
        }
    }

    private Corpus? TryOpen(string cacheDirectory) =>
        CorpusCache.TryOpen(cacheDirectory, _identity) is var (vocabulary, train, validation, test) ? new Corpus(vocabulary, train, validation, test, plan) : null;

    private Action<int> Advance(string stage) => Advance(stage, plan.Length);

    private Action<int> Advance(string stage, long total)
    {
        long done = 0;
        return count =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            done += count;
            progress?.Report(new CorpusProgress(stage, done, total));
        };
    }

    private sealed class PairProgress(IProgress<CorpusProgress>? progress) : IProgress<BytePairTrainingProgress>
    {
        public void Report(BytePairTrainingProgress value) =>
            progress?.Report(new CorpusProgress("learning byte pairs from", value.Tokens, value.Wanted));
    }
}
