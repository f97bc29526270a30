using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="SgdArguments"/>
internal static unsafe class SgdKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static void Step(CpuBackend backend, in SgdArguments arguments) =>
        UpdateBody<TSimd, TVector, Update>.Run(backend, new Update(arguments), arguments.Count);

    private readonly struct Update(SgdArguments arguments) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            float* value = arguments.Value + at;
            TVector x = Lanes<TSimd, TVector>.Load(value, lanes);
            TVector step = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.Constants.GradientScale));
            step = TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.Constants.WeightDecay), step);
            if (arguments.Velocity != null)
            {
                TVector momentum = TSimd.Broadcast(arguments.Constants.Momentum);
                TVector velocity = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Velocity + at, lanes), momentum);
                velocity = TSimd.MultiplyAdd(step, TSimd.Broadcast(arguments.Constants.GradientShare), velocity);
                Lanes<TSimd, TVector>.Store(arguments.Velocity + at, velocity, lanes);
                step = arguments.Constants.Nesterov ? TSimd.MultiplyAdd(velocity, momentum, step) : velocity;
            }

            Lanes<TSimd, TVector>.Store(value, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.Constants.LearningRate), x), lanes);
        }
    }
}
