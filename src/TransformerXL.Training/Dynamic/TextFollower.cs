using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// A copy of a model whose weights follow a text that comes token by token: after each segment one step by a <see cref="DynamicRule"/>. The copy can score or write; the model stays
/// as it was trained. Memory is that of the copy, its gradient and the state of the rule, however long the text is.
/// </summary>
public sealed class TextFollower
{
    private readonly DynamicReader _reader;
    private readonly int[] _inputs, _targets;
    private readonly float[] _nll;
    private int _count, _previous;

    /// <summary>Begins with the trained weights.</summary>
    /// <param name="model">The model.</param>
    /// <param name="vocabulary">Its vocabulary, which has the token that texts begin after.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="context">The lengths of segment and memory.</param>
    /// <param name="options">The rule.</param>
    /// <param name="statistics">Of the training text; needed by <see cref="DynamicRule.Rms"/> alone.</param>
    /// <exception cref="InputException">An option is not valid, or the rule lacks its statistics, or the model is not causal.</exception>
    public TextFollower(
        LanguageModel model, Vocabulary vocabulary, Backend backend, ContextConfiguration context, DynamicOptions options, GradientStatistics? statistics = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal("follow a text by its next token");
        _previous = StartToken.Of(vocabulary, model);
        StartToken.CheckSizes(vocabulary, model);
        context = context with { ExtendedLength = 0 };
        context.Validate();
        _reader = new DynamicReader(model, backend, context, 1);
        _reader.Restart(options, statistics);
        (_inputs, _targets, _nll) = (new int[context.TargetLength], new int[context.TargetLength], new float[context.TargetLength]);
    }

    /// <summary>The copy, with its weights as they are now. A session reads the weights when it begins; begin another one after a step.</summary>
    public LanguageModel Model => _reader.Model;

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Takes in the next token.</summary>
    /// <param name="token">The token.</param>
    /// <returns>Whether it ended a segment, after which the weights took a step.</returns>
    /// <exception cref="TrainingDivergedException">The steps were too large.</exception>
    public bool Append(int token)
    {
        (_inputs[_count], _targets[_count]) = (_previous, token);
        _previous = token;
        if (++_count < _targets.Length)
        {
            return false;
        }

        _count = 0;
        _reader.Read(_inputs, _targets, _nll);
        Steps++;
        return true;
    }

    /// <summary>Takes in a text as a prompt, whose last line need not end with it; tokens after the last whole segment are not learned from.</summary>
    /// <param name="utf8">The text; it is not closed.</param>
    /// <param name="vocabulary">The vocabulary of the model, which reads special tokens as the caller wants.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="InputException">The text is not valid UTF-8 and the vocabulary needs that.</exception>
    /// <exception cref="TrainingDivergedException">The steps were too large.</exception>
    public async Task<long> ReadAsync(Stream utf8, Vocabulary vocabulary, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        ArgumentNullException.ThrowIfNull(vocabulary);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TokenReader reader = TextInput.Of(utf8, vocabulary, vocabulary.CreatePromptEncoder).Open();
        int[] tokens = new int[_targets.Length];
        long sum = 0;
        for (int count = tokens.Length; count == tokens.Length; sum += count)
        {
            count = await reader.FillAsync(tokens, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (int token in tokens.AsSpan(0, count))
            {
                Append(token);
            }
        }

        return sum;
    }
}
