using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>
/// The product of a few rows with a large weight: bound by how fast the weight comes from memory, so that it is read once,
/// without packing. Every output is one sum in the order of the vectors of its row, whatever the number of rows and threads.
/// </summary>
internal static unsafe class FewRowsProduct<TSimd, TVector, TStored, TElement>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TStored : struct, IStored<TElement, TVector>
    where TElement : unmanaged
{
    /// <summary>Rows of the weight that are read side by side.</summary>
    private const int Strip = 8;

    private const int TasksPerThread = 4;

    public static void Run(CpuBackend backend, in FewRowsArguments arguments)
    {
        int strips = (arguments.Outputs + Strip - 1) / Strip;
        int tasks = backend.Threads == 1 ? 1 : Math.Min(strips, backend.Threads * TasksPerThread);
        Body body = new(arguments, strips, tasks);
        backend.Team.Run(tasks, ref body);
    }

    private readonly struct Body(FewRowsArguments arguments, int strips, int tasks) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int first = (int)((long)strips * task / tasks) * Strip;
            int end = Math.Min(arguments.Outputs, (int)((long)strips * (task + 1) / tasks) * Strip);
            Multiply(first, end);
            if (arguments.Activation == Activation.Gelu)
            {
                ApplyGelu(first, end);
            }
        }

        private void Multiply(int first, int end)
        {
            float* sums = stackalloc float[4 * Strip];
            for (; first < end; first += Strip)
            {
                int count = Math.Min(Strip, end - first);
                TElement* weight = (TElement*)arguments.Weight + ((nint)first * arguments.Depth);
                int row = 0;
                if (count == Strip)
                {
                    for (; LaneSums.IsFor<TVector>() && row <= arguments.Rows - 4; row += 4)
                    {
                        DotBlock(arguments.Input + (row * arguments.InputStride), arguments.InputStride, weight, arguments.Depth, fetches: row == 0, sums);
                        for (int i = 0; i < 4; i++)
                        {
                            Finish(sums + (i * Strip), row + i, first, Strip);
                        }
                    }

                    for (; row <= arguments.Rows - 2; row += 2)
                    {
                        DotPair(arguments.Input + (row * arguments.InputStride), arguments.InputStride, weight, arguments.Depth, sums);
                        Finish(sums, row, first, Strip);
                        Finish(sums + Strip, row + 1, first, Strip);
                    }
                }

                for (; row < arguments.Rows; row++)
                {
                    float* x = arguments.Input + (row * arguments.InputStride);
                    if (count == Strip)
                    {
                        DotStrip(x, weight, arguments.Depth, sums);
                    }
                    else
                    {
                        DotEach(x, weight, arguments.Depth, count, sums);
                    }

                    Finish(sums, row, first, count);
                }
            }
        }

        private void Finish(float* sums, int row, int first, int count)
        {
            float* y = arguments.Output + ((nint)row * arguments.Outputs) + first;
            if (count == Strip)
            {
                Vector256<float> values = Vector256.Load(sums);
                values = arguments.Bias == null ? values : values + Vector256.Load(arguments.Bias + first);
                Vector256<float> kept = Vector256.ConditionalSelect(Vector256.LessThan(values, Vector256<float>.Zero), Vector256<float>.Zero, values);
                (arguments.Activation == Activation.Relu ? kept : values).Store(y);
                return;
            }

            for (int i = 0; i < count; i++)
            {
                float value = sums[i] + (arguments.Bias == null ? 0 : arguments.Bias[first + i]);
                y[i] = arguments.Activation == Activation.Relu && value < 0 ? 0 : value;
            }
        }

        private void ApplyGelu(int first, int end)
        {
            for (int row = 0; row < arguments.Rows; row++)
            {
                float* y = arguments.Output + ((nint)row * arguments.Outputs) + first;
                GeluKernel<TSimd, TVector>.Apply(y, y, end - first);
            }
        }
    }

    /// <summary>Eight dot products at once: eight chains of additions keep both multipliers busy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotStrip(float* x, TElement* weight, int depth, float* sums)
    {
        TElement* w0 = weight, w1 = w0 + depth, w2 = w1 + depth, w3 = w2 + depth;
        TElement* w4 = w3 + depth, w5 = w4 + depth, w6 = w5 + depth, w7 = w6 + depth;
        TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
        TVector s4 = TSimd.Zero, s5 = TSimd.Zero, s6 = TSimd.Zero, s7 = TSimd.Zero;
        int k = 0;
        for (; k <= depth - TSimd.Count; k += TSimd.Count)
        {
            Prefetch.Fetch(weight + (Strip * ((nint)depth + k)), Strip * TSimd.Count * sizeof(TElement));
            TVector value = TSimd.Load(x + k);
            s0 = TSimd.MultiplyAdd(value, TStored.Load(w0 + k), s0);
            s1 = TSimd.MultiplyAdd(value, TStored.Load(w1 + k), s1);
            s2 = TSimd.MultiplyAdd(value, TStored.Load(w2 + k), s2);
            s3 = TSimd.MultiplyAdd(value, TStored.Load(w3 + k), s3);
            s4 = TSimd.MultiplyAdd(value, TStored.Load(w4 + k), s4);
            s5 = TSimd.MultiplyAdd(value, TStored.Load(w5 + k), s5);
            s6 = TSimd.MultiplyAdd(value, TStored.Load(w6 + k), s6);
            s7 = TSimd.MultiplyAdd(value, TStored.Load(w7 + k), s7);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (TSimd.Sum(s0), TSimd.Sum(s1), TSimd.Sum(s2), TSimd.Sum(s3));
        (sums[4], sums[5], sums[6], sums[7]) = (TSimd.Sum(s4), TSimd.Sum(s5), TSimd.Sum(s6), TSimd.Sum(s7));
        for (; k < depth; k++)
        {
            for (int row = 0; row < Strip; row++)
            {
                sums[row] = MathF.FusedMultiplyAdd(x[k], TStored.Value(weight[((nint)row * depth) + k]), sums[row]);
            }
        }
    }

    /// <summary>The dot products of two rows of X with a strip, four rows of the weight at a time: each value that is loaded is used twice or four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotPair(float* x, nint stride, TElement* weight, int depth, float* sums)
    {
        float* z = x + stride;
        for (int row = 0; row < Strip; row += 4, weight += 4 * (nint)depth, sums += 4)
        {
            TElement* w1 = weight + depth, w2 = w1 + depth, w3 = w2 + depth;
            TVector x0 = TSimd.Zero, x1 = TSimd.Zero, x2 = TSimd.Zero, x3 = TSimd.Zero;
            TVector z0 = TSimd.Zero, z1 = TSimd.Zero, z2 = TSimd.Zero, z3 = TSimd.Zero;
            int k = 0;
            for (; k <= depth - TSimd.Count; k += TSimd.Count)
            {
                Prefetch.Fetch(weight + (Strip * (nint)depth) + (4 * k), 4 * TSimd.Count * sizeof(TElement));
                TVector first = TSimd.Load(x + k), second = TSimd.Load(z + k);
                TVector w = TStored.Load(weight + k);
                x0 = TSimd.MultiplyAdd(first, w, x0);
                z0 = TSimd.MultiplyAdd(second, w, z0);
                w = TStored.Load(w1 + k);
                x1 = TSimd.MultiplyAdd(first, w, x1);
                z1 = TSimd.MultiplyAdd(second, w, z1);
                w = TStored.Load(w2 + k);
                x2 = TSimd.MultiplyAdd(first, w, x2);
                z2 = TSimd.MultiplyAdd(second, w, z2);
                w = TStored.Load(w3 + k);
                x3 = TSimd.MultiplyAdd(first, w, x3);
                z3 = TSimd.MultiplyAdd(second, w, z3);
            }

            float* sumsZ = sums + Strip;
            (sums[0], sums[1], sums[2], sums[3]) = (TSimd.Sum(x0), TSimd.Sum(x1), TSimd.Sum(x2), TSimd.Sum(x3));
            (sumsZ[0], sumsZ[1], sumsZ[2], sumsZ[3]) = (TSimd.Sum(z0), TSimd.Sum(z1), TSimd.Sum(z2), TSimd.Sum(z3));
            for (; k < depth; k++)
            {
                for (int i = 0; i < 4; i++)
                {
                    float w = TStored.Value(weight[((nint)i * depth) + k]);
                    sums[i] = MathF.FusedMultiplyAdd(x[k], w, sums[i]);
                    sumsZ[i] = MathF.FusedMultiplyAdd(z[k], w, sumsZ[i]);
                }
            }
        }
    }

    /// <summary>
    /// The dot products of four rows of X with a strip, four rows of the weight at a time: 16 multiplications for eight vectors that are loaded, so that
    /// the multipliers are the limit. The sums across lanes are added for all 16 at once.
    /// </summary>
    /// <param name="x">The first row of X.</param>
    /// <param name="stride">From one row of X to the next.</param>
    /// <param name="weight">The first row of the strip.</param>
    /// <param name="depth">The length of a row.</param>
    /// <param name="fetches">Whether to fetch the next strip: once for all rows.</param>
    /// <param name="sums">(4, 8).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotBlock(float* x, nint stride, TElement* weight, int depth, bool fetches, float* sums)
    {
        float* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
        for (int half = 0; half < Strip; half += 4, weight += 4 * (nint)depth, sums += 4)
        {
            TElement* w1 = weight + depth, w2 = w1 + depth, w3 = w2 + depth;
            TVector a0 = TSimd.Zero, a1 = TSimd.Zero, a2 = TSimd.Zero, a3 = TSimd.Zero;
            TVector b0 = TSimd.Zero, b1 = TSimd.Zero, b2 = TSimd.Zero, b3 = TSimd.Zero;
            TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
            TVector d0 = TSimd.Zero, d1 = TSimd.Zero, d2 = TSimd.Zero, d3 = TSimd.Zero;
            int k = 0;
            for (; k <= depth - TSimd.Count; k += TSimd.Count)
            {
                if (fetches)
                {
                    Prefetch.Fetch(weight + (Strip * (nint)depth) + (4 * k), 4 * TSimd.Count * sizeof(TElement));
                }

                TVector a = TSimd.Load(x + k), b = TSimd.Load(x1 + k), c = TSimd.Load(x2 + k), d = TSimd.Load(x3 + k);
                TVector w = TStored.Load(weight + k);
                a0 = TSimd.MultiplyAdd(a, w, a0);
                b0 = TSimd.MultiplyAdd(b, w, b0);
                c0 = TSimd.MultiplyAdd(c, w, c0);
                d0 = TSimd.MultiplyAdd(d, w, d0);
                w = TStored.Load(w1 + k);
                a1 = TSimd.MultiplyAdd(a, w, a1);
                b1 = TSimd.MultiplyAdd(b, w, b1);
                c1 = TSimd.MultiplyAdd(c, w, c1);
                d1 = TSimd.MultiplyAdd(d, w, d1);
                w = TStored.Load(w2 + k);
                a2 = TSimd.MultiplyAdd(a, w, a2);
                b2 = TSimd.MultiplyAdd(b, w, b2);
                c2 = TSimd.MultiplyAdd(c, w, c2);
                d2 = TSimd.MultiplyAdd(d, w, d2);
                w = TStored.Load(w3 + k);
                a3 = TSimd.MultiplyAdd(a, w, a3);
                b3 = TSimd.MultiplyAdd(b, w, b3);
                c3 = TSimd.MultiplyAdd(c, w, c3);
                d3 = TSimd.MultiplyAdd(d, w, d3);
            }

            Vector512<float> q0 = LaneSums.Quarters(a0, b0, c0, d0), q1 = LaneSums.Quarters(a1, b1, c1, d1);
            Vector512<float> q2 = LaneSums.Quarters(a2, b2, c2, d2), q3 = LaneSums.Quarters(a3, b3, c3, d3);
            LaneSums.Store(q0, q1, q2, q3, sums, Strip);
            for (; k < depth; k++)
            {
                for (int i = 0; i < 16; i++)
                {
                    float* sum = sums + (i / 4 * Strip) + (i % 4);
                    *sum = MathF.FusedMultiplyAdd(x[(i / 4 * stride) + k], TStored.Value(weight[((nint)(i % 4) * depth) + k]), *sum);
                }
            }
        }
    }

    private static void DotEach(float* x, TElement* weight, int depth, int count, float* sums)
    {
        for (int row = 0; row < count; row++, weight += depth)
        {
            TVector sum = TSimd.Zero;
            int k = 0;
            for (; k <= depth - TSimd.Count; k += TSimd.Count)
            {
                sum = TSimd.MultiplyAdd(TSimd.Load(x + k), TStored.Load(weight + k), sum);
            }

            sums[row] = TSimd.Sum(sum);
            for (; k < depth; k++)
            {
                sums[row] = MathF.FusedMultiplyAdd(x[k], TStored.Value(weight[k]), sums[row]);
            }
        }
    }
}
