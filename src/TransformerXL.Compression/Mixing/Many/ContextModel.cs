using System.Numerics;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// The predictions of hashed contexts. Each context gives several inputs: what its probability, its history and its run have been worth in this context so far.
/// </summary>
internal sealed class ContextModel
{
    private const int RateLimit = 28, Quanta = 64, Counts = 16, RunLengths = 16;
    private static readonly byte[] s_quantum = CreateQuanta();
    private static readonly int[] s_rates = [.. Enumerable.Range(0, 64).Select(n => Math.Max((int)(65536 / (n + 1.5)), 65536 / RateLimit))];

    private readonly HistoryTable _table;
    private readonly bool _marksCertain;
    private readonly AdaptiveMap[] _probabilityMaps, _historyMaps, _runMaps;
    private readonly ulong[] _hashes;
    private readonly (int Byte, int Length)[] _runs;
    private readonly int[] _firsts, _buckets, _probabilityPlaces, _historyPlaces, _runPlaces;
    private int _node;

    /// <param name="contexts">Number of contexts.</param>
    /// <param name="tableBits">The table has 2^bits buckets.</param>
    /// <param name="marksCertain">Whether what a history says is given once more where the same bit always followed.</param>
    public ContextModel(int contexts, int tableBits, bool marksCertain)
    {
        _table = new HistoryTable(tableBits);
        (Count, _marksCertain) = (contexts, marksCertain);
        _hashes = new ulong[contexts];
        _runs = new (int, int)[contexts];
        (_firsts, _buckets, _probabilityPlaces, _historyPlaces, _runPlaces) = (new int[contexts], new int[contexts], new int[contexts], new int[contexts], new int[contexts]);
        _probabilityMaps = [.. Enumerable.Range(0, contexts).Select(_ => CreateProbabilities())];
        _historyMaps = [.. Enumerable.Range(0, contexts).Select(_ => CreateHistories())];
        _runMaps = [.. Enumerable.Range(0, contexts).Select(_ => CreateRuns())];
    }

    /// <summary>Number of contexts.</summary>
    public int Count { get; }

    /// <summary>Inputs of each context.</summary>
    public int Inputs => _marksCertain ? 7 : 5;

    /// <summary>Contexts that were seen before, of the last prediction.</summary>
    public int Known { get; private set; }

    /// <summary>Which of the contexts were seen before, of the last prediction.</summary>
    public bool IsKnown(int context) => _historyPlaces[context] != 0;

    /// <summary>The hashes of the contexts of the next byte, to be set before <see cref="BeginByte"/>.</summary>
    public Span<ulong> Hashes => _hashes;

    /// <summary>Looks the contexts up.</summary>
    public void BeginByte()
    {
        for (int i = 0; i < Count; i++)
        {
            _buckets[i] = _firsts[i] = _table.Find(Mix(_hashes[i]));
            _runs[i] = _table.Run(_firsts[i]);
        }
    }

    /// <summary>Looks the contexts up for the lower half of the byte.</summary>
    public void BeginHalf(int tree)
    {
        for (int i = 0; i < Count; i++)
        {
            // What followed a context once is known from its run: its lower half needs no bucket before the context returns.
            (int value, int length) = _runs[i];
            _buckets[i] = length == 0 ? -1 : _table.Find(Mix(_hashes[i] + ((ulong)tree * 0x9E3779B97F4A7C15UL)));
            if (length > 0 && (value | 256) >> 4 == tree && _table.History(_buckets[i], 1) == 0)
            {
                for (int shift = 3, node = 1; shift >= 0; shift--)
                {
                    int bit = (value >> shift) & 1;
                    Learn(_buckets[i], node, bit);
                    node = (node << 1) | bit;
                }
            }
        }
    }

    /// <summary>Writes the inputs.</summary>
    /// <returns>The place after them.</returns>
    public int Predict(int tree, float[] inputs, int input)
    {
        int depth = BitOperations.Log2((uint)tree), known = 0;
        _node = depth < 4 ? tree : (tree & ((1 << (depth - 4)) - 1)) | (1 << (depth - 4));
        for (int i = 0; i < Count; i++, input += Inputs)
        {
            int bucket = _buckets[i], history = bucket < 0 ? 0 : _table.History(bucket, _node);
            _historyPlaces[i] = history;
            if (history == 0)
            {
                inputs.AsSpan(input, Inputs).Clear();
            }
            else
            {
                known++;
                int place = _probabilityPlaces[i] = (Math.Min(BitHistory.Total(history), Counts - 1) * Quanta) + s_quantum[_table.Probability(bucket, _node) >> 4];
                int a = _probabilityMaps[i][place], b = _historyMaps[i][history];
                inputs[input] = Logistic.Stretch(a);
                inputs[input + 1] = (a - 2048) * (1f / 1024);
                inputs[input + 2] = Logistic.Stretch(b);
                inputs[input + 3] = (b - 2048) * (1f / 1024);
            }

            _runPlaces[i] = RunPlace(_runs[i], tree, depth);
            inputs[input + 4] = _runPlaces[i] < 0 ? 0 : Logistic.Stretch(_runMaps[i][_runPlaces[i]]);
            if (_marksCertain)
            {
                bool isCertain = BitHistory.IsCertain(history);
                inputs[input + 5] = isCertain ? inputs[input + 2] : 0;
                inputs[input + 6] = isCertain ? inputs[input + 3] : 0;
            }
        }

        Known = known;
        return input;
    }

    /// <summary>Learns a bit.</summary>
    public void Update(int bit)
    {
        for (int i = 0; i < Count; i++)
        {
            int history = _historyPlaces[i];
            if (history != 0)
            {
                _probabilityMaps[i].Update(_probabilityPlaces[i], bit);
                _historyMaps[i].Update(history, bit);
            }

            if (_runPlaces[i] >= 0)
            {
                _runMaps[i].Update(_runPlaces[i], bit);
            }

            if (_buckets[i] >= 0)
            {
                Learn(_buckets[i], _node, bit);
            }
        }
    }

    /// <summary>Learns which byte followed.</summary>
    public void EndByte(byte value)
    {
        for (int i = 0; i < Count; i++)
        {
            _table.AddToRun(_firsts[i], value);
        }
    }

    private void Learn(int bucket, int node, int bit)
    {
        int p = _table.Probability(bucket, node), history = _table.History(bucket, node);
        p += (((-bit & 65535) - p) * s_rates[BitHistory.Total(history)]) >> 16;
        _table.Set(bucket, node, p, BitHistory.Next(history, bit));
    }

    private static int RunPlace((int Byte, int Length) run, int tree, int depth)
    {
        int value = run.Byte | 256;
        return run.Length == 0 || value >> (8 - depth) != tree ? -1 : (((run.Length << 1) | ((value >> (7 - depth)) & 1)) << 3) | depth;
    }

    private static ulong Mix(ulong hash)
    {
        hash ^= hash >> 29;
        hash *= 0xBF58476D1CE4E5B9UL;
        return hash ^ (hash >> 32);
    }

    private static AdaptiveMap CreateProbabilities()
    {
        AdaptiveMap map = new(Counts * Quanta, 1023);
        for (int count = 0; count < Counts; count++)
        {
            for (int p = 0; p < 4096; p++)
            {
                map.Set((count * Quanta) + s_quantum[p], Math.Clamp(p * 16, 64, 65535 - 64), 6);
            }
        }

        return map;
    }

    private static AdaptiveMap CreateHistories()
    {
        AdaptiveMap map = new(256, 1023);
        for (int state = 0; state < 256; state++)
        {
            map.Set(state, BitHistory.Initial(state), 6);
        }

        return map;
    }

    private static AdaptiveMap CreateRuns()
    {
        AdaptiveMap map = new(RunLengths * 16, 1023);
        for (int place = 0; place < RunLengths * 16; place++)
        {
            int count = place >> 4;
            double p = (count + 0.5) / (count + 1.0);
            map.Set(place, (int)(65535 * (((place >> 3) & 1) == 1 ? p : 1 - p)), 6);
        }

        return map;
    }

    private static byte[] CreateQuanta()
    {
        byte[] table = new byte[4096];
        for (int p = 0; p < table.Length; p++)
        {
            table[p] = (byte)Math.Clamp((int)((Logistic.Stretch(p) + 8) * (Quanta / 16f)), 0, Quanta - 1);
        }

        return table;
    }
}
