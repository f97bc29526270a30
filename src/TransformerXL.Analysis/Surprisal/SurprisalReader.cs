using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Surprisal;

/// <summary>
/// Reads a text twice at once, with memory and with the memory cleared at the beginning of each segment, and measures how well each
/// token was predicted, which shows the benefit of a long context. The first token is predicted as by <see cref="Scorer"/>.
/// </summary>
public sealed class SurprisalReader
{
    private readonly LanguageModel _model;
    private readonly Vocabulary _vocabulary;
    private readonly Backend _backend;

    /// <summary>Creates a reader.</summary>
    /// <exception cref="InputException">The vocabulary is not of the model's size, or the model does not predict the next token.</exception>
    public SurprisalReader(LanguageModel model, Vocabulary vocabulary, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(backend);
        StartToken.CheckSizes(vocabulary, model);
        model.RequireCausal("compare what it predicts of the next token with and without memory");
        (_model, _vocabulary, _backend) = (model, vocabulary, backend);
    }

    /// <summary>Reads a text segment by segment, as results are requested.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="options">The lengths.</param>
    /// <param name="cancellationToken">Stops the reading between two segments.</param>
    /// <exception cref="InputException">An option is not valid, or there is no memory to compare with.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public IEnumerable<TokenSurprise> Read(IEnumerable<int> tokens, SurprisalOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Require.That(
            !_model.Configuration.Family.HasMemoryLength || options.Context.MemoryLength > 0,
            "memory length is 0, so there is no memory to measure; give a memory length, also for a model that was trained without memory");
        return ReadSegments(tokens, options.Context, cancellationToken);
    }

    private IEnumerable<TokenSurprise> ReadSegments(IEnumerable<int> tokens, ContextConfiguration context, CancellationToken cancellationToken)
    {
        ISegmentReader remembering = CreateRemembering(context);
        HiddenStateReader forgetting = new(_model, _backend, context with { MemoryLength = 0, SameLength = false }, 1);
        int length = context.TargetLength;
        int[] inputs = new int[length];
        float[] with = new float[length], without = new float[length];
        int previous = StartToken.Of(_vocabulary, _model);
        long position = 0;
        foreach (int[] targets in tokens.Chunk(length))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = targets.Length;
            inputs[0] = previous;
            targets.AsSpan(0, count - 1).CopyTo(inputs.AsSpan(1));
            remembering.Read(inputs.AsSpan(0, count), targets, with.AsSpan(0, count));
            forgetting.Forget();
            forgetting.Read(inputs.AsSpan(0, count), targets, without.AsSpan(0, count));
            for (int i = 0; i < count; i++, position++)
            {
                yield return new TokenSurprise(position, targets[i], i, with[i] / Math.Log(2), without[i] / Math.Log(2));
            }

            previous = targets[^1];
        }
    }

    private ISegmentReader CreateRemembering(ContextConfiguration context) => _model.Configuration.Family.KeepsContext && context.ExtendedLength == 0
        ? new KeyValueReader(InferenceSession.Create(_model, _backend, InferenceOptions.ForSegments(context)), 1)
        : new HiddenStateReader(_model, _backend, context, 1);
}
