using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="AnchoredArguments"/>
internal static unsafe class AnchoredKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static void Step(CpuBackend backend, in AnchoredArguments arguments) =>
        UpdateBody<TSimd, TVector, Update>.Run(backend, new Update(arguments), arguments.Count);

    private readonly struct Update(AnchoredArguments arguments) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            float* value = arguments.Value + at;
            TVector x = Lanes<TSimd, TVector>.Load(value, lanes);
            TVector distance = TSimd.Subtract(Lanes<TSimd, TVector>.Load(arguments.Anchor + at, lanes), x);
            TVector pull = TSimd.Broadcast(arguments.Constants.Pull), scale = default;
            if (arguments.Scale != null)
            {
                scale = Lanes<TSimd, TVector>.Load(arguments.Scale + at, lanes);
                pull = TSimd.Min(TSimd.Multiply(pull, scale), TSimd.Broadcast(1));
            }

            TVector moved = TSimd.MultiplyAdd(pull, distance, x);
            if (arguments.Gradient != null)
            {
                TVector step = Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes);
                if (arguments.Scale != null)
                {
                    step = TSimd.Divide(step, TSimd.Add(scale, TSimd.Broadcast(arguments.Constants.Epsilon)));
                }

                moved = TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.Constants.LearningRate), moved);
            }

            Lanes<TSimd, TVector>.Store(value, moved, lanes);
        }
    }
}
