using TransformerXL.Tensors.Kernels.Simd;
using TransformerXL.Tensors.Parallel;

namespace TransformerXL.Tensors.Kernels.Optimizer;

/// <inheritdoc cref="AdamArguments"/>
internal static unsafe class AdamKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1 << 14;

    public static void Step(CpuBackend backend, in AdamArguments arguments)
    {
        Body body = new(arguments);
        backend.Team.Run((int)((arguments.Count + Chunk - 1) / Chunk), ref body);
    }

    private readonly struct Body(AdamArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            nint offset = (nint)task * Chunk;
            int count = (int)Math.Min(Chunk, arguments.Count - offset), i = 0;
            for (; i <= count - TSimd.Count; i += TSimd.Count)
            {
                Update(offset + i, TSimd.Count);
            }

            if (i < count)
            {
                Update(offset + i, count - i);
            }
        }

        private void Update(nint at, int lanes)
        {
            float* value = arguments.Value + at, m = arguments.FirstMoment + at, v = arguments.SecondMoment + at;
            TVector x = Load(value, lanes);
            TVector g = TSimd.Multiply(Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.GradientScale));
            g = TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.WeightDecay), g);
            TVector first = TSimd.Multiply(Load(m, lanes), TSimd.Broadcast(arguments.Beta1));
            first = TSimd.MultiplyAdd(g, TSimd.Broadcast(arguments.OneMinusBeta1), first);
            TVector second = TSimd.Multiply(Load(v, lanes), TSimd.Broadcast(arguments.Beta2));
            second = TSimd.MultiplyAdd(TSimd.Multiply(g, g), TSimd.Broadcast(arguments.OneMinusBeta2), second);
            Store(v, second, lanes);
            if (arguments.LargestSecondMoment != null)
            {
                second = TSimd.Max(second, Load(arguments.LargestSecondMoment + at, lanes));
                Store(arguments.LargestSecondMoment + at, second, lanes);
            }

            TVector deviation = TSimd.Multiply(TSimd.Sqrt(second), TSimd.Broadcast(arguments.SecondMomentScale));
            TVector step = TSimd.Divide(first, TSimd.Add(deviation, TSimd.Broadcast(arguments.Epsilon)));
            Store(value, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.StepSize), x), lanes);
            Store(m, first, lanes);
        }

        private static TVector Load(float* source, int lanes) => lanes == TSimd.Count ? TSimd.Load(source) : TSimd.LoadPartial(source, lanes);

        private static void Store(float* destination, TVector value, int lanes)
        {
            if (lanes == TSimd.Count)
            {
                TSimd.Store(destination, value);
            }
            else
            {
                TSimd.StorePartial(destination, value, lanes);
            }
        }
    }
}
