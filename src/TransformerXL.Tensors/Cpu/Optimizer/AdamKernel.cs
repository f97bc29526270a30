using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="AdamArguments"/>
internal static unsafe class AdamKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static void Step(CpuBackend backend, in AdamArguments arguments) =>
        UpdateBody<TSimd, TVector, Update>.Run(backend, new Update(arguments), arguments.Count);

    private readonly struct Update(AdamArguments arguments) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            float* value = arguments.Value + at, m = arguments.FirstMoment + at, v = arguments.SecondMoment + at;
            TVector x = Lanes<TSimd, TVector>.Load(value, lanes);
            TVector g = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.Constants.GradientScale));
            g = TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.Constants.WeightDecay), g);
            x = TSimd.MultiplyAdd(x, TSimd.Broadcast(-arguments.Constants.Shrinkage), x);
            TVector first = TSimd.Multiply(Lanes<TSimd, TVector>.Load(m, lanes), TSimd.Broadcast(arguments.Constants.Beta1));
            first = TSimd.MultiplyAdd(g, TSimd.Broadcast(arguments.Constants.OneMinusBeta1), first);
            TVector second = TSimd.Multiply(Lanes<TSimd, TVector>.Load(v, lanes), TSimd.Broadcast(arguments.Constants.Beta2));
            second = TSimd.MultiplyAdd(TSimd.Multiply(g, g), TSimd.Broadcast(arguments.Constants.OneMinusBeta2), second);
            Lanes<TSimd, TVector>.Store(v, second, lanes);
            if (arguments.LargestSecondMoment != null)
            {
                second = TSimd.Max(second, Lanes<TSimd, TVector>.Load(arguments.LargestSecondMoment + at, lanes));
                Lanes<TSimd, TVector>.Store(arguments.LargestSecondMoment + at, second, lanes);
            }

            TVector deviation = TSimd.Multiply(TSimd.Sqrt(second), TSimd.Broadcast(arguments.Constants.SecondMomentScale));
            TVector step = TSimd.Divide(first, TSimd.Add(deviation, TSimd.Broadcast(arguments.Constants.Epsilon)));
            Lanes<TSimd, TVector>.Store(value, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.Constants.StepSize), x), lanes);
            Lanes<TSimd, TVector>.Store(m, first, lanes);
        }
    }
}
