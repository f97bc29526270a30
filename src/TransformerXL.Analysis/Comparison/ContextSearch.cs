using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Comparison;

/// <summary>
/// Searches the lengths with the lowest validation loss: memories of up to four times that of training for
/// models with relative positions; whole segments, or second halves of segments whose first halves are read again, for models
/// without recurrence.
/// </summary>
internal static class ContextSearch
{
    private const int MaxTokens = 30_000, Streams = 4;

    public static ContextConfiguration Find(
        LanguageModel model, Vocabulary vocabulary, ContextConfiguration training, TokenFile validation, Backend backend, IProgress<EvaluationProgress>? progress, CancellationToken stop)
    {
        TokenFile text = Beginning(validation);
        ContextConfiguration[] candidates = [.. Candidates(model.Configuration.Family, training).Distinct()];
        return candidates.Length == 1
            ? candidates[0]
            : candidates.MinBy(candidate => Evaluate(model, vocabulary, text, candidate, backend, progress, stop).MeanNll)!;
    }

    /// <summary>Evaluates a text with given lengths.</summary>
    public static EvaluationResult Evaluate(
        LanguageModel model, Vocabulary vocabulary, TokenFile text, ContextConfiguration reading, Backend backend, IProgress<EvaluationProgress>? progress, CancellationToken stop)
    {
        EvaluationOptions options = new() { Context = reading, BatchSize = text.Count > 64L * Streams * reading.TargetLength ? Streams : 1 };
        return new Evaluator(model, backend, vocabulary).Evaluate(text, options, progress, stop);
    }

    private static IEnumerable<ContextConfiguration> Candidates(ModelFamily family, ContextConfiguration training)
    {
        yield return training;
        int length = training.TargetLength, memory = training.MemoryLength;
        if (!family.HasMemoryLength)
        {
            yield break;
        }

        if (memory == 0 && length > 1)
        {
            yield return training with { TargetLength = length / 2, ExtendedLength = length - (length / 2) };
        }

        if (family.HasRelativePositions)
        {
            foreach (int longer in (int[])[length / 2, length, Math.Max(memory, length) * 2, Math.Max(memory, length) * 4])
            {
                int target = Math.Max(1, Math.Min(length, longer / 2));
                yield return training with { TargetLength = target, MemoryLength = longer, ClampLength = length + memory - 1 };
            }
        }
        else if (memory > 0)
        {
            yield return training with { MemoryLength = memory * 2 };
        }
    }

    private static TokenFile Beginning(TokenFile text)
    {
        if (text.Count <= MaxTokens)
        {
            return text;
        }

        int[] ids = new int[MaxTokens];
        text.Read(0, ids);
        return TokenFile.FromIds(ids, text.VocabularySize, (long)((double)text.Characters * MaxTokens / text.Count), text.Name);
    }
}
