using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training.Tasks;

/// <summary>The training text of a corpus in the order that a configuration asks for.</summary>
internal static class TrainingText
{
    /// <exception cref="InputException">The text is too short, or has no sentences where they are asked for.</exception>
    public static BatchSource Open(Corpus corpus, RunConfiguration configuration)
    {
        TrainingConfiguration training = configuration.Training;
        ContextConfiguration context = configuration.Context;
        TokenFile text = corpus.Train;
        return training.Order switch
        {
            SegmentOrder.Variable => new VariableBatches(
                text, training.BatchSize, context.TargetLength, context.ExtendedLength, training.VariableLengths, training.Seed),
            SegmentOrder.Sentences => new SentenceBatches(
                text, SentenceEnd(corpus.Vocabulary), training.BatchSize, context.TargetLength, context.ExtendedLength, training.Seed, corpus.Vocabulary.StartOfLineId),
            SegmentOrder.Shuffled => new ShuffledBatches(text, training.BatchSize, context.TargetLength, context.ExtendedLength, training.Seed),
            _ => new OrderedBatches(text, training.BatchSize, context.TargetLength, context.ExtendedLength),
        };
    }

    private static int SentenceEnd(Vocabulary vocabulary) => SentenceEnds.IdFor(vocabulary)
        ?? throw new InputException("the order of sentences needs a text in lines, but its vocabulary has no newline and no symbol for one");
}
