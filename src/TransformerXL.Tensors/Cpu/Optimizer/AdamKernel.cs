using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="AdamArguments"/>
internal static unsafe class AdamKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static void Step(CpuBackend backend, in AdamArguments arguments)
    {
        if (arguments.SecondMoment != null)
        {
            UpdateBody<TSimd, TVector, Update<Float32Moments>>.Run(backend, new Update<Float32Moments>(arguments), arguments.Count);
        }
        else
        {
            UpdateBody<TSimd, TVector, Update<Bfloat16Moments>>.Run(backend, new Update<Bfloat16Moments>(arguments), arguments.Count);
        }
    }

    private interface IMoments
    {
        static abstract (TVector First, TVector Second) Load(in AdamArguments arguments, nint at, int lanes);

        static abstract void Store(in AdamArguments arguments, nint at, TVector first, TVector second, int lanes);
    }

    private readonly struct Update<TMoments>(AdamArguments arguments) : IUpdate
        where TMoments : struct, IMoments
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            float* value = arguments.Value + at;
            TVector x = Lanes<TSimd, TVector>.Load(value, lanes);
            TVector g = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.Constants.GradientScale));
            g = TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.Constants.WeightDecay), g);
            x = TSimd.MultiplyAdd(x, TSimd.Broadcast(-arguments.Constants.Shrinkage), x);
            (TVector first, TVector second) = TMoments.Load(arguments, at, lanes);
            first = TSimd.MultiplyAdd(g, TSimd.Broadcast(arguments.Constants.OneMinusBeta1), TSimd.Multiply(first, TSimd.Broadcast(arguments.Constants.Beta1)));
            second = TSimd.MultiplyAdd(TSimd.Multiply(g, g), TSimd.Broadcast(arguments.Constants.OneMinusBeta2), TSimd.Multiply(second, TSimd.Broadcast(arguments.Constants.Beta2)));
            TMoments.Store(arguments, at, first, second, lanes);
            if (arguments.LargestSecondMoment != null)
            {
                second = TSimd.Max(second, Lanes<TSimd, TVector>.Load(arguments.LargestSecondMoment + at, lanes));
                Lanes<TSimd, TVector>.Store(arguments.LargestSecondMoment + at, second, lanes);
            }

            TVector deviation = TSimd.Multiply(TSimd.Sqrt(second), TSimd.Broadcast(arguments.Constants.SecondMomentScale));
            TVector step = TSimd.Divide(first, TSimd.Add(deviation, TSimd.Broadcast(arguments.Constants.Epsilon)));
            Lanes<TSimd, TVector>.Store(value, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.Constants.StepSize), x), lanes);
        }
    }

    private readonly struct Float32Moments : IMoments
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (TVector First, TVector Second) Load(in AdamArguments arguments, nint at, int lanes) =>
            (Lanes<TSimd, TVector>.Load(arguments.FirstMoment + at, lanes), Lanes<TSimd, TVector>.Load(arguments.SecondMoment + at, lanes));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(in AdamArguments arguments, nint at, TVector first, TVector second, int lanes)
        {
            Lanes<TSimd, TVector>.Store(arguments.FirstMoment + at, first, lanes);
            Lanes<TSimd, TVector>.Store(arguments.SecondMoment + at, second, lanes);
        }
    }

    private readonly struct Bfloat16Moments : IMoments
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (TVector First, TVector Second) Load(in AdamArguments arguments, nint at, int lanes)
        {
            TVector words = Lanes<TSimd, TVector>.Load(arguments.FirstMoment + at, lanes);
            return (TSimd.UpperBfloat16(words), TSimd.LowerBfloat16(words));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(in AdamArguments arguments, nint at, TVector first, TVector second, int lanes) =>
            Lanes<TSimd, TVector>.Store(arguments.FirstMoment + at, TSimd.JoinBfloat16(first, second, arguments.Constants.RoundingSeed + ((uint)at * Rounding.LaneSeed)), lanes);
    }
}
