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
        public void Apply(nint at, int lanes)
        {
            float* value = arguments.Value + at;
            TVector x = Lanes<TSimd, TVector>.Load(value, lanes);
            TVector step = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.GradientScale));
            step = TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.WeightDecay), step);
            if (arguments.Velocity != null)
            {
                TVector momentum = TSimd.Broadcast(arguments.Momentum);
                TVector velocity = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Velocity + at, lanes), momentum);
                velocity = TSimd.MultiplyAdd(step, TSimd.Broadcast(arguments.GradientShare), velocity);
                Lanes<TSimd, TVector>.Store(arguments.Velocity + at, velocity, lanes);
                step = arguments.Nesterov ? TSimd.MultiplyAdd(velocity, momentum, step) : velocity;
            }

            Lanes<TSimd, TVector>.Store(value, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.LearningRate), x), lanes);
        }
    }
}
