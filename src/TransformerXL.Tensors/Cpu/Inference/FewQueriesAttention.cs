using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// Attention of a few queries, forward only: one task for each stream and head reads its keys, relative rows and values without packing.
/// Rows of keys, values and the relative table are padded with zeros to a multiple of <see cref="RowMultiple"/>.
/// </summary>
internal static unsafe class FewQueriesAttention<TSimd, TVector, TStored, TElement>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TStored : struct, IStored<TElement, TVector>
    where TElement : unmanaged
{
    public const int RowMultiple = CpuKeyValueMemory.RowMultiple;

    /// <summary>Keys and values of a layer up to this size are probably still in a cache from the last token.</summary>
    private const long CachedBytes = 2 << 20;

    public static void Run(CpuBackend backend, in AttentionArguments arguments)
    {
        int padded = CpuKeyValueMemory.Padded(arguments.HeadSize);
        // Rounded up, so that a growing memory does not need a new buffer for each token.
        long keys = (arguments.Keys + 1023L) / 1024 * 1024;
        long ranges = (long)arguments.Visibility.MaxBlocks * sizeof(KeyRange) / sizeof(float);
        backend.ReserveWorkerScratch(keys + (4L * padded) + ranges);
        Body body = new(backend, arguments, padded, (int)keys);
        backend.Team.Run(arguments.Heads * arguments.Streams, ref body);
    }

    private readonly struct Body(CpuBackend backend, AttentionArguments all, int padded, int scoreFloats) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            // Head by head, so that the relative rows of a head stay in the cache while all streams read them.
            int stream = task % all.Streams, head = task / all.Streams;
            if (all.Texts != null)
            {
                OneHead(all.OfText(stream), stream, head, worker, NextKeys(task));
                return;
            }

            if (!all.Visibility.HasLengths)
            {
                OneHead(all, stream, head, worker, null);
                return;
            }

            AttentionArguments own = all.OfStream(stream);
            if (!own.IsForAnotherKernel)
            {
                OneHead(own, stream, head, worker, null);
                own.Output.Clear(stream, head, own.HeadSize, own.Queries, own.TensorQueries);
            }
        }

        /// <summary>The keys that this thread probably reads next, if they are probably not in a cache; null otherwise.</summary>
        private TElement* NextKeys(int task)
        {
            int next = task + backend.Threads, stream = next % all.Streams, head = next / all.Streams;
            bool fetches = 2L * all.Streams * all.Heads * all.Keys * padded * sizeof(TElement) > CachedBytes;
            return fetches && head < all.Heads ? (TElement*)all.Texts[stream].Key.Of(stream, head, all.HeadSize) : null;
        }

        private void OneHead(in AttentionArguments arguments, int stream, int head, int worker, TElement* nextKeys)
        {
            int size = arguments.HeadSize;
            float* content = backend.WorkerScratch(worker), position = content + padded, scores = position + (3 * padded);
            Span<KeyRange> ranges = new(scores + scoreFloats, arguments.Visibility.MaxBlocks);
            new Span<float>(content, 2 * padded).Clear();
            for (int query = 0; query < arguments.Queries; query++)
            {
                float* q = arguments.Query.Of(stream, head, size) + (query * arguments.Query.RowStride);
                float* output = arguments.Output.Of(stream, head, size) + (query * arguments.Output.RowStride);
                int count = arguments.Visibility.RangesOf(arguments.Queries, arguments.Keys, query, ranges);
                if (count == 0)
                {
                    new Span<float>(output, size).Clear();
                    continue;
                }

                Biased(content, q, arguments.ContentBias, head, arguments);
                Biased(position, q, arguments.PositionBias, head, arguments);
                Attend(arguments, content, scores, ranges[..count], query, stream, head, output, query == arguments.Queries - 1 ? nextKeys : null);
            }
        }

        private static void Biased(float* destination, float* query, float* bias, int head, in AttentionArguments arguments)
        {
            int size = arguments.HeadSize;
            if (bias == null)
            {
                ElementwiseKernel<TSimd, TVector>.Scale(destination, query, arguments.Scale, size);
                return;
            }

            AttentionRows<TSimd, TVector>.Biased(destination, query, bias + (head * size), arguments.Scale, size);
        }

        /// <summary>One query; scores of its ranges follow one another.</summary>
        private void Attend(
            in AttentionArguments arguments, float* content, float* scores, ReadOnlySpan<KeyRange> ranges, int query, int stream, int head, float* output, TElement* nextKeys)
        {
            int size = arguments.HeadSize, count = 0;
            float* position = content + padded, result = position + padded, part = result + padded;
            TElement* keys = (TElement*)arguments.Key.Of(stream, head, size), values = (TElement*)arguments.Value.Of(stream, head, size);
            TElement* relative = arguments.HasPositions ? (TElement*)arguments.Relative.Of(0, head, size) : null;
            foreach (KeyRange range in ranges)
            {
                TElement* k = keys + ((nint)range.First * padded);
                if (relative == null)
                {
                    ContentScores(content, k, padded, range.Count, scores + count);
                }
                else
                {
                    TElement* r = relative + ((nint)(range.First + arguments.Queries - 1 - query) * padded);
                    Scores(content, position, k, r, padded, range.Count, scores + count);
                }

                count += range.Count;
            }

            float sum = AttentionRows<TSimd, TVector>.Exponentiate(scores, Max(scores, count), count);
            WeightedSum(scores, values + ((nint)ranges[0].First * padded), nextKeys, padded, ranges[0].Count, result);
            for (int i = 1; i < ranges.Length; i++)
            {
                scores += ranges[i - 1].Count;
                WeightedSum(scores, values + ((nint)ranges[i].First * padded), null, padded, ranges[i].Count, part);
                ElementwiseKernel<TSimd, TVector>.Sum(result, result, part, padded);
            }

            Divide(result, sum, output, size);
        }
    }

    private static void Divide(float* values, float divisor, float* output, int count)
    {
        TVector divisors = TSimd.Broadcast(divisor);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(output + i, TSimd.Divide(TSimd.Load(values + i), divisors));
        }

        for (; i < count; i++)
        {
            output[i] = values[i] / divisor;
        }
    }

    /// <summary>score_j = content . k_j.</summary>
    private static void ContentScores(float* content, TElement* keys, int padded, int count, float* scores)
    {
        for (int j = 0; j < count; j++, keys += padded)
        {
            TVector sum = TSimd.Zero;
            for (int i = 0; i < padded; i += TSimd.Count)
            {
                sum = TSimd.MultiplyAdd(TSimd.Load(content + i), TStored.Load(keys + i), sum);
            }

            scores[j] = TSimd.Sum(sum);
        }
    }

    /// <summary>score_j = content . k_j + position . r_j, four keys at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(float* content, float* position, TElement* keys, TElement* relative, int padded, int count, float* scores)
    {
        int j = 0;
        if (LaneSums.IsFor<TVector>() && padded == 4 * TSimd.Count)
        {
            j = ScoresInOrder(content, position, keys, relative, count, scores);
            keys += (nint)j * padded;
            relative += (nint)j * padded;
        }

        for (; j <= count - 4; j += 4, keys += 4 * padded, relative += 4 * padded)
        {
            TElement* k1 = keys + padded, k2 = k1 + padded, k3 = k2 + padded;
            TElement* r1 = relative + padded, r2 = r1 + padded, r3 = r2 + padded;
            TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
            for (int i = 0; i < padded; i += TSimd.Count)
            {
                TVector c = TSimd.Load(content + i), p = TSimd.Load(position + i);
                s0 = TSimd.MultiplyAdd(p, TStored.Load(relative + i), TSimd.MultiplyAdd(c, TStored.Load(keys + i), s0));
                s1 = TSimd.MultiplyAdd(p, TStored.Load(r1 + i), TSimd.MultiplyAdd(c, TStored.Load(k1 + i), s1));
                s2 = TSimd.MultiplyAdd(p, TStored.Load(r2 + i), TSimd.MultiplyAdd(c, TStored.Load(k2 + i), s2));
                s3 = TSimd.MultiplyAdd(p, TStored.Load(r3 + i), TSimd.MultiplyAdd(c, TStored.Load(k3 + i), s3));
            }

            (scores[j], scores[j + 1], scores[j + 2], scores[j + 3]) = (TSimd.Sum(s0), TSimd.Sum(s1), TSimd.Sum(s2), TSimd.Sum(s3));
        }

        for (; j < count; j++, keys += padded, relative += padded)
        {
            TVector sum = TSimd.Zero;
            for (int i = 0; i < padded; i += TSimd.Count)
            {
                sum = TSimd.MultiplyAdd(TSimd.Load(content + i), TStored.Load(keys + i), sum);
                sum = TSimd.MultiplyAdd(TSimd.Load(position + i), TStored.Load(relative + i), sum);
            }

            scores[j] = TSimd.Sum(sum);
        }
    }

    /// <summary>
    /// The scores of keys of four vectors, row after row in the order of addresses: the processor then fetches keys ahead. A method of its own: the compiler inlines
    /// only so much into one method, also of code that another instruction set never reaches.
    /// </summary>
    /// <returns>The number of keys: the multiple of four up to the count.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ScoresInOrder(float* content, float* position, TElement* keys, TElement* relative, int count, float* scores)
    {
        int padded = 4 * TSimd.Count, j = 0;
        TVector c0 = TSimd.Load(content), c1 = TSimd.Load(content + TSimd.Count);
        TVector c2 = TSimd.Load(content + (2 * TSimd.Count)), c3 = TSimd.Load(content + (3 * TSimd.Count));
        TVector p0 = TSimd.Load(position), p1 = TSimd.Load(position + TSimd.Count);
        TVector p2 = TSimd.Load(position + (2 * TSimd.Count)), p3 = TSimd.Load(position + (3 * TSimd.Count));
        for (; j <= count - 4; j += 4, keys += 4 * padded, relative += 4 * padded)
        {
            TVector s0 = Score(c0, c1, c2, c3, p0, p1, p2, p3, keys, relative);
            TVector s1 = Score(c0, c1, c2, c3, p0, p1, p2, p3, keys + padded, relative + padded);
            TVector s2 = Score(c0, c1, c2, c3, p0, p1, p2, p3, keys + (2 * padded), relative + (2 * padded));
            TVector s3 = Score(c0, c1, c2, c3, p0, p1, p2, p3, keys + (3 * padded), relative + (3 * padded));
            LaneSums.Four(LaneSums.Quarters(s0, s1, s2, s3)).Store(scores + j);
        }

        return j;
    }

    /// <summary>The products of one key and its relative row, still to be summed across lanes; in the order of every other path.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Score(
        TVector c0, TVector c1, TVector c2, TVector c3, TVector p0, TVector p1, TVector p2, TVector p3, TElement* key, TElement* relative)
    {
        TVector sum = TSimd.MultiplyAdd(c0, TStored.Load(key), TSimd.Zero);
        sum = TSimd.MultiplyAdd(p0, TStored.Load(relative), sum);
        sum = TSimd.MultiplyAdd(c1, TStored.Load(key + TSimd.Count), sum);
        sum = TSimd.MultiplyAdd(p1, TStored.Load(relative + TSimd.Count), sum);
        sum = TSimd.MultiplyAdd(c2, TStored.Load(key + (2 * TSimd.Count)), sum);
        sum = TSimd.MultiplyAdd(p2, TStored.Load(relative + (2 * TSimd.Count)), sum);
        sum = TSimd.MultiplyAdd(c3, TStored.Load(key + (3 * TSimd.Count)), sum);
        return TSimd.MultiplyAdd(p3, TStored.Load(relative + (3 * TSimd.Count)), sum);
    }

    private static float Max(float* scores, int count)
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (count >= TSimd.Count)
        {
            TVector maxima = TSimd.Load(scores);
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                maxima = TSimd.Max(TSimd.Load(scores + i), maxima);
            }

            max = TSimd.MaxAcross(maxima);
        }

        for (; i < count; i++)
        {
            max = scores[i] > max ? scores[i] : max;
        }

        return max;
    }

    /// <summary>result = sum over j of weight_j v_j. Prefetches the same number of keys of the next task, if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeightedSum(float* weights, TElement* values, TElement* nextKeys, int padded, int count, float* result)
    {
        int i = 0;
        for (; i <= padded - (4 * TSimd.Count); i += 4 * TSimd.Count)
        {
            // Even and odd keys are summed apart: twice as many chains of additions.
            TVector a0 = TSimd.Zero, a1 = TSimd.Zero, a2 = TSimd.Zero, a3 = TSimd.Zero;
            TVector b0 = TSimd.Zero, b1 = TSimd.Zero, b2 = TSimd.Zero, b3 = TSimd.Zero;
            TElement* v = values + i;
            int j = 0;
            for (; j <= count - 2; j += 2, v += 2 * padded)
            {
                if (nextKeys != null)
                {
                    Prefetch.FetchSecond(nextKeys + (j * padded) + i, 8 * TSimd.Count * sizeof(TElement));
                }

                TVector even = TSimd.Broadcast(weights[j]), odd = TSimd.Broadcast(weights[j + 1]);
                TElement* next = v + padded;
                a0 = TSimd.MultiplyAdd(even, TStored.Load(v), a0);
                a1 = TSimd.MultiplyAdd(even, TStored.Load(v + TSimd.Count), a1);
                a2 = TSimd.MultiplyAdd(even, TStored.Load(v + (2 * TSimd.Count)), a2);
                a3 = TSimd.MultiplyAdd(even, TStored.Load(v + (3 * TSimd.Count)), a3);
                b0 = TSimd.MultiplyAdd(odd, TStored.Load(next), b0);
                b1 = TSimd.MultiplyAdd(odd, TStored.Load(next + TSimd.Count), b1);
                b2 = TSimd.MultiplyAdd(odd, TStored.Load(next + (2 * TSimd.Count)), b2);
                b3 = TSimd.MultiplyAdd(odd, TStored.Load(next + (3 * TSimd.Count)), b3);
            }

            if (j < count)
            {
                TVector last = TSimd.Broadcast(weights[j]);
                a0 = TSimd.MultiplyAdd(last, TStored.Load(v), a0);
                a1 = TSimd.MultiplyAdd(last, TStored.Load(v + TSimd.Count), a1);
                a2 = TSimd.MultiplyAdd(last, TStored.Load(v + (2 * TSimd.Count)), a2);
                a3 = TSimd.MultiplyAdd(last, TStored.Load(v + (3 * TSimd.Count)), a3);
            }

            TSimd.Store(result + i, TSimd.Add(a0, b0));
            TSimd.Store(result + i + TSimd.Count, TSimd.Add(a1, b1));
            TSimd.Store(result + i + (2 * TSimd.Count), TSimd.Add(a2, b2));
            TSimd.Store(result + i + (3 * TSimd.Count), TSimd.Add(a3, b3));
        }

        for (; i < padded; i += TSimd.Count)
        {
            TVector sum = TSimd.Zero;
            TElement* v = values + i;
            for (int j = 0; j < count; j++, v += padded)
            {
                sum = TSimd.MultiplyAdd(TSimd.Broadcast(weights[j]), TStored.Load(v), sum);
            }

            TSimd.Store(result + i, sum);
        }
    }
}
