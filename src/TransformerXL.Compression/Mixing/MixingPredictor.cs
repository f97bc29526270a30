using System.Numerics;
using System.Runtime.CompilerServices;
using TransformerXL.Compression.Container;

namespace TransformerXL.Compression.Mixing;

/// <summary>
/// Predicts bytes bit by bit: hashed contexts of several orders, words and matches, mixed by gated mixers whose weights are chosen by context, and corrected by what followed
/// similar predictions (context mixing; Mahoney 2005). It learns from every bit. Arithmetic is of integers and of single floats in a fixed order, so that every processor
/// repeats it.
/// </summary>
internal sealed class MixingPredictor : IBytePredictor
{
    private const int Quanta = 64;
    private const int InputsPerContext = 2;
    private static readonly byte[] s_quantum = CreateQuanta();

    private readonly ContextTable _table;
    private readonly AdaptiveMap[] _maps;
    private readonly AdaptiveMap _order0 = new(256, 250), _order1 = new(65536, 250);
    private readonly AdaptiveMap[] _matchMaps;
    private readonly MatchModel[] _matches;
    private readonly byte[] _history;
    private readonly uint[] _hashes;
    private readonly int[] _places, _nodes, _mapPlaces;
    private readonly int[] _matchBytes = new int[MatchModel.Count], _matchLengths = new int[MatchModel.Count], _matchPlaces = new int[MatchModel.Count];
    private readonly float[] _inputs, _secondInputs = new float[8];
    private readonly int[] _sets = new int[5];
    private readonly Mixer[] _mixers;
    private readonly Mixer _final;
    private readonly Refinement _refine1, _refine2;
    private readonly int _contexts, _networkInput;
    private readonly NetworkBits _network = new();
    private readonly StreamHistory _stream = new();
    private int _tree, _known, _count;
    private float _rate = 0.016f;
    private readonly bool _hasNetwork;

    public MixingPredictor(PredictorSettings settings)
    {
        _contexts = settings.Contexts == ContextSet.Few ? ByteContexts.FewCount : ByteContexts.Count;
        _table = new ContextTable(settings.TableBits);
        _maps = [.. Enumerable.Range(0, _contexts).Select(_ => CreateMap())];
        _history = new byte[1 << settings.HistoryBits];
        _matches = [new MatchModel(5, _history, settings.HistoryBits), new MatchModel(12, _history, settings.HistoryBits)];
        _matchMaps = [.. _matches.Select(_ => new AdaptiveMap(1 << 12, 1023))];
        _hashes = new uint[_contexts];
        _places = new int[_contexts];
        _nodes = new int[_contexts];
        _mapPlaces = new int[_contexts];
        int used = (_contexts * InputsPerContext) + (2 * MatchModel.Count) + 2 + 1;
        _networkInput = used;
        _hasNetwork = settings.Network is not null;
        used += _hasNetwork ? 2 : 0;
        int inputs = (used + 7) & ~7;
        _inputs = new float[inputs];
        _mixers = [new Mixer(inputs, 256 * 3, 0.09f), new Mixer(inputs, 256 * 8, 0.09f), new Mixer(inputs, 256 * 5, 0.09f), new Mixer(inputs, 32 * 16, 0.09f), new Mixer(inputs, 256 * 8, 0.09f)];
        if (settings.Contexts == ContextSet.Few)
        {
            _mixers = _mixers[..2];
        }

        _final = new Mixer(8, 256, 1f / _mixers.Length);
        _refine1 = new Refinement(65536);
        _refine2 = new Refinement(65536);
    }

    /// <inheritdoc/>
    public void BeginByte(ReadOnlySpan<int> frequencies)
    {
        _tree = 1;
        ByteContexts.Compute(_stream, _history, _hashes);
        for (int i = 0; i < _matches.Length; i++)
        {
            (_matchBytes[i], _matchLengths[i]) = _matches[i].Predict();
        }

        ulong expected = _matchLengths[1] > 0 ? (ulong)_matchBytes[1] + 256 : _matchLengths[0] > 0 ? (ulong)_matchBytes[0] + 512 : 0;
        _hashes[^1] = ByteContexts.Hash(19, expected | ((ulong)Math.Min(15, _matchLengths[0]) << 12) | ((_stream.Last & 255) << 20));
        Lookup();
        if (_hasNetwork)
        {
            _network.Begin(frequencies);
        }
    }

    /// <inheritdoc/>
    public int Predict()
    {
        int c1 = (int)(_stream.Last & 255), input = 0;
        _known = 0;
        float[] inputs = _inputs;
        for (int i = 0; i < _contexts; i++)
        {
            int place = _places[i] + Node();
            _nodes[i] = place;
            int value = _table[place], count = value & 15;
            int map = (count * Quanta) + s_quantum[value >> 4];
            _mapPlaces[i] = map;
            if (count == 0)
            {
                inputs[input] = 0;
                inputs[input + 1] = 0;
            }
            else
            {
                _known++;
                int p = _maps[i][map];
                inputs[input] = Logistic.Stretch(p);
                inputs[input + 1] = (p - 2048) * (1f / 1024);
            }

            input += InputsPerContext;
        }

        input = Matches(input);
        inputs[input++] = Logistic.Stretch(_order0[_tree]);
        inputs[input++] = Logistic.Stretch(_order1[(c1 << 8) | _tree]);
        inputs[input++] = 0.4f;
        float network = 0;
        if (_hasNetwork)
        {
            network = _network.Logit();
            inputs[_networkInput] = network;
            inputs[_networkInput + 1] = (Logistic.Squash(network) - 0.5f) * 4;
        }

        Select(c1);
        for (int i = 0; i < _mixers.Length; i++)
        {
            _secondInputs[i] = _mixers[i].Mix(inputs, _sets[i]);
        }

        float logit = _final.Mix(_secondInputs, _tree);
        float p1 = _refine1.Refine(logit, (c1 << 8) | _tree);
        float p2 = _refine2.Refine(logit, (int)(((uint)((_stream.Last & 0xffffff) * 0x9E3779B1u) >> 16) ^ ((uint)_tree * 0x9E3B)) & 0xffff);
        float p0 = (_final.Probability * 0.36f) + (p1 * 0.32f) + (p2 * 0.32f);
        return Math.Clamp((int)(p0 * 65536), 1, 65535);
    }

    /// <summary>Chooses the weights of each mixer.</summary>
    private void Select(int c1)
    {
        int length = _matchLengths[0];
        int lengthClass = length == 0 ? 0 : length < 8 ? 1 : length < 16 ? 2 : length < 32 ? 3 : 4;
        int longClass = _matchLengths[1] == 0 ? 0 : _matchLengths[1] < 32 ? 1 : 2;
        _sets[0] = _tree | (longClass << 8);
        _sets[1] = c1 | (BitOperations.Log2((uint)_tree) << 8);
        _sets[2] = (int)((_stream.Last >> 8) & 255) | (lengthClass << 8);
        _sets[4] = (int)(_stream.Followers2 & 255) | (BitOperations.Log2((uint)_tree) << 8);
        _sets[3] = Math.Min(31, _known) | (ByteContexts.Class(c1) << 5);
    }

    /// <inheritdoc/>
    public void Update(int bit)
    {
        float rate = _rate;
        foreach (Mixer mixer in _mixers)
        {
            mixer.Update(_inputs, bit, rate);
        }

        _final.Update(_secondInputs, bit, 0.002f);
        _refine1.Update(bit);
        _refine2.Update(bit);
        for (int i = 0; i < _contexts; i++)
        {
            if (_mapPlaces[i] >= Quanta)
            {
                _maps[i].Update(_mapPlaces[i], bit);
            }

            _table.Update(_nodes[i], bit);
        }

        for (int i = 0; i < _matches.Length; i++)
        {
            if (_matchPlaces[i] >= 0)
            {
                _matchMaps[i].Update(_matchPlaces[i], bit);
            }
        }

        _order0.Update(_tree, bit);
        _order1.Update(((int)(_stream.Last & 255) << 8) | _tree, bit);
        if (_hasNetwork)
        {
            _network.Advance(bit);
        }

        _tree = (_tree << 1) | bit;
        if (_tree >= 256)
        {
            EndByte((byte)_tree);
        }
        else if (_tree is >= 16 and < 32)
        {
            Lookup();
        }
    }

    private void EndByte(byte value)
    {
        _history[(int)_stream.Position & (_history.Length - 1)] = value;
        _stream.Append(value);
        foreach (MatchModel match in _matches)
        {
            match.Append(_stream);
        }

        if ((++_count & 255) == 0 && _rate > 0.002f)
        {
            _rate *= 0.995f;
        }
    }

    private void Lookup()
    {
        uint salt = (uint)_tree * 0x9E3779B1u;
        for (int i = 0; i < _contexts; i++)
        {
            _places[i] = _table.Find((_hashes[i] ^ (_tree < 16 ? 0 : salt)) * 0x2C1B3C6Du);
        }
    }

    /// <summary>The node of the half byte's tree: 1 before its first bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Node() => _tree < 16 ? _tree : (_tree & ((1 << (BitOperations.Log2((uint)_tree) - 4)) - 1)) | (1 << (BitOperations.Log2((uint)_tree) - 4));

    private int Matches(int input)
    {
        for (int i = 0; i < _matches.Length; i++)
        {
            int depth = BitOperations.Log2((uint)_tree), length = _matchLengths[i];
            if (length == 0 || ((_matchBytes[i] | 256) >> (8 - depth)) != _tree)
            {
                _matchLengths[i] = 0;
                _matchPlaces[i] = -1;
                _inputs[input] = 0;
                _inputs[input + 1] = 0;
            }
            else
            {
                int bit = (_matchBytes[i] >> (7 - depth)) & 1;
                int lengthClass = length < 16 ? length : length < 32 ? 16 + ((length - 16) >> 2) : length < 64 ? 20 + ((length - 32) >> 3) : length < 512 ? 24 + ((length - 64) >> 6) : 31;
                int place = ((lengthClass << 1) | bit) << 3 | depth;
                _matchPlaces[i] = place;
                int p = _matchMaps[i][place];
                _inputs[input] = Logistic.Stretch(p);
                _inputs[input + 1] = (p - 2048) * (1f / 1024);
            }

            input += 2;
        }

        return input;
    }

    private static AdaptiveMap CreateMap()
    {
        AdaptiveMap map = new(16 * Quanta, 1023);
        for (int count = 0; count < 16; count++)
        {
            for (int p = 0; p < 4096; p++)
            {
                int quantum = s_quantum[p];
                map.Set((count * Quanta) + quantum, Math.Clamp(p * 16, 64, 65535 - 64), 6);
            }
        }

        return map;
    }

    private static byte[] CreateQuanta()
    {
        byte[] table = new byte[4096];
        for (int p = 0; p < table.Length; p++)
        {
            float logit = Logistic.Stretch(p);
            table[p] = (byte)Math.Clamp((int)((logit + 8) * (Quanta / 16f)), 0, Quanta - 1);
        }

        return table;
    }
}
