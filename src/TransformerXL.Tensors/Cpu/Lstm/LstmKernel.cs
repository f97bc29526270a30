using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.Lstm;

/// <summary>The gates of one time step, forward and backward. A task is a range of the hidden units of one stream.</summary>
internal static unsafe class LstmKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const int Chunk = 256;

    public static void Forward(CpuBackend backend, in LstmArguments arguments)
    {
        ForwardBody body = new(arguments);
        backend.Team.Run(Tasks(arguments), ref body);
    }

    public static void Backward(CpuBackend backend, in LstmArguments arguments, in LstmGradients gradients)
    {
        BackwardBody body = new(arguments, gradients);
        backend.Team.Run(Tasks(arguments), ref body);
    }

    /// <summary>The gates of one vector of units of a stream.</summary>
    /// <param name="gates">Where i of the first unit is.</param>
    /// <param name="size">From one gate of a unit to the next.</param>
    /// <param name="recurrent">Where the recurrent product for i of the first unit is.</param>
    /// <param name="spacing">From the product for one gate to that for the next.</param>
    /// <param name="previousCell">c_before of the first unit.</param>
    /// <param name="cell">Receives c.</param>
    /// <param name="hidden">Receives h.</param>
    /// <param name="count">Units, at most a vector.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Units(float* gates, nint size, float* recurrent, nint spacing, float* previousCell, float* cell, float* hidden, int count)
    {
        TVector i = VectorMath<TSimd, TVector>.Sigmoid(TSimd.Add(Lanes<TSimd, TVector>.Load(gates, count), Lanes<TSimd, TVector>.Load(recurrent, count)));
        TVector f = VectorMath<TSimd, TVector>.Sigmoid(TSimd.Add(Lanes<TSimd, TVector>.Load(gates + size, count), Lanes<TSimd, TVector>.Load(recurrent + spacing, count)));
        TVector g = VectorMath<TSimd, TVector>.Tanh(TSimd.Add(Lanes<TSimd, TVector>.Load(gates + (2 * size), count), Lanes<TSimd, TVector>.Load(recurrent + (2 * spacing), count)));
        TVector o = VectorMath<TSimd, TVector>.Sigmoid(TSimd.Add(Lanes<TSimd, TVector>.Load(gates + (3 * size), count), Lanes<TSimd, TVector>.Load(recurrent + (3 * spacing), count)));
        TVector c = TSimd.MultiplyAdd(f, Lanes<TSimd, TVector>.Load(previousCell, count), TSimd.Multiply(i, g));
        Lanes<TSimd, TVector>.Store(gates, i, count);
        Lanes<TSimd, TVector>.Store(gates + size, f, count);
        Lanes<TSimd, TVector>.Store(gates + (2 * size), g, count);
        Lanes<TSimd, TVector>.Store(gates + (3 * size), o, count);
        Lanes<TSimd, TVector>.Store(cell, c, count);
        Lanes<TSimd, TVector>.Store(hidden, TSimd.Multiply(o, VectorMath<TSimd, TVector>.Tanh(c)), count);
    }

    private static int Chunks(int size) => (size + Chunk - 1) / Chunk;

    private static int Tasks(in LstmArguments arguments) => arguments.Streams * Chunks(arguments.Size);

    private readonly struct ForwardBody(LstmArguments arguments) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int size = arguments.Size, chunks = Chunks(size), stream = task / chunks, first = task % chunks * Chunk;
            float* gates = arguments.Gates + ((nint)stream * 4 * size), recurrent = arguments.Recurrent + ((nint)stream * 4 * size);
            nint row = (nint)stream * size;
            float* previousCell = arguments.PreviousCell + row, cell = arguments.Cell + row, hidden = arguments.Hidden + row;
            int end = Math.Min(size, first + Chunk);
            int unit = first;
            for (; unit <= end - TSimd.Count; unit += TSimd.Count)
            {
                Units(gates + unit, size, recurrent + unit, size, previousCell + unit, cell + unit, hidden + unit, TSimd.Count);
            }

            if (unit < end)
            {
                Rest(gates + unit, size, recurrent + unit, previousCell + unit, cell + unit, hidden + unit, end - unit);
            }
        }

        /// <summary>Fewer units than a vector has lanes; a call for some of the lanes beside the loop of whole vectors would take its values out of the registers.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Rest(float* gates, nint size, float* recurrent, float* previousCell, float* cell, float* hidden, int count) =>
            Units(gates, size, recurrent, size, previousCell, cell, hidden, count);
    }

    private readonly struct BackwardBody(LstmArguments arguments, LstmGradients gradients) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            int size = arguments.Size, chunks = Chunks(size), stream = task / chunks, first = task % chunks * Chunk;
            float* gates = arguments.Gates + ((nint)stream * 4 * size);
            nint row = (nint)stream * size;
            int end = Math.Min(size, first + Chunk);
            int unit = first;
            for (; unit <= end - TSimd.Count; unit += TSimd.Count)
            {
                Units(gates + unit, row + unit, TSimd.Count);
            }

            if (unit < end)
            {
                Rest(gates + unit, row + unit, end - unit);
            }
        }

        /// <summary>Fewer units than a vector has lanes.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Rest(float* gates, nint offset, int count) => Units(gates, offset, count);

        /// <summary>dc += dh o (1 - tanh(c)^2), then each gate by the derivative of its activation.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Units(float* gates, nint offset, int count)
        {
            nint size = arguments.Size;
            TVector one = TSimd.Broadcast(1f), minusOne = TSimd.Broadcast(-1f);
            TVector i = Lanes<TSimd, TVector>.Load(gates, count), f = Lanes<TSimd, TVector>.Load(gates + size, count);
            TVector g = Lanes<TSimd, TVector>.Load(gates + (2 * size), count), o = Lanes<TSimd, TVector>.Load(gates + (3 * size), count);
            TVector squashed = VectorMath<TSimd, TVector>.Tanh(Lanes<TSimd, TVector>.Load(arguments.Cell + offset, count));
            TVector dh = TSimd.Add(Lanes<TSimd, TVector>.Load(gradients.Output + offset, count), Lanes<TSimd, TVector>.Load(gradients.Hidden + offset, count));
            TVector slope = TSimd.MultiplyAdd(TSimd.Multiply(squashed, minusOne), squashed, one);
            TVector dc = TSimd.MultiplyAdd(TSimd.Multiply(dh, o), slope, Lanes<TSimd, TVector>.Load(gradients.Cell + offset, count));
            TVector df = TSimd.Multiply(dc, Lanes<TSimd, TVector>.Load(arguments.PreviousCell + offset, count));
            TVector slopeOfG = TSimd.MultiplyAdd(TSimd.Multiply(g, minusOne), g, one);
            Lanes<TSimd, TVector>.Store(gates, TSimd.Multiply(TSimd.Multiply(dc, g), SigmoidSlope(i, one)), count);
            Lanes<TSimd, TVector>.Store(gates + size, TSimd.Multiply(df, SigmoidSlope(f, one)), count);
            Lanes<TSimd, TVector>.Store(gates + (2 * size), TSimd.Multiply(TSimd.Multiply(dc, i), slopeOfG), count);
            Lanes<TSimd, TVector>.Store(gates + (3 * size), TSimd.Multiply(TSimd.Multiply(dh, squashed), SigmoidSlope(o, one)), count);
            Lanes<TSimd, TVector>.Store(gradients.Cell + offset, TSimd.Multiply(dc, f), count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector SigmoidSlope(TVector y, TVector one) => TSimd.Multiply(y, TSimd.Subtract(one, y));
    }
}
