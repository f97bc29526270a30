using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Recurrent;

/// <summary>The activation of one time step of a simple recurrent layer, forward and backward. A task is a range of values.</summary>
internal static unsafe class RnnKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 1024;

    public static void Forward(CpuBackend backend, in RnnArguments arguments)
    {
        ForwardBody body = new(arguments);
        backend.Team.Run((int)((arguments.Count + Chunk - 1) / Chunk), ref body);
    }

    public static void Backward(CpuBackend backend, in RnnArguments arguments)
    {
        BackwardBody body = new(arguments);
        backend.Team.Run((int)((arguments.Count + Chunk - 1) / Chunk), ref body);
    }

    private readonly struct ForwardBody(RnnArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            long first = (long)task * Chunk, end = Math.Min(arguments.Count, first + Chunk);
            for (long i = first; i < end; i += TSimd.Count)
            {
                int count = (int)Math.Min(end - i, TSimd.Count);
                TVector a = TSimd.Add(Lanes<TSimd, TVector>.Load(arguments.Gates + i, count), Lanes<TSimd, TVector>.Load(arguments.Recurrent + i, count));
                Lanes<TSimd, TVector>.Store(arguments.Hidden + i, arguments.Rectifies ? TSimd.WhereAboveZero(a, a) : VectorMath<TSimd, TVector>.Tanh(a), count);
            }
        }
    }

    private readonly struct BackwardBody(RnnArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            TVector one = TSimd.Broadcast(1f), minusOne = TSimd.Broadcast(-1f);
            long first = (long)task * Chunk, end = Math.Min(arguments.Count, first + Chunk);
            for (long i = first; i < end; i += TSimd.Count)
            {
                int count = (int)Math.Min(end - i, TSimd.Count);
                TVector h = Lanes<TSimd, TVector>.Load(arguments.Hidden + i, count);
                TVector dh = TSimd.Add(Lanes<TSimd, TVector>.Load(arguments.OutputGradient + i, count), Lanes<TSimd, TVector>.Load(arguments.HiddenGradient + i, count));
                TVector slope = TSimd.MultiplyAdd(TSimd.Multiply(h, minusOne), h, one);
                Lanes<TSimd, TVector>.Store(arguments.Gates + i, arguments.Rectifies ? TSimd.WhereAboveZero(h, dh) : TSimd.Multiply(dh, slope), count);
            }
        }
    }
}
