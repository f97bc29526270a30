using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Analysis.Attention;

/// <summary>
/// Reads a text as an evaluation does, segment by segment with the memory carried, and sums what every head attends to by
/// distance. Memory is bounded: nothing of size L x (M + L) is kept, and nothing grows with the text.
/// </summary>
public sealed class AttentionReader
{
    private const int StandardTargets = 3;

    private readonly TransformerXLModel _model;
    private readonly Backend _backend;

    /// <summary>Creates a reader.</summary>
    /// <exception cref="InputException">The model has no attention.</exception>
    public AttentionReader(LanguageModel model, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        _model = model as TransformerXLModel ?? throw new InputException(model.Configuration.Family.HasAttention
            ? $"the attention of a model of the family {model.Configuration.Family.Name} cannot be shown; that of causal models can"
            : "the model is an LSTM, which has no attention to look at");
        _backend = backend;
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
        using IEnumerator<int> text = tokens.GetEnumerator();
        ContextConfiguration context = options.Context;
        SegmentWindow window = new(text, context.TargetLength, context.MemoryLength);
        AttentionTally tally = new(_model.Configuration, options, _backend.Threads);
        Tape tape = new(_backend);
        HiddenMemory memory = (HiddenMemory)_model.CreateState(context.MemoryLength, 1);
        long end = 0, lastTarget = options.Targets.DefaultIfEmpty(-1).Max();
        while ((options.MaxQueries == 0 || tally.Queries < options.MaxQueries || end <= lastTarget) && window.Advance())
        {
            cancellationToken.ThrowIfCancellationRequested();
            int remembered = memory.Rows;
            ForwardTrace trace = new(_model.Configuration.Layers);
            tape.BeginEvaluation();
            _model.Forward(tape, tape.Allocate(window.Inputs), memory, context, default, int.MaxValue, trace);
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
        Require.That(tally.Queries > 0, $"the text has {(end == 0 ? 0 : end + 1)} tokens, but a memory of {context.MemoryLength} is full only after {filling}, and two more are needed; choose fewer positions or a longer text");
        foreach (long target in options.Targets)
        {
            Require.That(target >= filling && target < end, $"target {target} is outside of what was averaged: tokens {filling} to {end - 1} of the text");
        }

        return tally.ToMap();
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
