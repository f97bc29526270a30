using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>
/// The token that a model reads before the first one of a text. Every text that is read from its beginning follows this one rule: what
/// <see cref="Scorer"/> scores, what <see cref="Generator"/> continues (with a prompt or without), and what the analysis of surprisal
/// reads. So each token of a text is predicted from the same context everywhere, as in the training
/// text, where a line follows the end of the one before. <see cref="Evaluator"/> cuts a text into streams as the training does and predicts
/// all but the first token of each stream, so that it needs none.
/// </summary>
/// <remarks>Whoever drives an <see cref="InferenceSession"/> token by token reads this token first to get the same results.</remarks>
public static class StartToken
{
    /// <summary>
    /// The end of a line where the vocabulary has it (the newline, <c>&lt;eos&gt;</c> or <c>&lt;S&gt;</c>), because texts begin after one; else the token
    /// with the highest bias of the softmax, which a trained model gives to what is most common.
    /// </summary>
    /// <param name="vocabulary">The vocabulary of the model.</param>
    /// <param name="model">The model that reads the text.</param>
    public static int Of(Vocabulary vocabulary, LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(model);
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
    internal static void CheckSizes(Vocabulary vocabulary, LanguageModel model) => Require.That(
        vocabulary.Count == model.Configuration.VocabularySize,
        $"the vocabulary has {vocabulary.Count} tokens, but the model {model.Configuration.VocabularySize}");
}
