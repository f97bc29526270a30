using System.Runtime.CompilerServices;
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
            float* sums = stackalloc float[2 * Strip];
            for (; first < end; first += Strip)
            {
                int count = Math.Min(Strip, end - first);
                TElement* weight = (TElement*)arguments.Weight + ((nint)first * arguments.Depth);
                int row = 0;
                if (count == Strip)
                {
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
