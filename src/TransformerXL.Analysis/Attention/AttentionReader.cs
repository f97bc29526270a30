using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Attention;

/// <summary>
/// Reads a text as an evaluation does, segment by segment with the memory carried, and sums what every head attends to by
/// distance. Memory is bounded: nothing of size L x (M + L) is kept, and nothing grows with the text.
/// </summary>
public sealed class AttentionReader
{
    private const int StandardTargets = 3;

    private readonly LanguageModel _model;
    private readonly Backend _backend;
    private readonly Vocabulary? _vocabulary;

    /// <summary>Creates a reader.</summary>
    /// <param name="model">The model.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="vocabulary">The vocabulary: an encoder without memory then reads each segment between <c>[CLS]</c> and <c>[SEP]</c>, which count as tokens of the text. Null for the tokens as they are.</param>
    /// <exception cref="InputException">The model has no attention.</exception>
    public AttentionReader(LanguageModel model, Backend backend, Vocabulary? vocabulary = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        _model = model is TransformerXLModel or EncoderModel ? model : throw new InputException(model.Configuration is LstmConfiguration
            ? "the model is an LSTM, which has no attention to look at"
            : $"a model of the family {model.Configuration.Family.Name} has no attention to look at");
        (_backend, _vocabulary) = (backend, vocabulary);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="tokens">The text; only as much as the options ask for is read.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Called after each segment with the number of tokens averaged so far.</param>
    /// <param name="cancellationToken">Stops the reading between two segments.</param>
    /// <exception cref="InputException">An option is not valid, or the text is too short for the memory or a target.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public AttentionMap Read(IEnumerable<int> tokens, AttentionOptions options, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ContextConfiguration context = options.Context;
        bool isCausal = _model.Configuration.IsCausal;
        long read = 0;
        IEnumerable<int> counted = tokens.Select(token =>
        {
            read++;
            return token;
        });
        using IEnumerator<int> text = (isCausal || context.MemoryLength > 0 ? counted : BetweenSpecialTokens(counted, context.TargetLength)).GetEnumerator();
        SegmentWindow window = new(text, context.TargetLength, context.MemoryLength);
        AttentionTally tally = new((AttentionConfiguration)_model.Configuration, options, _backend.Threads);
        Tape tape = new(_backend);
        HiddenMemory memory = (HiddenMemory)_model.CreateState(context.MemoryLength, 1);
        long end = 0, lastTarget = options.Targets.DefaultIfEmpty(-1).Max();
        while ((options.MaxQueries == 0 || tally.Queries < options.MaxQueries || end <= lastTarget) && window.Advance())
        {
            cancellationToken.ThrowIfCancellationRequested();
            int remembered = memory.Rows;
            ForwardTrace trace = new(_model.Configuration.Layers);
            tape.BeginEvaluation();
            if (context.MemoryLength == 0)
            {
                memory.Clear();
            }

            _ = _model is EncoderModel encoder
                ? encoder.Forward(tape, tape.Allocate(window.Inputs), memory, context, default, null, trace)
                : ((TransformerXLModel)_model).Forward(tape, tape.Allocate(window.Inputs), memory, context, default, int.MaxValue, trace);
            end = window.Start + window.Count;
            CheckFinite(trace, window.Start);

            // Before the memory is full no query sees far distances, and near ones get more attention than later.
            if (remembered == context.MemoryLength)
            {
                tally.Add(trace, window, remembered, TargetRows(options, window, context.TargetLength));
                progress?.Report(tally.Queries);
            }
        }

        GC.KeepAlive(tape);
        GC.KeepAlive(_model);
        int filling = (context.MemoryLength + context.TargetLength - 1) / context.TargetLength * context.TargetLength;
        Require.That(read > 0, "the text is empty");
        Require.That(tally.Queries > 0, $"the text has {read} {(read == 1 ? "token" : "tokens")}, but a memory of {context.MemoryLength} is full only after {filling}, and two more are needed; choose fewer positions or a longer text", [new("positions")]);
        foreach (long target in options.Targets)
        {
            Require.That(target >= filling && target < end, $"target {target} is outside of what was averaged: tokens {filling} to {end - 1} of the text", [new("targets")]);
        }

        return tally.ToMap();
    }

    /// <summary>Segments of a text between special tokens. One more token follows the last segment, because a window reads a token ahead.</summary>
    private IEnumerable<int> BetweenSpecialTokens(IEnumerable<int> tokens, int length)
    {
        if (_vocabulary is not { ClassId: not null, SeparatorId: { } last } || length < 3)
        {
            return tokens;
        }

        TextTemplate template = new(_vocabulary);
        return tokens.Chunk(length - template.Count).SelectMany(chunk => template.Around(chunk)).Append(last);
    }

    /// <summary>Names the first layer whose hidden states are not finite.</summary>
    private void CheckFinite(ForwardTrace trace, long start)
    {
        for (int layer = 0; layer < trace.Hidden.Length; layer++)
        {
            if (!WeightHealth.IsFinite(trace.Hidden[layer]))
            {
                string where = layer == 0 ? "embeddings" : $"hidden states of layer {layer}";
                throw new NotFiniteException($"the {where} are not finite in the segment that begins at token {start}: {WeightHealth.Describe(_model)}");
            }
        }
    }

    /// <summary>Rows of the segment to store: the requested ones, or some of the last whole segment.</summary>
    private static int[] TargetRows(AttentionOptions options, SegmentWindow window, int length)
    {
        if (options.Targets.Count > 0)
        {
            return [.. options.Targets.Distinct().Order().Select(target => target - window.Start).Where(row => row >= 0 && row < window.Count).Select(row => (int)row)];
        }

        // A short last segment is skipped unless it is the only one.
        bool whole = window.Count == length || window.Start == 0;
        return whole ? [.. Enumerable.Range(1, StandardTargets).Select(part => (part * window.Count / StandardTargets) - 1).Where(row => row >= 0).Distinct()] : [];
    }
}
