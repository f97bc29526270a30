using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.LayerNorm;

/// <summary>Layer normalisation, forward and backward, a chunk of rows at a time.</summary>
internal static unsafe class LayerNormKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int ForwardChunk = 16;
    private const int MaxChunks = 32;

    public static void Forward(CpuBackend backend, in LayerNormArguments arguments)
    {
        ForwardBody body = new(arguments);
        backend.Team.Run((arguments.Rows + ForwardChunk - 1) / ForwardChunk, ref body);
    }

    public static void Backward(CpuBackend backend, in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        // The number of chunks, and with it the order in which the gradients of gain and bias are summed, depends on the rows alone.
        int chunks = Math.Clamp(arguments.Rows / ForwardChunk, 1, MaxChunks);
        int columns = arguments.Columns;
        float* partials = backend.SharedScratch((long)chunks * 2 * columns);
        backend.ReserveWorkerScratch(columns);
        BackwardBody body = new(backend, arguments, gradients, chunks, partials);
        backend.Team.Run(chunks, ref body);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            float* partial = partials + ((nint)chunk * 2 * columns);
            ElementwiseKernel<TSimd, TVector>.AddScaled(gradients.Gain, partial, 1, columns);
            ElementwiseKernel<TSimd, TVector>.AddScaled(gradients.Bias, partial + columns, 1, columns);
        }
    }

    private readonly struct ForwardBody(LayerNormArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int end = Math.Min(arguments.Rows, (task + 1) * ForwardChunk);
            for (int row = task * ForwardChunk; row < end; row++)
            {
                nint offset = (nint)row * arguments.Columns;
                AddResidual(row, offset);
                Normalise(arguments.Sum + offset, arguments.Output + offset, row);
            }
        }

        private void AddResidual(int row, nint offset)
        {
            float* input = arguments.Input + offset, sum = arguments.Sum + offset;
            if (arguments.Dropout.IsActive)
            {
                DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, (long)row * arguments.Columns, input, sum, arguments.Columns);
                input = sum;
            }

            if (arguments.Residual != null)
            {
                ElementwiseKernel<TSimd, TVector>.Sum(sum, input, arguments.Residual + offset, arguments.Columns);
            }
        }

        private void Normalise(float* sum, float* output, int row)
        {
            int count = arguments.Columns;
            float mean = Reduce(sum, 0, count, squared: false) / count;
            float inverse = 1 / MathF.Sqrt((Reduce(sum, mean, count, squared: true) / count) + arguments.Epsilon);
            (arguments.Mean[row], arguments.InverseDeviation[row]) = (mean, inverse);
            TVector shift = TSimd.Broadcast(mean), factor = TSimd.Broadcast(inverse);
            int i = 0;
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                TVector normal = TSimd.Multiply(TSimd.Subtract(TSimd.Load(sum + i), shift), factor);
                TSimd.Store(output + i, TSimd.MultiplyAdd(normal, TSimd.Load(arguments.Gain + i), TSimd.Load(arguments.Bias + i)));
            }

            for (; i < count; i++)
            {
                output[i] = MathF.FusedMultiplyAdd((sum[i] - mean) * inverse, arguments.Gain[i], arguments.Bias[i]);
            }
        }

        /// <summary>The sum of x - shift, or of its square.</summary>
        private static float Reduce(float* x, float shift, int count, bool squared)
        {
            TVector sum = TSimd.Zero, minus = TSimd.Broadcast(shift);
            int i = 0;
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                TVector value = TSimd.Subtract(TSimd.Load(x + i), minus);
                sum = squared ? TSimd.MultiplyAdd(value, value, sum) : TSimd.Add(sum, value);
            }

            float total = TSimd.Sum(sum);
            for (; i < count; i++)
            {
                float value = x[i] - shift;
                total += squared ? value * value : value;
            }

            return total;
        }
    }

    private readonly struct BackwardBody(
        CpuBackend backend, LayerNormArguments arguments, LayerNormGradients gradients, int chunks, float* partials) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int count = arguments.Columns;
            float* gain = partials + ((nint)task * 2 * count), bias = gain + count;
            new Span<float>(gain, 2 * count).Clear();
            float* gradient = backend.WorkerScratch(worker);
            int end = (int)((long)arguments.Rows * (task + 1) / chunks);
            for (int row = (int)((long)arguments.Rows * task / chunks); row < end; row++)
            {
                nint offset = (nint)row * count;
                Row(row, offset, gain, bias, gradient);
                Distribute(row, offset, gradient);
            }
        }

        /// <summary>ds = (g - mean(g) - n mean(g n)) / deviation, with g = gain dy and n the normalised row.</summary>
        private void Row(int row, nint offset, float* gain, float* bias, float* gradient)
        {
            int count = arguments.Columns;
            float* output = gradients.Output + offset, sum = arguments.Sum + offset;
            float mean = arguments.Mean[row], inverse = arguments.InverseDeviation[row];
            TVector shift = TSimd.Broadcast(mean), factor = TSimd.Broadcast(inverse), sumG = TSimd.Zero, sumGn = TSimd.Zero;
            int i = 0;
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                TVector dy = TSimd.Load(output + i);
                TVector normal = TSimd.Multiply(TSimd.Subtract(TSimd.Load(sum + i), shift), factor);
                TVector g = TSimd.Multiply(dy, TSimd.Load(arguments.Gain + i));
                TSimd.Store(gain + i, TSimd.MultiplyAdd(dy, normal, TSimd.Load(gain + i)));
                TSimd.Store(bias + i, TSimd.Add(dy, TSimd.Load(bias + i)));
                sumG = TSimd.Add(sumG, g);
                sumGn = TSimd.MultiplyAdd(g, normal, sumGn);
            }

            float totalG = TSimd.Sum(sumG), totalGn = TSimd.Sum(sumGn);
            for (; i < count; i++)
            {
                float normal = (sum[i] - mean) * inverse, g = output[i] * arguments.Gain[i];
                gain[i] += output[i] * normal;
                bias[i] += output[i];
                totalG += g;
                totalGn += g * normal;
            }

            InputGradient(output, sum, mean, inverse, totalG / count, totalGn / count, gradient);
        }

        private void InputGradient(float* output, float* sum, float mean, float inverse, float meanG, float meanGn, float* gradient)
        {
            int count = arguments.Columns;
            TVector shift = TSimd.Broadcast(mean), factor = TSimd.Broadcast(inverse);
            TVector average = TSimd.Broadcast(meanG), slope = TSimd.Broadcast(-meanGn);
            int i = 0;
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                TVector normal = TSimd.Multiply(TSimd.Subtract(TSimd.Load(sum + i), shift), factor);
                TVector g = TSimd.Multiply(TSimd.Load(output + i), TSimd.Load(arguments.Gain + i));
                TVector value = TSimd.MultiplyAdd(normal, slope, TSimd.Subtract(g, average));
                TSimd.Store(gradient + i, TSimd.Multiply(value, factor));
            }

            for (; i < count; i++)
            {
                float normal = (sum[i] - mean) * inverse;
                gradient[i] = MathF.FusedMultiplyAdd(normal, -meanGn, (output[i] * arguments.Gain[i]) - meanG) * inverse;
            }
        }

        private void Distribute(int row, nint offset, float* gradient)
        {
            int count = arguments.Columns;
            if (gradients.Residual != null)
            {
                Write(gradients.Residual + offset, gradient, gradients.AddToResidual, count);
            }

            if (gradients.Input != null)
            {
                if (arguments.Dropout.IsActive)
                {
                    DropoutKernel<TSimd, TVector>.Apply(arguments.Dropout, (long)row * count, gradient, gradient, count);
                }

                Write(gradients.Input + offset, gradient, gradients.AddToInput, count);
            }
        }

        private static void Write(float* destination, float* gradient, bool add, int count)
        {
            if (add)
            {
                ElementwiseKernel<TSimd, TVector>.AddScaled(destination, gradient, 1, count);
            }
            else
            {
                new Span<float>(gradient, count).CopyTo(new Span<float>(destination, count));
            }
        }
    }
}
