namespace TransformerXL.Text.BytePairs;

/// <summary>Learns byte pairs from a training text; memory grows with the number of different words, not with the text.</summary>
internal sealed class BytePairVocabularyBuilder(VocabularyOptions options) : IVocabularyBuilder
{
    private readonly BytePairTrainer _trainer = new(options.BytePairs);

    public void Add(ReadOnlySpan<byte> utf8) => _trainer.Add(utf8);

    public Vocabulary Complete(IProgress<BytePairTrainingProgress>? progress, CancellationToken cancellationToken) => _trainer.Train(progress, cancellationToken);
}
