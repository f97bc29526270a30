using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The 32 vector registers of AVX-512 and what the instructions of the code for bfloat16 and 8 bits do with them, from the pseudo code of the Intel SDM, volume 2.</summary>
internal sealed class VectorRegisters
{
    private readonly float[][] _registers = [.. Enumerable.Range(0, 32).Select(_ => new float[16])];

    public Span<float> this[int register] => _registers[register];

    /// <summary>VPBROADCASTD from memory.</summary>
    public void Broadcast(int register, uint value) => Words(register).Fill(value);

    /// <summary>
    /// VDPBF16PS: the product of the upper halves is added, rounded, then that of the lower halves; each product is exact. Denormals are
    /// zero, as operands and as results.
    /// </summary>
    public void MultiplyAdd(int result, int left, int right)
    {
        Span<float> sums = this[result];
        Span<uint> a = Words(left), b = Words(right);
        for (int lane = 0; lane < sums.Length; lane++)
        {
            float sum = Flush(MathF.FusedMultiplyAdd(Upper(a[lane]), Upper(b[lane]), Flush(sums[lane])));
            sums[lane] = Flush(MathF.FusedMultiplyAdd(Lower(a[lane]), Lower(b[lane]), sum));
        }
    }

    /// <summary>VPDPBUSD: four bytes without sign times four with one; the sum wraps around.</summary>
    public void MultiplyAddBytes(int result, int left, Span<float> right)
    {
        Span<int> sums = MemoryMarshal.Cast<float, int>(this[result]);
        Span<byte> a = MemoryMarshal.AsBytes(this[left]);
        Span<sbyte> b = MemoryMarshal.Cast<float, sbyte>(right);
        for (int i = 0; i < a.Length; i++)
        {
            sums[i / 4] = unchecked(sums[i / 4] + (a[i] * b[i]));
        }
    }

    /// <summary>VPADDD.</summary>
    public void Add(int result, int left, int right)
    {
        for (int lane = 0; lane < 16; lane++)
        {
            Words(result)[lane] = unchecked(Words(left)[lane] + Words(right)[lane]);
        }
    }

    private Span<uint> Words(int register) => MemoryMarshal.Cast<float, uint>(this[register]);

    private static float Lower(uint pair) => Flush(BitConverter.UInt32BitsToSingle(pair << 16));

    private static float Upper(uint pair) => Flush(BitConverter.UInt32BitsToSingle(pair & 0xFFFF_0000));

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;
}
