using TransformerXL.Data;
using TransformerXL.Models;

namespace TransformerXL.Inference;

/// <summary>The token that stands before a text that nothing stands before.</summary>
internal static class StartToken
{
    /// <summary>
    /// The end of a line where the vocabulary has it, because texts begin after one; else the token with the highest bias of the
    /// softmax, which a trained model gives to what is most common.
    /// </summary>
    public static int Of(Vocabulary vocabulary, LanguageModel model)
    {
        if (vocabulary.EndOfLineId is { } newline)
        {
            return newline;
        }

        // With clusters the shortlist has the most common tokens.
        ReadOnlySpan<float> bias = model.Softmax.Biases[0].Value.Span;
        int best = -1;
        for (int id = 0; id < model.Softmax.Clusters.Shortlist; id++)
        {
            if (id != vocabulary.UnknownId && (best < 0 || bias[id] > bias[best]))
            {
                best = id;
            }
        }

        GC.KeepAlive(model);
        return Math.Max(best, 0);
    }

    /// <summary>Throws unless the vocabulary is of the model's size.</summary>
    public static void CheckSizes(Vocabulary vocabulary, LanguageModel model) => Require.That(
        vocabulary.Count == model.Configuration.VocabularySize,
        $"the vocabulary has {vocabulary.Count} tokens, but the model {model.Configuration.VocabularySize}");
}
