using System.Numerics;
using TransformerXL.Compression.Container;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// The predictor of the profile for size: more contexts than <see cref="MixingPredictor"/>, each with more that is known of it, more mixers, matches and corrections. The set of most contexts
/// has those of prose too.
/// </summary>
internal sealed class ManyPredictor : IBytePredictor
{
    private const float FinalRate = 0.0007f;
    private static readonly int[] s_sets = [256 * 3, 256 * 8, 256 * 12, 64 * 16, 256 * 8, 256 * 16, 4096, 2048, 256 * 16, 256 * 32, 8 * 256];
    private static readonly int[] s_proseSets = [64 * 8, 4096, 2048, 4096, 2048, 4096];
    private static readonly Rates s_manyRates = new(0.004f, 0.0005f, 0.002f), s_mostRates = new(0.002f, 0.00025f, 0.0015f);

    private readonly byte[] _history;
    private readonly TextHistory _text;
    private readonly ProseHistory? _prose;
    private readonly ContextModel _contexts;
    private readonly LongMatch[] _matches;
    private readonly AdaptiveMap _order0 = new(256, 250), _order1 = new(65536, 250);
    private readonly AdaptiveMap _networkMap = new(64 * 256, 1023);
    private readonly float[] _inputs, _second;
    private readonly int[] _sets, _finalSets = new int[4];
    private readonly Mixer[] _mixers, _finals;
    private readonly Refinement[] _refinements;
    private readonly NetworkBits _network = new();
    private bool _reads;
    private int _tree, _count, _networkPlace;
    private readonly Rates _rates;
    private float _rate;

    public ManyPredictor(PredictorSettings settings)
    {
        (int tableBits, int historyBits, bool hasNetwork, bool hasProse) = (settings.TableBits, settings.HistoryBits, settings.Network is not null, settings.Contexts == ContextSet.Most);
        int contexts = ManyContexts.Count + (hasProse ? ProseContexts.Count : 0);
        (_rates, float firstWeight, float leastError) = hasProse ? (s_mostRates, 0.005f, 0.004f) : (s_manyRates, 0.02f, 0);
        _rate = _rates.First;
        _history = new byte[1 << historyBits];
        _text = new TextHistory(_history);
        _prose = hasProse ? new ProseHistory() : null;
        _contexts = new ContextModel(contexts, tableBits, marksCertain: hasProse);
        _matches = [new(5, _history, historyBits), new(8, _history, historyBits), new(14, _history, historyBits), new(24, _history, historyBits)];
        int used = (contexts * _contexts.Inputs) + (_matches.Length * LongMatch.Inputs) + 3 + (hasNetwork ? 3 : 0);
        _inputs = new float[(used + 7) & ~7];
        _mixers = [.. s_sets.Concat(hasProse ? s_proseSets : []).Select(size => new Mixer(_inputs.Length, size, firstWeight, leastError))];
        _sets = new int[_mixers.Length];
        _second = new float[(_mixers.Length + 2 + 7) & ~7];
        _finals = [new(_second.Length, 256, 1f / _mixers.Length), new(_second.Length, 256 * 8, 1f / _mixers.Length), new(_second.Length, 16 * 8, 1f / _mixers.Length), new(_second.Length, 16 * 16 * 8, 1f / _mixers.Length)];
        _refinements = [new(256), new(65536), new(65536), new(65536), new(65536)];
    }

    /// <summary>Bytes of memory, without the history, of a predictor whose table has 2^bits buckets.</summary>
    public static long MemoryBytes(ContextSet contexts, int tableBits) => ((long)HistoryTable.BucketBytes << tableBits) + ((contexts == ContextSet.Most ? 256L : 160L) << 20);

    /// <summary>Learns from a text that is not coded, and that the network does not read.</summary>
    public void Read(ReadOnlySpan<byte> text, CancellationToken cancellationToken)
    {
        foreach (byte value in text)
        {
            cancellationToken.ThrowIfCancellationRequested();
            BeginByte([]);
            for (int shift = 7; shift >= 0; shift--)
            {
                Predict();
                Update((value >> shift) & 1);
            }
        }

        _rate = _rates.Primed;
    }

    /// <inheritdoc/>
    public void BeginByte(ReadOnlySpan<int> frequencies)
    {
        _tree = 1;
        uint expected = 0;
        foreach (LongMatch match in _matches)
        {
            match.BeginByte();
            expected = match.Length > 0 ? (uint)match.Expected | (uint)Math.Min(match.Length, 31) << 8 | 1u << 16 : expected;
        }

        ManyContexts.Compute(_text, expected, _contexts.Hashes);
        if (_prose is not null)
        {
            ProseContexts.Compute(_text, _prose, _contexts.Hashes, ManyContexts.Count);
        }

        _contexts.BeginByte();
        _reads = frequencies.Length > 0;
        if (_reads)
        {
            _network.Begin(frequencies);
        }
    }

    /// <inheritdoc/>
    public int Predict()
    {
        int c1 = (int)(_text.Last & 255), depth = BitOperations.Log2((uint)_tree);
        int input = _contexts.Predict(_tree, _inputs, 0);
        foreach (LongMatch match in _matches)
        {
            input = match.Predict(_tree, depth, c1, _inputs, input);
        }

        _inputs[input++] = Logistic.Stretch(_order0[_tree]);
        _inputs[input++] = Logistic.Stretch(_order1[(c1 << 8) | _tree]);
        _inputs[input++] = 0.4f;
        float network = 0;
        if (_reads)
        {
            network = _network.Logit();
            _networkPlace = (Math.Clamp((int)((network + 8) * 4), 0, 63) << 8) | _tree;
            _inputs[input++] = network;
            _inputs[input++] = (Logistic.Squash(network) - 0.5f) * 4;
            _inputs[input++] = Logistic.Stretch(_networkMap[_networkPlace]);
        }

        Select(c1, depth, network);
        for (int i = 0; i < _mixers.Length; i++)
        {
            _second[i] = _mixers[i].Mix(_inputs, _sets[i]);
        }

        _second[_mixers.Length] = 0.3f;
        _second[_mixers.Length + 1] = network;
        float logit = 0;
        for (int i = 0; i < _finals.Length; i++)
        {
            logit += _finals[i].Mix(_second, _finalSets[i]);
        }

        logit *= 1f / _finals.Length;
        float p0 = Logistic.Squash(logit);
        uint t = (uint)_tree * 0x9E3779B1u;
        float a = _refinements[0].Refine(logit, _tree), b = _refinements[1].Refine(logit, (c1 << 8) | _tree);
        float c = _refinements[2].Refine(logit, (int)((((uint)(_text.Last & 0xffff) * 0x9E3779B1u) ^ t) >> 16));
        float d = _refinements[3].Refine(logit, (int)((((uint)(_text.Last & 0xffffff) * 0x2C1B3C6Du) ^ t) >> 16));
        float e = _refinements[4].Refine(logit, (int)(((_text.Word * 0x2C1B3C6Du) ^ t) >> 16));
        float p = (p0 * 0.3f) + (a * 0.1f) + (b * 0.15f) + (c * 0.15f) + (d * 0.15f) + (e * 0.15f);
        return Math.Clamp((int)(p * 65536), 1, 65535);
    }

    private void Select(int c1, int depth, float network)
    {
        LongMatch shorter = _matches[0], longer = _matches[2];
        int expected = Longest(out int lengthClass);
        _sets[0] = _tree | (Math.Min(longer.LengthClass, 2) << 8);
        _sets[1] = c1 | (depth << 8);
        _sets[2] = (int)((_text.Last >> 8) & 255) | (shorter.LengthClass << 8);
        _sets[3] = Math.Min(63, _contexts.Known) | (ByteContexts.Class(c1) << 6);
        _sets[4] = (int)(_text.Followers2 & 255) | (depth << 8);
        _sets[5] = _tree | (Math.Min(_text.WordLength, 15) << 8);
        _sets[6] = (int)(_text.Shape & 0xfff);
        _sets[7] = depth | (Math.Min(_text.Column, 31) << 3) | (_text.Indent == _text.Column ? 256 : 0) | (Math.Min(_text.Field, 3) << 9);
        _sets[8] = expected | (lengthClass << 8);
        _sets[9] = _tree | ((int)(_text.Pattern & 0x1f) << 8);
        _sets[10] = (int)((_text.Last >> 16) & 255) | (Math.Clamp((int)((network + 8) / 2), 0, 7) << 8);
        if (_prose is not null)
        {
            SelectByProse(_prose, c1, depth);
        }

        _finalSets[0] = _tree;
        _finalSets[1] = c1 | (depth << 8);
        _finalSets[2] = lengthClass | (depth << 4);
        _finalSets[3] = (int)(_text.Shape & 255) | (depth << 8);
    }

    private void SelectByProse(ProseHistory prose, int c1, int depth)
    {
        int known = 0;
        for (int i = ManyContexts.FirstOfWords; i <= ManyContexts.LastOfWords; i++)
        {
            known += _contexts.IsKnown(i) ? 1 : 0;
        }

        int length = Math.Min(prose.WordLength, 7), first = s_sets.Length;
        _sets[first] = known | (depth << 6);
        _sets[first + 1] = Set(12, _text.Shape & 0xffff, (ulong)depth);
        _sets[first + 2] = Set(11, length < 4 ? prose.FirstLetter : 0, (ulong)length, (ulong)_tree);
        _sets[first + 3] = Set(12, prose.LastLetter, (ulong)Math.Min(length, 4), prose.PreviousFirstLetter);
        _sets[first + 4] = Set(11, _text.Pattern & 0xfffff);
        _sets[first + 5] = Set(12, (ulong)c1, (_text.Last >> 8) & 255);
    }

    /// <summary>A hash of so many bits.</summary>
    private static int Set(int bits, ulong a, ulong b = 0, ulong c = 0)
    {
        ulong hash = (a + 1) * 0x9E3779B97F4A7C15UL;
        hash = ((hash ^ (hash >> 31)) + b) * 0xD6E8FEB86659FD93UL;
        hash = ((hash ^ (hash >> 29)) + c) * 0xA0761D6478BD642FUL;
        return (int)(hash >> (64 - bits));
    }

    private int Longest(out int lengthClass)
    {
        for (int i = _matches.Length - 1; i >= 0; i--)
        {
            if (_matches[i].Length > 0)
            {
                lengthClass = _matches[i].LengthClass;
                return _matches[i].Expected;
            }
        }

        lengthClass = 0;
        return 0;
    }

    /// <inheritdoc/>
    public void Update(int bit)
    {
        foreach (Mixer mixer in _mixers)
        {
            mixer.Update(_inputs, bit, _rate);
        }

        foreach (Mixer mixer in _finals)
        {
            mixer.Update(_second, bit, FinalRate);
        }

        foreach (Refinement refinement in _refinements)
        {
            refinement.Update(bit);
        }

        int depth = BitOperations.Log2((uint)_tree);
        _contexts.Update(bit);
        foreach (LongMatch match in _matches)
        {
            match.Update(bit, depth);
        }

        _order0.Update(_tree, bit);
        _order1.Update(((int)(_text.Last & 255) << 8) | _tree, bit);
        if (_reads)
        {
            _networkMap.Update(_networkPlace, bit);
            _network.Advance(bit);
        }

        _tree = (_tree << 1) | bit;
        if (_tree >= 256)
        {
            EndByte((byte)_tree);
        }
        else if (_tree is >= 16 and < 32)
        {
            _contexts.BeginHalf(_tree);
        }
    }

    private void EndByte(byte value)
    {
        _contexts.EndByte(value);
        _history[(int)_text.Position & (_history.Length - 1)] = value;
        _text.Append(value);
        _prose?.Append(value);
        ulong last = _text.Last;
        _matches[0].EndByte(_text.Position, last & 0xffffffffff);
        _matches[1].EndByte(_text.Position, last);
        _matches[2].EndByte(_text.Position, last + (_text.Older & 0xffffffffffff) * 0xD6E8FEB86659FD93UL);
        _matches[3].EndByte(_text.Position, last + (_text.Older * 0xA0761D6478BD642FUL));
        if ((++_count & 255) == 0 && _rate > _rates.Last)
        {
            _rate *= 0.995f;
        }
    }

    /// <summary>Learning rates of the mixers: at the beginning, the lowest one, and after a primer.</summary>
    private readonly record struct Rates(float First, float Last, float Primed);
}
