using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="AdamArguments"/>
internal static unsafe class AdamKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    // Other random bits for the values, and for the ratios of moments, than for the moments.
    private const uint ValueSeed = 0x27D4_EB2F, RatioSeed = 0x1656_67B1, LowerHalf = 0xFFFF;

    public static void Step(CpuBackend backend, in AdamArguments arguments)
    {
        if (arguments.Bfloat16Value == null)
        {
            Step<Float32Values>(backend, arguments);
        }
        else
        {
            Step<Bfloat16Values>(backend, arguments);
        }
    }

    private static void Step<TValues>(CpuBackend backend, in AdamArguments arguments)
        where TValues : struct, IValues
    {
        switch (arguments.Moments)
        {
            case MomentPrecision.Bfloat16:
                Run<TValues, Bfloat16Moments>(backend, arguments);
                break;
            case MomentPrecision.Float8:
                Run<TValues, Float8Moments>(backend, arguments);
                break;
            default:
                Run<TValues, Float32Moments>(backend, arguments);
                break;
        }
    }

    private static void Run<TValues, TMoments>(CpuBackend backend, in AdamArguments arguments)
        where TValues : struct, IValues
        where TMoments : struct, IMoments =>
        UpdateBody<TSimd, TVector, Update<TValues, TMoments>>.Run(backend, new Update<TValues, TMoments>(arguments), arguments.Count);

    private interface IValues
    {
        static abstract TVector Load(in AdamArguments arguments, nint at, int lanes);

        static abstract void Store(in AdamArguments arguments, nint at, TVector values, int lanes);
    }

    private interface IMoments
    {
        static abstract (TVector First, TVector Second) Load(in AdamArguments arguments, nint at, int lanes);

        static abstract void Store(in AdamArguments arguments, nint at, TVector first, TVector second, int lanes);
    }

    private readonly struct Update<TValues, TMoments>(AdamArguments arguments) : IUpdate
        where TValues : struct, IValues
        where TMoments : struct, IMoments
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            TVector x = TValues.Load(arguments, at, lanes);
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
            TValues.Store(arguments, at, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.Constants.StepSize), x), lanes);
        }
    }

    private readonly struct Float32Values : IValues
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in AdamArguments arguments, nint at, int lanes) => Lanes<TSimd, TVector>.Load(arguments.Value + at, lanes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(in AdamArguments arguments, nint at, TVector values, int lanes) => Lanes<TSimd, TVector>.Store(arguments.Value + at, values, lanes);
    }

    /// <summary>Values in bfloat16, rounded as the moments are, but with other random bits.</summary>
    private readonly struct Bfloat16Values : IValues
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in AdamArguments arguments, nint at, int lanes) => Lanes<TSimd, TVector>.LoadBfloat16(arguments.Bfloat16Value + at, lanes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(in AdamArguments arguments, nint at, TVector values, int lanes)
        {
            TVector rounded = TSimd.Shorten(values, LowerHalf, Seed(arguments, at) ^ ValueSeed);
            Lanes<TSimd, TVector>.StoreBfloat16(arguments.Bfloat16Value + at, rounded, lanes);
        }
    }

    /// <summary>The seed of the first lane.</summary>
    private static uint Seed(in AdamArguments arguments, nint at) => arguments.Constants.RoundingSeed + ((uint)at * Rounding.LaneSeed);

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
            Lanes<TSimd, TVector>.Store(arguments.FirstMoment + at, TSimd.JoinBfloat16(first, second, Seed(arguments, at)), lanes);
    }

    /// <summary>
    /// v as a number of 8 bits, and m as its ratio to the root of that: it lies between -8 and 8 where beta1 is 0.9 and beta2 0.999, whatever the gradients are.
    /// </summary>
    private readonly struct Float8Moments : IMoments
    {
        // From the numbers to those of 8 bits: at most 15, and at most 3,584.
        private const float RatioScale = 1f / (1u << 31) / (1u << 31) / (1u << 31) / (1u << 22), LargestRatio = 15;
        private const float SecondScale = 1f / (1u << 31) / (1u << 31) / (1u << 13), LargestSecond = 3584;

        // Below the smallest root.
        private const float SmallRoot = 1e-20f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (TVector First, TVector Second) Load(in AdamArguments arguments, nint at, int lanes)
        {
            TVector words = Lanes<TSimd, TVector>.LoadBfloat16((ushort*)arguments.FirstMoment + at, lanes);
            TVector second = TSimd.Multiply(TSimd.SecondFloat8(words), TSimd.Broadcast(1 / SecondScale));
            TVector ratio = TSimd.Multiply(TSimd.FirstFloat8(words), TSimd.Broadcast(1 / RatioScale));
            return (TSimd.Multiply(ratio, TSimd.Sqrt(second)), second);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(in AdamArguments arguments, nint at, TVector first, TVector second, int lanes)
        {
            uint seed = Seed(arguments, at);
            TVector positive = TSimd.Multiply(TSimd.Min(second, TSimd.Broadcast(LargestSecond)), TSimd.Broadcast(SecondScale));
            positive = TSimd.Shorten(positive, Float8Pair.LostOfPositive, seed);
            TVector root = TSimd.Max(TSimd.Sqrt(TSimd.Multiply(positive, TSimd.Broadcast(1 / SecondScale))), TSimd.Broadcast(SmallRoot));
            TVector ratio = TSimd.Min(TSimd.Max(TSimd.Divide(first, root), TSimd.Broadcast(-LargestRatio)), TSimd.Broadcast(LargestRatio));
            ratio = TSimd.Shorten(TSimd.Multiply(ratio, TSimd.Broadcast(RatioScale)), Float8Pair.LostOfSigned, seed ^ RatioSeed);
            Lanes<TSimd, TVector>.StoreBfloat16((ushort*)arguments.FirstMoment + at, TSimd.JoinFloat8(ratio, positive), lanes);
        }
    }
}
