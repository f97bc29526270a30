using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Context;

/// <summary>
/// Measures l(c, t) = -ln P(x_t | the c tokens before it): the model reads exactly those tokens with an empty memory, the
/// way a <see cref="Scorer"/> reads a text. Keys and values cached from an earlier reading would be wrong, because through
/// the layers they depend on more of the text.
/// </summary>
/// <remarks>
/// With a Transformer-XL or an LSTM the beginning of a window of the maximum length is itself a window of each shorter length, for
/// another position; positions are chosen so that it is one of the measured ones. Other models read each length anew. A model without
/// recurrence reads at most one segment of training, whatever text precedes it.
/// </remarks>
public sealed class ContextMeasurement
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    private readonly string _name;
    private readonly LanguageModel _model;
    private readonly ContextConfiguration _training;
    private readonly Backend _backend;
    private readonly TimeProvider _clock;

    /// <summary>Prepares a measurement.</summary>
    /// <param name="name">The name of the model.</param>
    /// <param name="model">The weights; dropout is off.</param>
    /// <param name="training">The lengths of training.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="clock">Measures the time; the system's if null.</param>
    public ContextMeasurement(string name, LanguageModel model, ContextConfiguration training, Backend backend, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(backend);
        (_name, _model, _training, _backend, _clock) = (name, model, training, backend, clock ?? TimeProvider.System);
    }

    /// <summary>Measures.</summary>
    /// <param name="text">The text.</param>
    /// <param name="plan">Lengths and positions; the same text and plan give the same positions for every model.</param>
    /// <param name="progress">Called about ten times a second, and at the end.</param>
    /// <param name="cancellationToken">Cancels the measurement, also within a window.</param>
    /// <exception cref="InputException">The plan is not valid, or the text is too short or of another vocabulary.</exception>
    /// <exception cref="NotFiniteException">A loss is not finite, because the weights are damaged or too large.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public LossTable Measure(TokenFile text, ContextPlan plan, IProgress<ContextProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(plan);
        int vocabulary = _model.Configuration.VocabularySize;
        Require.That(text.VocabularySize == vocabulary, $"{text.Title} was made with a vocabulary of {text.VocabularySize} tokens, but {_name} has {vocabulary}");
        long[] positions = [.. plan.PositionsIn(text.Count)];
        int[] lengths = [.. plan.Lengths];
        WindowReader reader = new(_model, _backend, text, _training, lengths[^1]);
        Meter meter = new(this, progress, cancellationToken);
        float[] losses = new float[lengths.Length * positions.Length];
        if (reader.HasPrefixes)
        {
            ReadTogether(reader, positions, lengths, losses, meter);
        }
        else
        {
            ReadEach(reader, positions, lengths, losses, meter);
        }

        // Gains are differences of perplexities, over all positions and over those with the highest losses.
        FiniteLosses.CheckMean(losses.Max(), "some token", _model);
        return new LossTable(_name, lengths, positions.Length, losses);
    }

    /// <summary>Each window measures every length: after c tokens, the position c after its beginning.</summary>
    private static void ReadTogether(WindowReader reader, long[] positions, int[] lengths, float[] losses, Meter meter)
    {
        Dictionary<long, int> indexes = positions.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        long[][] groups = [.. positions.SelectMany(position => lengths.Select(length => position - length)).Distinct().Order().Chunk(reader.Streams)];
        int[][] stops = [.. groups.Select(group => lengths.Where(length => group.Any(begin => indexes.ContainsKey(begin + length))).ToArray())];
        meter.Begin(stops.Sum(own => (long)own[^1] * reader.Streams));
        for (int i = 0; i < groups.Length; i++)
        {
            (long[] begins, int[] own) = (groups[i], stops[i]);
            reader.Read(begins, own, (stop, nll) =>
            {
                int row = Array.IndexOf(lengths, own[stop]) * positions.Length;
                for (int stream = 0; stream < begins.Length; stream++)
                {
                    if (indexes.TryGetValue(begins[stream] + own[stop], out int index))
                    {
                        losses[row + index] = nll.Span[stream];
                    }
                }
            });
            meter.Add((long)own[^1] * reader.Streams);
        }
    }

    /// <summary>Measures each length separately; lengths beyond the model's maximum get the losses of that maximum.</summary>
    private static void ReadEach(WindowReader reader, long[] positions, int[] lengths, float[] losses, Meter meter)
    {
        int[] read = [.. lengths.Select(length => Math.Min(length, reader.MaxTokens))];
        long groups = (positions.Length + reader.Streams - 1) / reader.Streams;
        meter.Begin(read.Distinct().Sum(length => (long)length * groups * reader.Streams));
        for (int row = 0; row < lengths.Length; row++)
        {
            Span<float> own = losses.AsSpan(row * positions.Length, positions.Length);
            if (row > 0 && read[row] == read[row - 1])
            {
                losses.AsSpan((row - 1) * positions.Length, positions.Length).CopyTo(own);
                continue;
            }

            for (int first = 0; first < positions.Length; first += reader.Streams)
            {
                int count = Math.Min(reader.Streams, positions.Length - first), target = (row * positions.Length) + first, length = read[row];
                long[] begins = [.. positions.AsSpan(first, count).ToArray().Select(position => position - length)];
                reader.Read(begins, [length], (_, nll) => nll.CopyTo(losses.AsMemory(target)));
                meter.Add((long)length * reader.Streams);
            }
        }
    }

    /// <summary>Counts tokens, reports progress, and handles cancellation.</summary>
    private sealed class Meter(ContextMeasurement owner, IProgress<ContextProgress>? progress, CancellationToken cancellationToken)
    {
        private readonly long _start = owner._clock.GetTimestamp();
        private long _reported = owner._clock.GetTimestamp(), _done, _total;

        public void Begin(long total) => _total = total;

        public void Add(long tokens)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _done += tokens;
            if (progress is not null && (_done == _total || owner._clock.GetElapsedTime(_reported) >= ReportInterval))
            {
                _reported = owner._clock.GetTimestamp();
                progress.Report(new ContextProgress(owner._name, _done, _total, owner._clock.GetElapsedTime(_start)));
            }
        }
    }
}
