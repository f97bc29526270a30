using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// Reads texts side by side with a model that reads in both directions, and gives the logits of chosen places. The weights must stay as they are while it
/// lives. One thread at a time may use it.
/// </summary>
internal sealed class MaskedReader(LanguageModel model, Backend backend, ContextConfiguration context, int streams)
{
    /// <summary>Rows of logits that are computed at once.</summary>
    private const int RowsAtOnce = 64;

    private readonly Tape _tape = new(backend, new PreparedWeights(Precision.Float32));
    private readonly ModelState _state = model.CreateState(context.MemoryLength, streams);

    /// <summary>Takes the logits of a place.</summary>
    /// <param name="place">Which of the places it is, from 0.</param>
    /// <param name="logits">(V), valid during the call.</param>
    public delegate void LogitsReceiver(int place, ReadOnlySpan<float> logits);

    /// <summary>Goes on as if nothing had been read.</summary>
    public void Forget()
    {
        using BackendUse use = backend.Enter();
        _state.Clear();
    }

    /// <summary>Reads the next segment.</summary>
    /// <param name="ids">(T, B).</param>
    /// <param name="lengths">(B): tokens of each stream; empty where all have T.</param>
    /// <param name="places">The places whose logits are wanted: row t of stream b is t B + b.</param>
    /// <param name="take">Is given the logits of each place in order.</param>
    /// <param name="states">Is given the tape and the hidden states (T, B, d) before that, if not null.</param>
    /// <param name="ranks">The ranks (T, B) of a factorisation order, for a model with a query stream; null for an order in which the chosen places come last and do not know each other.</param>
    /// <exception cref="NotFiniteException">The weights are damaged or too large to compute with.</exception>
    public void Read(ReadOnlySpan<int> ids, int[] lengths, int[] places, LogitsReceiver take, Action<Tape, Variable>? states = null, int[]? ranks = null)
    {
        using BackendUse use = backend.Enter();
        _tape.BeginEvaluation();
        _state.Lengths = lengths;
        Variable hidden = model is EncoderModel { Configuration.TwoStreams: true } encoder
            ? encoder.ForwardQueries(_tape, _tape.Allocate(ids), ranks ?? Ranks(ids.Length, places), _state, context, default)
            : model.Forward(_tape, _tape.Allocate(ids), _state, context, default);
        _state.Lengths = default;
        states?.Invoke(_tape, hidden);
        for (int first = 0; first < places.Length; first += RowsAtOnce)
        {
            int count = Math.Min(RowsAtOnce, places.Length - first);
            Variable rows = _tape.GatherRows(hidden, _tape.Allocate(places.AsSpan(first, count)));
            Tensor logits = model.Softmax.Logits(_tape, model.Predicting(_tape, rows).Value);
            int columns = logits.Shape.Columns;
            for (int row = 0; row < count; row++)
            {
                take(first + row, logits.Span.Slice(row * columns, columns));
            }

            _tape.Release(logits);
        }

        GC.KeepAlive(this);
    }

    private static int[] Ranks(int count, int[] places)
    {
        int[] ranks = new int[count];
        foreach (int place in places)
        {
            ranks[place] = 1;
        }

        return ranks;
    }

    /// <summary>-log p of a token in nats, and the most probable one, from logits.</summary>
    /// <param name="logits">The logits of the place.</param>
    /// <param name="target">The token.</param>
    /// <param name="model">The model, whose weights a message names.</param>
    /// <exception cref="NotFiniteException">A logit is not finite.</exception>
    public static (double Nll, int Best) Measure(ReadOnlySpan<float> logits, int target, LanguageModel model)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return (Finite(LogSumExp(logits, best, model) - logits[target], model), best);
    }

    /// <summary>log(sum of exp) of logits, which turns them into logarithms of probabilities.</summary>
    /// <param name="logits">The logits of a place.</param>
    /// <param name="best">The token with the largest logit.</param>
    /// <param name="model">The model, whose weights a message names.</param>
    /// <exception cref="NotFiniteException">A logit is not finite.</exception>
    public static double LogSumExp(ReadOnlySpan<float> logits, int best, LanguageModel model)
    {
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp((double)logit - logits[best]);
        }

        return Finite(Math.Log(sum) + logits[best], model);
    }

    private static double Finite(double value, LanguageModel model) =>
        double.IsFinite(value) ? value : throw new NotFiniteException($"a logit of a masked token is not finite: {WeightHealth.Describe(model)}");
}
