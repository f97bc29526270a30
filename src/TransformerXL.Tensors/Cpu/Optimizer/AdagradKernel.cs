using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <inheritdoc cref="AdagradArguments"/>
internal static unsafe class AdagradKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static void Step(CpuBackend backend, in AdagradArguments arguments) =>
        UpdateBody<TSimd, TVector, Update>.Run(backend, new Update(arguments), arguments.Count);

    private readonly struct Update(AdagradArguments arguments) : IUpdate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(nint at, int lanes)
        {
            float* value = arguments.Value + at, squares = arguments.SquareSum + at;
            TVector x = Lanes<TSimd, TVector>.Load(value, lanes);
            TVector g = TSimd.Multiply(Lanes<TSimd, TVector>.Load(arguments.Gradient + at, lanes), TSimd.Broadcast(arguments.Constants.GradientScale));
            g = TSimd.MultiplyAdd(x, TSimd.Broadcast(arguments.Constants.WeightDecay), g);
            TVector sum = TSimd.MultiplyAdd(g, g, Lanes<TSimd, TVector>.Load(squares, lanes));
            Lanes<TSimd, TVector>.Store(squares, sum, lanes);
            TVector step = TSimd.Divide(g, TSimd.Add(TSimd.Sqrt(sum), TSimd.Broadcast(arguments.Constants.Epsilon)));
            Lanes<TSimd, TVector>.Store(value, TSimd.MultiplyAdd(step, TSimd.Broadcast(-arguments.Constants.LearningRate), x), lanes);
        }
    }
}
