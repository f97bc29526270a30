using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;

namespace TransformerXL.Compression.Networks;

/// <summary>
/// A language model of bytes that learns while it reads. It predicts each byte with cached keys and values; after each segment it takes one optimizer step over that
/// segment and over some earlier ones, which it reads once more. Encoder and decoder take the same steps in the same order.
/// </summary>
internal sealed class ByteNetwork : IDisposable
{
    /// <summary>The last 2^bits bytes are read again.</summary>
    public const int HistoryBits = 22;

    private const int Bytes = 256, WarmupSteps = 20, JumpOdds = 64;

    private readonly NetworkSettings _settings;
    private readonly CpuBackend _backend;
    private readonly LanguageModel _model;
    private readonly TrainingStep _step;
    private readonly InferenceOptions _options;
    private readonly byte[] _history = new byte[1 << HistoryBits];
    private readonly long[] _replays;
    private readonly int[] _inputs, _targets, _frequencies = new int[Bytes];
    private readonly float[] _exponentials = new float[Bytes];
    private readonly int[] _last = [0];
    private InferenceSession _session;
    private long _position, _steps;
    private ulong _random = 1;

    /// <param name="settings">The network.</param>
    /// <param name="trained">The model that it begins with, if the settings name one.</param>
    /// <param name="isa">The instruction set that computes; the best of this processor if null. It changes no bit.</param>
    /// <param name="threads">Threads that compute; they change no bit.</param>
    public ByteNetwork(NetworkSettings settings, ModelFolder? trained, Isa? isa, int threads)
    {
        _settings = settings;
        _backend = new CpuBackend(isa, threads);
        _model = trained is null ? LanguageModel.Create(settings.Model) : TrainedModel.Copy(trained);
        int rows = settings.Replays + 1;
        ContextConfiguration context = new() { TargetLength = settings.SegmentLength, MemoryLength = settings.MemoryLength };
        _step = new TrainingStep(_model, context, new TrainingConfiguration { BatchSize = rows, Optimizer = new OptimizerOptions { Beta1 = 0 } }, _backend);
        _options = new InferenceOptions { MemoryLength = settings.MemoryLength, Streams = 1, MaxSegment = 1 };
        _session = InferenceSession.Create(_model, _backend, _options);
        (_inputs, _targets, _replays) = (new int[settings.SegmentLength * rows], new int[settings.SegmentLength * rows], new long[settings.Replays]);
    }

    /// <summary>Frequencies of the next byte, each at least 1, in sum about 2^24.</summary>
    public ReadOnlySpan<int> Predict()
    {
        _session.Advance(_last);
        Tensor logits = _session.Logits();
        Softmax.Frequencies(logits.Span, _exponentials, _frequencies);
        GC.KeepAlive(logits);
        return _frequencies;
    }

    /// <summary>Takes in the byte that was coded; at the end of a segment the network learns.</summary>
    public void Append(byte value)
    {
        int rows = _settings.Replays + 1, place = (int)(_position % _settings.SegmentLength);
        (_inputs[place * rows], _targets[place * rows]) = (_last[0], value);
        _history[_position & (_history.Length - 1)] = value;
        _position++;
        _last[0] = value;
        if (place == _settings.SegmentLength - 1)
        {
            Learn();
        }
    }

    public void Dispose() => _backend.Dispose();

    private void Learn()
    {
        for (int row = 0; row < _settings.Replays; row++)
        {
            Replay(row);
        }

        _steps++;
        double share = Math.Max(0, 1 - ((double)_steps / _settings.DecaySteps));
        double rate = (_settings.LastRate + ((_settings.FirstRate - _settings.LastRate) * share)) * 1e-6 * Math.Min(1, (double)_steps / WarmupSteps);
        _step.Run(_inputs, _targets, _steps, rate);

        // Prepared weights are those before the step; keys and values that are cached stay as they were computed.
        InferenceSession next = InferenceSession.Create(_model, _backend, _options);
        next.Assign(_session);
        _session = next;
    }

    /// <summary>Fills a row with the segment after the one that the row had last, or now and then with one from anywhere.</summary>
    private void Replay(int row)
    {
        int length = _settings.SegmentLength, rows = _settings.Replays + 1;
        long first = Math.Max(1, _position - _history.Length + 1), choices = Math.Max(1, _position - length - first + 1);
        ref long begin = ref _replays[row];
        if (begin < first || begin + length > _position || Next() % JumpOdds == 0)
        {
            begin = first + (long)(Next() % (ulong)choices);
        }

        for (int i = 0; i < length; i++)
        {
            long at = Math.Min(begin + i, _position - 1);
            _inputs[(i * rows) + row + 1] = _history[(at - 1) & (_history.Length - 1)];
            _targets[(i * rows) + row + 1] = _history[at & (_history.Length - 1)];
        }

        begin += length;
    }

    private ulong Next()
    {
        // SplitMix64.
        ulong z = _random += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
