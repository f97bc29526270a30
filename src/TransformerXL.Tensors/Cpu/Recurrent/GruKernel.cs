using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Recurrent;

/// <summary>The gates of one time step of gated recurrent units, forward and backward. A task is a range of the hidden units of one stream.</summary>
internal static unsafe class GruKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 256;

    public static void Forward(CpuBackend backend, in GruArguments arguments)
    {
        ForwardBody body = new(arguments);
        backend.Team.Run(Tasks(arguments), ref body);
    }

    public static void Backward(CpuBackend backend, in GruArguments arguments, in GruGradients gradients)
    {
        BackwardBody body = new(arguments, gradients);
        backend.Team.Run(Tasks(arguments), ref body);
    }

    private static int Chunks(int size) => (size + Chunk - 1) / Chunk;

    private static int Tasks(in GruArguments arguments) => arguments.Streams * Chunks(arguments.Size);

    private readonly struct ForwardBody(GruArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int size = arguments.Size, chunks = Chunks(size), stream = task / chunks, first = task % chunks * Chunk;
            float* gates = arguments.Gates + ((nint)stream * 3 * size), recurrent = arguments.Recurrent + ((nint)stream * 3 * size);
            int end = Math.Min(size, first + Chunk);
            nint row = (nint)stream * size;
            int unit = first;
            for (; unit <= end - TSimd.Count; unit += TSimd.Count)
            {
                Units(gates + unit, recurrent + unit, arguments.RecurrentBias + unit, row + unit, TSimd.Count);
            }

            if (unit < end)
            {
                Rest(gates + unit, recurrent + unit, arguments.RecurrentBias + unit, row + unit, end - unit);
            }
        }

        /// <summary>Fewer units than a vector has lanes; a call for some of the lanes beside the loop of whole vectors would take its values out of the registers.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Rest(float* gates, float* recurrent, float* bias, nint offset, int count) => Units(gates, recurrent, bias, offset, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Units(float* gates, float* recurrent, float* bias, nint offset, int count)
        {
            nint size = arguments.Size;
            TVector r = VectorMath<TSimd, TVector>.Sigmoid(TSimd.Add(Lanes<TSimd, TVector>.Load(gates, count), TSimd.Add(Lanes<TSimd, TVector>.Load(recurrent, count), Lanes<TSimd, TVector>.Load(bias, count))));
            TVector z = VectorMath<TSimd, TVector>.Sigmoid(TSimd.Add(Lanes<TSimd, TVector>.Load(gates + size, count), TSimd.Add(Lanes<TSimd, TVector>.Load(recurrent + size, count), Lanes<TSimd, TVector>.Load(bias + size, count))));
            TVector candidate = TSimd.Add(Lanes<TSimd, TVector>.Load(recurrent + (2 * size), count), Lanes<TSimd, TVector>.Load(bias + (2 * size), count));
            TVector n = VectorMath<TSimd, TVector>.Tanh(TSimd.MultiplyAdd(r, candidate, Lanes<TSimd, TVector>.Load(gates + (2 * size), count)));
            TVector h = TSimd.MultiplyAdd(z, TSimd.Subtract(Lanes<TSimd, TVector>.Load(arguments.PreviousHidden + offset, count), n), n);
            Lanes<TSimd, TVector>.Store(gates, r, count);
            Lanes<TSimd, TVector>.Store(gates + size, z, count);
            Lanes<TSimd, TVector>.Store(gates + (2 * size), n, count);
            Lanes<TSimd, TVector>.Store(arguments.Candidate + offset, candidate, count);
            Lanes<TSimd, TVector>.Store(arguments.Hidden + offset, h, count);
        }
    }

    private readonly struct BackwardBody(GruArguments arguments, GruGradients gradients) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int size = arguments.Size, chunks = Chunks(size), stream = task / chunks, first = task % chunks * Chunk;
            float* gates = arguments.Gates + ((nint)stream * 3 * size), recurrent = arguments.Recurrent + ((nint)stream * 3 * size);
            int end = Math.Min(size, first + Chunk);
            nint row = (nint)stream * size;
            int unit = first;
            for (; unit <= end - TSimd.Count; unit += TSimd.Count)
            {
                Units(gates + unit, recurrent + unit, row + unit, TSimd.Count);
            }

            if (unit < end)
            {
                Rest(gates + unit, recurrent + unit, row + unit, end - unit);
            }
        }

        /// <summary>Fewer units than a vector has lanes.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Rest(float* gates, float* recurrent, nint offset, int count) => Units(gates, recurrent, offset, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Units(float* gates, float* recurrent, nint offset, int count)
        {
            nint size = arguments.Size;
            TVector one = TSimd.Broadcast(1f), minusOne = TSimd.Broadcast(-1f);
            TVector r = Lanes<TSimd, TVector>.Load(gates, count), z = Lanes<TSimd, TVector>.Load(gates + size, count), n = Lanes<TSimd, TVector>.Load(gates + (2 * size), count);
            TVector dh = TSimd.Add(TSimd.Add(Lanes<TSimd, TVector>.Load(gradients.Output + offset, count), Lanes<TSimd, TVector>.Load(gradients.Hidden + offset, count)), Lanes<TSimd, TVector>.Load(gradients.Carried + offset, count));
            TVector slopeOfN = TSimd.MultiplyAdd(TSimd.Multiply(n, minusOne), n, one);
            TVector dn = TSimd.Multiply(TSimd.Multiply(dh, TSimd.Subtract(one, z)), slopeOfN);
            TVector dz = TSimd.Multiply(TSimd.Multiply(dh, TSimd.Subtract(Lanes<TSimd, TVector>.Load(arguments.PreviousHidden + offset, count), n)), SigmoidSlope(z, one));
            TVector dr = TSimd.Multiply(TSimd.Multiply(dn, Lanes<TSimd, TVector>.Load(arguments.Candidate + offset, count)), SigmoidSlope(r, one));
            Lanes<TSimd, TVector>.Store(gates, dr, count);
            Lanes<TSimd, TVector>.Store(gates + size, dz, count);
            Lanes<TSimd, TVector>.Store(gates + (2 * size), dn, count);
            Lanes<TSimd, TVector>.Store(recurrent, dr, count);
            Lanes<TSimd, TVector>.Store(recurrent + size, dz, count);
            Lanes<TSimd, TVector>.Store(recurrent + (2 * size), TSimd.Multiply(dn, r), count);
            Lanes<TSimd, TVector>.Store(gradients.Carried + offset, TSimd.Multiply(dh, z), count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector SigmoidSlope(TVector y, TVector one) => TSimd.Multiply(y, TSimd.Subtract(one, y));
    }
}
